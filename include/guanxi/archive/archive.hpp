#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>

// The customer files: one SQLite file, facts with two times. Needs guanxi::store at link time.
namespace guanxi::archive {

/// Microseconds since 1970-01-01 UTC. A bare date is its midnight UTC.
using instant = std::int64_t;
inline constexpr instant always = std::numeric_limits<instant>::max();  // open end
inline constexpr instant a_day = 86'400'000'000;
[[nodiscard]] constexpr instant midnight(day d) noexcept { return static_cast<instant>(d) * a_day; }

/// A calendar day as a value (an int64 is a whole number, not a day).
struct date_value {
  day number = 0;
  friend bool operator==(const date_value&, const date_value&) = default;
};

/// What a field holds. The first alternative is "nothing": writing it takes the fact back.
using value = std::variant<std::monostate, bool, std::int64_t, double, std::string, date_value>;
using field_value = std::pair<std::string, value>;

/// When a fact holds and when it was learnt; what is left out means: from now on, open end, now.
struct when {
  std::optional<instant> valid_from, valid_to, known_at;
};

/// Who says so.
struct origin {
  std::string source, user;
};

/// The two questions: what was true at as_of, as known at known_at. Left out: now, and all that is known.
struct as_seen {
  std::optional<instant> as_of, known_at;
};

/// One version of a fact: `value` on [valid_from, valid_to), believed during [known_from, known_to).
struct version {
  std::string field;
  archive::value value;
  instant valid_from = 0, valid_to = always, known_from = 0, known_to = always;
  std::string source, user;
};

/// A rule of expiry. Due when the end of `since` plus years and days is not after the day of the run.
struct expiry_rule {
  enum class end { valid_to, known_to };  // the fact ceased to hold; the version was corrected
  std::string name;
  std::string field;    // "*" is every field
  std::string country;  // only customers whose field "country" is this now; empty: all
  end since = end::valid_to;
  int years = 0, days = 0;  // years by the calendar (29 February becomes the 28th), days exact
  std::string basis;        // why, in words
};

struct expired_row {
  std::string customer, field;
  instant valid_from = 0, valid_to = 0, known_from = 0, known_to = 0;
  std::string rule, basis;
};

/// What expires, what a hold keeps back, and a token that a run may ask for.
struct expiry_report {
  std::vector<expired_row> rows, held;
  std::string token;
  bool done = false;  // false: a preview, nothing was changed
};

/// One row of the audit chain.
struct audit_row {
  std::int64_t number = 0;
  instant at = 0;
  std::string what, subject, detail, hash;
};

struct verification {
  bool ok = true;
  std::int64_t rows = 0;
  std::int64_t first_bad = 0;  // number of the first row that does not fit; rows + 1 when the tail was cut
  std::string tail;            // hash of the last row, to be written down outside
};

/// A run of the review as it was: its name, when, the hashes of its inputs, and its tables as JSON text.
struct run {
  std::int64_t id = 0;
  std::string name, user;
  instant at = 0;
  std::vector<std::pair<std::string, std::string>> inputs;  // name, hash
  std::string result;
};

struct archive_options {
  bool read_only = false;
  bool power_safe =
      true;            // synchronous=FULL: an acknowledged write survives a power cut; else it may lose the last ones
  int busy_ms = 5000;  // how long a write waits for another process
};

/// SHA-256 of bytes as 64 hexadecimal letters; FIPS 180-4.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// The store. One object may be used from several threads (calls take turns); several processes may open one file, many
/// readers beside one writer. Every write is one transaction: there in full, or not at all.
///
/// Fails   errc::io (cannot be opened, read-only, another process holds the write lock), errc::bad_format (not an
/// archive,
///         a newer schema, a value of another kind than the field's), errc::out_of_order (known_at before the newest
///         known time of that fact, or a changed archive at expiry), errc::out_of_domain (valid_to not after
///         valid_from, known_at in the future).
/// Costs   a look-up is one descent of the tree and a walk over the versions of that fact.
class archive {
 public:
  explicit archive(const std::string& path, const archive_options& options = {});
  ~archive();
  archive(archive&&) noexcept;
  archive& operator=(archive&&) noexcept;

  /// Writes facts of one customer; overwrites nothing that was believed before. Gives the known time.
  instant put(std::string_view customer, std::span<const field_value> fields, const when& times = {},
              const origin& from = {});
  /// All fields that hold, sorted by name; empty when nothing is known.
  [[nodiscard]] std::vector<field_value> get(std::string_view customer, const as_seen& seen = {}) const;
  /// One field; nothing (monostate) when it is not known.
  [[nodiscard]] value get(std::string_view customer, std::string_view field, const as_seen& seen = {}) const;
  /// Every version ever believed, by field, known_from, valid_from; an empty field is all fields.
  [[nodiscard]] std::vector<version> history(std::string_view customer, std::string_view field = {}) const;
  /// Customers for whom every condition holds, sorted; no condition gives all customers with any fact then.
  [[nodiscard]] std::vector<std::string> find(std::span<const field_value> conditions, const as_seen& seen = {}) const;

  /// Keeps a customer's facts from expiring until then.
  void hold(std::string_view customer, const std::string& reason, instant until, const std::string& user = {});
  /// What falls due at `at`. dry_run changes nothing; a run with the token of a preview is refused when the list
  /// differs. Among rules that meet a row the one that keeps it longest wins; a hold beats every rule.
  expiry_report expire(std::span<const expiry_rule> rules, instant at, bool dry_run = true,
                       const std::string& token = {}, const std::string& user = {});

  /// Stores a run; gives its number.
  std::int64_t add_run(const run& what);
  [[nodiscard]] std::vector<run> runs() const;  // without their results
  [[nodiscard]] run get_run(std::int64_t id) const;

  [[nodiscard]] std::vector<audit_row> audit() const;
  /// Walks the chain of hashes; `tail` is one that was written down earlier (empty: none).
  [[nodiscard]] verification verify(const std::string& tail = {}) const;

  void close();

 private:
  struct store;
  std::unique_ptr<store> store_;
};

}  // namespace guanxi::archive
