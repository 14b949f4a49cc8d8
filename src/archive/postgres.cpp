// PostgreSQL behind the archive, through libpq. A value of any kind is a bytea of its tag and its bytes: 'i' and 'd'
// with 8 bytes, the most significant first, 't' with UTF-8, 'b' with bytes; equal values have equal bytes. Writes take
// one lock of the archive first, so that there is one writer at a time, as with SQLite; readers never wait.
#include <bit>
#include <charconv>
#include <cstring>

#include "database.hpp"
#include "libpq.hpp"

namespace guanxi::archive {
namespace {

using result = std::unique_ptr<pq::result, void (*)(pq::result*)>;
result own(pq::result* r) { return {r, pq::the().clear}; }

std::string one_line(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  for (char& c : out)
    if (c == '\n') c = ' ';
  return out;
}

[[noreturn]] void fail(pq::conn* c, const pq::result* r, const std::string& doing) {
  const auto& f = pq::the();
  const char* state = r == nullptr ? nullptr : f.error_field(r, pq::field_sqlstate);
  const std::string code = state == nullptr ? "" : state;
  const char* said = r == nullptr ? nullptr : f.error_field(r, pq::field_message);
  const std::string why = one_line(said != nullptr ? said : f.error(c));
  const std::string begin = "archive: " + doing + ": ";
  if (code == "55P03" || code == "57014")
    throw error(errc::io, begin + "another process has held the write lock for too long");
  if (code == "25006") throw error(errc::io, begin + "the archive is open for reading only");
  if (code == "42501") throw error(errc::io, begin + "this user has no right to it (" + why + ")");
  if (code == "23505") throw error(errc::io, begin + "it is there already, and this user may not see it");
  if (code.starts_with("53")) throw error(errc::io, begin + "the server is full; nothing of this write was kept");
  if (f.status(c) != pq::connection_ok)
    throw error(errc::io, begin + "the server does not answer (" + why + "); open the archive again");
  throw error(errc::io, begin + why + (code.empty() ? "" : " (" + code + ")"));
}

template <class T>
void put_big(std::string& out, T x) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(x >> shift));
}
std::uint64_t big(const char* from, std::size_t size) {
  std::uint64_t x = 0;
  for (std::size_t i = 0; i < size; ++i) x = x << 8 | static_cast<unsigned char>(from[i]);
  return x;
}

/// The SQL with $1, $2, ... for `?` and `?1`; SQLite's word for an order of joins goes.
std::string translated(std::string_view sql) {
  std::string out;
  int next = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '?') {
      out += '$';
      if (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9') continue;
      out += std::to_string(++next);
    } else if (sql.substr(i).starts_with("cross join")) {
      out += "join";
      i += std::string_view("cross join").size() - 1;
    } else {
      out += sql[i];
    }
  }
  return out;
}

struct parameter {
  cursor::kind kind = cursor::kind::null;
  std::int64_t whole = 0;
  double real = 0;
  std::string text;
};

class postgres_database final : public database {
 public:
  postgres_database(const std::string& words, const archive_options& options) : read_only_(options.read_only) {
    const auto& f = pq::the();
    c = f.connect(words.c_str());
    if (c == nullptr || f.status(c) != pq::connection_ok) {
      const std::string why = c == nullptr ? "out of memory" : one_line(f.error(c));
      f.finish(c);
      throw error(errc::io, "archive: cannot open the archive on the server: " + why);
    }
    f.notices(c, [](void*, const char*) {}, nullptr);
    if (f.server_version(c) < 120000) {
      f.finish(c);
      throw error(errc::io, "archive: the server is older than PostgreSQL 12");
    }
    execute(
        ("set client_encoding = 'UTF8'; set standard_conforming_strings = on; set lock_timeout = " +
         std::to_string(std::max(1, options.busy_ms)) + (options.power_safe ? "" : "; set synchronous_commit = off") +
         (options.read_only ? "; set default_transaction_read_only = on" : ""))
            .c_str(),
        "opening");
  }
  ~postgres_database() override { pq::the().finish(c); }

