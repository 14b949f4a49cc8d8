#pragma once
// A thin cover of SQLite's C API: statements that reset themselves, errors as sentences. Only for src/archive.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  if (code == SQLITE_FULL)
    throw error(errc::io, "archive: " + doing + ": the disk is full; nothing of this write was kept");
  if (code == SQLITE_IOERR)
    throw error(errc::io, "archive: " + doing + ": the disk does not answer (" + sqlite3_errmsg(db) +
                              "); nothing of this write was kept");
  throw error(errc::io, "archive: " + doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

/// A connection, and the statements that were prepared for it: each is prepared once and used again.
class connection {
 public:
  connection() = default;
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  operator sqlite3*() const noexcept { return raw; }  // as SQLite's own functions want it
  void close() noexcept {
    for (auto& [sql, idle] : idle_)
      for (sqlite3_stmt* it : idle) sqlite3_finalize(it);
    idle_.clear();
    if (raw != nullptr) sqlite3_close_v2(raw);
    raw = nullptr;
  }
  sqlite3_stmt* take(const char* sql) {
    auto& idle = idle_[sql];
    if (!idle.empty()) {
      sqlite3_stmt* it = idle.back();
      idle.pop_back();
      return it;
    }
    sqlite3_stmt* it = nullptr;
    if (sqlite3_prepare_v3(raw, sql, -1, SQLITE_PREPARE_PERSISTENT, &it, nullptr) != SQLITE_OK)
      fail(raw, "preparing a statement");
    return it;
  }
  void give_back(const char* sql, sqlite3_stmt* it) noexcept {
    sqlite3_reset(it);
    sqlite3_clear_bindings(it);
    try {
      idle_[sql].push_back(it);
    } catch (...) {
      sqlite3_finalize(it);
    }
  }
  sqlite3* raw = nullptr;

 private:
  std::unordered_map<const char*, std::vector<sqlite3_stmt*>> idle_;  // by the literal's address
};

class statement {
 public:
  /// `sql` is a literal: the statement is kept and used again.
  statement(connection& db, const char* sql) : db_(&db), sql_(sql), it_(db.take(sql)) {}
  ~statement() { db_->give_back(sql_, it_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind(int i, std::int64_t x) { return check(sqlite3_bind_int64(it_, i, x)); }
  statement& bind(int i, std::string_view x) {
    // an empty view may have no address, and that would bind null
    return check(sqlite3_bind_text64(it_, i, x.empty() ? "" : x.data(), x.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  /// The bytes must stay where they are until the statement was run.
  statement& bind_blob(int i, std::string_view x) {
    return check(sqlite3_bind_blob64(it_, i, x.empty() ? "" : x.data(), x.size(), SQLITE_STATIC));
  }
  statement& bind_text(int i, std::string_view x) {
    return check(sqlite3_bind_text64(it_, i, x.empty() ? "" : x.data(), x.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  statement& bind_number(int i, double x) { return check(sqlite3_bind_double(it_, i, x)); }
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
    fail(db_->raw, "a statement");
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
  [[nodiscard]] bool null(int i) const { return sqlite3_column_type(it_, i) == SQLITE_NULL; }
  [[nodiscard]] double real(int i) const { return sqlite3_column_double(it_, i); }
  /// Valid until the next step.
  [[nodiscard]] std::string_view view(int i) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(it_, i));
    return data == nullptr ? std::string_view()
                           : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(it_, i)));
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
    if (code != SQLITE_OK) fail(db_->raw, "binding a value");
    return *this;
  }
  connection* db_;
  const char* sql_;
  sqlite3_stmt* it_;
};

inline void execute(sqlite3* db, const char* sql, const std::string& doing) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db, doing);
}

/// A transaction that is undone when it is left without commit(). Writing ones take the lock at once.
class transaction {
 public:
  transaction(connection& db, bool writes) : db_(&db) {
    if (writes && sqlite3_db_readonly(db, "main") == 1)
      throw error(errc::io, "archive: beginning a write: the archive is open for reading only");
    statement begin(db, writes ? "begin immediate" : "begin");
    begin.run();
  }
  ~transaction() {
    if (!done_) sqlite3_exec(*db_, "rollback", nullptr, nullptr, nullptr);
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  void commit() {
    statement end(*db_, "commit");
    end.run();
    done_ = true;
  }

 private:
  connection* db_;
  bool done_ = false;
};

}  // namespace guanxi::archive
