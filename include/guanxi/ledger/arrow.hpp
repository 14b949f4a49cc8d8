#pragma once
// Order lines from any Arrow-speaking frame, through the C Data and C Stream interfaces. Asked for by name.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/encode.hpp>
#include <guanxi/ledger/order_lines.hpp>
#include <guanxi/ledger/text_day.hpp>

// The two interfaces as the Arrow specification gives them for copying; the guards let them meet other copies.
extern "C" {
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};
#endif
}

namespace guanxi::ledger {

/// A stream of Arrow record batches, read to its end and kept: columns are looked at where they lie.
///
/// Takes   the stream; it is moved from (its release becomes null), whatever happens.
/// Fails   errc::bad_format with a sentence when the stream fails or its layout is broken.
class arrow_table {
 public:
  /// Rows offset .. offset + length - 1 of one batch's column.
  struct chunk {
    const ArrowArray* array = nullptr;
    std::size_t offset = 0, length = 0;

    [[nodiscard]] const std::uint8_t* valid() const noexcept {
      return array->null_count == 0 || array->n_buffers < 1 ? nullptr : static_cast<const std::uint8_t*>(array->buffers[0]);
    }
    [[nodiscard]] bool is_valid(std::size_t i) const noexcept {
      const std::uint8_t* bits = valid();
      return !bits || (bits[(offset + i) / 8] >> ((offset + i) % 8) & 1u);
    }
    template <class T>
    [[nodiscard]] const T* values(std::size_t buffer = 1) const noexcept {
      return static_cast<const T*>(array->buffers[buffer]) + offset;
    }
  };

  explicit arrow_table(ArrowArrayStream* stream) {
    if (!stream || !stream->release) throw error(errc::bad_format, "arrow: the stream was released before it was read");
    struct owner {
      ArrowArrayStream stream;
      ~owner() {
        if (stream.release) stream.release(&stream);
      }
    } own{*stream};
    stream->release = nullptr;
    check(own.stream, own.stream.get_schema(&own.stream, &schema_.value), "its schema");
    if (!schema_.value.release || !schema_.value.format) throw broken("the stream has no schema");
    if (std::strcmp(schema_.value.format, "+s") != 0)
      throw broken("the stream holds '" + std::string(schema_.value.format) + "' where record batches ('+s') are wanted");
    if (schema_.value.n_children < 0 || (schema_.value.n_children > 0 && !schema_.value.children)) throw broken("the schema has no columns");
    for (std::int64_t c = 0; c < schema_.value.n_children; ++c)
      if (!schema_.value.children[c] || !schema_.value.children[c]->format) throw broken("column " + std::to_string(c) + " has no format");
    for (;;) {
      array_owner batch;
      check(own.stream, own.stream.get_next(&own.stream, &batch.value), "a batch");
      if (!batch.value.release) break;
      accept(batch.value);
      batches_.push_back(std::move(batch));
    }
  }

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return static_cast<std::size_t>(schema_.value.n_children); }
  [[nodiscard]] std::string_view name(std::size_t column) const noexcept {
    const char* text = schema_.value.children[column]->name;
    return text ? text : "";
  }
  [[nodiscard]] const ArrowSchema& type(std::size_t column) const noexcept { return *schema_.value.children[column]; }
  /// Number of the column of that name; errc::unknown_name with the names that exist.
  [[nodiscard]] std::size_t find(std::string_view wanted) const {
    std::string have;
    for (std::size_t c = 0; c < columns(); ++c) {
      if (name(c) == wanted) return c;
      have += (c ? ", '" : "'") + std::string(name(c)) + "'";
    }
    throw error(errc::unknown_name, "arrow: no column '" + std::string(wanted) + "' among " + (have.empty() ? "no columns" : have));
  }
  [[nodiscard]] std::vector<chunk> chunks(std::size_t column) const {
    std::vector<chunk> result;
    for (const array_owner& batch : batches_) {
      const ArrowArray* child = batch.value.children[column];
      result.push_back({child, static_cast<std::size_t>(child->offset + batch.value.offset), static_cast<std::size_t>(batch.value.length)});
    }
    return result;
  }

