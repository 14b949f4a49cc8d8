#include "sqlite.hpp"

namespace guanxi::archive {

void fail(sqlite3* db, const std::string& doing) {
  const int code = db != nullptr ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    throw error(errc::io, "archive: " + doing + ": another process has held the write lock for too long");
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    throw error(errc::bad_format, "archive: " + doing + ": the file is not a guanxi archive, or it is damaged");
  if (code == SQLITE_READONLY) throw error(errc::io, "archive: " + doing + ": the archive is open for reading only");
  if (code == SQLITE_FULL)
    throw error(errc::io, "archive: " + doing + ": the disk is full; nothing of this write was kept");
  if (code == SQLITE_IOERR)
    throw error(errc::io, "archive: " + doing + ": the disk does not answer (" + sqlite3_errmsg(db) +
                              "); nothing of this write was kept");
  throw error(errc::io, "archive: " + doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

namespace {

class sqlite_cursor final : public cursor {
 public:
  sqlite_cursor(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &it_, nullptr) != SQLITE_OK)
      fail(db, "preparing a statement");
  }
  ~sqlite_cursor() override { sqlite3_finalize(it_); }
  void bind(int i, std::int64_t x) override { check(sqlite3_bind_int64(it_, i, x)); }
  void bind_real(int i, double x) override { check(sqlite3_bind_double(it_, i, x)); }
  void bind_null(int i) override { check(sqlite3_bind_null(it_, i)); }
  void bind_text(int i, std::string_view x, bool copied) override {
    // an empty view may have no address, and that would bind null
    check(sqlite3_bind_text64(it_, i, x.empty() ? "" : x.data(), x.size(), copied ? SQLITE_TRANSIENT : SQLITE_STATIC,
                              SQLITE_UTF8));
  }
  void bind_bytes(int i, std::string_view x) override {
    check(sqlite3_bind_blob64(it_, i, x.empty() ? "" : x.data(), x.size(), SQLITE_STATIC));
  }
  bool step() override {
    const int code = sqlite3_step(it_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(db_, "a statement");
  }
  void run() override {
    while (step()) {
    }
    sqlite3_reset(it_);
  }
  void reset() noexcept override { sqlite3_reset(it_); }
  void forget() noexcept override {
    sqlite3_reset(it_);
    sqlite3_clear_bindings(it_);
  }
  [[nodiscard]] kind type(int i) const override {
    switch (sqlite3_column_type(it_, i)) {
      case SQLITE_INTEGER:
        return kind::whole;
      case SQLITE_FLOAT:
        return kind::real;
      case SQLITE_TEXT:
        return kind::text;
      case SQLITE_BLOB:
        return kind::bytes;
      default:
        return kind::null;
    }
  }
  [[nodiscard]] std::int64_t whole(int i) const override { return sqlite3_column_int64(it_, i); }
  [[nodiscard]] double real(int i) const override { return sqlite3_column_double(it_, i); }
  [[nodiscard]] std::string_view view(int i) const override {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(it_, i));
    return data == nullptr ? std::string_view()
                           : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(it_, i)));
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) fail(db_, "binding a value");
  }
  sqlite3* db_;
  sqlite3_stmt* it_ = nullptr;
};

void once(sqlite_database& db, std::unique_ptr<cursor>& kept, const char* sql) {
  if (!kept) kept = db.prepare(sql);
  kept->run();
}

}  // namespace

std::unique_ptr<cursor> sqlite_database::prepare(const char* sql) { return std::make_unique<sqlite_cursor>(raw, sql); }

void sqlite_database::execute(const char* sql, const std::string& doing) {
  if (sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(raw, doing);
}

void sqlite_database::begin(bool writes) {
  if (writes && sqlite3_db_readonly(raw, "main") == 1)
    throw error(errc::io, "archive: beginning a write: the archive is open for reading only");
  once(*this, writes ? begin_write_ : begin_read_, writes ? "begin immediate" : "begin");
}

void sqlite_database::commit(bool) { once(*this, commit_, "commit"); }

void sqlite_database::rollback() noexcept { sqlite3_exec(raw, "rollback", nullptr, nullptr, nullptr); }

std::int64_t sqlite_database::version() {
  if (!version_) version_ = prepare("pragma data_version");
  const std::int64_t seen = version_->step() ? version_->whole(0) : 0;
  version_->reset();
  return seen;
}

void sqlite_database::checkpoint() noexcept {
  sqlite3_wal_checkpoint_v2(raw, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

}  // namespace guanxi::archive
