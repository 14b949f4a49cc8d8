// Writing: the rectangle rule of two times, and what put, add and drop do with it.
#include <cmath>

#include "store.hpp"

namespace guanxi::archive {

void archive::store::insert(const rectangle& r, instant tf) {
  statement s(db, "insert into fact values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  s.bind(1, r.subject).bind(2, r.field).bind(3, r.item).bind(4, r.vf).bind(5, r.vt).bind(6, tf).bind(7, always);
  std::string sealed;
  if (r.person == 0) {
    s.bind(8, r.held);
  } else if (!r.gone) {
    sealed = seal({r.subject, r.field, r.item, r.vf, tf, r.person}, r.held, r.key);
    s.bind_blob(8, sealed);
  }
  s.bind(9, r.person).bind(10, r.origin).run();
  if (r.searchable && r.person == 0)
    if (const auto* text = std::get_if<std::string>(&r.held)) add_words(r.subject, r.field, r.item, *text);
}

/// Open rows that meet [from, to), with when they were learnt.
std::vector<std::pair<archive::store::rectangle, instant>> archive::store::open_rows(const rectangle& w, instant from,
                                                                                     instant to) {
  statement s(
      db,
      "select vf, vt, tf, value, origin, person from fact where subject = ? and field = ? and item = ? and tt = "
      "9223372036854775807 and vf < ? and vt > ?");
  s.bind(1, w.subject).bind(2, w.field).bind(3, w.item).bind(4, to).bind(5, from);
  std::vector<std::pair<rectangle, instant>> rows;
  while (s.step()) {
    rectangle r;
    r.subject = w.subject;
    r.field = w.field;
    r.item = w.item;
    r.vf = s.whole(0);
    r.vt = s.whole(1);
    r.kind = w.kind;
    r.origin = s.whole(4);
    r.person = s.whole(5);
    if (r.person == 0) {
      r.held = s.read(3, w.kind);
    } else {
      r.gone = s.null(3);
      r.raw = s.view(3);
    }
    rows.emplace_back(std::move(r), s.whole(2));
  }
  return rows;
}

void archive::store::remove(const rectangle& r, instant tf) {
  statement s(db, "delete from fact where subject = ? and field = ? and item = ? and tf = ? and vf = ?");
  s.bind(1, r.subject).bind(2, r.field).bind(3, r.item).bind(4, tf).bind(5, r.vf).run();
}

void archive::store::write(rectangle w, instant known) {
  for (auto& [row, tf] : open_rows(w, w.vf, w.vt)) {
    const bool split = row.vf < w.vf || w.vt < row.vt;
    if (split && row.person != 0 && !row.gone) {  // its pieces are sealed anew, each for its own place
      shown was = unseal({row.subject, row.field, row.item, row.vf, tf, row.person}, row.raw, false);
      if (const auto* why = std::get_if<withheld>(&was.value)) {
        if (why->why == withheld::reason::locked)
          throw error(errc::io, "archive: a personal value must be split, and its key is not at hand");
        row.gone = true;
      } else {
        row.held = std::move(was.value);
        row.key = std::move(was.key);
      }
    }
    if (tf == known) {
      remove(row, tf);  // never believed for any length of time
      if (w.searchable && row.person == 0)
        if (const auto* text = std::get_if<std::string>(&row.held)) drop_words(row.subject, row.field, row.item, *text);
    } else {
      statement s(db, "update fact set tt = ? where subject = ? and field = ? and item = ? and tf = ? and vf = ?");
      s.bind(1, known).bind(2, row.subject).bind(3, row.field).bind(4, row.item).bind(5, tf).bind(6, row.vf).run();
    }
    row.searchable = w.searchable;
    if (row.vf < w.vf) {
      rectangle left = row;
      left.vt = w.vf;
      insert(left, known);
    }
    if (w.vt < row.vt) {
      rectangle right = row;
      right.vf = w.vt;
      insert(right, known);
    }
  }
  // An equal neighbour of the same instant and origin is joined; sealed ones stay apart.
  if (w.person == 0) {
    const instant from = w.vf == std::numeric_limits<instant>::min() ? w.vf : w.vf - 1;
    for (const auto& [row, tf] : open_rows(w, from, w.vt == always ? w.vt : w.vt + 1)) {
      if (tf != known || row.person != 0 || row.origin != w.origin || row.held != w.held) continue;
      if (row.vt == w.vf || row.vf == w.vt) {
        remove(row, tf);
        w.vf = std::min(w.vf, row.vf);
        w.vt = std::max(w.vt, row.vt);
      }
    }
  }
  insert(w, known);
}

instant archive::store::newest(std::int64_t subject, std::int64_t field, std::int64_t item) {
  statement s(db, "select tf from fact where subject = ? and field = ? and item = ? order by tf desc limit 1");
  s.bind(1, subject).bind(2, field).bind(3, item);
  return s.step() ? s.whole(0) : std::numeric_limits<instant>::min();
}

archive::store::moment archive::store::times(const when& given, const char* call) {
  const instant latest = next_known();
  const instant known = given.known_at.value_or(latest);
  if (known > latest)
    throw error(errc::out_of_domain,
                std::string("archive::") + call + ": known_at " + time_text(known) + " is in the future");
  const moment m{known, given.valid_from.value_or(known), given.valid_to.value_or(always)};
  if (m.vt <= m.vf)
    throw error(errc::out_of_domain, std::string("archive::") + call + ": valid_to " + time_text(m.vt) +
                                         " is not after valid_from " + time_text(m.vf));
  return m;
}

namespace {

void want_value(const std::string& name, const value& x, const char* call) {
  if (name.empty()) throw error(errc::empty, std::string("archive::") + call + ": a field has no name");
  want_text(name, "field");
  if (const auto* text = std::get_if<std::string>(&x)) want_text(*text, "value");
  if (const auto* real = std::get_if<double>(&x); real != nullptr && !std::isfinite(*real))
    throw error(errc::not_finite, std::string("archive::") + call + ": field '" + name +
                                      "' is not a finite number; nothing known is null");
  if (std::holds_alternative<withheld>(x))
    throw error(errc::bad_format,
                std::string("archive::") + call + ": field '" + name + "': a withheld value cannot be written");
}

void want_customer(std::string_view customer, const char* call) {
  want_text(customer, "customer");
  if (customer.empty())
    throw error(errc::empty, std::string("archive::") + call + ": 'customer' is empty, it must be the customer's id");
}

void want_in_order(instant known, instant newest, std::string_view customer, const std::string& field,
                   const char* call) {
  if (known < newest)
    throw error(errc::out_of_order, std::string("archive::") + call + ": known_at " + time_text(known) +
                                        " is before the newest version of customer '" + std::string(customer) +
                                        "' field '" + field + "' (" + time_text(newest) + ")");
}

/// Does the work of one write; a write that fails leaves no trace in the cache of names either.
template <class Store, class Work>
instant in_write(Store& s, Work&& work) {
  transaction t(s.db, true);
  s.refresh_fields();
  try {
    const instant known = work();
    if (known > s.last_known()) s.set_meta("clock", std::to_string(known));
    t.commit();
    return known;
  } catch (...) {
    s.fields_by_name.clear();
    s.fields_by_id.clear();
    s.fields_seen = -1;
    throw;
  }
}

}  // namespace

instant archive::put(std::string_view customer, std::span<const field_value> fields, const when& times,
                     const origin& from, const privacy& sealed) {
  const in_turn turn(store_);
  store& s = *store_;
  want_customer(customer, "put");
  want_text(sealed.person, "person");
  return in_write(s, [&] {
    const store::moment m = s.times(times, "put");
    const std::int64_t subject = s.customer(customer);
    s.unpack(subject);
    const std::int64_t who = s.origin_id(from);
    std::int64_t person = 0;
    for (const auto& [name, x] : fields) {
      want_value(name, x, "put");
      const store::field_info f = s.field(name, x.index(), sealed.personal || !sealed.person.empty(), false);
      want_in_order(m.known, s.newest(subject, f.id, 0), customer, name, "put");
      store::rectangle w{subject, f.id, 0, m.vf, m.vt, f.kind, who, 0, x, {}, {}, false, f.searchable};
      if (f.personal && x.index() != 0) w.person = person != 0 ? person : person = s.person(subject, sealed.person);
      s.write(std::move(w), m.known);
    }
    return m.known;
  });
}

instant archive::add(std::string_view customer, std::string_view field, std::string_view key, const value& x,
                     const when& times, const origin& from, const privacy& sealed) {
  const in_turn turn(store_);
  store& s = *store_;
  want_customer(customer, "add");
  want_text(key, "key");
  want_text(sealed.person, "person");
  if (key.empty()) throw error(errc::empty, "archive::add: an entry needs a key that is not empty");
  return in_write(s, [&] {
    const store::moment m = s.times(times, "add");
    const std::string name(field);
    want_value(name, x, "add");
    const store::field_info f = s.field(name, x.index(), sealed.personal || !sealed.person.empty(), true);
    const std::int64_t subject = s.customer(customer);
    s.unpack(subject);
    const std::int64_t who = s.origin_id(from);
    std::int64_t person = 0;
    std::string text(key);
    if (f.personal) {  // the key may be a name: only its hash is stored in the clear, under a key that erasure destroys
      person = s.person(subject, sealed.person);
      const auto secret = s.keys.get(person);
      text = sodium::keyed_hash(join({name, key}), *secret);
    }
    const std::int64_t item = s.item(text);
    want_in_order(m.known, s.newest(subject, f.id, item), customer, name, "add");
    store::rectangle w{subject, f.id, item, m.vf,  m.vt,        f.kind, who, x.index() != 0 ? person : 0,
                       x,       {},   {},   false, f.searchable};
    if (w.person != 0) w.key = key;
    s.write(std::move(w), m.known);
    return m.known;
  });
}

instant archive::drop(std::string_view customer, std::string_view field, std::string_view key, const when& times,
                      const origin& from, const privacy& sealed) {
  return add(customer, field, key, value{}, times, from, sealed);
}

}  // namespace guanxi::archive