  static error broken(const std::string& what) { return {errc::bad_format, "arrow: " + what}; }

 private:
  struct schema_owner {
    ArrowSchema value{};
    schema_owner() = default;
    schema_owner(schema_owner&& other) noexcept : value(std::exchange(other.value, {})) {}
    schema_owner& operator=(schema_owner&& other) noexcept { return std::swap(value, other.value), *this; }
    ~schema_owner() {
      if (value.release) value.release(&value);
    }
  };
  struct array_owner {
    ArrowArray value{};
    array_owner() = default;
    array_owner(array_owner&& other) noexcept : value(std::exchange(other.value, {})) {}
    array_owner& operator=(array_owner&& other) noexcept { return std::swap(value, other.value), *this; }
    ~array_owner() {
      if (value.release) value.release(&value);
    }
  };

  static void check(ArrowArrayStream& stream, int code, const char* what) {
    if (code == 0) return;
    const char* why = stream.get_last_error ? stream.get_last_error(&stream) : nullptr;
    throw broken(std::string("the stream failed to give ") + what + ": " + (why ? why : "error " + std::to_string(code)));
  }

  /// Buffers of a layout, or 0 when the format is not one that ledgers read.
  [[nodiscard]] static std::int64_t buffers_of(std::string_view format) noexcept {
    if (format == "n") return -1;  // null type: none
    if (format == "u" || format == "U" || format == "z" || format == "Z") return 3;
    if (format == "vu" || format == "vz") return 2;  // and one a data buffer, and the sizes
    if (format.size() == 1 && std::string_view("bcCsSiIlLefg").find(format[0]) != std::string_view::npos) return 2;
    if (format.substr(0, 2) == "d:" || format.substr(0, 2) == "td" || format.substr(0, 2) == "ts") return 2;
    return 0;
  }

  void accept_array(const ArrowArray& a, const ArrowSchema& type, std::size_t need, const std::string& what) const {
    if (!a.release) throw broken(what + " was released");
    if (a.offset < 0 || a.length < 0 || static_cast<std::uint64_t>(a.length) < need)
      throw broken(what + " has " + std::to_string(a.length) + " entries from " + std::to_string(a.offset) + ", its batch has " + std::to_string(need));
    if (type.dictionary) {
      if (!a.dictionary || !type.dictionary->format) throw broken(what + " has no dictionary");
      accept_array(*a.dictionary, *type.dictionary, 0, what + ", its dictionary,");
    }
    const std::string_view format = type.format;
    const std::int64_t want = buffers_of(format);
    if (want <= 0) return;  // not read, or nothing to read
    if (a.n_buffers < want || !a.buffers) throw broken(what + " has " + std::to_string(a.n_buffers) + " buffers where its layout has " + std::to_string(want));
    if (a.length == 0) return;
    if (!a.buffers[1]) throw broken(what + " has no values");
    const std::size_t rows = static_cast<std::size_t>(a.length), from = static_cast<std::size_t>(a.offset);
    if (format == "u" || format == "z") check_offsets(static_cast<const std::int32_t*>(a.buffers[1]) + from, rows, a.buffers[2], what);
    if (format == "U" || format == "Z") check_offsets(static_cast<const std::int64_t*>(a.buffers[1]) + from, rows, a.buffers[2], what);
    if (a.null_count > 0 && !a.buffers[0]) throw broken(what + " has nulls and no bits that say which");
  }
  template <class T>
  static void check_offsets(const T* offset, std::size_t rows, const void* bytes, const std::string& what) {
    bool fine = offset[0] >= 0;
    for (std::size_t i = 0; i < rows; ++i) fine &= offset[i] <= offset[i + 1];
    if (!fine) throw broken(what + " has text offsets that fall");
    if (offset[rows] > offset[0] && !bytes) throw broken(what + " has no text");
  }
  void accept(const ArrowArray& batch) {
    if (batch.n_children != schema_.value.n_children || (batch.n_children > 0 && !batch.children))
      throw broken("a batch has " + std::to_string(batch.n_children) + " columns, the schema " + std::to_string(schema_.value.n_children));
    if (batch.length < 0 || batch.offset < 0) throw broken("a batch has " + std::to_string(batch.length) + " rows from " + std::to_string(batch.offset));
    if (batch.null_count > 0) throw broken("a batch has empty rows (nulls of the struct itself)");
    for (std::int64_t c = 0; c < batch.n_children; ++c) {
      if (!batch.children[c]) throw broken("column " + std::to_string(c) + " of a batch is missing");
      accept_array(*batch.children[c], *schema_.value.children[c], static_cast<std::size_t>(batch.length + batch.offset),
                   "column '" + std::string(name(static_cast<std::size_t>(c))) + "'");
    }
    rows_ += static_cast<std::size_t>(batch.length);
  }

