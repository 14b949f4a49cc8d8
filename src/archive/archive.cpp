#include <guanxi/archive/archive.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>

#include "sqlite.hpp"

namespace guanxi::archive {
namespace {

constexpr std::int64_t application_id = 0x67786172;  // "gxar"
constexpr std::int64_t schema_version = 1;

constexpr const char* schema = R"(
  create table meta(key text primary key, value any) strict;
  create table customer(id integer primary key, ref text not null unique) strict;
  create table field(id integer primary key, name text not null unique, kind integer not null) strict;
  create table origin(id integer primary key, source text not null, user text not null, unique(source, user)) strict;
  create table fact(subject integer not null, field integer not null, vf integer not null, vt integer not null,
    tf integer not null, tt integer not null, value any, origin integer not null,
    primary key(subject, field, tf, vf), check(vf < vt and tf < tt)) strict, without rowid;
  create index fact_open on fact(field, value, subject) where tt = 9223372036854775807;
  create index fact_ended on fact(field, vt) where vt < 9223372036854775807;
  create table hold(customer integer primary key, reason text not null, until integer not null) strict;
  create table run(id integer primary key, name text not null, at integer not null, user text not null,
    inputs text not null, result text not null) strict;
  create table audit(n integer primary key, at integer not null, what text not null, subject text not null,
    detail text not null, hash text not null) strict;
  create trigger audit_stays before delete on audit begin select raise(abort, 'the audit chain is append only'); end;
  create trigger audit_same before update on audit begin select raise(abort, 'the audit chain is append only'); end;
)";

std::string_view kind_name(std::size_t kind) {
  constexpr std::string_view names[] = {"nothing", "true or false", "a whole number", "a number", "a text", "a date"};
  return names[kind];
}

/// "2024-03-01T09:30:00.000001", without the time at midnight.
std::string time_text(instant t) {
  if (t == always) return "open";
  const instant number = t >= 0 ? t / a_day : -((-t + a_day - 1) / a_day);
  if (number < midnight(0) - 719'162 || number > 2'932'896) return std::to_string(t) + " us";
  std::string text = to_text(static_cast<day>(number));
  const instant rest = t - number * a_day;
  if (rest == 0) return text;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d.%06d", static_cast<int>(rest / 3'600'000'000),
                static_cast<int>(rest / 60'000'000 % 60), static_cast<int>(rest / 1'000'000 % 60),
                static_cast<int>(rest % 1'000'000));
  return text + buffer;
}

/// Parts joined so that no two lists of parts give the same text: each with its length.
std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  }
  return text;
}

std::string audit_hash(const std::string& before, std::int64_t n, instant at, std::string_view what,
                       std::string_view subject, std::string_view detail) {
  return sha256(join({before, std::to_string(n), std::to_string(at), what, subject, detail}));
}

void want_text(std::string_view text, const char* argument) {
  if (text.find('\0') != std::string_view::npos)
    throw error(errc::bad_format, std::string("archive: '") + argument + "' has a zero byte inside its text");
}

}  // namespace

struct archive::store {
  sqlite3* db = nullptr;
  bool read_only = false;
  std::string path;
  mutable std::mutex turn;

  ~store() {
    if (db != nullptr) sqlite3_close_v2(db);
  }

