#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/base/sum.hpp>
#include <guanxi/value/customer_rows.hpp>

namespace guanxi::value {

/// Equal rows made one, with a weight: the likelihood of a million customers becomes that of their distinct histories.
///
/// Groups are sorted by (count, recency, age), so the result has the same bits for every order of the rows.
struct row_groups {
  std::vector<std::uint32_t> x;       // index into counts
  std::vector<std::uint32_t> t, age;  // indices into times
  std::vector<double> weight;
  std::vector<double> counts;        // distinct repeat counts, ascending
  std::vector<double> count_weight;  // customers with that count
  std::vector<double> times;         // distinct times, ascending
  std::vector<double> age_weight;    // customers of that age
  std::vector<double> age_repeats;   // their repeat purchases
  double customers = 0;              // sum of weights
  double repeats = 0;                // repeat purchases of all
  double log_gaps = 0;               // sum of ln(gap) of all
  [[nodiscard]] std::size_t size() const noexcept { return weight.size(); }
};

namespace detail {

/// Small open table from doubles to consecutive numbers in order of first sight.
class number_of {
 public:
  explicit number_of(std::size_t expected = 1024) { resize(std::bit_ceil(std::max<std::size_t>(64, expected))); }
  [[nodiscard]] std::uint32_t operator()(double value) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value + 0.0);
    for (std::size_t at = (bits * 0x9E3779B97F4A7C15u) >> shift_;; at = (at + 1) & mask_) {
      if (slot_[at] == none) return insert(at, value);
      if (key_[at] == bits) return slot_[at];
    }
  }
  [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;
  std::uint32_t insert(std::size_t at, double value) {
    const auto number = static_cast<std::uint32_t>(values_.size());
    values_.push_back(value + 0.0);
    key_[at] = std::bit_cast<std::uint64_t>(value + 0.0);
    slot_[at] = number;
    if (values_.size() * 2 > slot_.size()) resize(slot_.size() * 4);
    return number;
  }
  void resize(std::size_t size) {
    slot_.assign(size, none);
    key_.assign(size, 0);
    mask_ = size - 1;
    shift_ = 64 - std::countr_zero(size);
    for (std::uint32_t i = 0; i < values_.size(); ++i) {
      const std::uint64_t bits = std::bit_cast<std::uint64_t>(values_[i]);
      std::size_t at = (bits * 0x9E3779B97F4A7C15u) >> shift_;
      while (slot_[at] != none) at = (at + 1) & mask_;
      slot_[at] = i;
      key_[at] = bits;
    }
  }
  std::vector<std::uint64_t> key_;
  std::vector<std::uint32_t> slot_;
  std::vector<double> values_;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

/// Distinct values ascending, and for every number of first sight its place in them.
[[nodiscard]] inline std::pair<std::vector<double>, std::vector<std::uint32_t>> in_order(const std::vector<double>& seen) {
  std::vector<std::uint32_t> order(seen.size()), place(seen.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return seen[a] < seen[b]; });
  std::vector<double> sorted(seen.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted[i] = seen[order[i]];
  }
  return {std::move(sorted), std::move(place)};
}

/// Sorts pairs by the low `bits` bits of the key (stable), 11 bits a pass.
inline void radix_sort(std::vector<std::uint64_t>& key, std::vector<double>& value, int bits) {
  std::vector<std::uint64_t> other(key.size());
  std::vector<double> other_value(value.size());
  for (int at = 0; at < bits; at += 11) {
    std::array<std::size_t, 2049> begin{};
    for (const std::uint64_t k : key) ++begin[((k >> at) & 2047) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (std::size_t i = 0; i < key.size(); ++i) {
      const std::size_t to = begin[(key[i] >> at) & 2047]++;
      other[to] = key[i];
      if (!value.empty()) other_value[to] = value[i];
    }
    key.swap(other);
    value.swap(other_value);
  }
}

}  // namespace detail

/// Groups rows that are equal in frequency, recency and age. The rows must have passed check().
/// Costs   about 40 ns a row: two look-ups and a radix sort of packed keys.
[[nodiscard]] inline row_groups group(const customer_rows& rows) {
  const std::size_t n = rows.size();
  detail::number_of time_number, count_number(64);
  std::vector<std::uint32_t> x(n), t(n), age(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = count_number(rows.frequency[i]);
    t[i] = time_number(rows.recency[i]);
    age[i] = time_number(rows.age[i]);
  }
  row_groups out;
  auto [counts, count_place] = detail::in_order(count_number.values());
  auto [times, time_place] = detail::in_order(time_number.values());
  out.counts = std::move(counts);
  out.times = std::move(times);
  const int time_bits = static_cast<int>(std::bit_width(out.times.size()));
  const int bits = static_cast<int>(std::bit_width(out.counts.size())) + 2 * time_bits;
  const std::uint64_t mask = (std::uint64_t{1} << time_bits) - 1;
  std::vector<std::uint64_t> key(n);
  for (std::size_t i = 0; i < n; ++i)
    key[i] = (static_cast<std::uint64_t>(count_place[x[i]]) << (2 * time_bits)) |
             (static_cast<std::uint64_t>(time_place[t[i]]) << time_bits) | time_place[age[i]];
  std::vector<double> weight(rows.weights.begin(), rows.weights.end());
  detail::radix_sort(key, weight, bits);
  out.count_weight.assign(out.counts.size(), 0.0);
  out.age_weight.assign(out.times.size(), 0.0);
  out.age_repeats.assign(out.times.size(), 0.0);
  for (std::size_t i = 0; i < n;) {
    const std::uint64_t same = key[i];
    exact_sum total;
    std::size_t j = i;
    for (; j < n && key[j] == same; ++j)
      if (!weight.empty()) total.add(weight[j]);
    const double w = weight.empty() ? static_cast<double>(j - i) : total.value();
    i = j;
    if (w == 0) continue;
    const auto at = static_cast<std::uint32_t>(same >> (2 * time_bits));
    out.x.push_back(at);
    out.t.push_back(static_cast<std::uint32_t>((same >> time_bits) & mask));
    out.age.push_back(static_cast<std::uint32_t>(same & mask));
    out.weight.push_back(w);
    out.count_weight[at] += w;
    out.age_weight[out.age.back()] += w;
    out.age_repeats[out.age.back()] += w * out.counts[at];
    out.customers += w;
    out.repeats += w * out.counts[at];
  }
  exact_sum gaps;
  for (std::size_t i = 0; i < rows.log_gaps.size(); ++i)
    gaps.add(rows.log_gaps[i] * (rows.weights.empty() ? 1.0 : rows.weights[i]));
  out.log_gaps = gaps.value();
  return out;
}

}  // namespace guanxi::value