  schema_owner schema_;
  std::deque<array_owner> batches_;
  std::size_t rows_ = 0;
};

namespace detail {

/// Calls use(T{}) with the number type of an Arrow format; false when the format is no number.
template <class Use>
bool with_integer(std::string_view format, Use&& use) {
  if (format.size() != 1) return false;
  switch (format[0]) {
    case 'c': use(std::int8_t{}); return true;
    case 'C': use(std::uint8_t{}); return true;
    case 's': use(std::int16_t{}); return true;
    case 'S': use(std::uint16_t{}); return true;
    case 'i': use(std::int32_t{}); return true;
    case 'I': use(std::uint32_t{}); return true;
    case 'l': use(std::int64_t{}); return true;
    case 'L': use(std::uint64_t{}); return true;
    default: return false;
  }
}

/// IEEE half precision, stored in 16 bits, as double.
[[nodiscard]] inline double half(std::uint16_t bits) noexcept {
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  if (exponent == 31) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : unknown;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

/// Little-endian two's complement whole number of `bytes` bytes, as double: exact below 2^53, else rounded once.
[[nodiscard]] inline long double wide_number(const std::uint8_t* p, std::size_t bytes) noexcept {
  const bool negative = p[bytes - 1] & 0x80;
  long double value = 0;
  unsigned carry = 1;
  long double scale = 1;
  for (std::size_t at = 0; at < bytes; ++at, scale *= 256) {
    unsigned digit = p[at];
    if (negative) {
      digit = (~digit & 0xFFu) + carry;
      carry = digit >> 8;
      digit &= 0xFFu;
    }
    if (digit) value += static_cast<long double>(digit) * scale;
  }
  return negative ? -value : value;
}

struct decimal_type {
  int scale = 0;
  std::size_t bytes = 16;
};
[[nodiscard]] inline decimal_type decimal_of(std::string_view format) {  // "d:12,2" or "d:12,2,256"
  decimal_type type;
  const std::size_t comma = format.find(','), second = format.find(',', comma + 1);
  if (comma == std::string_view::npos) throw arrow_table::broken("the format '" + std::string(format) + "' is no decimal");
  const std::string_view scale = format.substr(comma + 1, second == std::string_view::npos ? second : second - comma - 1);
  std::from_chars(scale.data(), scale.data() + scale.size(), type.scale);
  if (second != std::string_view::npos) {
    int bits = 128;
    std::from_chars(format.data() + second + 1, format.data() + format.size(), bits);
    type.bytes = static_cast<std::size_t>(bits / 8);
  }
  if (type.bytes != 4 && type.bytes != 8 && type.bytes != 16 && type.bytes != 32)
    throw arrow_table::broken("the format '" + std::string(format) + "' is no decimal of 32, 64, 128 or 256 bits");
  return type;
}

/// Steps in a day and minutes east of Greenwich of a date or timestamp format.
struct clock_type {
  std::int64_t steps = 0;  // a day; 0: the format is no time
  std::int64_t east = 0;   // in steps
};
[[nodiscard]] inline clock_type clock_of(std::string_view format, std::string_view column) {
  if (format == "tdm") return {86'400'000, 0};
  if (format.substr(0, 2) != "ts" || format.size() < 4 || format[3] != ':') return {};
  std::int64_t second = 0;
  switch (format[2]) {
    case 's': second = 1; break;
    case 'm': second = 1'000; break;
    case 'u': second = 1'000'000; break;
    case 'n': second = 1'000'000'000; break;
    default: return {};
  }
  const std::string_view zone = format.substr(4);
  std::int64_t minutes = 0;
  if (!zone.empty() && zone != "UTC" && zone != "Z" && zone != "GMT" && zone != "Etc/UTC") {
    const auto digit = [&](std::size_t at) { return at < zone.size() && zone[at] >= '0' && zone[at] <= '9'; };
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !digit(1) || !digit(2) || !digit(4) || !digit(5))
      throw error(errc::bad_format, "arrow: column '" + std::string(column) + "' is in the zone '" + std::string(zone) +
                                        "'; convert it to local dates first (only fixed offsets such as +02:00 are read here)");
    minutes = ((zone[1] - '0') * 10 + zone[2] - '0') * 60 + (zone[4] - '0') * 10 + zone[5] - '0';
    if (zone[0] == '-') minutes = -minutes;
  }
  return {86'400 * second, minutes * 60 * second};
}

/// Text i of a text column's chunk. `layout`: 'u', 'U' or 'v'.
class text_reader {
 public:
  text_reader(const arrow_table::chunk& chunk, std::string_view format) : chunk_(chunk) {
    layout_ = format[0] == 'v' ? 'v' : format == "u" || format == "z" ? 'u' : 'U';
    if (layout_ != 'v') return;
    buffers_ = chunk.array->n_buffers - 3;  // validity, views, data..., sizes
    if (buffers_ > 0) sizes_ = static_cast<const std::int64_t*>(chunk.array->buffers[chunk.array->n_buffers - 1]);
    if (buffers_ > 0 && !sizes_) throw arrow_table::broken("string views without the sizes of their buffers");
  }
  [[nodiscard]] std::string_view operator()(std::size_t i) const {
    const auto* bytes = layout_ == 'v' ? nullptr : static_cast<const char*>(chunk_.array->buffers[2]);
    if (layout_ == 'u') {
      const auto* at = chunk_.values<std::int32_t>() + i;
      return {bytes + at[0], static_cast<std::size_t>(at[1] - at[0])};
    }
    if (layout_ == 'U') {
      const auto* at = chunk_.values<std::int64_t>() + i;
      return {bytes + at[0], static_cast<std::size_t>(at[1] - at[0])};
    }
    const char* view = static_cast<const char*>(chunk_.array->buffers[1]) + 16 * (chunk_.offset + i);
    std::int32_t part[4];
    std::memcpy(part, view, 16);
    if (part[0] < 0) throw arrow_table::broken("a string view of " + std::to_string(part[0]) + " bytes");
    if (part[0] <= 12) return {view + 4, static_cast<std::size_t>(part[0])};
    if (part[2] < 0 || part[2] >= buffers_ || part[3] < 0 || std::int64_t{part[3]} + part[0] > sizes_[part[2]])
      throw arrow_table::broken("a string view points outside its buffers");
    return {static_cast<const char*>(chunk_.array->buffers[2 + part[2]]) + part[3], static_cast<std::size_t>(part[0])};
  }

 private:
  arrow_table::chunk chunk_;
  char layout_ = 'u';
  std::int64_t buffers_ = 0;
  const std::int64_t* sizes_ = nullptr;
};

[[nodiscard]] inline bool is_text(std::string_view format) noexcept {
  return format == "u" || format == "U" || format == "vu" || format == "z" || format == "Z" || format == "vz";
}

}  // namespace detail

/// Columns of an Arrow stream in the layouts that this house reads. Columns that lie in one batch in the wanted layout
/// (dates as date32 and amounts as float64 without nulls, ids as 32- or 64-bit integers) are looked at, not copied; the
/// rest is converted into columns that this object owns. Spans and id columns live as long as it does.
///
/// Takes   a stream (moved from) and lines refused before, by rising line number.
/// Fails   errc::unknown_name for a column, errc::bad_format for a layout or type that cannot be read.
class arrow_columns {
 public:
  explicit arrow_columns(ArrowArrayStream* stream, std::vector<rejected_line> refused = {}) : table_(stream), refused_(std::move(refused)) {}
  arrow_columns(const arrow_columns&) = delete;
  arrow_columns& operator=(const arrow_columns&) = delete;

