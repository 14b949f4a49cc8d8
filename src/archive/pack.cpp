#include "pack.hpp"

#include <algorithm>
#include <cstring>

namespace guanxi::archive {
namespace {
[[noreturn]] void damaged() {
  throw error(errc::bad_format, "archive: the file is damaged: a loaded customer file cannot be read");
}
}  // namespace

void put_varint(std::string& out, std::uint64_t x) {
  while (x >= 128) {
    out += static_cast<char>(x | 128);
    x >>= 7;
  }
  out += static_cast<char>(x);
}

bool take_varint(std::string_view& from, std::uint64_t& x) {
  x = 0;
  for (std::size_t i = 0; i < from.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(from[i]);
    x |= std::uint64_t{byte & 127u} << (7 * i);
    if (byte < 128) {
      from.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

value packed_fact::value() const {
  switch (kind) {
    case 1:
      return whole != 0;
    case 2:
      return whole;
    case 3:
      return number;
    case 4:
      return std::string(text);
    default:
      return date_value{static_cast<day>(whole)};
  }
}

void pack_fact(std::string& body, const packed_fact& f) {
  put_varint(body, static_cast<std::uint64_t>(f.field));
  body += static_cast<char>(f.kind);
  if (f.kind == 4) {
    put_varint(body, f.text.size());
    body += f.text;
  } else if (f.kind == 3) {
    body.append(reinterpret_cast<const char*>(&f.number), sizeof f.number);
  } else {  // small numbers of either sign in few bytes
    put_varint(body, (static_cast<std::uint64_t>(f.whole) << 1) ^ static_cast<std::uint64_t>(f.whole >> 63));
  }
}

bool next_fact(std::string_view& body, packed_fact& f) {
  if (body.empty()) return false;
  std::uint64_t x = 0;
  if (!take_varint(body, x) || x == 0 || x > 1'000'000'000 || body.empty()) damaged();
  f.field = static_cast<std::int64_t>(x);
  f.kind = static_cast<std::size_t>(body[0]);
  body.remove_prefix(1);
  if (f.kind < 1 || f.kind > 5) damaged();
  if (f.kind == 3) {
    if (body.size() < sizeof f.number) damaged();
    std::memcpy(&f.number, body.data(), sizeof f.number);
    body.remove_prefix(sizeof f.number);
    return true;
  }
  if (!take_varint(body, x)) damaged();
  if (f.kind == 4) {
    if (body.size() < x) damaged();
    f.text = body.substr(0, x);
    body.remove_prefix(x);
  } else {
    f.whole = static_cast<std::int64_t>(x >> 1) ^ -static_cast<std::int64_t>(x & 1);
  }
  return true;
}

void posting_lists::add(const packed_fact& f, std::int64_t subject) {
  if (f.kind == 4 && f.text.size() > longest) return;
  key_.clear();
  pack_fact(key_, f);
  list& l = lists_[key_];
  put_varint(l.ids, static_cast<std::uint64_t>(subject - l.last));
  l.last = subject;
}

void posting_lists::write(connection& db) const {
  std::vector<const std::pair<const std::string, list>*> order;
  order.reserve(lists_.size());
  for (const auto& entry : lists_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* l, const auto* r) { return l->first < r->first; });
  std::int64_t load = 1;
  {
    statement s(db, "select coalesce(max(load), 0) + 1 from posting_load");
    if (s.step()) load = s.whole(0);
  }
  statement made(db, "insert into posting_load values(?)");
  made.bind(1, load).run();
  statement s(db, "insert into posting values(?, ?, ?, ?)");
  for (const auto* entry : order) {
    std::string_view key = entry->first;
    packed_fact f;
    (void)next_fact(key, f);
    s.bind(1, f.field).bind(2, f.value()).bind(3, load).bind_blob(4, entry->second.ids).run();
  }
}

/// The customer's facts out of its pack, each a row of its own, before something is written to it.
void archive::store::unpack(std::int64_t subject) {
  std::string body;
  std::int64_t tf = 0, vf = 0, who = 0;
  {
    statement q(db, "select tf, vf, origin, body from pack where subject = ?");
    q.bind(1, subject);
    if (!q.step()) return;
    tf = q.whole(0);
    vf = q.whole(1);
    who = q.whole(2);
    body = q.view(3);
  }
  statement gone(db, "delete from pack where subject = ?");
  gone.bind(1, subject).run();
  std::string_view rest = body;
  packed_fact f;
  while (next_fact(rest, f)) {
    statement s(db, "insert into fact values(?, ?, 0, ?, 9223372036854775807, ?, 9223372036854775807, ?, 0, ?)");
    s.bind(1, subject).bind(2, f.field).bind(3, vf).bind(4, tf).bind(5, f.value()).bind(6, who).run();
  }
}

bool archive::store::packed_value(std::string_view body, std::int64_t field, value& out) {
  packed_fact f;
  while (next_fact(body, f))
    if (f.field == field) {
      out = f.value();
      return true;
    }
  return false;
}

/// Who was loaded with this value, sorted; some may have been written to since.
std::vector<std::int64_t> archive::store::listed(const field_info& f, const value& x) {
  std::vector<std::int64_t> out;
  if (const auto* text = std::get_if<std::string>(&x); text != nullptr && text->size() > posting_lists::longest) {
    statement q(db, "select subject, body from pack order by subject");
    value held;
    while (q.step())
      if (packed_value(q.view(1), f.id, held) && held == x) out.push_back(q.whole(0));
    return out;
  }
  statement q(db, "select ids from posting where field = ? and value = ?");
  q.bind(1, f.id).bind(2, x);
  while (q.step()) {
    std::string_view ids = q.view(0);
    std::uint64_t step = 0;
    std::int64_t last = 0;
    while (take_varint(ids, step)) out.push_back(last += static_cast<std::int64_t>(step & 0xffffffffu));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace guanxi::archive
