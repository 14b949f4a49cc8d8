#pragma once
// SQLite behind the archive: only for src/archive/sqlite.cpp, open.cpp and care.cpp.
#include <sqlite3.h>

#include "database.hpp"

namespace guanxi::archive {

[[noreturn]] void fail(sqlite3* db, const std::string& doing);

class sqlite_database final : public database {
 public:
  sqlite_database() = default;
  ~sqlite_database() override {
    if (raw != nullptr) sqlite3_close_v2(raw);
  }
  operator sqlite3*() const noexcept { return raw; }  // as SQLite's own functions want it
  [[nodiscard]] std::unique_ptr<cursor> prepare(const char* sql) override;
  void execute(const char* sql, const std::string& doing) override;
  void begin(bool writes) override;
  void commit(bool writes) override;
  void rollback() noexcept override;
  [[nodiscard]] std::int64_t changes() override { return sqlite3_changes64(raw); }
  [[nodiscard]] std::int64_t last_id() override { return sqlite3_last_insert_rowid(raw); }
  [[nodiscard]] std::int64_t version() override;
  void checkpoint() noexcept override;
  sqlite3* raw = nullptr;

 private:
  std::unique_ptr<cursor> version_, begin_read_, begin_write_, commit_;
};

}  // namespace guanxi::archive
