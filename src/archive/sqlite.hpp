#pragma once
// A thin cover of SQLite's C API: statements that reset themselves, errors as sentences. Only for src/archive.
#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <guanxi/archive/archive.hpp>

namespace guanxi::archive {

[[noreturn]] inline void fail(sqlite3* db, const std::string& doing) {
  const int code = db != nullptr ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    throw error(errc::io, "archive: " + doing + ": another process has held the write lock for too long");
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    throw error(errc::bad_format, "archive: " + doing + ": the file is not a guanxi archive, or it is damaged");
  if (code == SQLITE_READONLY) throw error(errc::io, "archive: " + doing + ": the archive is open for reading only");
  throw error(errc::io, "archive: " + doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

class statement {
 public:
  statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &it_, nullptr) != SQLITE_OK) fail(db, "preparing a statement");
  }
  ~statement() { sqlite3_finalize(it_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind(int i, std::int64_t x) { return check(sqlite3_bind_int64(it_, i, x)); }
  statement& bind(int i, std::string_view x) {
    // an empty view may have no address, and that would bind null
    return check(sqlite3_bind_text64(it_, i, x.empty() ? "" : x.data(), x.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  statement& bind(int i, const value& x) {
    if (const auto* b = std::get_if<bool>(&x)) return bind(i, std::int64_t{*b});
    if (const auto* n = std::get_if<std::int64_t>(&x)) return bind(i, *n);
    if (const auto* r = std::get_if<double>(&x)) return check(sqlite3_bind_double(it_, i, *r));
    if (const auto* t = std::get_if<std::string>(&x)) return bind(i, std::string_view(*t));
    if (const auto* d = std::get_if<date_value>(&x)) return bind(i, std::int64_t{d->number});
    return check(sqlite3_bind_null(it_, i));
  }
  /// The next row; false at the end.
  bool step() {
    const int code = sqlite3_step(it_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(db_, "a statement");
  }
  void run() {
    while (step()) {
    }
    sqlite3_reset(it_);
  }
  void reset() { sqlite3_reset(it_); }

  [[nodiscard]] std::int64_t whole(int i) const { return sqlite3_column_int64(it_, i); }
  [[nodiscard]] std::string text(int i) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(it_, i));
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(it_, i)));
  }
  /// A value of the field's kind (index of the variant).
  [[nodiscard]] value read(int i, std::int64_t kind) const {
    if (sqlite3_column_type(it_, i) == SQLITE_NULL) return {};
    switch (kind) {
      case 1:
        return whole(i) != 0;
      case 2:
        return whole(i);
      case 3:
        return sqlite3_column_double(it_, i);
      case 4:
        return text(i);
      case 5:
        return date_value{static_cast<day>(whole(i))};
      default:
        return {};
    }
  }

 private:
  statement& check(int code) {
    if (code != SQLITE_OK) fail(db_, "binding a value");
    return *this;
  }
  sqlite3* db_;
  sqlite3_stmt* it_ = nullptr;
};

inline void execute(sqlite3* db, const char* sql, const std::string& doing) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db, doing);
}

/// A transaction that is undone when it is left without commit(). Writing ones take the lock at once.
class transaction {
 public:
  transaction(sqlite3* db, bool writes) : db_(db) {
    if (writes && sqlite3_db_readonly(db, "main") == 1)
      throw error(errc::io, "archive: beginning a write: the archive is open for reading only");
    execute(db, writes ? "begin immediate" : "begin", writes ? "beginning a write" : "beginning to read");
  }
  ~transaction() {
    if (!done_) sqlite3_exec(db_, "rollback", nullptr, nullptr, nullptr);
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  void commit() {
    execute(db_, "commit", "committing");
    done_ = true;
  }

 private:
  sqlite3* db_;
  bool done_ = false;
};

}  // namespace guanxi::archive