  void open(const archive_options& options) {
    if (sqlite3_threadsafe() == 0)
      throw error(errc::io, "archive: this SQLite was built for one thread only, the archive needs a threadsafe one");
    read_only = options.read_only;
    const int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK)
      throw error(errc::io,
                  "archive: cannot open '" + path + "': " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, options.busy_ms);
    execute(db, "pragma trusted_schema = off; pragma foreign_keys = on", "opening '" + path + "'");
    const std::int64_t id = number("pragma application_id");
    const bool fresh = id == 0 && number("select count(*) from sqlite_master") == 0;
    if (!fresh && id != application_id)
      throw error(errc::bad_format,
                  "archive: '" + path + "' is not a guanxi archive: application_id " + std::to_string(id));
    if (fresh && read_only) throw error(errc::io, "archive: '" + path + "' is empty and open for reading only");
    if (!read_only) {
      statement mode(db, "pragma journal_mode = wal");
      if (!mode.step() || mode.text(0) != "wal")
        throw error(errc::io, "archive: '" + path + "' cannot keep a write-ahead log (a network file system?)");
      mode.reset();
      execute(db, options.power_safe ? "pragma synchronous = full" : "pragma synchronous = normal", "opening");
    }
    if (fresh) create();
    const std::int64_t version = number("pragma user_version");
    if (version > schema_version)
      throw error(errc::bad_format, "archive: '" + path + "' has schema " + std::to_string(version) +
                                        ", this library knows " + std::to_string(schema_version));
  }

  void create() {
    transaction t(db, true);
    if (number("select count(*) from sqlite_master") == 0) {  // nobody was faster
      execute(db, schema, "making the tables");
      execute(db, ("pragma application_id = " + std::to_string(application_id)).c_str(), "making the tables");
      execute(db, ("pragma user_version = " + std::to_string(schema_version)).c_str(), "making the tables");
      log("create", "", "schema " + std::to_string(schema_version));
    }
    t.commit();
  }

  [[nodiscard]] std::int64_t number(const char* sql) const {
    statement s(db, sql);
    return s.step() ? s.whole(0) : 0;
  }

  [[nodiscard]] std::optional<std::string> meta(const char* key) const {
    statement s(db, "select value from meta where key = ?");
    s.bind(1, std::string_view(key));
    if (!s.step()) return std::nullopt;
    return s.text(0);
  }
  void set_meta(const char* key, std::string_view text) const {
    statement s(db, "insert into meta values(?, ?) on conflict(key) do update set value = excluded.value");
    s.bind(1, std::string_view(key)).bind(2, text).run();
  }

  [[nodiscard]] static instant clock() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  [[nodiscard]] instant last_known() const {
    const auto last = meta("clock");
    return last ? std::stoll(*last) : std::numeric_limits<instant>::min() / 2;
  }
  /// A known time of our own: never before, nor equal to, the last one.
  [[nodiscard]] instant next_known() const { return std::max(clock(), last_known() + 1); }
  [[nodiscard]] instant now() const { return std::max(clock(), last_known()); }

  /// One row of the chain, and its hash as the tail, in the caller's transaction.
  void log(std::string_view what, std::string_view subject, std::string_view detail) const {
    const std::int64_t n = number("select coalesce(max(n), 0) from audit") + 1;
    const instant at = clock();
    const std::string hash = audit_hash(meta("tail").value_or(""), n, at, what, subject, detail);
    statement s(db, "insert into audit values(?, ?, ?, ?, ?, ?)");
    s.bind(1, n).bind(2, at).bind(3, what).bind(4, subject).bind(5, detail).bind(6, std::string_view(hash)).run();
    set_meta("tail", hash);
    set_meta("tail_rows", std::to_string(n));
  }

  [[nodiscard]] std::int64_t find_customer(std::string_view ref) const {
    statement s(db, "select id from customer where ref = ?");
    s.bind(1, ref);
    return s.step() ? s.whole(0) : 0;
  }
  [[nodiscard]] std::int64_t customer(std::string_view ref) const {
    if (const std::int64_t id = find_customer(ref)) return id;
    statement s(db, "insert into customer(ref) values(?)");
    s.bind(1, ref).run();
    return sqlite3_last_insert_rowid(db);
  }
  [[nodiscard]] std::int64_t origin_id(const origin& from) const {
    statement s(db, "select id from origin where source = ? and user = ?");
    s.bind(1, std::string_view(from.source)).bind(2, std::string_view(from.user));
    if (s.step()) return s.whole(0);
    statement insert(db, "insert into origin(source, user) values(?, ?)");
    insert.bind(1, std::string_view(from.source)).bind(2, std::string_view(from.user)).run();
    return sqlite3_last_insert_rowid(db);
  }
  struct field_row {
    std::int64_t id = 0, kind = 0;
  };
  [[nodiscard]] field_row find_field(std::string_view name) const {
    statement s(db, "select id, kind from field where name = ?");
    s.bind(1, name);
    return s.step() ? field_row{s.whole(0), s.whole(1)} : field_row{};
  }
  /// The field's number; its first value gives it its kind, which it keeps.
  [[nodiscard]] std::int64_t field(const std::string& name, const value& x) const {
    const auto kind = static_cast<std::int64_t>(x.index());
    const field_row have = find_field(name);
    if (have.id == 0) {
      statement s(db, "insert into field(name, kind) values(?, ?)");
      s.bind(1, std::string_view(name)).bind(2, kind).run();
      return sqlite3_last_insert_rowid(db);
    }
    if (have.kind == 0 && kind != 0) {
      statement s(db, "update field set kind = ? where id = ?");
      s.bind(1, kind).bind(2, have.id).run();
    } else if (kind != 0 && kind != have.kind) {
      throw error(errc::bad_format, "archive: field '" + name + "' holds " +
                                        std::string(kind_name(static_cast<std::size_t>(have.kind))) + ", this is " +
                                        std::string(kind_name(x.index())));
    }
    return have.id;
  }

  // ---- the rectangle rule
  // ---------------------------------------------------------------------------------------------

  struct rectangle {
    std::int64_t subject, field;
    instant vf, vt;
    std::int64_t kind, origin;
    value held;
  };

  void insert(const rectangle& r, instant tf) const {
    statement s(db, "insert into fact values(?, ?, ?, ?, ?, ?, ?, ?)");
    s.bind(1, r.subject).bind(2, r.field).bind(3, r.vf).bind(4, r.vt).bind(5, tf).bind(6, always);
    s.bind(7, r.held).bind(8, r.origin).run();
  }

  /// Open rows that meet [from, to), with when they were learnt.
  [[nodiscard]] std::vector<std::pair<rectangle, instant>> open_rows(const rectangle& w, instant from,
                                                                     instant to) const {
    statement s(db,
                "select vf, vt, tf, value, origin from fact where subject = ? and field = ? and tt = "
                "9223372036854775807 and vf < ? and vt > ?");
    s.bind(1, w.subject).bind(2, w.field).bind(3, to).bind(4, from);
    std::vector<std::pair<rectangle, instant>> rows;
    while (s.step())
      rows.emplace_back(rectangle{w.subject, w.field, s.whole(0), s.whole(1), w.kind, s.whole(4), s.read(3, w.kind)},
                        s.whole(2));
    return rows;
  }

  void erase(const rectangle& r, instant tf) const {
    statement s(db, "delete from fact where subject = ? and field = ? and tf = ? and vf = ?");
    s.bind(1, r.subject).bind(2, r.field).bind(3, tf).bind(4, r.vf).run();
  }

  void write(rectangle w, instant known) const {
    for (const auto& [row, tf] : open_rows(w, w.vf, w.vt)) {
      if (tf == known) {
        erase(row, tf);  // never believed for any length of time
      } else {
        statement s(db, "update fact set tt = ? where subject = ? and field = ? and tf = ? and vf = ?");
        s.bind(1, known).bind(2, row.subject).bind(3, row.field).bind(4, tf).bind(5, row.vf).run();
      }
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
    // An equal neighbour of the same instant and origin is joined.
    const instant from = w.vf == std::numeric_limits<instant>::min() ? w.vf : w.vf - 1;
    for (const auto& [row, tf] : open_rows(w, from, w.vt == always ? w.vt : w.vt + 1)) {
      if (tf != known || row.origin != w.origin || row.held != w.held) continue;
      if (row.vt == w.vf || row.vf == w.vt) {
        erase(row, tf);
        w.vf = std::min(w.vf, row.vf);
        w.vt = std::max(w.vt, row.vt);
      }
    }
    insert(w, known);
  }

  // ---- expiry
  // ---------------------------------------------------------------------------------------------------------

  struct due_row {
    expired_row shown;
    std::int64_t subject = 0, field = 0;
  };

  static instant due(const expiry_rule& rule, instant end) {
    const instant number = end >= 0 ? end / a_day : -((-end + a_day - 1) / a_day);
    const instant rest = end - number * a_day;
    if (number < -700'000 || number > 2'900'000) return always;
    date d = to_date(static_cast<day>(number));
    d.year += rule.years;
    if (d.year > 9990 || d.year < 1) return always;
    if (!valid(d)) d.dom = 28;  // 29 February
    return midnight(to_day(d)) + rest + static_cast<instant>(rule.days) * a_day;
  }

  [[nodiscard]] std::string country_now(std::int64_t subject, const field_row& country) const {
    if (country.id == 0 || country.kind != 4) return {};
    statement s(
        db,
        "select value from fact where subject = ? and field = ? and tt = 9223372036854775807 and vf <= ? and vt > ?");
    const instant t = now();
    s.bind(1, subject).bind(2, country.id).bind(3, t).bind(4, t);
    return s.step() ? s.text(0) : std::string();
  }

  void find_due(std::span<const expiry_rule> rules, instant at, std::vector<due_row>& rows,
                std::vector<due_row>& held) const {
    const field_row country = find_field("country");
    std::map<std::int64_t, std::string> countries;
    statement s(
        db,
        "select f.subject, f.field, f.vf, f.vt, f.tf, f.tt, c.ref, d.name, coalesce(h.until, 0) from fact f "
        "join customer c on c.id = f.subject join field d on d.id = f.field left join hold h on h.customer = c.id "
        "where f.vt < 9223372036854775807 or f.tt < 9223372036854775807 order by c.ref, d.name, f.tf, f.vf");
    while (s.step()) {
      const instant vt = s.whole(3), tt = s.whole(5);
      const std::string name = s.text(7);
      const expiry_rule* winner = nullptr;
      instant longest = 0;
      for (const expiry_rule& rule : rules) {
        if (rule.field != "*" && rule.field != name) continue;
        const instant end = rule.since == expiry_rule::end::valid_to ? vt : tt;
        // what is still believed ends with its validity; a corrected version ends with its correction
        if (end == always || (rule.since == expiry_rule::end::valid_to && tt != always)) continue;
        if (!rule.country.empty()) {
          const auto [it, fresh] = countries.try_emplace(s.whole(0));
          if (fresh) it->second = country_now(s.whole(0), country);
          if (it->second != rule.country) continue;
        }
        const instant when_due = due(rule, end);
        if (winner == nullptr || when_due > longest) {
          winner = &rule;
          longest = when_due;
        }
      }
      if (winner == nullptr || longest > at) continue;
      due_row row{
          {s.text(6), name, s.whole(2), vt, s.whole(4), tt, winner->name, winner->basis}, s.whole(0), s.whole(1)};
      (s.whole(8) > at ? held : rows).push_back(std::move(row));
    }
  }

  static std::string token(const std::vector<due_row>& rows) {
    std::string all;
    for (const due_row& r : rows)
      all +=
          join({r.shown.customer, r.shown.field, std::to_string(r.shown.known_from), std::to_string(r.shown.valid_from),
                std::to_string(r.shown.known_to), std::to_string(r.shown.valid_to), r.shown.rule});
    return sha256(all);
  }
};

namespace {

void want_open(bool open) {
  if (!open) throw error(errc::io, "archive: it is closed");
}

}  // namespace

archive::archive(const std::string& path, const archive_options& options) : store_(std::make_unique<store>()) {
  store_->path = path;
  store_->open(options);
}
archive::~archive() = default;
archive::archive(archive&&) noexcept = default;
archive& archive::operator=(archive&&) noexcept = default;

void archive::close() {
  if (store_ && store_->db != nullptr && !store_->read_only)
    sqlite3_wal_checkpoint_v2(store_->db, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  store_.reset();
}

instant archive::put(std::string_view customer, std::span<const field_value> fields, const when& times,
                     const origin& from) {
  want_open(store_ != nullptr);
  want_text(customer, "customer");
  if (customer.empty()) throw error(errc::empty, "archive::put: 'customer' is empty, it must be the customer's id");
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, true);
  const instant newest = s.next_known();
  const instant known = times.known_at.value_or(newest);
  if (known > newest)
    throw error(errc::out_of_domain, "archive::put: known_at " + time_text(known) + " is in the future");
  const instant vf = times.valid_from.value_or(known);
  const instant vt = times.valid_to.value_or(always);
  if (vt <= vf)
    throw error(errc::out_of_domain,
                "archive::put: valid_to " + time_text(vt) + " is not after valid_from " + time_text(vf));
  const std::int64_t subject = s.customer(customer);
  const std::int64_t who = s.origin_id(from);
  statement last(s.db, "select max(tf) from fact where subject = ? and field = ? having max(tf) is not null");
  for (const auto& [name, x] : fields) {
    want_text(name, "field");
    if (name.empty()) throw error(errc::empty, "archive::put: a field has no name");
    if (const auto* text = std::get_if<std::string>(&x)) want_text(*text, "value");
    if (const auto* real = std::get_if<double>(&x); real != nullptr && !std::isfinite(*real))
      throw error(errc::not_finite, "archive::put: field '" + name + "' is not a finite number; nothing known is null");
    const std::int64_t field = s.field(name, x);
    last.reset();
    last.bind(1, subject).bind(2, field);
    if (last.step() && known < last.whole(0))
      throw error(errc::out_of_order, "archive::put: known_at " + time_text(known) +
                                          " is before the newest version of customer '" + std::string(customer) +
                                          "' field '" + name + "' (" + time_text(last.whole(0)) + ")");
    last.reset();
    const std::int64_t kind = s.find_field(name).kind;
    s.write({subject, field, vf, vt, kind, who, x}, known);
  }
  if (known > s.last_known()) s.set_meta("clock", std::to_string(known));
  t.commit();
  return known;
}

std::vector<field_value> archive::get(std::string_view customer, const as_seen& seen) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, false);
  const instant now = s.now(), v = seen.as_of.value_or(now), k = seen.known_at.value_or(always - 1);
  if (seen.known_at && k > now)
    throw error(errc::out_of_domain, "archive::get: known_at " + time_text(k) + " is in the future");
  statement q(
      s.db,
      "select d.name, f.value, d.kind from fact f join field d on d.id = f.field where f.subject = ? and f.tf <= ?2 "
      "and f.tt > ?2 and f.vf <= ?3 and f.vt > ?3 and f.value is not null order by d.name");
  q.bind(1, s.find_customer(customer)).bind(2, k).bind(3, v);
  std::vector<field_value> out;
  while (q.step()) out.emplace_back(q.text(0), q.read(1, q.whole(2)));
  return out;
}