  [[nodiscard]] const arrow_table& table() const noexcept { return table_; }
  /// Ids: any integer, whole floats, text in any layout, dictionaries of these with any index.
  [[nodiscard]] id_column ids(std::string_view name) { return ids(table_.find(name)); }
  /// Days: date32, date64, timestamps (the calendar day in UTC or their fixed offset; without a zone as written), ISO text,
  /// whole numbers yyyymmdd. What cannot be read is no_day, with a reason in refused().
  [[nodiscard]] std::span<const day> days(std::string_view name) { return days(table_.find(name), name, read_text_day); }
  /// The same, and the first days of months and quarters: texts "2024-02", "2024-Q1", whole numbers yyyymm.
  [[nodiscard]] std::span<const day> period_days(std::string_view name) { return days(table_.find(name), name, read_text_period); }
  /// Numbers: any integer, float or decimal; null is NaN.
  [[nodiscard]] std::span<const double> numbers(std::string_view name) { return numbers(table_.find(name)); }
  /// Whether a column holds whole numbers that are neither yyyymmdd nor yyyymm throughout: periods counted by the caller.
  [[nodiscard]] bool counts_periods(std::string_view name) const;
  /// Whole numbers, the smallest one where null.
  [[nodiscard]] std::span<const std::int64_t> wholes(std::string_view name);
  /// Lines that could not be read, by rising line number.
  [[nodiscard]] std::span<const rejected_line> refused() {
    std::stable_sort(refused_.begin(), refused_.end(), [](const rejected_line& a, const rejected_line& b) { return a.line < b.line; });
    return refused_;
  }

