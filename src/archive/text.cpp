// Words of searchable texts. The index holds every version ever written; a question checks what it finds against the
// facts.
#include <algorithm>

#include "store.hpp"

namespace guanxi::archive {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (!word.empty()) out.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

std::string like_pattern(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

}  // namespace

void archive::store::add_words(std::int64_t subject, std::int64_t field, std::int64_t item, std::string_view text) {
  {
    statement have(db,
                   "select exists(select 1 from word w join words b on b.rowid = w.id where w.subject = ? and w.field "
                   "= ? and w.item = ? and b.body = ?)");
    have.bind(1, subject).bind(2, field).bind(3, item).bind_text(4, text);
    if (have.step() && have.whole(0) != 0) return;
  }
  statement s(db, "insert into word(subject, field, item) values(?, ?, ?) returning id");
  const std::int64_t row = s.bind(1, subject).bind(2, field).bind(3, item).made();
  statement w(db, "insert into words(rowid, body) values(?, ?)");
  w.bind(1, row).bind_text(2, text).run();
}

void archive::store::drop_words(std::int64_t subject, std::int64_t field, std::int64_t item, std::string_view text) {
  std::vector<std::int64_t> gone;
  {
    statement s(db,
                "select w.id from word w join words b on b.rowid = w.id where w.subject = ? and w.field = ? and w.item "
                "= ? and b.body = ?");
    s.bind(1, subject).bind(2, field).bind(3, item).bind_text(4, text);
    while (s.step()) gone.push_back(s.whole(0));
  }
  for (const std::int64_t row : gone) {
    statement words(db, "delete from words where rowid = ?");
    words.bind(1, row).run();
    statement word(db, "delete from word where id = ?");
    word.bind(1, row).run();
  }
}

std::vector<std::int64_t> archive::store::subjects_with(std::string_view text, instant v, instant k) {
  std::string match;
  std::vector<std::string> shorter;  // words of fewer than three letters are not in the index
  for (const std::string& word : split(text)) {
    if (letters(word) < 3) {
      shorter.push_back(like_pattern(word));
      continue;
    }
    if (!match.empty()) match += " AND ";
    match += doubled(word, '"');
  }
  std::vector<std::int64_t> out;
  const auto collect = [&](statement& s, int next) {
    for (const std::string& pattern : shorter) {
      if (next > 5)
        throw error(errc::out_of_domain, "archive::find: text has more than three words of fewer than three letters");
      s.bind(next++, std::string_view(pattern));
    }
    for (; next <= 5; ++next) s.bind(next, std::string_view("%"));
    s.bind(6, k).bind(7, v);
    while (s.step()) out.push_back(s.whole(0));
  };
  const char* with_index =
      "select w.subject from words b join word w on w.id = b.rowid where b.body match ?1 and b.body like ?2 escape "
      "'\\' and "
      "b.body like ?3 escape '\\' and b.body like ?4 escape '\\' and ?5 <> '' and exists(select 1 from fact f where "
      "f.subject = "
      "w.subject and f.field = w.field and f.item = w.item and f.tf <= ?6 and f.tt > ?6 and f.vf <= ?7 and f.vt > ?7 "
      "and f.value "
      "= b.body)";
  const char* without =
      "select w.subject from words b join word w on w.id = b.rowid where b.body like ?2 escape '\\' and b.body like ?3 "
      "escape '\\' "
      "and b.body like ?4 escape '\\' and ?5 <> '' and exists(select 1 from fact f where f.subject = w.subject and "
      "f.field = "
      "w.field and f.item = w.item and f.tf <= ?6 and f.tt > ?6 and f.vf <= ?7 and f.vt > ?7 and f.value = b.body)";
  if (shorter.size() > 3 && !on_server)
    throw error(errc::out_of_domain, "archive::find: text has more than three words of fewer than three letters");
  if (on_server) {  // the longest word by its index, the others by looking
    std::string longest, others;
    for (const std::string& word : split(text)) {
      const std::string pattern = like_pattern(word);
      if (!others.empty()) others += '\n';
      others += pattern;
      if (pattern.size() > longest.size()) longest = pattern;
    }
    statement s(db,
                "select w.subject from words b join word w on w.id = b.rowid where b.body ilike ?1 and b.body ilike "
                "all(string_to_array(?2, chr(10))) and exists(select 1 from fact f where f.subject = w.subject and "
                "f.field = w.field and f.item = w.item and f.tf <= ?3 and f.tt > ?3 and f.vf <= ?4 and f.vt > ?4 and "
                "f.value = convert_to('t' || b.body, 'UTF8'))");
    s.bind(1, std::string_view(longest)).bind(2, std::string_view(others)).bind(3, k).bind(4, v);
    while (s.step()) out.push_back(s.whole(0));
  } else if (!match.empty()) {
    statement s(db, with_index);
    s.bind(1, std::string_view(match));
    collect(s, 2);
  } else {
    statement s(db, without);
    collect(s, 2);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace guanxi::archive
