#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define GUANXI_HAS_MMAP 1
#endif

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::value {

/// What a trade system asks: who is it, and, should nobody know the customer, from where and for what.
struct enquiry {
  std::string_view customer;
  std::string_view country = {};
  std::string_view product_group = {};
};

/// The figures of one customer, in the order of the file. NaN: not known.
struct score_figures {
  double p_alive = unknown, p_buy = unknown;
  double purchases = unknown, purchases_low = unknown, purchases_high = unknown;
  double spend = unknown;
  double value = unknown, value_low = unknown, value_high = unknown;
  double next_order = unknown;  // day number
};
inline constexpr std::size_t score_width = 10;
static_assert(sizeof(score_figures) == score_width * sizeof(double));

/// Where an answer comes from.
enum class score_source : std::uint32_t { customer, country_and_product_group, country, product_group, book };

struct score_answer {
  score_figures figures;
  score_source source = score_source::book;
  double known = 0;  // customers behind the figures: 1 for a customer of the file
};

/// Rows of a scorer that is to be saved. Columns of equal length; country and product_group may be empty columns.
struct snapshot_rows {
  std::span<const std::string_view> customer, country, product_group;
  std::span<const score_figures> figures;
};

namespace detail {

inline constexpr std::array<char, 8> snapshot_magic{'G', 'U', 'A', 'N', 'X', 'I', 'S', 'C'};
inline constexpr std::uint32_t snapshot_version = 1;
inline constexpr std::uint32_t snapshot_order = 0x01020304u;

struct snapshot_header {
  std::array<char, 8> magic;
  std::uint32_t version, order;
  std::uint64_t bytes;      // of the whole file
  std::uint64_t checksum;   // of everything after the header
  std::uint64_t customers, slots;              // rows of known customers; table of their names
  std::uint64_t segments, segment_slots;       // rows of segments; table of theirs
  std::uint64_t text;                          // bytes of names
  std::array<char, 64> label;                  // what was saved, for people
};
static_assert(sizeof(snapshot_header) == 136);

/// Name of a row (place in the text), and its figures.
struct snapshot_row {
  std::uint64_t name, length;
  double known;
  std::uint64_t source;
  score_figures figures;
};
static_assert(sizeof(snapshot_row) == 112);

[[nodiscard]] inline std::uint64_t mix_hash(std::uint64_t h) noexcept {
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93u;
  h ^= h >> 32;
  return h * 0xd6e8feb86659fd93u;
}
/// Hash of several pieces of text; the border between pieces counts.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t h = 0x9E3779B97F4A7C15u) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    h = mix_hash(h ^ word);
  }
  std::uint64_t rest = 0;
  if (at < text.size()) std::memcpy(&rest, text.data() + at, text.size() - at);
  return mix_hash(mix_hash(h ^ rest) ^ text.size());
}
/// Checksum of the body, four words at a time.
[[nodiscard]] inline std::uint64_t checksum_of(const unsigned char* data, std::size_t size) noexcept {
  std::array<std::uint64_t, 4> h{1, 2, 3, 4};
  std::size_t at = 0;
  for (; at + 32 <= size; at += 32)
    for (std::size_t l = 0; l < 4; ++l) {
      std::uint64_t word;
      std::memcpy(&word, data + at + 8 * l, 8);
      h[l] = std::rotl((h[l] ^ word) * 0xd6e8feb86659fd93u, 29);
    }
  std::uint64_t out = hash_text({reinterpret_cast<const char*>(data + at), size - at});
  for (const std::uint64_t v : h) out = mix_hash(out ^ v);
  return out;
}

[[nodiscard]] inline std::string pair_name(std::string_view country, std::string_view group) {
  std::string out(country);
  out += '\x1f';
  out += group;
  return out;
}