 private:
  using chunk = arrow_table::chunk;

  [[nodiscard]] error unreadable(std::size_t column, const char* wanted) const {
    return {errc::bad_format, "arrow: column '" + std::string(table_.name(column)) + "' has the format '" + table_.type(column).format +
                                  "' where " + wanted + " are wanted"};
  }
  template <class T>
  [[nodiscard]] std::span<T> room(std::deque<buffer<T>>& rooms) {
    rooms.emplace_back(table_.rows());
    return {rooms.back().data(), table_.rows()};
  }

  /// Every entry as T: value(chunk, i) where valid, else `missing`.
  template <class T, class Value>
  static void fill(const std::vector<chunk>& chunks, std::span<T> out, T missing, Value&& value) {
    std::size_t row = 0;
    for (const chunk& c : chunks) {
      const auto read = value(c);
      if (!c.valid())
        for (std::size_t i = 0; i < c.length; ++i) out[row++] = read(i);
      else
        for (std::size_t i = 0; i < c.length; ++i) out[row++] = c.is_valid(i) ? read(i) : missing;
    }
  }

  [[nodiscard]] std::span<const double> numbers(std::size_t column) {
    const std::string_view format = table_.type(column).format;
    const auto chunks = table_.chunks(column);
    if (table_.type(column).dictionary) throw unreadable(column, "numbers");
    if (format == "g" && chunks.size() == 1 && !chunks[0].valid()) return {chunks[0].values<double>(), chunks[0].length};
    const std::span<double> out = room(doubles_);
    const auto plain = [&](auto zero) {
      using T = decltype(zero);
      fill(chunks, out, unknown, [](const chunk& c) { return [v = c.values<T>()](std::size_t i) { return static_cast<double>(v[i]); }; });
    };
    if (detail::with_integer(format, plain)) return out;
    if (format == "g") return plain(double{}), out;
    if (format == "f") return plain(float{}), out;
    if (format == "e") {
      fill(chunks, out, unknown, [](const chunk& c) { return [v = c.values<std::uint16_t>()](std::size_t i) { return detail::half(v[i]); }; });
      return out;
    }
    if (format == "n") return std::fill(out.begin(), out.end(), unknown), out;
    if (format.substr(0, 2) == "d:") {
      const detail::decimal_type type = detail::decimal_of(format);
      const long double power = std::pow(10.0L, std::abs(type.scale));
      fill(chunks, out, unknown, [&](const chunk& c) {
        const auto* bytes = static_cast<const std::uint8_t*>(c.array->buffers[1]) + c.offset * type.bytes;
        return [=](std::size_t i) {
          const long double whole = detail::wide_number(bytes + i * type.bytes, type.bytes);
          return static_cast<double>(type.scale < 0 ? whole * power : whole / power);
        };
      });
      return out;
    }
    throw unreadable(column, "numbers");
  }

