// Questions: one file, one field, who meets conditions, what was ever believed.
#include <algorithm>

#include "pack.hpp"

namespace guanxi::archive {

archive::store::asked archive::store::question(const as_seen& seen, const char* call) {
  const asked q{seen.as_of ? *seen.as_of : now(), seen.known_at.value_or(always - 1)};
  if (seen.known_at && q.k > clock() && q.k > now())
    throw error(errc::out_of_domain,
                std::string("archive::") + call + ": known_at " + time_text(q.k) + " is in the future");
  return q;
}

/// The pack is asked first: whoever unpacks a file meanwhile has its rows in place when the pack is gone.
value archive::store::one(std::string_view customer, const field_info& f, asked q) {
  std::int64_t subject = 0;
  {
    statement s(db,
                "select c.id, p.tf, p.vf, p.body from customer c left join pack p on p.subject = c.id where c.ref = ?");
    s.bind_text(1, customer);
    if (!s.step()) return {};
    subject = s.whole(0);
    value held;
    if (!s.null(3) && packed_value(s.view(3), f.id, held)) {
      if (s.whole(1) <= q.k && s.whole(2) <= q.v) return held;
      return {};
    }
  }
  return one_of(subject, f, q);
}

value archive::store::one_of(std::int64_t subject, const field_info& f, asked q) {
  statement s(
      db,
      "select value, person, vf, tf from fact where subject = ?1 and field = ?2 and item = 0 and tf <= ?3 and tt "
      "> ?3 and vf <= ?4 and vt > ?4 order by tf desc limit 1");
  s.bind(1, subject).bind(2, f.id).bind(3, q.k).bind(4, q.v);
  if (!s.step()) return {};
  if (const std::int64_t person = s.whole(1); person != 0)
    return unseal({subject, f.id, 0, s.whole(2), s.whole(3), person}, s.view(0), s.null(0)).value;
  return s.read(0, f.kind);
}

namespace {
/// Both halves of a question are asked of the same state of the file.
template <class Store>
const typename Store::field_info* single(Store& s, std::string_view field) {
  const auto* f = s.find_field(field);
  if (f != nullptr && f->many)
    throw error(errc::bad_format,
                "archive::get: field '" + std::string(field) + "' holds many values, ask for the whole file");
  return f;
}
}  // namespace

/// One statement, so that packs and rows are of the same moment.
std::vector<fact> archive::file(std::string_view customer, const as_seen& seen) const {
  const in_turn turn(store_);
  store& s = *store_;
  const bool now = !seen.as_of && !seen.known_at;
  const store::asked asked = now ? store::asked{s.now_quick(), always - 1} : s.question(seen, "get");
  statement q(
      s.db,
      "select 0, p.body, 0, 0, 0, 0, 0 from customer c cross join pack p on p.subject = c.id where c.ref = ?1 and "
      "p.tf <= ?2 and p.vf <= ?3 union all select f.field, f.value, f.item, f.person, f.subject, f.vf, f.tf from "
      "customer c cross join fact f on f.subject = c.id where c.ref = ?1 and f.tf <= ?2 and f.tt > ?2 and f.vf <= "
      "?3 and f.vt > ?3 and (f.value is not null or f.person > 0)");
  q.bind_text(1, customer).bind(2, asked.k).bind(3, asked.v);
  std::vector<fact> out;
  while (q.step()) {
    if (q.whole(0) == 0) {
      std::string_view body = q.view(1);
      packed_fact f;
      while (next_fact(body, f)) out.push_back({s.field_of(f.field)->name, {}, false, f.value()});
      continue;
    }
    const store::field_info& f = *s.field_of(q.whole(0));
    fact x{f.name, {}, f.many, {}};
    if (const std::int64_t person = q.whole(3); person != 0) {
      auto shown = s.unseal({q.whole(4), f.id, q.whole(2), q.whole(5), q.whole(6), person}, q.view(1), q.null(1));
      x.key = std::move(shown.key);
      x.value = std::move(shown.value);
    } else {
      if (const std::int64_t item = q.whole(2); item != 0) x.key = s.item_text(item);
      x.value = q.read(1, f.kind);
    }
    out.push_back(std::move(x));
  }
  const auto less = [](const fact& l, const fact& r) { return std::tie(l.field, l.key) < std::tie(r.field, r.key); };
  if (!std::is_sorted(out.begin(), out.end(), less)) std::stable_sort(out.begin(), out.end(), less);
  return out;
}

std::vector<field_value> archive::get(std::string_view customer, const as_seen& seen) const {
  std::vector<field_value> out;
  for (fact& f : file(customer, seen)) out.emplace_back(std::move(f.field), std::move(f.value));
  return out;
}

value archive::get(std::string_view customer, std::string_view field, const as_seen& seen) const {
  const in_turn turn(store_);
  store& s = *store_;
  const store::field_info* f = single(s, field);
  if (!seen.as_of && !seen.known_at) return f == nullptr ? value{} : s.one(customer, *f, {s.now_quick(), always - 1});
  const store::asked asked = s.question(seen, "get");
  return f == nullptr ? value{} : s.one(customer, *f, asked);
}

std::vector<value> archive::get(std::span<const std::string_view> customers, std::string_view field,
                                const as_seen& seen) const {
  const in_turn turn(store_);
  store& s = *store_;
  const transaction t(s.db, false);
  const store::field_info* f = single(s, field);
  const store::asked asked = s.question(seen, "get");
  std::vector<value> out(customers.size());
  if (f == nullptr) return out;
  statement look(
      s.db, "select c.id, p.tf, p.vf, p.body from customer c left join pack p on p.subject = c.id where c.ref = ?");
  for (std::size_t i = 0; i < customers.size(); ++i) {
    look.reset();
    look.bind_text(1, customers[i]);
    if (!look.step()) continue;
    if (!look.null(3) && store::packed_value(look.view(3), f->id, out[i])) {
      if (look.whole(1) > asked.k || look.whole(2) > asked.v) out[i] = value{};
      continue;
    }
    out[i] = s.one_of(look.whole(0), *f, asked);
  }
  return out;
}

std::vector<version> archive::history(std::string_view customer, std::string_view field) const {
  const in_turn turn(store_);
  store& s = *store_;
  const transaction t(s.db, false);
  statement q(s.db,
              "select f.field, f.value, f.item, f.vf, f.vt, f.tf, f.tt, o.source, o.\"user\", f.person, f.subject from "
              "customer c cross "
              "join fact f on f.subject = c.id left join origin o on o.id = f.origin where c.ref = ?1");
  q.bind(1, customer);
  std::vector<version> out;
  while (q.step()) {
    const store::field_info& f = *s.field_of(q.whole(0));
    if (!field.empty() && f.name != field) continue;
    version v{f.name, {}, {}, q.whole(3), q.whole(4), q.whole(5), q.whole(6), q.text(7), q.text(8)};
    if (const std::int64_t person = q.whole(9); person != 0) {
      auto shown = s.unseal({q.whole(10), f.id, q.whole(2), v.valid_from, v.known_from, person}, q.view(1), q.null(1));
      v.key = std::move(shown.key);
      v.value = std::move(shown.value);
    } else {
      v.key = f.personal ? std::string() : s.item_text(q.whole(2));
      v.value = q.read(1, f.kind);
    }
    out.push_back(std::move(v));
  }
  statement loaded(
      s.db,
      "select p.body, p.vf, p.tf, o.source, o.\"user\" from customer c cross join pack p on p.subject = c.id "
      "left join origin o "
      "on o.id = p.origin where c.ref = ?1");
  loaded.bind(1, customer);
  if (loaded.step()) {
    std::string_view body = loaded.view(0);
    packed_fact f;
    while (next_fact(body, f)) {
      const std::string& name = s.field_of(f.field)->name;
      if (field.empty() || name == field)
        out.push_back(
            {name, {}, f.value(), loaded.whole(1), always, loaded.whole(2), always, loaded.text(3), loaded.text(4)});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const version& l, const version& r) {
    return std::tie(l.field, l.key, l.known_from, l.valid_from) < std::tie(r.field, r.key, r.known_from, r.valid_from);
  });
  return out;
}

namespace {

/// Numbers of customers, sorted and each once, from the first column.
std::vector<std::int64_t> subjects(statement& q) {
  std::vector<std::int64_t> out;
  while (q.step()) out.push_back(q.whole(0));
  if (!std::is_sorted(out.begin(), out.end())) std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Who meets a condition: by rows of their own, and by lists of what was loaded (which must be looked at again).
struct met {
  std::vector<std::int64_t> sure, listed;
  [[nodiscard]] std::vector<std::int64_t> either() const {
    std::vector<std::int64_t> out;
    std::set_union(sure.begin(), sure.end(), listed.begin(), listed.end(), std::back_inserter(out));
    return out;
  }
};

template <class Store>
met meeting(Store& s, const field_value& condition, instant v, instant k) {
  const auto& [name, x] = condition;
  const auto* f = s.find_field(name);
  if (f == nullptr) throw error(errc::unknown_name, "archive::find: no field '" + name + "'");
  if (f->personal)
    throw error(errc::bad_format, "archive::find: field '" + name + "' is personal, it cannot be searched");
  if (f->many) {
    const std::int64_t item = s.find_item(value_text(x));
    if (item == 0) return {};
    statement q(s.db,
                "select subject from fact where item = ?4 and item > 0 and field = ?3 and tf <= ?1 and tt > ?1 and vf "
                "<= ?2 and vt > ?2 and value is not null");
    q.bind(1, k).bind(2, v).bind(3, f->id).bind(4, item);
    return {subjects(q), {}};
  }
  if (x.index() == 0) return {};
  if (f->kind != 0 && f->kind != static_cast<std::int64_t>(x.index()))
    throw error(errc::bad_format, "archive::find: field '" + name + "' holds " +
                                      std::string(kind_name(static_cast<std::size_t>(f->kind))) + ", this is " +
                                      std::string(kind_name(x.index())));
  const bool indexed = value_text(x).size() <= 30;  // bytes here, letters in the index
  statement q(s.db, indexed
                        ? "select subject from fact where field = ?3 and value = ?4 and person = 0 and length(value) "
                          "<= 40 and item = 0 and tf <= ?1 and tt > ?1 and vf <= ?2 and vt > ?2"
                        : "select subject from fact where field = ?3 and value = ?4 and person = 0 and item = 0 and tf "
                          "<= ?1 and tt > ?1 and vf <= ?2 and vt > ?2");
  q.bind(1, k).bind(2, v).bind(3, f->id).bind(4, x);
  return {subjects(q), s.listed(*f, x)};
}

}  // namespace

std::vector<std::string> archive::find(std::span<const field_value> conditions, const as_seen& seen,
                                       std::string_view text) const {
  const in_turn turn(store_);
  store& s = *store_;
  const transaction t(s.db, false);
  const store::asked asked = s.question(seen, "find");
  std::vector<std::string> out;
  if (conditions.empty() && text.empty()) {
    statement q(s.db,
                "select c.ref from customer c where exists(select 1 from fact f where f.subject = c.id and f.tf <= ?1 "
                "and f.tt > ?1 "
                "and f.vf <= ?2 and f.vt > ?2 and (f.value is not null or f.person > 0)) or exists(select 1 from pack "
                "p where p.subject = c.id and "
                "p.tf <= ?1 and p.vf <= ?2) order by c.ref");
    q.bind(1, asked.k).bind(2, asked.v);
    while (q.step()) out.push_back(q.text(0));
    return out;
  }
  std::vector<met> parts;
  for (const field_value& condition : conditions) parts.push_back(meeting(s, condition, asked.v, asked.k));
  if (!text.empty()) parts.push_back({s.subjects_with(text, asked.v, asked.k), {}});
  std::vector<std::int64_t> found = parts.front().either();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::vector<std::int64_t> both;
    const auto more = parts[i].either();
    std::set_intersection(found.begin(), found.end(), more.begin(), more.end(), std::back_inserter(both));
    found = std::move(both);
  }
  statement packed(s.db, "select exists(select 1 from pack where subject = ? and tf <= ? and vf <= ?)");
  std::erase_if(found, [&](std::int64_t subject) {
    const bool sure = std::all_of(parts.begin(), parts.end(), [&](const met& m) {
      return std::binary_search(m.sure.begin(), m.sure.end(), subject);
    });
    if (sure) return false;
    packed.bind(1, subject).bind(2, asked.k).bind(3, asked.v);
    const bool there = packed.step() && packed.whole(0) != 0;
    packed.reset();
    return !there;
  });
  for (const std::int64_t subject : found) out.push_back(s.customer_ref(subject));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace guanxi::archive