value archive::get(std::string_view customer, std::string_view field, const as_seen& seen) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, false);
  const instant now = s.now(), v = seen.as_of.value_or(now), k = seen.known_at.value_or(always - 1);
  if (seen.known_at && k > now)
    throw error(errc::out_of_domain, "archive::get: known_at " + time_text(k) + " is in the future");
  const auto [id, kind] = s.find_field(field);
  statement q(
      s.db,
      "select value from fact where subject = ?1 and field = ?4 and tf <= ?2 and tt > ?2 and vf <= ?3 and vt > ?3 "
      "order by tf desc limit 1");
  q.bind(1, s.find_customer(customer)).bind(2, k).bind(3, v).bind(4, id);
  return q.step() ? q.read(0, kind) : value{};
}

std::vector<version> archive::history(std::string_view customer, std::string_view field) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  statement q(
      s.db,
      "select d.name, f.value, d.kind, f.vf, f.vt, f.tf, f.tt, o.source, o.user from fact f join field d on d.id = "
      "f.field join origin o on o.id = f.origin where f.subject = ?1 and (?2 = '' or d.name = ?2) order by d.name, "
      "f.tf, f.vf");
  q.bind(1, s.find_customer(customer)).bind(2, field);
  std::vector<version> out;
  while (q.step())
    out.push_back(
        {q.text(0), q.read(1, q.whole(2)), q.whole(3), q.whole(4), q.whole(5), q.whole(6), q.text(7), q.text(8)});
  return out;
}