  [[nodiscard]] std::span<const day> days(std::size_t column, std::string_view role, bool (*read)(std::string_view, day&) noexcept) {
    const std::string_view format = table_.type(column).format;
    const auto chunks = table_.chunks(column);
    if (table_.type(column).dictionary) throw unreadable(column, "dates");
    if (format == "tdD") {
      if (chunks.size() == 1 && !chunks[0].valid()) return {chunks[0].values<day>(), chunks[0].length};
      const std::span<day> out = room(days_);
      fill(chunks, out, no_day, [](const chunk& c) { return [v = c.values<day>()](std::size_t i) { return v[i]; }; });
      return out;
    }
    if (const detail::clock_type clock = detail::clock_of(format, table_.name(column)); clock.steps) {
      const std::span<day> out = room(days_);
      fill(chunks, out, no_day, [&](const chunk& c) {
        return [v = c.values<std::int64_t>(), clock](std::size_t i) { return day_at(v[i], clock); };
      });
      return out;
    }
    if (detail::is_text(format)) return text_days(role, chunks, format, read);
    const std::span<day> out = room(days_);
    const bool whole = detail::with_integer(format, [&](auto zero) {
      using T = decltype(zero);
      std::size_t row = 0;
      for (const chunk& c : chunks)
        for (std::size_t i = 0; i < c.length; ++i, ++row) {
          out[row] = no_day;
          if (!c.is_valid(i)) continue;
          const std::string text = std::to_string(c.values<T>()[i]);
          if (!read(text, out[row]))
            refused_.push_back({row, std::string(role), "the date " + text + " is a number that is no date yyyymmdd"});
        }
    });
    if (format == "n") std::fill(out.begin(), out.end(), no_day);
    else if (!whole) throw unreadable(column, "dates");
    return out;
  }
  [[nodiscard]] static day day_at(std::int64_t value, detail::clock_type clock) noexcept {
    std::int64_t whole = value / clock.steps, rest = value % clock.steps + clock.east;
    while (rest < 0) rest += clock.steps, --whole;
    while (rest >= clock.steps) rest -= clock.steps, ++whole;
    constexpr std::int64_t far = std::numeric_limits<day>::max();  // outside the calendar: refused later
    return static_cast<day>(whole > far || whole < -far ? far : whole);
  }
  [[nodiscard]] std::span<const day> text_days(std::string_view role, const std::vector<chunk>& chunks, std::string_view format,
                                               bool (*read)(std::string_view, day&) noexcept) {
    const std::span<day> out = room(days_);
    std::size_t row = 0;
    for (const chunk& c : chunks) {
      const detail::text_reader text(c, format);
      for (std::size_t i = 0; i < c.length; ++i, ++row) {
        out[row] = no_day;
        if (c.is_valid(i) && !read(text(i), out[row])) refused_.push_back({row, std::string(role), why_no_day(text(i))});
      }
    }
    return out;
  }

