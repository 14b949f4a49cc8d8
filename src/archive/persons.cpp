// Personal values: sealed under a key of each person before SQLite sees them; erased by destroying the key.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "store.hpp"

namespace guanxi::archive {
namespace {

enum state : std::int64_t { live = 0, erasing = 1, erased = 2 };

/// Where a sealed value belongs; it opens nowhere else.
std::string bound(const std::string& archive, std::int64_t person, std::int64_t subject, std::int64_t field,
                  std::int64_t item, instant vf, instant tf) {
  return join({archive, std::to_string(person), std::to_string(subject), std::to_string(field), std::to_string(item),
               std::to_string(vf), std::to_string(tf)});
}

template <class T>
void put_raw(std::string& out, const T& x) {
  out.append(reinterpret_cast<const char*>(&x), sizeof x);
}

/// Kind, length of the key, key, value; padded to a multiple of 32 bytes, so that lengths tell little.
std::string to_bytes(const value& x, std::string_view key) {
  std::string out;
  out += static_cast<char>(x.index());
  put_raw(out, static_cast<std::uint32_t>(key.size()));
  out += key;
  std::string body;
  if (const auto* b = std::get_if<bool>(&x)) body += static_cast<char>(*b);
  if (const auto* n = std::get_if<std::int64_t>(&x)) put_raw(body, *n);
  if (const auto* r = std::get_if<double>(&x)) put_raw(body, *r);
  if (const auto* t = std::get_if<std::string>(&x)) body = *t;
  if (const auto* d = std::get_if<date_value>(&x)) put_raw(body, d->number);
  put_raw(out, static_cast<std::uint32_t>(body.size()));
  out += body;
  sodium::wipe(body);
  out.resize((out.size() + 31) / 32 * 32, '\0');
  return out;
}

template <class T>
bool take_raw(std::string_view& from, T& x) {
  if (from.size() < sizeof x) return false;
  std::memcpy(&x, from.data(), sizeof x);
  from.remove_prefix(sizeof x);
  return true;
}

bool from_bytes(std::string_view from, value& x, std::string& key) {
  if (from.empty()) return false;
  const auto kind = static_cast<std::size_t>(from[0]);
  from.remove_prefix(1);
  std::uint32_t size = 0;
  if (!take_raw(from, size) || from.size() < size) return false;
  key = from.substr(0, size);
  from.remove_prefix(size);
  if (!take_raw(from, size) || from.size() < size) return false;
  std::string_view body = from.substr(0, size);
  std::int64_t n = 0;
  double r = 0;
  day d = 0;
  switch (kind) {
    case 1:
      x = !body.empty() && body[0] != 0;
      return true;
    case 2:
      if (!take_raw(body, n)) return false;
      x = n;
      return true;
    case 3:
      if (!take_raw(body, r)) return false;
      x = r;
      return true;
    case 4:
      x = std::string(body);
      return true;
    case 5:
      if (!take_raw(body, d)) return false;
      x = date_value{d};
      return true;
    default:
      return false;
  }
}

}  // namespace

bool archive::store::open_keys(bool make) const {
  if (on_server && options.keys.empty())
    throw error(errc::io,
                "archive: personal values on a server need a file for the keys of persons: give 'keys' (on a disk that "
                "all who may read them reach)");
  const std::string ring = options.keys.empty() ? path + ".keys" : options.keys;
  return keys.open(ring, options, on_server ? ring : path, id, make);
}

std::string archive::store::label_hash(std::int64_t customer, const std::string& label) const {
  return label.empty() ? std::string() : sodium::keyed_hash(join({std::to_string(customer), label}), keys.search_key());
}

std::int64_t archive::store::person(std::int64_t customer, const std::string& label, bool wait) {
  if (id.empty()) throw error(errc::bad_format, "archive: '" + path + "' is damaged: it has no id of its own");
  (void)open_keys(true);
  const std::string hash = label_hash(customer, label);
  statement s(db, "select id from person where customer = ? and label = ?");
  s.bind(1, customer).bind(2, std::string_view(hash));
  if (s.step()) {
    const std::int64_t known = s.whole(0);
    if (!keys.get(known))
      throw error(errc::bad_format, "archive: the key of person " + std::to_string(known) +
                                        " is not in the key file; is it the right one?");
    return known;
  }
  const std::int64_t fresh = std::max(number("select coalesce(max(id), 0) from person"), keys.size()) + 1;
  keys.make(fresh, wait);  // on disk before the row that needs it
  statement insert(db, "insert into person values(?, ?, ?, 0)");
  insert.bind(1, fresh).bind(2, customer).bind(3, std::string_view(hash)).run();
  return fresh;
}

std::string archive::store::seal(const place& at, const value& x, std::string_view key) {
  const auto secret = keys.get(at.person);
  if (!secret) throw error(errc::io, "archive: the key of person " + std::to_string(at.person) + " is gone");
  std::string plain = to_bytes(x, key);
  std::string sealed = sodium::seal(plain, bound(id, at.person, at.subject, at.field, at.item, at.vf, at.tf), *secret);
  sodium::wipe(plain);
  return sealed;
}

archive::store::shown archive::store::unseal(const place& at, std::string_view bytes, bool gone) const {
  if (gone) return {withheld{withheld::reason::erased}, {}};
  try {
    if (!open_keys(false)) return {withheld{withheld::reason::locked}, {}};
    const auto secret = keys.get(at.person);
    if (!secret) return {withheld{withheld::reason::erased}, {}};
    auto plain = sodium::unseal(bytes, bound(id, at.person, at.subject, at.field, at.item, at.vf, at.tf), *secret);
    shown out;
    const bool good = plain && from_bytes(*plain, out.value, out.key);
    if (plain) sodium::wipe(*plain);
    if (!good)
      throw error(errc::bad_format, "archive: a sealed value of customer #" + std::to_string(at.subject) +
                                        " was changed or moved: it does not open where it lies");
    return out;
  } catch (const error& e) {
    if (e.code() == errc::io) return {withheld{withheld::reason::locked}, {}};  // no library, no master key
    throw;
  }
}

namespace {

struct doomed {
  std::int64_t person, customer;
};

/// Nulls the sealed values of one person; the rows stay, and say that they were erased.
template <class Store>
std::int64_t null_values(Store& s, std::int64_t person, std::set<std::int64_t>& fields) {
  {
    statement q(s.db, "select distinct field from fact where person = ?");
    q.bind(1, person);
    while (q.step()) fields.insert(q.whole(0));
  }
  statement q(s.db, "update fact set value = null where person = ?");
  q.bind(1, person).run();
  const std::int64_t rows = s.db->changes();
  statement done(s.db, "update person set state = 2, label = 'erased ' || id where id = ?");
  done.bind(1, person).run();
  return rows;
}

}  // namespace

void archive::store::finish_erasures() {
  if (number("select count(*) from person where state = 1") == 0) return;
  try {
    if (!open_keys(false)) return;
  } catch (const error&) {
    return;  // without the key file it cannot be finished here; what is erased stays unreadable
  }
  std::vector<doomed> left;
  {
    statement q(db, "select id, customer from person where state = 1");
    while (q.step()) left.push_back({q.whole(0), q.whole(1)});
  }
  for (const doomed& d : left) keys.destroy(d.person);
  transaction t(db, true);
  std::set<std::int64_t> fields;
  std::int64_t rows = 0;
  for (const doomed& d : left) rows += null_values(*this, d.person, fields);
  log("erased", number_text(left.front().customer),
      join({std::to_string(left.size()), std::to_string(rows), "finished at opening"}));
  t.commit();
  db->checkpoint();
}

certificate archive::erase(std::string_view customer, const std::string& reason, const std::string& user,
                           const std::string& person, bool forget_id) {
  const in_turn turn(store_);
  store& s = *store_;
  const std::int64_t subject = s.find_customer(customer);
  if (subject == 0) throw error(errc::unknown_name, "archive::erase: no customer '" + std::string(customer) + "'");
  if (forget_id && !person.empty())
    throw error(errc::out_of_domain,
                "archive::erase: the customer's id goes with the whole customer, not with one person");
  if (s.options.read_only) throw error(errc::io, "archive: beginning a write: the archive is open for reading only");
  std::vector<std::int64_t> persons;
  certificate out;
  out.subject = number_text(subject);
  s.db->execute(s.on_server ? "set synchronous_commit = on" : "pragma synchronous = full", "erasing");
  {
    transaction t(s.db, true);
    const bool any = s.number("select count(*) from person") > 0;
    if (any && !s.open_keys(false))
      throw error(errc::io, "archive::erase: the key file '" +
                                (s.options.keys.empty() ? s.path + ".keys" : s.options.keys) +
                                "' is not there, so no key can be destroyed");
    const std::string label = any ? s.label_hash(subject, person) : std::string();
    statement q(s.db, "select id from person where customer = ?1 and state = 0 and (?2 = '' or label = ?2)");
    q.bind(1, subject).bind(2, std::string_view(label));
    while (q.step()) persons.push_back(q.whole(0));
    if (persons.empty() && !person.empty())
      throw error(errc::unknown_name,
                  "archive::erase: no such person of customer '" + std::string(customer) + "' with personal values");
    for (const std::int64_t p : persons) {
      statement mark(s.db, "update person set state = 1 where id = ?");
      mark.bind(1, p).run();
    }
    s.log("erasing", out.subject, join({std::to_string(persons.size()), reason, user}));
    t.commit();
  }
  for (const std::int64_t p : persons) s.keys.destroy(p);  // from here on nobody can read them, whatever happens
  {
    transaction t(s.db, true);
    s.refresh_fields();
    std::set<std::int64_t> fields;
    for (const std::int64_t p : persons) out.versions += null_values(s, p, fields);
    for (const std::int64_t f : fields) out.fields.push_back(s.field_of(f)->name);
    std::sort(out.fields.begin(), out.fields.end());
    if (forget_id) {
      statement q(s.db, "update customer set ref = 'erased #' || id where id = ?");
      q.bind(1, subject).run();
      out.id_forgotten = true;
    }
    std::string names;
    for (const std::string& name : out.fields) names += join({name});
    out.keys = static_cast<std::int64_t>(persons.size());
    out.audit_row = s.log("erased", out.subject,
                          join({std::to_string(out.keys), std::to_string(out.versions), names, reason, user}));
    out.hash = s.meta("tail").value_or("");
    out.at = store::clock();
    t.commit();
  }
  if (!s.options.power_safe)
    s.db->execute(s.on_server ? "set synchronous_commit = off" : "pragma synchronous = normal", "erasing");
  s.db->checkpoint();
  // Every page anew: an index may keep a copy of a text in a page that is still in use.
  out.compacted = s.rewrite();
  return out;
}

}  // namespace guanxi::archive
