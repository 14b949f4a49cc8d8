#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// Whole-number labels as ranks: codes 0 .. distinct - 1 in the order of the numbers.
template <class T>
struct ranked {
  std::vector<T> labels;             // distinct values, ascending
  std::vector<std::uint32_t> codes;  // empty when the values are their own ranks (0 .. n - 1 all present)
  bool same = false;
};

/// Ranks whole numbers.
/// Fails   errc::out_of_domain for more than 2^32 - 2 distinct labels.
/// Costs   O(n) through a table when the range is at most 4 n + 1024, else O(n log n) by sorting.
template <class T>
[[nodiscard]] ranked<T> rank_whole(std::span<const T> values) {
  ranked<T> out;
  if (values.empty()) return out;
  T low = values[0], high = values[0];
  for (const T v : values) low = std::min(low, v), high = std::max(high, v);
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (range <= 4 * std::uint64_t{values.size()} + 1024) {
    std::vector<std::uint32_t> rank(range + 1, 0);
    const auto place = [low](T v) { return static_cast<std::uint64_t>(v) - static_cast<std::uint64_t>(low); };
    for (const T v : values) rank[place(v)] = 1;
    for (std::uint64_t i = 0; i <= range; ++i) {
      if (rank[i] == 0) continue;
      rank[i] = static_cast<std::uint32_t>(out.labels.size());
      out.labels.push_back(static_cast<T>(static_cast<std::uint64_t>(low) + i));
    }
    out.same = low == 0 && out.labels.size() == range + 1;
    if (out.same && sizeof(T) == sizeof(std::uint32_t)) return out;
    out.codes.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) out.codes[i] = rank[place(values[i])];
    return out;
  }
  out.labels.assign(values.begin(), values.end());
  std::sort(out.labels.begin(), out.labels.end());
  out.labels.erase(std::unique(out.labels.begin(), out.labels.end()), out.labels.end());
  if (out.labels.size() >= none)
    throw error(errc::out_of_domain, "graph: " + std::to_string(out.labels.size()) + " labels on one side, at most 4,294,967,294 are possible");
  out.codes.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    out.codes[i] = static_cast<std::uint32_t>(std::lower_bound(out.labels.begin(), out.labels.end(), values[i]) - out.labels.begin());
  return out;
}

}  // namespace guanxi::graph