  /// Plain (not dictionary) ids of the given chunks: as they lie, or widened, or texts.
  [[nodiscard]] id_column plain_ids(std::size_t column, const std::vector<chunk>& chunks, std::string_view format) {
    std::size_t rows = 0;
    for (const chunk& c : chunks) rows += c.length;
    if (detail::is_text(format)) {
      auto& texts = texts_.emplace_back(rows);
      std::size_t row = 0;
      for (const chunk& c : chunks) {
        const detail::text_reader text(c, format);
        for (std::size_t i = 0; i < c.length; ++i) texts[row++] = c.is_valid(i) ? text(i) : std::string_view{};
      }
      return {std::span<const std::string_view>(texts)};
    }
    if (chunks.size() == 1 && (format == "l" || format == "i")) {
      id_column ids;
      if (format == "l") ids.wide = {chunks[0].values<std::int64_t>(), rows};
      else ids.narrow = {chunks[0].values<std::int32_t>(), rows};
      ids.valid = chunks[0].valid();
      ids.valid_offset = chunks[0].offset;
      return ids;
    }
    auto& wide = wide_.emplace_back(rows);
    auto& bits = bits_.emplace_back((rows + 7) / 8);
    std::size_t row = 0;
    const auto widen = [&](auto zero) {
      using T = decltype(zero);
      for (const chunk& c : chunks)
        for (std::size_t i = 0; i < c.length; ++i, ++row) {
          wide[row] = 0;
          if (!c.is_valid(i)) continue;
          const T value = c.values<T>()[i];
          if constexpr (std::is_floating_point_v<T>) {
            if (std::isnan(value)) continue;
            if (std::fabs(value) > 9007199254740992.0 || value != std::floor(value))
              throw error(errc::bad_format, "arrow: column '" + std::string(table_.name(column)) + "' has the id " + std::to_string(value) +
                                                " in line " + std::to_string(row) + "; ids are whole numbers or texts");
          } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
              throw error(errc::bad_format, "arrow: column '" + std::string(table_.name(column)) + "' has the id " + std::to_string(value) +
                                                " in line " + std::to_string(row) + "; numbers above 2^63 - 1 must be given as texts");
          }
          wide[row] = static_cast<std::int64_t>(value);
          bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | 1u << row % 8);
        }
    };
    if (format == "n") std::fill(wide.begin(), wide.end(), 0);
    else if (format == "g") widen(double{});
    else if (format == "f") widen(float{});
    else if (!detail::with_integer(format, widen)) throw unreadable(column, "ids (whole numbers or texts)");
    id_column ids{std::span<const std::int64_t>(wide)};
    ids.valid = bits.data();
    return ids;
  }

  [[nodiscard]] id_column ids(std::size_t column) {
    const ArrowSchema& type = table_.type(column);
    const auto chunks = table_.chunks(column);
    if (table_.rows() == 0) return {};
    if (!type.dictionary) return plain_ids(column, chunks, type.format);
    std::vector<chunk> values;  // the dictionaries of all batches, one after another
    for (const chunk& c : chunks)
      values.push_back({c.array->dictionary, static_cast<std::size_t>(c.array->dictionary->offset), static_cast<std::size_t>(c.array->dictionary->length)});
    const id_column entries = plain_ids(column, values, type.dictionary->format);
    std::span<const std::uint32_t> rank;
    if (!entries.empty()) {
      encoded_.push_back(encode(entries, table_.name(column), 1));
      rank = encoded_.back().code;
    } else {
      encoded_.emplace_back();
    }
    const std::span<std::uint32_t> out = room(codes_);
    std::size_t row = 0, base = 0, number = 0;
    const bool whole = detail::with_integer(type.format, [&](auto zero) {
      using T = decltype(zero);
      for (const chunk& c : chunks) {
        const std::size_t size = values[number++].length;
        for (std::size_t i = 0; i < c.length; ++i, ++row) {
          out[row] = no_code;
          if (!c.is_valid(i)) continue;
          const T index = c.values<T>()[i];
          if (index < T{} || static_cast<std::uint64_t>(index) >= size)
            throw arrow_table::broken("column '" + std::string(table_.name(column)) + "' points to entry " + std::to_string(index) +
                                      " of a dictionary of " + std::to_string(size));
          out[row] = rank[base + static_cast<std::size_t>(index)];
        }
        base += size;
      }
    });
    if (!whole) throw unreadable(column, "ids (whole numbers or texts)");
    return {out, &encoded_.back().dictionary};
  }

  arrow_table table_;
  std::vector<rejected_line> refused_;
  std::deque<buffer<double>> doubles_;
  std::deque<buffer<day>> days_;
  std::deque<buffer<std::int64_t>> wide_;
  std::deque<buffer<std::uint32_t>> codes_;
  std::deque<std::vector<std::uint8_t>> bits_;
  std::deque<std::vector<std::string_view>> texts_;
  std::deque<encoded_column> encoded_;
};

