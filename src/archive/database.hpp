#pragma once
// What the archive asks of a database: statements that are prepared once, transactions, errors as sentences. Two
// answer: SQLite (sqlite.cpp) and PostgreSQL (postgres.cpp). The SQL of src/archive is written for both; `?` and `?1`
// stand for values. What they do differently is said here and nowhere else.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <guanxi/archive/archive.hpp>

namespace guanxi::archive {

/// One prepared statement and its current row.
class cursor {
 public:
  enum class kind { null, whole, real, text, bytes };
  cursor() = default;
  virtual ~cursor() = default;
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  virtual void bind(int i, std::int64_t x) = 0;
  virtual void bind_real(int i, double x) = 0;
  virtual void bind_null(int i) = 0;
  /// `copied`: the text may go before the statement was run.
  virtual void bind_text(int i, std::string_view x, bool copied) = 0;
  virtual void bind_bytes(int i, std::string_view x) = 0;
  /// The next row; false at the end.
  virtual bool step() = 0;
  /// All of it, without its rows; how many rows it changed is known by `database::changes`.
  virtual void run() = 0;
  virtual void reset() noexcept = 0;
  virtual void forget() noexcept = 0;  // reset, and forget what was bound

  [[nodiscard]] virtual kind type(int i) const = 0;
  [[nodiscard]] virtual std::int64_t whole(int i) const = 0;
  [[nodiscard]] virtual double real(int i) const = 0;
  /// Valid until the next step.
  [[nodiscard]] virtual std::string_view view(int i) const = 0;
};

/// A connection.
class database {
 public:
  database() = default;
  virtual ~database() = default;
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] virtual std::unique_ptr<cursor> prepare(const char* sql) = 0;
  virtual void execute(const char* sql, const std::string& doing) = 0;
  virtual void begin(bool writes) = 0;
  virtual void commit(bool writes) = 0;
  virtual void rollback() noexcept = 0;
  [[nodiscard]] virtual std::int64_t changes() = 0;  // rows that the last statement changed
  [[nodiscard]] virtual std::int64_t last_id() = 0;  // the number that the last insertion made
  /// Differs from before when another connection has written.
  [[nodiscard]] virtual std::int64_t version() = 0;
  /// Folds the log into the file, where there is one.
  virtual void checkpoint() noexcept {}
};

/// A connection and the statements that were prepared for it.
class connection {
 public:
  ~connection() { close(); }
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  void close() noexcept {
    idle_.clear();
    raw.reset();
  }
  std::unique_ptr<cursor> take(const char* sql) {
    auto& idle = idle_[sql];
    if (idle.empty()) return raw->prepare(sql);
    auto it = std::move(idle.back());
    idle.pop_back();
    return it;
  }
  void give_back(const char* sql, std::unique_ptr<cursor> it) noexcept {
    it->forget();
    try {
      idle_[sql].push_back(std::move(it));
    } catch (...) {
    }
  }
  database* operator->() const noexcept { return raw.get(); }
  std::unique_ptr<database> raw;

 private:
  std::unordered_map<const char*, std::vector<std::unique_ptr<cursor>>> idle_;  // by the literal's address
};

class statement {
 public:
  /// `sql` is a literal: the statement is kept and used again.
  statement(connection& db, const char* sql) : db_(&db), sql_(sql), it_(db.take(sql)) {}
  ~statement() { db_->give_back(sql_, std::move(it_)); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind(int i, std::int64_t x) {
    it_->bind(i, x);
    return *this;
  }
  statement& bind(int i, std::string_view x) {
    it_->bind_text(i, x, true);
    return *this;
  }
  /// The bytes must stay where they are until the statement was run.
  statement& bind_blob(int i, std::string_view x) {
    it_->bind_bytes(i, x);
    return *this;
  }
  statement& bind_text(int i, std::string_view x) {
    it_->bind_text(i, x, false);
    return *this;
  }
  statement& bind_number(int i, double x) {
    it_->bind_real(i, x);
    return *this;
  }
  statement& bind(int i, const value& x) {
    if (const auto* b = std::get_if<bool>(&x)) return bind(i, std::int64_t{*b});
    if (const auto* n = std::get_if<std::int64_t>(&x)) return bind(i, *n);
    if (const auto* r = std::get_if<double>(&x)) return bind_number(i, *r);
    if (const auto* t = std::get_if<std::string>(&x)) return bind(i, std::string_view(*t));
    if (const auto* d = std::get_if<date_value>(&x)) return bind(i, std::int64_t{d->number});
    it_->bind_null(i);
    return *this;
  }
  bool step() { return it_->step(); }
  void run() { it_->run(); }
  void reset() { it_->reset(); }
  /// Runs an `insert ... returning id`; gives that number.
  [[nodiscard]] std::int64_t made() {
    const std::int64_t id = step() ? whole(0) : 0;
    while (step()) {
    }
    reset();
    return id;
  }

  [[nodiscard]] std::int64_t whole(int i) const { return it_->whole(i); }
  [[nodiscard]] std::string text(int i) const { return std::string(it_->view(i)); }
  [[nodiscard]] bool null(int i) const { return it_->type(i) == cursor::kind::null; }
  [[nodiscard]] double real(int i) const { return it_->real(i); }
  [[nodiscard]] std::string_view view(int i) const { return it_->view(i); }
  /// Takes over what a row of another database holds there.
  void copy(int to, const statement& from, int i) {
    switch (from.it_->type(i)) {
      case cursor::kind::null:
        it_->bind_null(to);
        break;
      case cursor::kind::whole:
        it_->bind(to, from.whole(i));
        break;
      case cursor::kind::real:
        it_->bind_real(to, from.real(i));
        break;
      case cursor::kind::text:
        it_->bind_text(to, from.view(i), true);
        break;
      case cursor::kind::bytes:
        it_->bind_bytes(to, from.view(i));
        break;
    }
  }
  /// A value of the field's kind (index of the variant).
  [[nodiscard]] value read(int i, std::int64_t kind) const {
    if (null(i)) return {};
    switch (kind) {
      case 1:
        return whole(i) != 0;
      case 2:
        return whole(i);
      case 3:
        return real(i);
      case 4:
        return text(i);
      case 5:
        return date_value{static_cast<day>(whole(i))};
      default:
        return {};
    }
  }

 private:
  connection* db_;
  const char* sql_;
  std::unique_ptr<cursor> it_;
};

/// A transaction that is undone when it is left without commit(). Writing ones take the lock at once.
class transaction {
 public:
  transaction(connection& db, bool writes) : db_(&db), writes_(writes) { db->begin(writes); }
  ~transaction() {
    if (!done_) (*db_)->rollback();
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  void commit() {
    (*db_)->commit(writes_);
    done_ = true;
  }

 private:
  connection* db_;
  bool writes_, done_ = false;
};

/// A server's words, told apart from a path: "postgresql://..." or "postgres://...".
[[nodiscard]] inline bool names_a_server(std::string_view path) {
  return path.starts_with("postgresql://") || path.starts_with("postgres://");
}
[[nodiscard]] std::unique_ptr<database> open_postgres(const std::string& words, const archive_options& options);

}  // namespace guanxi::archive
