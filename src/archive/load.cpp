// Many files at once: sorted, in one transaction; customers that are new need no look at what was believed before.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "pack.hpp"
#include "schema.hpp"

namespace guanxi::archive {
namespace {

std::size_t rows_of(const load_column& c) {
  return std::visit([](const auto& values) { return values.size(); }, c.values);
}
std::size_t kind_of(const load_column& c) {
  constexpr std::size_t kinds[] = {1, 2, 3, 4, 5};
  return kinds[c.values.index()];
}

/// Whether the row says something of the field; NaN says nothing.
bool says(const load_column& c, std::size_t row) {
  if (!c.known.empty() && c.known[row] == 0) return false;
  const auto* numbers = std::get_if<std::span<const double>>(&c.values);
  return numbers == nullptr || !std::isnan((*numbers)[row]);
}

value cell(const load_column& c, std::size_t row) {
  switch (c.values.index()) {
    case 0:
      return std::get<0>(c.values)[row] != 0;
    case 1:
      return std::get<1>(c.values)[row];
    case 2:
      return std::get<2>(c.values)[row];
    case 3:
      return std::string(std::get<3>(c.values)[row]);
    default:
      return date_value{std::get<4>(c.values)[row]};
  }
}

packed_fact packed_cell(const load_column& c, std::int64_t field, std::size_t row) {
  packed_fact f;
  f.field = field;
  f.kind = kind_of(c);
  switch (c.values.index()) {
    case 0:
      f.whole = std::get<0>(c.values)[row] != 0;
      break;
    case 1:
      f.whole = std::get<1>(c.values)[row];
      break;
    case 2:
      f.number = std::get<2>(c.values)[row];
      break;
    case 3:
      f.text = std::get<3>(c.values)[row];
      break;
    default:
      f.whole = std::get<4>(c.values)[row];
  }
  return f;
}

void bind_cell(statement& s, int i, const load_column& c, std::size_t row) {
  switch (c.values.index()) {
    case 0:
      s.bind(i, std::int64_t{std::get<0>(c.values)[row] != 0});
      break;
    case 1:
      s.bind(i, std::get<1>(c.values)[row]);
      break;
    case 2:
      s.bind_number(i, std::get<2>(c.values)[row]);
      break;
    case 3:
      s.bind_text(i, std::get<3>(c.values)[row]);
      break;
    default:
      s.bind(i, std::int64_t{std::get<4>(c.values)[row]});
  }
}

void want_sizes(const load_batch& b) {
  const std::size_t rows = b.customer.size();
  const auto want = [rows](std::size_t have, const std::string& name, bool may_be_empty) {
    if (have != rows && !(may_be_empty && have == 0))
      throw error(errc::size_mismatch, "archive::load: 'customer' has " + std::to_string(rows) + " entries, '" + name +
                                           "' has " + std::to_string(have));
  };
  for (const load_column& c : b.columns) {
    want(rows_of(c), c.field, false);
    want(c.known.size(), c.field + "' known", true);
  }
  want(b.valid_from.size(), "valid_from", true);
  want(b.valid_to.size(), "valid_to", true);
  want(b.known_at.size(), "known_at", true);
}

/// Why a row cannot be taken; an empty reason when it can.
refused_row refusal(const load_batch& b, std::size_t row, instant vf, instant vt, instant known, instant latest) {
  if (b.customer[row].empty()) return {row, "customer", "no customer"};
  if (b.customer[row].find('\0') != std::string_view::npos) return {row, "customer", "a zero byte inside its text"};
  if (known > latest) return {row, "known_at", "known_at " + time_text(known) + " is in the future"};
  if (vt <= vf) return {row, "valid_to", "valid_to " + time_text(vt) + " is not after valid_from " + time_text(vf)};
  for (const load_column& c : b.columns) {
    if (!says(c, row)) continue;
    if (const auto* numbers = std::get_if<std::span<const double>>(&c.values);
        numbers != nullptr && !std::isfinite((*numbers)[row]))
      return {row, c.field, "not a finite number"};
    if (const auto* texts = std::get_if<std::span<const std::string_view>>(&c.values);
        texts != nullptr && (*texts)[row].find('\0') != std::string_view::npos)
      return {row, c.field, "a zero byte inside its text"};
  }
  return {};
}

/// A first load into an archive that nobody else has open goes straight into the file, under a rollback journal; else
/// every page would be written twice. Back to the write-ahead log afterwards, whatever happens.
template <class Store>
class without_log {
 public:
  explicit without_log(Store& s) : s_(s) {
    if (s.on_server || s.number("select exists(select 1 from customer)") != 0) return;
    s.busy(0);
    statement mode(s.db, "pragma journal_mode = delete");
    try {
      changed_ = mode.step() && mode.text(0) == "delete";
    } catch (const error&) {  // somebody else has it open
    }
    s.busy(s.options.busy_ms);
  }
  ~without_log() {
    if (!changed_) return;
    try {
      s_.db->execute("pragma journal_mode = wal", "loading");
    } catch (const error&) {
    }
  }
  without_log(const without_log&) = delete;
  without_log& operator=(const without_log&) = delete;