/// Mean of the figures that are known, held towards the book's by the weight of `hold` customers.
struct segment_sum {
  std::array<double, score_width> sum{}, count{};
  double customers = 0;
  void add(const score_figures& f) {
    const auto v = std::bit_cast<std::array<double, score_width>>(f);
    for (std::size_t i = 0; i < score_width; ++i)
      if (!std::isnan(v[i])) sum[i] += v[i], count[i] += 1;
    customers += 1;
  }
  [[nodiscard]] score_figures figures(const score_figures* book, double hold) const {
    std::array<double, score_width> out{}, prior{};
    if (book) prior = std::bit_cast<std::array<double, score_width>>(*book);
    for (std::size_t i = 0; i < score_width; ++i) {
      const bool held = book && !std::isnan(prior[i]);
      const double weight = count[i] + (held ? hold : 0.0);
      out[i] = weight > 0 ? (sum[i] + (held ? hold * prior[i] : 0.0)) / weight : unknown;
    }
    out[score_width - 1] = unknown;  // a date of a next order belongs to one customer
    return std::bit_cast<score_figures>(out);
  }
};

}  // namespace detail

/// Writes a scorer to one file: known customers, and for unknown ones the mean of their country and product group.
///
/// Takes   hold: how many customers the book's mean weighs in a segment's (small segments are held to the book).
/// Fails   errc::io when the file cannot be written; a file that is being read is never touched: the new one is written
///         beside it and moved into its place.
/// Costs   about 0.5 s for a million customers.
inline void write_snapshot(const std::string& path, const snapshot_rows& rows, std::string_view label = {}, double hold = 20) {
  using namespace detail;
  const std::size_t n = rows.customer.size();
  if (rows.figures.size() != n)
    throw error(errc::size_mismatch, "value::write_snapshot: 'figures' has " + std::to_string(rows.figures.size()) + " entries, 'customer' has " + std::to_string(n));
  for (const auto& [what, column] : {std::pair{"country", rows.country}, {"product_group", rows.product_group}})
    if (!column.empty() && column.size() != n)
      throw error(errc::size_mismatch, std::string("value::write_snapshot: '") + what + "' has " + std::to_string(column.size()) + " entries, 'customer' has " + std::to_string(n));
  if (n == 0) throw error(errc::empty, "value::write_snapshot: there are no customers");
  if (!(hold >= 0 && hold < 1e12)) throw error(errc::out_of_domain, "value::write_snapshot: 'hold' is not a number >= 0");
  segment_sum book;
  std::map<std::string, std::pair<score_source, segment_sum>> segments;
  for (std::size_t i = 0; i < n; ++i) {
    book.add(rows.figures[i]);
    const std::string_view country = rows.country.empty() ? std::string_view{} : rows.country[i];
    const std::string_view group = rows.product_group.empty() ? std::string_view{} : rows.product_group[i];
    const auto into = [&](const std::string& name, score_source source) {
      auto& [from, sum] = segments[name];
      from = source;
      sum.add(rows.figures[i]);
    };
    if (!country.empty() && !group.empty()) into(pair_name(country, group), score_source::country_and_product_group);
    if (!country.empty()) into(pair_name(country, {}), score_source::country);
    if (!group.empty()) into(pair_name({}, group), score_source::product_group);
  }
  std::string text;
  std::vector<snapshot_row> table;
  const auto put = [&](std::string_view name, double known, score_source source, const score_figures& f) {
    table.push_back({text.size(), name.size(), known, static_cast<std::uint64_t>(source), f});
    text += name;
  };
  for (std::size_t i = 0; i < n; ++i) put(rows.customer[i], 1, score_source::customer, rows.figures[i]);
  const score_figures all = book.figures(nullptr, 0);
  put({}, book.customers, score_source::book, all);
  for (const auto& [name, one] : segments) put(name, one.second.customers, one.first, one.second.figures(&all, hold));
  while (text.size() % 8 != 0) text += '\0';
  const auto index = [&](std::size_t from, std::size_t to, std::uint64_t slots, bool unique) {
    std::vector<std::uint32_t> slot(slots, 0xFFFFFFFFu);
    for (std::size_t row = from; row < to; ++row) {
      const std::string_view name(text.data() + table[row].name, table[row].length);
      std::size_t at = hash_text(name) & (slots - 1);
      for (; slot[at] != 0xFFFFFFFFu; at = (at + 1) & (slots - 1))
        if (unique && std::string_view(text.data() + table[slot[at]].name, table[slot[at]].length) == name)
          throw error(errc::duplicate, "value::write_snapshot: customer '" + std::string(name) + "' is there twice");
      slot[at] = static_cast<std::uint32_t>(row);
    }
    return slot;
  };
  if (table.size() > 0x7FFFFFFFu) throw error(errc::out_of_domain, "value::write_snapshot: more than 2^31 rows");
  snapshot_header head{};
  head.magic = snapshot_magic, head.version = snapshot_version, head.order = snapshot_order;
  head.customers = n, head.segments = table.size() - n;
  head.slots = std::bit_ceil(2 * head.customers + 8), head.segment_slots = std::bit_ceil(2 * head.segments + 8);
  head.text = text.size();
  std::copy_n(label.begin(), std::min(label.size(), head.label.size() - 1), head.label.begin());
  const auto customers = index(0, n, head.slots, true), others = index(n, table.size(), head.segment_slots, false);
  std::vector<unsigned char> body;
  const auto append = [&](const auto* data, std::size_t count) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(data);
    body.insert(body.end(), bytes, bytes + count * sizeof(*data));
  };
  body.reserve(table.size() * sizeof(snapshot_row) + 4 * (customers.size() + others.size()) + text.size());
  append(table.data(), table.size());
  append(customers.data(), customers.size());
  append(others.data(), others.size());
  append(text.data(), text.size());
  head.bytes = sizeof(head) + body.size();
  head.checksum = checksum_of(body.data(), body.size());
  const std::string beside = path + ".new";
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  bool good = file && std::fwrite(&head, sizeof(head), 1, file) == 1 && std::fwrite(body.data(), 1, body.size(), file) == body.size();
  if (file) good = std::fclose(file) == 0 && good;
  good = good && std::rename(beside.c_str(), path.c_str()) == 0;
  if (!good) {
    std::remove(beside.c_str());
    throw error(errc::io, "value::write_snapshot: '" + path + "' cannot be written");
  }
}