std::vector<std::string> archive::find(std::span<const field_value> conditions, const as_seen& seen) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, false);
  const instant now = s.now(), v = seen.as_of.value_or(now), k = seen.known_at.value_or(always - 1);
  if (seen.known_at && k > now)
    throw error(errc::out_of_domain, "archive::find: known_at " + time_text(k) + " is in the future");
  std::vector<std::string> out;
  const auto collect = [&](statement& q) {
    std::vector<std::string> part;
    while (q.step()) part.push_back(q.text(0));
    return part;
  };
  if (conditions.empty()) {
    statement q(
        s.db,
        "select distinct c.ref from fact f join customer c on c.id = f.subject where f.tf <= ?1 and f.tt > ?1 and "
        "f.vf <= ?2 and f.vt > ?2 and f.value is not null order by c.ref");
    q.bind(1, k).bind(2, v);
    return collect(q);
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const auto& [name, x] = conditions[i];
    const auto [id, kind] = s.find_field(name);
    if (id == 0) throw error(errc::unknown_name, "archive::find: no field '" + name + "'");
    if (x.index() != 0 && kind != 0 && kind != static_cast<std::int64_t>(x.index()))
      throw error(errc::bad_format, "archive::find: field '" + name + "' holds " +
                                        std::string(kind_name(static_cast<std::size_t>(kind))) + ", this is " +
                                        std::string(kind_name(x.index())));
    // What is believed now is found by the index of open rows; older beliefs by a scan of the field.
    statement q(
        s.db, seen.known_at
                  ? "select c.ref from fact f join customer c on c.id = f.subject where f.field = ?3 and f.value = ?4 "
                    "and f.tf <= ?1 and f.tt > ?1 and f.vf <= ?2 and f.vt > ?2 order by c.ref"
                  : "select c.ref from fact f join customer c on c.id = f.subject where f.field = ?3 and f.value = ?4 "
                    "and f.tt = 9223372036854775807 and f.tf <= ?1 and f.vf <= ?2 and f.vt > ?2 order by c.ref");
    q.bind(1, k).bind(2, v).bind(3, id).bind(4, x);
    auto part = collect(q);
    if (i == 0) {
      out = std::move(part);
    } else {
      std::vector<std::string> both;
      std::set_intersection(out.begin(), out.end(), part.begin(), part.end(), std::back_inserter(both));
      out = std::move(both);
    }
  }
  return out;
}