  [[nodiscard]] std::unique_ptr<cursor> prepare(const char* sql) override;
  void execute(const char* sql, const std::string& doing) override {
    out_of_pipeline();
    const auto r = own(pq::the().exec(c, sql));
    good(r.get(), doing);
  }
  void begin(bool writes) override {
    if (!writes) return execute("begin isolation level repeatable read read only", "beginning to read");
    if (read_only_) throw error(errc::io, "archive: beginning a write: the archive is open for reading only");
    execute("begin isolation level read committed", "beginning a write");
    try {
      execute("select pg_advisory_xact_lock(hashtext('guanxi'), hashtext(current_schema()))", "a statement");
    } catch (...) {
      rollback();
      throw;
    }
    piping_ = pq::the().enter_pipeline != nullptr && pq::the().enter_pipeline(c) == 1;
  }
  void commit(bool writes) override {
    if (writes) {
      execute(
          "insert into meta values('writes', '1') on conflict(key) do update set value = (meta.value::bigint + "
          "1)::text",
          "ending a write");
      ++own_writes_;
    }
    execute("commit", writes ? "ending a write" : "ending a look");
  }
  void rollback() noexcept override {
    try {
      out_of_pipeline();
    } catch (...) {
    }
    (void)own(pq::the().exec(c, "rollback"));
  }
  [[nodiscard]] std::int64_t changes() override {
    drain();
    return changed_;
  }
  [[nodiscard]] std::int64_t last_id() override {
    if (!last_id_) last_id_ = prepare("select lastval()");
    const std::int64_t id = last_id_->step() ? last_id_->whole(0) : 0;
    last_id_->reset();
    return id;
  }
  /// Every write adds one to a count in `meta`; what this connection wrote is taken off.
  [[nodiscard]] std::int64_t version() override {
    if (!version_) version_ = prepare("select cast(value as bigint) from meta where key = 'writes'");
    const std::int64_t seen = version_->step() ? version_->whole(0) : 0;
    version_->reset();
    return seen - own_writes_;
  }

  // ---- for cursors
  result ask(const std::string& name, const std::vector<const char*>& values, const std::vector<int>& sizes,
             const std::vector<int>& formats) {
    const auto& f = pq::the();
    const int n = static_cast<int>(values.size());
    if (!piping_) {
      auto r = own(f.run(c, name.c_str(), n, values.data(), sizes.data(), formats.data(), 1));
      good(r.get(), "a statement");
      note(r.get());
      return r;
    }
    send(name, values, sizes, formats);
    drain();
    return std::move(last_);
  }
  /// Without waiting for the answer, which the next question takes with it.
  void tell(const std::string& name, const std::vector<const char*>& values, const std::vector<int>& sizes,
            const std::vector<int>& formats) {
    if (!piping_) {
      (void)ask(name, values, sizes, formats);
      return;
    }
    send(name, values, sizes, formats);
    if (pending_ >= 500) drain();
  }
  pq::conn* c = nullptr;