/// A saved scorer, mapped into memory. Immutable: any number of threads may ask at once. The file may be replaced or
/// deleted meanwhile (write_snapshot does it by a new name), but must not be written over in place.
class Snapshot {
 public:
  /// Opens and checks a file: what it is, its version, its length, its checksum, every reference in it.
  /// Fails with a sentence that says which of these is wrong. Costs about 0.1 s for a million customers.
  explicit Snapshot(const std::string& path) {
    map(path);
    try {
      check(path);
    } catch (...) {
      unmap();
      throw;
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { unmap(); }

  [[nodiscard]] std::size_t customers() const noexcept { return head_.customers; }
  [[nodiscard]] std::size_t segments() const noexcept { return head_.segments; }
  [[nodiscard]] std::string_view label() const noexcept { return head_.label.data(); }

  /// The figures of the customer; of country and product group, country, product group or the book for an unknown one.
  /// No allocation, no lock, no failure. Costs about 0.2 us (two reads from far memory).
  [[nodiscard]] score_answer score(const enquiry& e) const noexcept {
    if (const auto* row = find(slots_, head_.slots, detail::hash_text(e.customer), e.customer, {}, false)) return answer(*row);
    const bool country = !e.country.empty(), group = !e.product_group.empty();
    if (country && group)
      if (const auto* row = segment(e.country, e.product_group)) return answer(*row);
    if (country)
      if (const auto* row = segment(e.country, {})) return answer(*row);
    if (group)
      if (const auto* row = segment({}, e.product_group)) return answer(*row);
    return answer(rows_[head_.customers]);
  }

 private:
  static score_answer answer(const detail::snapshot_row& row) noexcept { return {row.figures, static_cast<score_source>(row.source), row.known}; }

  /// Row whose name is `a`, or, for a pair, a + separator + b.
  const detail::snapshot_row* find(const std::uint32_t* slots, std::uint64_t count, std::uint64_t hash, std::string_view a, std::string_view b, bool pair) const noexcept {
    for (std::uint64_t at = hash & (count - 1), seen = 0; seen < count && slots[at] != 0xFFFFFFFFu; at = (at + 1) & (count - 1), ++seen) {
      const detail::snapshot_row& row = rows_[slots[at]];
      const std::string_view name(text_ + row.name, row.length);
      if (pair ? name.size() == a.size() + 1 + b.size() && name.starts_with(a) && name[a.size()] == '\x1f' && name.ends_with(b) : name == a) return &row;
    }
    return nullptr;
  }
  const detail::snapshot_row* segment(std::string_view country, std::string_view group) const noexcept {
    // the hash of the joined name without joining it: names longer than the buffer are asked for piece by piece
    std::array<char, 512> joined;
    const std::size_t size = country.size() + 1 + group.size();
    if (size > joined.size()) {
      for (std::uint64_t i = head_.customers; i < head_.customers + head_.segments; ++i) {
        const std::string_view name(text_ + rows_[i].name, rows_[i].length);
        if (name.size() == size && name.starts_with(country) && name[country.size()] == '\x1f' && name.ends_with(group)) return &rows_[i];
      }
      return nullptr;
    }
    std::copy(country.begin(), country.end(), joined.begin());
    joined[country.size()] = '\x1f';
    std::copy(group.begin(), group.end(), joined.begin() + static_cast<std::ptrdiff_t>(country.size()) + 1);
    return find(segment_slots_, head_.segment_slots, detail::hash_text({joined.data(), size}), country, group, true);
  }

  void check(const std::string& path) {
    using namespace detail;
    const auto fail = [&](const std::string& what) { throw error(errc::bad_format, "value::Snapshot: '" + path + "' " + what); };
    if (size_ < 8 || std::memcmp(data_, snapshot_magic.data(), 8) != 0) fail("is no saved scorer of guanxi");
    if (size_ < sizeof(head_)) fail("is cut off: " + std::to_string(size_) + " bytes of a longer file");
    std::memcpy(&head_, data_, sizeof(head_));
    if (head_.order != snapshot_order) fail("was written on a machine with another order of bytes");
    if (head_.version != snapshot_version) fail("has version " + std::to_string(head_.version) + "; this program reads version " + std::to_string(snapshot_version));
    if (head_.bytes != size_) fail("is cut off or grown: " + std::to_string(size_) + " bytes, " + std::to_string(head_.bytes) + " were written");
    const std::uint64_t body = size_ - sizeof(head_);
    const auto small = [&](std::uint64_t v) { return v <= body; };
    bool good = checksum_of(data_ + sizeof(head_), body) == head_.checksum && head_.customers >= 1 && head_.segments >= 1 && small(head_.customers) &&
                small(head_.segments) && small(head_.slots) && small(head_.segment_slots) && small(head_.text) && std::has_single_bit(head_.slots) &&
                std::has_single_bit(head_.segment_slots);
    const std::uint64_t rows = head_.customers + head_.segments;
    good = good && body == rows * sizeof(snapshot_row) + 4 * (head_.slots + head_.segment_slots) + head_.text;
    if (!good) fail("is damaged: its checksum is not that of what was written");
    rows_ = reinterpret_cast<const snapshot_row*>(data_ + sizeof(head_));
    slots_ = reinterpret_cast<const std::uint32_t*>(rows_ + rows);
    segment_slots_ = slots_ + head_.slots;
    text_ = reinterpret_cast<const char*>(segment_slots_ + head_.segment_slots);
    head_.label.back() = '\0';
    for (std::uint64_t i = 0; i < rows; ++i)
      if (rows_[i].name > head_.text || rows_[i].length > head_.text - rows_[i].name || rows_[i].source > 4) fail("is damaged: row " + std::to_string(i) + " points outside");
    for (std::uint64_t i = 0; i < head_.slots + head_.segment_slots; ++i)
      if (slots_[i] != 0xFFFFFFFFu && slots_[i] >= rows) fail("is damaged: its index points outside");
  }
#if defined(GUANXI_HAS_MMAP)
  void map(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (file < 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
      if (file >= 0) ::close(file);
      throw error(errc::io, "value::Snapshot: '" + path + "' cannot be opened");
    }
    size_ = static_cast<std::size_t>(info.st_size);
    void* at = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    ::close(file);
    if (at == MAP_FAILED) throw error(errc::io, "value::Snapshot: '" + path + "' cannot be mapped into memory");
    data_ = static_cast<const unsigned char*>(at);
  }
  void unmap() noexcept {
    if (data_) ::munmap(const_cast<unsigned char*>(data_), size_);
    data_ = nullptr;
  }
#else
  void map(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) throw error(errc::io, "value::Snapshot: '" + path + "' cannot be opened");
    std::array<std::uint64_t, 8192> part;
    for (std::size_t got; (got = std::fread(part.data(), 1, sizeof(part), file)) > 0;) {
      held_.resize((size_ + got + 7) / 8);
      std::memcpy(reinterpret_cast<unsigned char*>(held_.data()) + size_, part.data(), got);
      size_ += got;
    }
    std::fclose(file);
    data_ = reinterpret_cast<const unsigned char*>(held_.data());
  }
  void unmap() noexcept {}
  std::vector<std::uint64_t> held_;
#endif

  const unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
  detail::snapshot_header head_{};
  const detail::snapshot_row* rows_ = nullptr;
  const std::uint32_t *slots_ = nullptr, *segment_slots_ = nullptr;
  const char* text_ = nullptr;
};

/// The scorer of a running system: asked by any number of threads, exchanged while they ask.
///
/// score() takes no lock and allocates nothing: it notes in a counter of its own cache line that it reads, and the one who
/// exchanges waits until all who might still read the old file are done before letting go of it.
class LiveScorer {
 public:
  explicit LiveScorer(const std::string& path) : owned_(std::make_unique<Snapshot>(path)), now_(owned_.get()) {}
  LiveScorer(const LiveScorer&) = delete;
  LiveScorer& operator=(const LiveScorer&) = delete;

