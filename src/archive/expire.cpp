// Expiry by rule: first shown, then done in pieces that no reader waits long for.
#include <algorithm>
#include <map>
#include <set>

#include "store.hpp"

namespace guanxi::archive {
namespace {

instant due(const expiry_rule& rule, instant end) {
  const instant number = end >= 0 ? end / a_day : -((-end + a_day - 1) / a_day);
  const instant rest = end - number * a_day;
  if (number < -700'000 || number > 2'900'000) return always;
  if (rule.years == 0) return end + static_cast<instant>(rule.days) * a_day;
  date d = to_date(static_cast<day>(number));
  d.year += rule.years;
  if (d.year > 9990 || d.year < 1) return always;
  if (!valid(d)) d.dom = 28;  // 29 February
  return midnight(to_day(d)) + rest + static_cast<instant>(rule.days) * a_day;
}

struct due_row {
  std::int64_t subject, field, item, person;
  instant vf, vt, tf, tt;
  std::size_t rule;
  bool text;
};

struct due_list {
  std::vector<due_row> rows, held;
  std::map<std::int64_t, std::string> refs;
};

/// What the rows and rules are, in one hash: a run asks whether it is still the same.
std::string token(const due_list& list, std::span<const expiry_rule> rules) {
  std::string all;
  for (const due_row& r : list.rows) {
    for (const std::int64_t x : {r.subject, r.field, r.item, r.tf, r.vf, r.tt, r.vt, static_cast<std::int64_t>(r.rule)})
      all.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  for (const expiry_rule& rule : rules)
    all += join({rule.name, rule.field, rule.country, rule.group, std::to_string(static_cast<int>(rule.since)),
                 std::to_string(rule.years), std::to_string(rule.days), rule.basis});
  return sha256(all);
}

template <class Store>
std::string country_now(Store& s, const typename Store::field_info& country, std::int64_t subject) {
  value held;
  {
    statement q(s.db, "select body from pack where subject = ?");
    q.bind(1, subject);
    if (!q.step() || !Store::packed_value(q.view(0), country.id, held)) held = {};
  }
  if (held.index() == 0) held = s.one_of(subject, country, {s.now(), always - 1});
  const auto* text = std::get_if<std::string>(&held);
  return text == nullptr ? std::string() : *text;
}

template <class Store>
due_list find_due(Store& s, std::span<const expiry_rule> rules, instant at) {
  due_list out;
  s.load_fields();
  const auto* country = s.find_field("country");
  const bool by_country = country != nullptr && country->kind == 4 && !country->personal;
  const auto here = by_country ? *country : typename Store::field_info{};
  std::map<std::int64_t, std::vector<std::size_t>> rules_of;  // by field
  for (const auto& [name, f] : s.fields_by_name)
    for (std::size_t i = 0; i < rules.size(); ++i)
      if ((rules[i].field == "*" || rules[i].field == name) && (rules[i].group.empty() || rules[i].group == f.group))
        rules_of[f.id].push_back(i);
  std::map<std::int64_t, std::string> countries;
  std::map<std::int64_t, instant> holds;
  {
    statement q(s.db, "select customer, until from hold");
    while (q.step()) holds[q.whole(0)] = q.whole(1);
  }
  statement q(s.db,
              "select subject, field, item, vf, vt, tf, tt, person, typeof(value) = 'text' from fact where vt < "
              "9223372036854775807 or "
              "tt < 9223372036854775807");
  while (q.step()) {
    const auto found = rules_of.find(q.whole(1));
    if (found == rules_of.end()) continue;
    const instant vt = q.whole(4), tt = q.whole(6);
    bool any = false;
    std::size_t winner = 0;
    instant longest = 0;
    for (const std::size_t i : found->second) {
      const expiry_rule& rule = rules[i];
      const bool by_validity = rule.since == expiry_rule::end::valid_to;
      const instant end = by_validity ? vt : tt;
      // what is still believed ends with its validity; a corrected version ends with its correction
      if (end == always || (by_validity && tt != always)) continue;
      if (!rule.country.empty()) {
        const auto [it, fresh] = countries.try_emplace(q.whole(0));
        if (fresh && by_country) it->second = country_now(s, here, q.whole(0));
        if (it->second != rule.country) continue;
      }
      const instant when_due = due(rule, end);
      if (!any || when_due > longest) {
        winner = i;
        longest = when_due;
      }
      any = true;
    }
    if (!any || longest > at) continue;
    const due_row row{q.whole(0), q.whole(1), q.whole(2), q.whole(7), q.whole(3),
                      vt,         q.whole(5), tt,         winner,     q.whole(8) != 0};
    const auto hold = holds.find(row.subject);
    (hold != holds.end() && hold->second > at ? out.held : out.rows).push_back(row);
  }
  for (auto* rows : {&out.rows, &out.held}) {
    std::sort(rows->begin(), rows->end(), [](const due_row& l, const due_row& r) {
      return std::tie(l.subject, l.field, l.item, l.tf, l.vf) < std::tie(r.subject, r.field, r.item, r.tf, r.vf);
    });
    for (const due_row& r : *rows)
      if (out.refs.empty() || !out.refs.contains(r.subject)) out.refs.emplace(r.subject, s.customer_ref(r.subject));
  }
  return out;
}

template <class Store>
std::vector<expired_row> shown(Store& s, const due_list& list, const std::vector<due_row>& rows,
                               std::span<const expiry_rule> rules) {
  std::vector<expired_row> out;
  out.reserve(rows.size());
  for (const due_row& r : rows)
    out.push_back({list.refs.at(r.subject), s.field_of(r.field)->name, r.vf, r.vt, r.tf, r.tt, rules[r.rule].name,
                   rules[r.rule].basis});
  std::stable_sort(out.begin(), out.end(), [](const expired_row& l, const expired_row& r) {
    return std::tie(l.customer, l.field, l.known_from, l.valid_from) <
           std::tie(r.customer, r.field, r.known_from, r.valid_from);
  });
  return out;
}

}  // namespace

void archive::hold(std::string_view customer, const std::string& reason, instant until, const std::string& user) {
  const in_turn turn(store_);
  store& s = *store_;
  transaction t(s.db, true);
  const std::int64_t id = s.find_customer(customer);
  if (id == 0) throw error(errc::unknown_name, "archive::hold: no customer '" + std::string(customer) + "'");
  statement q(s.db,
              "insert into hold values(?, ?, ?) on conflict(customer) do update set reason = excluded.reason, until = "
              "excluded.until");
  q.bind(1, id).bind(2, std::string_view(reason)).bind(3, until).run();
  s.log("hold", number_text(id), join({reason, time_text(until), user}));
  t.commit();
}

expiry_report archive::expire(std::span<const expiry_rule> rules, instant at, bool dry_run,
                              const std::string& token_given, const std::string& user) {
  const in_turn turn(store_);
  for (const expiry_rule& rule : rules)
    if (rule.years < 0 || rule.days < 0 || rule.field.empty())
      throw error(errc::out_of_domain,
                  "archive::expire: rule '" + rule.name + "' must name a field and keep 0 days or more");
  store& s = *store_;
  due_list list;
  {
    const transaction t(s.db, false);
    list = find_due(s, rules, at);
  }
  expiry_report report;
  report.token = token(list, rules);
  if (!dry_run && !token_given.empty() && token_given != report.token)
    throw error(errc::out_of_order, "archive::expire: what falls due is no longer what the preview showed (" +
                                        std::to_string(list.rows.size()) + " rows now); look again");
  report.rows = shown(s, list, list.rows, rules);
  report.held = shown(s, list, list.held, rules);
  if (dry_run) return report;
  constexpr std::size_t chunk = 5000;
  bool words = false;
  for (std::size_t begin = 0; begin < list.rows.size(); begin += chunk) {
    transaction t(s.db, true);
    const std::size_t end = std::min(list.rows.size(), begin + chunk);
    std::int64_t gone = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const due_row& r = list.rows[i];
      const bool searchable = r.text && r.person == 0 && s.field_of(r.field)->searchable;
      if (searchable) {
        std::string text;
        {
          statement q(s.db,
                      "select value from fact where subject = ? and field = ? and item = ? and tf = ? and vf = ?");
          q.bind(1, r.subject).bind(2, r.field).bind(3, r.item).bind(4, r.tf).bind(5, r.vf);
          if (q.step()) text = q.text(0);
        }
        s.drop_words(r.subject, r.field, r.item, text);
        words = true;
      }
      statement q(
          s.db,
          "delete from fact where subject = ? and field = ? and item = ? and tf = ? and vf = ? and vt = ? and tt = ?");
      q.bind(1, r.subject)
          .bind(2, r.field)
          .bind(3, r.item)
          .bind(4, r.tf)
          .bind(5, r.vf)
          .bind(6, r.vt)
          .bind(7, r.tt)
          .run();
      gone += s.db->changes();
    }
    s.log("expire", "", join({std::to_string(gone), report.token, time_text(at), user}));
    t.commit();
  }
  if (words) {  // texts that another version still holds are found again; deleted words leave the index's pages
    transaction t(s.db, true);
    statement again(s.db,
                    "select distinct f.subject, f.field, f.item, f.value from fact f join field d on d.id = f.field "
                    "where d.searchable = 1 "
                    "and f.person = 0 and typeof(f.value) = 'text' and not exists(select 1 from word w where w.subject "
                    "= f.subject and "
                    "w.field = f.field and w.item = f.item)");
    std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::string>> lost;
    while (again.step()) lost.emplace_back(again.whole(0), again.whole(1), again.whole(2), again.text(3));
    for (const auto& [subject, field, item, text] : lost) s.add_words(subject, field, item, text);
    if (!s.on_server) s.db->execute("insert into words(words) values('optimize')", "expiring");
    t.commit();
  }
  if (!list.rows.empty()) s.db->checkpoint();
  report.done = true;
  return report;
}

}  // namespace guanxi::archive
