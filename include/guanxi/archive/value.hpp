#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>

// What the customer files hold, and how times and questions are said.
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

/// A personal value that cannot be shown: its key was destroyed, or the key file or master key is not at hand.
struct withheld {
  enum class reason : std::uint8_t { erased, locked };
  reason why = reason::erased;
  friend bool operator==(const withheld&, const withheld&) = default;
};

/// What a field holds. The first alternative is "nothing": writing it takes the fact back. `withheld` is only ever
/// read.
using value = std::variant<std::monostate, bool, std::int64_t, double, std::string, date_value, withheld>;
using field_value = std::pair<std::string, value>;

/// When a fact holds and when it was learnt; what is left out means: from now on, open end, now.
struct when {
  std::optional<instant> valid_from, valid_to, known_at;
};

/// Who says so.
struct origin {
  std::string source, user;
};

/// Whether values are personal: sealed under a key of the customer, or of one named person of the customer.
struct privacy {
  bool personal = false;
  std::string person;  // a label of the caller's; only a keyed hash of it is stored
};

/// The two questions: what was true at as_of, as known at known_at. Left out: now, and all that is known.
struct as_seen {
  std::optional<instant> as_of, known_at;
};

/// One version of a fact: `value` on [valid_from, valid_to), believed during [known_from, known_to).
struct version {
  std::string field;
  std::string key;  // which entry of a field with many values; empty for others, and for entries that were erased
  archive::value value;
  instant valid_from = 0, valid_to = always, known_from = 0, known_to = always;
  std::string source, user;
};

/// A fact as a question finds it; `key` as in version.
struct fact {
  std::string field, key;
  bool many = false;
  archive::value value;
};

/// What may be said of a field before its first value.
struct field_rule {
  std::string name;
  bool many = false;        // several values side by side, each with its key and its own times
  bool personal = false;    // always sealed, never searched
  bool searchable = false;  // texts can be found by their words (find, text)
  std::string group;        // kind of fact, for rules of expiry: "visit", "contact", ...
};

/// One column of a load or of a table. What a column holds decides which of its vectors or spans is used.
struct load_column {
  std::string field;
  std::variant<std::span<const std::uint8_t>, std::span<const std::int64_t>, std::span<const double>,
               std::span<const std::string_view>, std::span<const std::int32_t>>
      values;                           // true or false, whole numbers, numbers, texts, days
  std::span<const std::uint8_t> known;  // 0: this row says nothing of the field; empty: every row does
  bool personal = false;
};

/// Rows of customer files: one row a customer (or several, applied in the order given).
struct load_batch {
  std::span<const std::string_view> customer;
  std::vector<load_column> columns;
  std::span<const instant> valid_from, valid_to, known_at;  // each empty: as the call's `when` says
};

struct refused_row {
  std::size_t row = 0;
  std::string column, reason;
};

struct load_report {
  std::size_t rows = 0, facts = 0, new_customers = 0;
  instant known = 0;
  std::vector<refused_row> refused;
};

/// A column of table(), laid out as Arrow wants it; `kind` is the index of value's alternative.
struct table_column {
  std::string field;
  std::size_t kind = 0;
  std::int64_t nulls = 0;
  std::vector<std::uint8_t> known;   // bits, least significant first
  std::vector<std::uint8_t> truths;  // bits
  std::vector<std::int64_t> wholes;
  std::vector<double> numbers;
  std::vector<std::int32_t> days;
  std::vector<std::int64_t> offsets;  // of texts: rows + 1
  std::vector<char> bytes;
};

struct table {
  std::size_t rows = 0;
  std::vector<table_column> columns;  // the first is "customer"
};

}  // namespace guanxi::archive