 private:
  Store& s_;
  bool changed_ = false;
};

}  // namespace

load_report archive::load(std::span<const load_batch> batches, const when& times, const origin& from) {
  const in_turn turn(store_);
  store& s = *store_;
  for (const load_batch& b : batches) want_sizes(b);
  load_report report;
  const without_log direct_to_file(s);
  transaction t(s.db, true);
  s.refresh_fields();
  try {
    const store::moment m = s.times(times, "load");
    const instant latest = s.next_known();
    report.known = m.known;
    instant newest_known = m.known;
    const std::int64_t who = s.origin_id(from);
    const std::int64_t before = s.number("select coalesce(max(id), 0) from customer");
    const bool fresh = s.number("select exists(select 1 from fact)") == 0;
    if (fresh && !s.on_server) s.db->execute("drop index fact_value", "loading");
    bool sealed = false;
    std::set<std::int64_t> done;  // fields that an earlier batch wrote
    statement direct(s.db, "insert into fact values(?, ?, ?, ?, ?, ?, 9223372036854775807, ?, 0, ?)");
    statement pack(s.db, "insert into pack values(?, ?, ?, ?, ?)");
    posting_lists lists;
    std::set<std::int64_t> packed_fields;
    std::string body;
    statement make(s.db, "insert into customer(ref) values(?)");
    for (const load_batch& b : batches) {
      struct target {
        const load_column* column;
        store::field_info field;
        bool seen_before;
      };
      std::vector<target> targets;
      for (const load_column& c : b.columns) {
        const auto* known = s.find_field(c.field);
        if (c.field.empty()) throw error(errc::empty, "archive::load: a field has no name");
        want_text(c.field, "field");
        targets.push_back({&c, s.field(c.field, kind_of(c), c.personal, known != nullptr && known->many), false});
        targets.back().seen_before = done.contains(targets.back().field.id);
      }
      std::sort(targets.begin(), targets.end(),
                [](const target& l, const target& r) { return l.field.id < r.field.id; });
      for (std::size_t i = 1; i < targets.size(); ++i)
        if (targets[i - 1].field.id == targets[i].field.id)
          throw error(errc::duplicate, "archive::load: column '" + targets[i].field.name + "' is given twice");
      const bool again = std::any_of(targets.begin(), targets.end(), [](const target& to) { return to.seen_before; });
      std::vector<std::uint32_t> order(b.customer.size());
      std::iota(order.begin(), order.end(), 0u);
      const auto less = [&](std::uint32_t l, std::uint32_t r) {
        if (const int c = b.customer[l].compare(b.customer[r]); c != 0) return c < 0;
        if (!b.known_at.empty() && b.known_at[l] != b.known_at[r]) return b.known_at[l] < b.known_at[r];
        return l < r;
      };
      if (!std::is_sorted(order.begin(), order.end(), less)) std::sort(order.begin(), order.end(), less);
      std::string_view last;
      std::int64_t subject = 0;
      for (const std::uint32_t row : order) {
        const instant known = b.known_at.empty() ? m.known : b.known_at[row];
        const instant vf = b.valid_from.empty() ? (times.valid_from ? m.vf : known) : b.valid_from[row];
        const instant vt = b.valid_to.empty() ? m.vt : b.valid_to[row];
        if (refused_row no = refusal(b, row, vf, vt, known, latest); !no.reason.empty()) {
          report.refused.push_back(std::move(no));
          continue;
        }
        const bool first = subject == 0 || b.customer[row] != last;
        bool made = false;
        if (first) {
          last = b.customer[row];
          subject = before == 0 && &b == batches.data() ? 0 : s.find_customer(last);
          if (subject == 0) {
            make.bind_text(1, last).run();
            subject = s.db->last_id();
            ++report.new_customers;
            made = true;
          }
        }
        const bool nothing_before = first && subject > before;
        if (!nothing_before || (!made && again)) {
          s.unpack(subject);
          std::string column;
          for (const target& to : targets)
            if (!to.field.many && says(*to.column, row) && known < s.newest(subject, to.field.id, 0))
              column = to.field.name;
          if (!column.empty()) {
            report.refused.push_back(
                {row, column, "known_at " + time_text(known) + " is before the newest version of this fact"});
            continue;
          }
        }
        body.clear();
        for (const target& to : targets) {
          if (!says(*to.column, row)) continue;
          ++report.facts;
          const store::field_info& f = to.field;
          if (nothing_before && !to.seen_before && !f.personal && !f.searchable && !f.many) {
            if (made && vt == always && !s.on_server) {  // the whole file in one row, until somebody writes to it
              const packed_fact packed = packed_cell(*to.column, f.id, row);
              pack_fact(body, packed);
              lists.add(packed, subject);
              packed_fields.insert(f.id);
            } else {
              direct.bind(1, subject).bind(2, f.id).bind(3, std::int64_t{0}).bind(4, vf).bind(5, vt).bind(6, known);
              bind_cell(direct, 7, *to.column, row);
              direct.bind(8, who).run();
            }
            continue;
          }
          store::rectangle w{subject, f.id, 0,     vf,          vt, f.kind, who, 0, cell(*to.column, row),
                             {},      {},   false, f.searchable};
          std::string key = f.many ? value_text(w.held) : std::string();
          if (f.personal) {
            w.person = s.person(subject, "", false);
            w.key = key;
            sealed = true;
            if (f.many) {
              const auto secret = s.keys.get(w.person);
              key = sodium::keyed_hash(join({f.name, key}), *secret);
            }
          }
          if (f.many) {
            w.item = s.item(key);
            if (known < s.newest(subject, f.id, w.item)) {
              report.refused.push_back(
                  {row, f.name, "known_at " + time_text(known) + " is before the newest version of this fact"});
              --report.facts;
              continue;
            }
          }
          s.write(std::move(w), known);
        }
        if (!body.empty()) pack.bind(1, subject).bind(2, known).bind(3, vf).bind(4, who).bind_blob(5, body).run();
        newest_known = std::max(newest_known, known);
        ++report.rows;
      }
      for (const target& to : targets) done.insert(to.field.id);
    }
    if (sealed) s.keys.sync();
    if (!packed_fields.empty()) lists.write(s.db);
    for (const std::int64_t f : packed_fields) {
      statement q(s.db, "insert into packed_field values(?) on conflict(field) do nothing");
      q.bind(1, f).run();
    }
    if (fresh && !s.on_server) s.db->execute(fact_value_index, "loading");
    if (newest_known > s.last_known()) s.set_meta("clock", std::to_string(newest_known));
    s.log("load", "", join({std::to_string(report.rows), std::to_string(report.facts), from.source, from.user}));
    t.commit();
  } catch (...) {
    s.fields_by_name.clear();
    s.fields_by_id.clear();
    s.fields_seen = -1;
    throw;
  }
  return report;
}

}  // namespace guanxi::archive