void archive::hold(std::string_view customer, const std::string& reason, instant until, const std::string& user) {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, true);
  const std::int64_t id = s.find_customer(customer);
  if (id == 0) throw error(errc::unknown_name, "archive::hold: no customer '" + std::string(customer) + "'");
  statement q(s.db,
              "insert into hold values(?, ?, ?) on conflict(customer) do update set reason = excluded.reason, until = "
              "excluded.until");
  q.bind(1, id).bind(2, std::string_view(reason)).bind(3, until).run();
  s.log("hold", customer, join({reason, time_text(until), user}));
  t.commit();
}

expiry_report archive::expire(std::span<const expiry_rule> rules, instant at, bool dry_run, const std::string& token,
                              const std::string& user) {
  want_open(store_ != nullptr);
  for (const expiry_rule& rule : rules)
    if (rule.years < 0 || rule.days < 0 || rule.field.empty())
      throw error(errc::out_of_domain,
                  "archive::expire: rule '" + rule.name + "' must name a field and keep 0 days or more");
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  std::vector<store::due_row> rows, held;
  {
    transaction t(s.db, false);
    s.find_due(rules, at, rows, held);
  }
  expiry_report report;
  report.token = store::token(rows);
  if (!dry_run && !token.empty() && token != report.token)
    throw error(errc::out_of_order, "archive::expire: what falls due is no longer what the preview showed (" +
                                        std::to_string(rows.size()) + " rows now); look again");
  for (const auto& r : rows) report.rows.push_back(r.shown);
  for (const auto& r : held) report.held.push_back(r.shown);
  if (dry_run) return report;
  constexpr std::size_t chunk = 5000;
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    transaction t(s.db, true);
    statement gone(s.db,
                   "delete from fact where subject = ? and field = ? and tf = ? and vf = ? and vt = ? and tt = ?");
    const std::size_t end = std::min(rows.size(), begin + chunk);
    for (std::size_t i = begin; i < end; ++i) {
      const auto& r = rows[i];
      gone.bind(1, r.subject).bind(2, r.field).bind(3, r.shown.known_from).bind(4, r.shown.valid_from);
      gone.bind(5, r.shown.valid_to).bind(6, r.shown.known_to).run();
    }
    s.log("expire", "", join({std::to_string(end - begin), report.token, time_text(at), user}));
    t.commit();
  }
  report.done = true;
  return report;
}