 private:
  void good(const pq::result* r, const std::string& doing) {
    const int status = r == nullptr ? -1 : pq::the().result_status(r);
    if (status != pq::command_ok && status != pq::tuples_ok) fail(c, r, doing);
  }
  void note(pq::result* r) {
    const char* text = pq::the().changed(r);
    changed_ = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), changed_);
  }
  void send(const std::string& name, const std::vector<const char*>& values, const std::vector<int>& sizes,
            const std::vector<int>& formats) {
    if (pq::the().send(c, name.c_str(), static_cast<int>(values.size()), values.data(), sizes.data(), formats.data(),
                       1) != 1)
      fail(c, nullptr, "a statement");
    ++pending_;
  }
  /// Takes all answers that are due; the last one is kept. The first that is bad is thrown.
  void drain() {
    if (!piping_ || pending_ == 0) return;
    const auto& f = pq::the();
    if (f.sync(c) != 1) fail(c, nullptr, "a statement");
    auto bad = own(nullptr);
    last_.reset();
    for (bool end = false; !end;) {
      auto r = own(f.next(c));
      if (!r) {
        if (f.status(c) != pq::connection_ok) fail(c, nullptr, "a statement");
        continue;  // between two statements
      }
      const int status = f.result_status(r.get());
      if (status == pq::pipeline_sync) {
        end = true;
      } else if (status == pq::command_ok || status == pq::tuples_ok) {
        note(r.get());
        last_ = std::move(r);
      } else if (status != pq::pipeline_aborted && !bad) {
        bad = std::move(r);
      }
    }
    pending_ = 0;
    if (bad) fail(c, bad.get(), "a statement");
  }
  void out_of_pipeline() {
    if (!piping_) return;
    struct leave {
      postgres_database& d;
      ~leave() {
        pq::the().exit_pipeline(d.c);
        d.piping_ = false;
      }
    } const at_the_end{*this};
    drain();
  }

  bool read_only_, piping_ = false;
  int pending_ = 0, made_ = 0;
  std::int64_t changed_ = 0, own_writes_ = 0;
  result last_ = own(nullptr);
  std::unique_ptr<cursor> version_, last_id_;
};

class postgres_cursor final : public cursor {
 public:
  postgres_cursor(postgres_database& db, std::string name, std::vector<unsigned> types)
      : db_(&db), name_(std::move(name)), types_(std::move(types)), bound_(types_.size()) {}

  void bind(int i, std::int64_t x) override { at(i) = {kind::whole, x, 0, {}}; }
  void bind_real(int i, double x) override { at(i) = {kind::real, 0, x == 0 ? 0.0 : x, {}}; }  // no minus zero
  void bind_null(int i) override { at(i) = {}; }
  void bind_text(int i, std::string_view x, bool) override { at(i) = {kind::text, 0, 0, std::string(x)}; }
  void bind_bytes(int i, std::string_view x) override { at(i) = {kind::bytes, 0, 0, std::string(x)}; }

  bool step() override {
    if (!rows_) {
      encode();
      rows_ = db_->ask(name_, values_, sizes_, formats_);
      row_ = -1;
    }
    return ++row_ < pq::the().rows(rows_.get());
  }
  void run() override {
    encode();
    db_->tell(name_, values_, sizes_, formats_);
    rows_.reset();
  }
  void reset() noexcept override { rows_.reset(); }
  void forget() noexcept override {
    rows_.reset();
    for (parameter& p : bound_) p.kind = kind::null;
  }
  [[nodiscard]] kind type(int i) const override {
    if (pq::the().is_null(rows_.get(), row_, i) != 0) return kind::null;
    switch (pq::the().type(rows_.get(), i)) {
      case pq::type_bool:
      case pq::type_int2:
      case pq::type_int4:
      case pq::type_int8:
        return kind::whole;
      case pq::type_float8:
        return kind::real;
      case pq::type_bytes:
        switch (*pq::the().value(rows_.get(), row_, i)) {
          case 'i':
            return kind::whole;
          case 'd':
            return kind::real;
          case 't':
            return kind::text;
          default:
            return kind::bytes;
        }
      default:
        return kind::text;
    }
  }
  [[nodiscard]] std::int64_t whole(int i) const override {
    const auto [data, size] = raw(i);
    switch (type(i)) {
      case kind::whole:
        if (size == 1) return data[0] != 0;
        if (size == 4) return static_cast<std::int32_t>(big(data, 4));
        if (size == 2) return static_cast<std::int16_t>(big(data, 2));
        return static_cast<std::int64_t>(big(data + (size == 9), 8));
      case kind::real:
        return static_cast<std::int64_t>(real(i));
      case kind::text: {
        std::int64_t x = 0;
        const std::string_view text = view(i);
        std::from_chars(text.data(), text.data() + text.size(), x);
        return x;
      }
      default:
        return 0;
    }
  }
  [[nodiscard]] double real(int i) const override {
    const auto [data, size] = raw(i);
    const kind k = type(i);
    if (k == kind::real) return std::bit_cast<double>(big(data + (size == 9), 8));
    return k == kind::whole ? static_cast<double>(whole(i)) : 0.0;
  }
  [[nodiscard]] std::string_view view(int i) const override {
    const auto [data, size] = raw(i);
    switch (type(i)) {
      case kind::null:
        return {};
      case kind::whole:
        shown_ = std::to_string(whole(i));
        return shown_;
      case kind::real:
        shown_ = std::to_string(real(i));
        return shown_;
      default: {
        const bool tagged = pq::the().type(rows_.get(), i) == pq::type_bytes;
        return {data + tagged, size - tagged};
      }
    }
  }

