// Opening, making and bringing up to date; the clock; the chain's next row.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "schema.hpp"
#include "sqlite.hpp"
#include "store.hpp"

namespace guanxi::archive {
namespace {

void run_sql(connection& db, const char* sql, const std::string& doing) { db->execute(sql, doing); }

instant steady() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// A file that is there and is no SQLite file is refused before SQLite may take a short one for an empty one.
void want_ours(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string head(16, '\0');
  if (!in || !in.read(head.data(), 1)) return;  // not there, or empty
  in.read(head.data() + 1, 15);
  if (head != std::string("SQLite format 3\0", 16))
    throw error(errc::bad_format,
                "archive: '" + path + "' is not a guanxi archive: it does not begin like an SQLite file");
}

bool may_write_beside(const std::string& path) {
  const auto slash = path.rfind('/');
  return ::access(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), W_OK) == 0;
}

std::string as_uri(const std::string& path) {
  constexpr std::string_view digit = "0123456789ABCDEF";
  std::string out = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      out += '%';
      out += digit[static_cast<unsigned char>(c) >> 4];
      out += digit[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + "?immutable=1";
}

}  // namespace

void archive::store::want_same_process() const {
  if (process != static_cast<long>(::getpid()))
    throw error(errc::io, "archive: '" + path + "' was opened before a fork; the child must open it itself");
}

/// A name for this archive that its key file can be told by: 32 hexadecimal letters.
std::string archive::store::new_id() {
  constexpr std::string_view digit = "0123456789abcdef";
  std::random_device source;
  std::string id;
  for (int i = 0; i < 32; ++i) id += digit[source() & 15];
  return id;
}

void archive::store::open() {
  process = static_cast<long>(::getpid());
  on_server = names_a_server(path);
  if (on_server)
    open_server();
  else
    open_file();
  id = meta("id").value_or("");
  load_fields();
  clock_offset = clock() - steady();
  clock_behind = last_known() > clock();
  if (!options.read_only && !bare) finish_erasures();
}

void archive::store::open_file() {
  if (sqlite3_threadsafe() == 0)
    throw error(errc::io, "archive: this SQLite was built for one thread only, the archive needs a threadsafe one");
  want_ours(path);
  const std::string opening = "opening '" + path + "'";
  if (!options.read_only && ::access(path.c_str(), F_OK) == 0 && ::access(path.c_str(), W_OK) != 0)
    throw error(errc::io, "archive: '" + path + "' may not be written by this user; open it with read_only");
  int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  std::string name = path;
  if (options.read_only && !may_write_beside(path) && !std::filesystem::exists(path + "-wal")) {
    name = as_uri(path);  // nobody can be writing, and SQLite has no place for its own files
    flags |= SQLITE_OPEN_URI;
  }
  auto made = std::make_unique<sqlite_database>();
  sqlite_database& disk = *made;
  db.raw = std::move(made);
  if (sqlite3_open_v2(name.c_str(), &disk.raw, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
    throw error(errc::io, "archive: cannot open '" + path +
                              "': " + (disk.raw != nullptr ? sqlite3_errmsg(disk) : "out of memory"));
  file = &disk;
  sqlite3_extended_result_codes(disk, 1);
  sqlite3_busy_timeout(disk, options.busy_ms);
  run_sql(
      db,
      "pragma trusted_schema = off; pragma cell_size_check = on; pragma secure_delete = on; pragma temp_store = memory",
      opening);
  run_sql(db, ("pragma cache_size = -" + std::to_string(std::max(1, options.cache_mb) * 1024)).c_str(), opening);
  const std::int64_t app = number("pragma application_id");
  const bool fresh = app == 0 && number("select count(*) from sqlite_master") == 0;
  if (!fresh && app != application_id)
    throw error(errc::bad_format,
                "archive: '" + path + "' is not a guanxi archive: application_id " + std::to_string(app));
  if (fresh && options.read_only) throw error(errc::io, "archive: '" + path + "' is empty and open for reading only");
  const std::string ring = options.keys.empty() ? path + ".keys" : options.keys;
  if (fresh && std::filesystem::exists(ring))
    throw error(errc::bad_format, "archive: '" + path + "' is empty, but its key file '" + ring +
                                      "' is there: the archive was cut or lost; bring it back from a backup");
  if (!options.read_only) {
    if (sqlite3_db_readonly(disk, "main") == 1)
      throw error(errc::io, "archive: '" + path + "' may not be written by this user; open it with read_only");
    if (!sqlite3_compileoption_used("ENABLE_FTS5"))
      throw error(errc::io, "archive: this SQLite has no text search (FTS5), which the archive's tables need");
    {
      statement mode(db, "pragma journal_mode = wal");
      if (!mode.step() || mode.text(0) != "wal")
        throw error(errc::io, "archive: '" + path + "' cannot keep a write-ahead log (a network file system?)");
    }
    run_sql(db, options.power_safe ? "pragma synchronous = full" : "pragma synchronous = normal", opening);
  }
  if (fresh) create();
  const std::int64_t version = number("pragma user_version");
  if (version > schema_version)
    throw error(errc::bad_format, "archive: '" + path + "' has schema " + std::to_string(version) +
                                      ", this library knows " + std::to_string(schema_version));
  if (version < schema_version) {
    if (options.read_only)
      throw error(errc::bad_format, "archive: '" + path + "' has schema " + std::to_string(version) +
                                        ", which is older than " + std::to_string(schema_version) +
                                        "; open it once for writing, which brings it up to date");
    migrate(version);
  }
}

void archive::store::create() {
  transaction t(db, true);
  if (number("select count(*) from sqlite_master") == 0) {  // nobody was faster
    for (const char* part :
         {base_tables, fact_table, fact_value_index, fact_indices, item_and_person, word_tables, pack_tables})
      run_sql(db, part, "making the tables");
    run_sql(db, ("pragma application_id = " + std::to_string(application_id)).c_str(), "making the tables");
    run_sql(db, ("pragma user_version = " + std::to_string(schema_version)).c_str(), "making the tables");
    if (!bare) {
      set_meta("id", new_id());
      log("create", "", "schema " + std::to_string(schema_version));
    }
  }
  t.commit();
}

/// One transaction for all steps, after a copy of the old file was laid beside it.
void archive::store::migrate(std::int64_t from) {
  const std::string copy = path + ".v" + std::to_string(from);
  if (!std::filesystem::exists(copy)) {
    statement s(db, "vacuum into ?");
    s.bind(1, std::string_view(copy)).run();
  }
  transaction t(db, true);
  if (number("pragma user_version") != from) return;  // another process was faster
  const std::string doing =
      "bringing '" + path + "' from schema " + std::to_string(from) + " to " + std::to_string(schema_version);
  if (from < 1)
    throw error(errc::bad_format, "archive: '" + path + "' has schema " + std::to_string(from) + ", which never was");
  if (from < 2) {
    for (const char* part : {step_2, fact_table, step_2_copy, fact_value_index, fact_indices, item_and_person})
      run_sql(db, part, doing);
    set_meta("id", new_id());
    log("migrate", "", "schema 1 to 2");
  }
  if (from < 3) {
    run_sql(db, word_tables, doing);
    log("migrate", "", "schema 2 to 3");
  }
  if (from < 4) {
    run_sql(db, pack_tables, doing);
    log("migrate", "", "schema 3 to 4");
  }
  run_sql(db, ("pragma user_version = " + std::to_string(schema_version)).c_str(), doing);
  t.commit();
}

std::int64_t archive::store::number(const char* sql) {
  statement s(db, sql);
  return s.step() ? s.whole(0) : 0;
}

std::optional<std::string> archive::store::meta(const char* key) {
  statement s(db, "select value from meta where key = ?");
  s.bind(1, std::string_view(key));
  if (!s.step()) return std::nullopt;
  return s.text(0);
}

void archive::store::set_meta(const char* key, std::string_view text) {
  statement s(db, "insert into meta values(?, ?) on conflict(key) do update set value = excluded.value");
  s.bind(1, std::string_view(key)).bind(2, text).run();
}

instant archive::store::clock() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Known times lie ahead of the clock only after it was set back; the steady clock shows when it was. A look too many
/// (the two readings were far apart) does no harm.
instant archive::store::now_quick() {
  const instant t = clock();
  if (clock_behind || t - steady() < clock_offset - 100) return std::max(t, last_known());
  return t;
}

instant archive::store::last_known() {
  const auto last = meta("clock");
  try {
    return last ? std::stoll(*last) : std::numeric_limits<instant>::min() / 2;
  } catch (const std::exception&) {
    throw error(errc::bad_format, "archive: '" + path + "' is damaged: its clock says '" + *last + "'");
  }
}

std::int64_t archive::store::log(std::string_view what, std::string_view subject, std::string_view detail) {
  const std::int64_t n = number("select coalesce(max(n), 0) from audit") + 1;
  const instant at = clock();
  const std::string hash = audit_hash(meta("tail").value_or(""), n, at, what, subject, detail);
  statement s(db, "insert into audit values(?, ?, ?, ?, ?, ?)");
  s.bind(1, n).bind(2, at).bind(3, what).bind(4, subject).bind(5, detail).bind(6, std::string_view(hash)).run();
  set_meta("tail", hash);
  set_meta("tail_rows", std::to_string(n));
  return n;
}

archive::archive(const std::string& path, const archive_options& options) : store_(std::make_unique<store>()) {
  store_->path = path;
  store_->options = options;
  store_->open();
}
archive::~archive() = default;
archive::archive(archive&&) noexcept = default;
archive& archive::operator=(archive&&) noexcept = default;

void archive::close() {
  if (store_ && store_->db.raw && !store_->options.read_only && store_->process == static_cast<long>(::getpid()))
    store_->db->checkpoint();
  store_.reset();
}

}  // namespace guanxi::archive