std::int64_t archive::add_run(const run& what) {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  std::string inputs;
  for (const auto& [name, hash] : what.inputs) {
    if (name.find_first_of("\t\n") != std::string::npos || hash.find_first_of("\t\n") != std::string::npos)
      throw error(errc::bad_format, "archive::add_run: the name or hash of an input has a tab or a line end");
    inputs += name + '\t' + hash + '\n';
  }
  transaction t(s.db, true);
  const instant at = s.clock();
  statement q(s.db, "insert into run(name, at, user, inputs, result) values(?, ?, ?, ?, ?)");
  q.bind(1, std::string_view(what.name)).bind(2, at).bind(3, std::string_view(what.user));
  q.bind(4, std::string_view(inputs)).bind(5, std::string_view(what.result)).run();
  const std::int64_t id = sqlite3_last_insert_rowid(s.db);
  s.log("run", what.name, join({std::to_string(id), what.user, inputs, sha256(what.result)}));
  t.commit();
  return id;
}

namespace {
run read_run(const statement& q) {
  run out{q.whole(0), q.text(1), q.text(3), q.whole(2), {}, {}};
  const std::string inputs = q.text(4);
  for (std::size_t begin = 0; begin < inputs.size();) {
    const std::size_t tab = inputs.find('\t', begin), end = inputs.find('\n', tab);
    out.inputs.emplace_back(inputs.substr(begin, tab - begin), inputs.substr(tab + 1, end - tab - 1));
    begin = end + 1;
  }
  return out;
}
}  // namespace