inline bool arrow_columns::counts_periods(std::string_view name) const {
  const std::size_t column = table_.find(name);
  if (table_.type(column).dictionary) return false;
  bool dates = true;
  const bool whole = detail::with_integer(table_.type(column).format, [&](auto zero) {
    using T = decltype(zero);
    for (const chunk& c : table_.chunks(column))
      for (std::size_t i = 0; i < c.length && dates; ++i) {
        day ignored = 0;
        if (c.is_valid(i)) dates = read_text_period(std::to_string(c.values<T>()[i]), ignored);
      }
  });
  return whole && !dates;
}

inline std::span<const std::int64_t> arrow_columns::wholes(std::string_view name) {
  const std::size_t column = table_.find(name);
  auto& out = wide_.emplace_back(table_.rows());
  const bool whole = detail::with_integer(table_.type(column).format, [&](auto zero) {
    using T = decltype(zero);
    fill(table_.chunks(column), std::span<std::int64_t>(out), std::numeric_limits<std::int64_t>::min(),
         [](const chunk& c) { return [v = c.values<T>()](std::size_t i) { return static_cast<std::int64_t>(v[i]); }; });
  });
  if (!whole) throw unreadable(column, "whole numbers");
  return out;
}

/// Names of the columns to read; an empty name means that there is no such column.
struct arrow_names {
  std::string customer = "customer", date = "date", amount = "amount";
  std::string order, product, country, supplier, cost, currency;
};

/// Order lines out of an Arrow stream; see arrow_columns for what is read and when it is not copied.
class arrow_lines : public arrow_columns {
 public:
  arrow_lines(ArrowArrayStream* stream, const arrow_names& names, std::vector<rejected_line> earlier = {})
      : arrow_columns(stream, std::move(earlier)) {
    lines_.customer = ids(names.customer);
    lines_.date = days(names.date);
    lines_.amount = numbers(names.amount);
    const auto optional = [&](const std::string& name, id_column& column) {
      if (!name.empty()) column = ids(name);
    };
    optional(names.order, lines_.order);
    optional(names.product, lines_.product);
    optional(names.country, lines_.country);
    optional(names.supplier, lines_.supplier);
    optional(names.currency, lines_.line_currency);
    if (!names.cost.empty()) lines_.cost = numbers(names.cost);
    lines_.refused = refused();
  }
  [[nodiscard]] const order_lines& lines() const noexcept { return lines_; }

 private:
  order_lines lines_;
};

/// Deliveries out of an Arrow stream: customer, supplier, period, amount and, when named, orders. The period is a date or
/// whole numbers that count periods; whole numbers yyyymm and yyyymmdd throughout and texts "2024-05", "2024-Q2" are dates.
class arrow_deliveries : public arrow_columns {
 public:
  arrow_deliveries(ArrowArrayStream* stream, bool with_orders, every length, std::vector<rejected_line> earlier = {})
      : arrow_columns(stream, std::move(earlier)) {
    lines_.customer = ids("customer");
    lines_.supplier = ids("supplier");
    if (counts_periods("period")) lines_.period = wholes("period");
    else lines_.date = period_days("period");
    lines_.amount = numbers("amount");
    if (with_orders) lines_.orders = numbers("orders");
    lines_.length = length;
    lines_.refused = refused();
  }
  [[nodiscard]] const delivery_lines& lines() const noexcept { return lines_; }

 private:
  delivery_lines lines_;
};

}  // namespace guanxi::ledger