  [[nodiscard]] score_answer score(const enquiry& e) const noexcept {
    reading here(*this);
    return now_.load()->score(e);
  }
  /// Opens the file and puts it in the place of the old one. When it cannot be opened the old one stays.
  void swap(const std::string& path) {
    auto fresh = std::make_unique<Snapshot>(path);
    const std::lock_guard one_at_a_time(exchange_);
    now_.store(fresh.get());
    const std::size_t old = round_.fetch_add(1) & 1;
    for (const counter& c : readers_[old])
      while (c.value.load() != 0) std::this_thread::yield();
    owned_.swap(fresh);
  }
  [[nodiscard]] std::size_t customers() const noexcept {
    reading here(*this);
    return now_.load()->customers();
  }

 private:
  struct alignas(64) counter {
    mutable std::atomic<std::int64_t> value{0};
  };
  static constexpr std::size_t counters = 64;
  static std::size_t my_counter() noexcept {
    static std::atomic<std::size_t> next{0};
    static thread_local const std::size_t mine = next++ % counters;
    return mine;
  }
  struct reading {
    explicit reading(const LiveScorer& s) noexcept {
      for (;;) {
        const std::size_t round = s.round_.load();
        at = &s.readers_[round & 1][my_counter()].value;
        at->fetch_add(1);
        if (s.round_.load() == round) return;
        at->fetch_sub(1);  // exchanged in between: note it in the new round
      }
    }
    ~reading() { at->fetch_sub(1); }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    std::atomic<std::int64_t>* at;
  };

  std::unique_ptr<Snapshot> owned_;
  std::atomic<const Snapshot*> now_;
  std::atomic<std::size_t> round_{0};
  std::array<std::array<counter, counters>, 2> readers_;
  std::mutex exchange_;
};

}  // namespace guanxi::value