std::vector<run> archive::runs() const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  statement q(store_->db, "select id, name, at, user, inputs from run order by id");
  std::vector<run> out;
  while (q.step()) out.push_back(read_run(q));
  return out;
}

run archive::get_run(std::int64_t id) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  statement q(store_->db, "select id, name, at, user, inputs, result from run where id = ?");
  q.bind(1, id);
  if (!q.step()) throw error(errc::unknown_name, "archive::get_run: no run " + std::to_string(id));
  run out = read_run(q);
  out.result = q.text(5);
  return out;
}

std::vector<audit_row> archive::audit() const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  statement q(store_->db, "select n, at, what, subject, detail, hash from audit order by n");
  std::vector<audit_row> out;
  while (q.step()) out.push_back({q.whole(0), q.whole(1), q.text(2), q.text(3), q.text(4), q.text(5)});
  return out;
}

verification archive::verify(const std::string& tail) const {
  want_open(store_ != nullptr);
  const std::lock_guard lock(store_->turn);
  const store& s = *store_;
  transaction t(s.db, false);
  verification out;
  const auto bad = [&](std::int64_t n) {
    out.ok = false;
    if (out.first_bad == 0) out.first_bad = n;
  };
  bool seen = tail.empty();
  statement q(s.db, "select n, at, what, subject, detail, hash from audit order by n");
  while (q.step()) {
    ++out.rows;
    const std::string hash = audit_hash(out.tail, out.rows, q.whole(1), q.text(2), q.text(3), q.text(4));
    if (q.whole(0) != out.rows || q.text(5) != hash) bad(out.rows);
    out.tail = q.text(5);
    seen = seen || out.tail == tail;
  }
  if (s.meta("tail").value_or("") != out.tail || s.meta("tail_rows").value_or("") != std::to_string(out.rows) || !seen)
    bad(out.rows + 1);
  // The results of runs are in the chain by their hash.
  statement r(
      s.db,
      "select r.id, r.name, r.user, r.inputs, r.result, a.n, a.detail from audit a left join run r on a.what = "
      "'run' and a.detail like (length(cast(r.id as text)) || ':' || r.id || '%') where a.what = 'run' order by a.n");
  while (r.step()) {
    const std::string want = join({r.text(0), r.text(2), r.text(3), sha256(r.text(4))});
    if (r.text(6) != want) bad(r.whole(5));
  }
  return out;
}

}  // namespace guanxi::archive