 private:
  [[nodiscard]] std::pair<const char*, std::size_t> raw(int i) const {
    return {pq::the().value(rows_.get(), row_, i), static_cast<std::size_t>(pq::the().length(rows_.get(), row_, i))};
  }
  parameter& at(int i) {
    rows_.reset();
    return bound_.at(static_cast<std::size_t>(i - 1));
  }
  void encode() {
    const std::size_t n = bound_.size();
    wire_.assign(n, {});
    values_.assign(n, nullptr);
    sizes_.assign(n, 0);
    formats_.assign(n, 1);
    for (std::size_t i = 0; i < n; ++i) {
      const parameter& p = bound_[i];
      if (p.kind == kind::null) continue;
      std::string& out = wire_[i];
      const unsigned type = types_[i];
      const bool whole = p.kind == kind::whole, number = whole || p.kind == kind::real;
      if (type == pq::type_bytes) {
        out += whole ? 'i' : p.kind == kind::real ? 'd' : p.kind == kind::text ? 't' : 'b';
        if (number)
          put_big(out, whole ? static_cast<std::uint64_t>(p.whole) : std::bit_cast<std::uint64_t>(p.real));
        else
          out += p.text;
      } else if (type == pq::type_int8 && whole) {
        put_big(out, static_cast<std::uint64_t>(p.whole));
      } else {  // as text, which the server reads as what it wants
        formats_[i] = 0;
        out = whole ? std::to_string(p.whole) : p.kind == kind::real ? std::to_string(p.real) : p.text;
      }
      values_[i] = out.c_str();
      sizes_[i] = static_cast<int>(out.size());
    }
  }
  postgres_database* db_;
  std::string name_;
  std::vector<unsigned> types_;
  std::vector<parameter> bound_;
  std::vector<std::string> wire_;
  std::vector<const char*> values_;
  std::vector<int> sizes_, formats_;
  result rows_ = own(nullptr);
  int row_ = -1;
  mutable std::string shown_;
};

std::unique_ptr<cursor> postgres_database::prepare(const char* sql) {
  const bool piped = piping_;
  out_of_pipeline();
  const auto& f = pq::the();
  const std::string name = "g" + std::to_string(++made_);
  {
    const auto r = own(f.prepare(c, name.c_str(), translated(sql).c_str(), 0, nullptr));
    good(r.get(), "preparing a statement");
  }
  std::vector<unsigned> types;
  {
    const auto r = own(f.describe(c, name.c_str()));
    good(r.get(), "preparing a statement");
    for (int i = 0; i < f.nparams(r.get()); ++i) types.push_back(f.param_type(r.get(), i));
  }
  if (piped) piping_ = f.enter_pipeline(c) == 1;
  return std::make_unique<postgres_cursor>(*this, name, std::move(types));
}

}  // namespace

std::unique_ptr<database> open_postgres(const std::string& words, const archive_options& options) {
  if (!pq::the().ready)
    throw error(errc::io,
                "archive: an archive on a server needs libpq, which was not found; install libpq5 (Debian) or "
                "guanxi[postgres] (Python)");
  return std::make_unique<postgres_database>(words, options);
}

}  // namespace guanxi::archive
