#pragma once
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace guanxi::graph {

/// The two kinds of nodes.
enum class side : std::uint8_t { customer, supplier };

/// "No node" in a column of ids.
inline constexpr std::uint32_t none = 0xffffffffu;

/// The ties of one side as compressed rows: those of node i are start[i] .. start[i + 1] - 1, other ends ascending. Views.
struct rows {
  std::span<const std::uint64_t> start;
  std::span<const std::uint32_t> other;
  std::span<const double> weight;

  [[nodiscard]] std::size_t size() const noexcept { return start.empty() ? 0 : start.size() - 1; }
  [[nodiscard]] std::size_t ties() const noexcept { return other.size(); }
  [[nodiscard]] std::size_t degree(std::size_t i) const noexcept { return start[i + 1] - start[i]; }
  [[nodiscard]] std::span<const std::uint32_t> others(std::size_t i) const noexcept {
    return other.subspan(start[i], degree(i));
  }
  [[nodiscard]] std::span<const double> weights(std::size_t i) const noexcept {
    return weight.subspan(start[i], degree(i));
  }
  [[nodiscard]] double strength(std::size_t i) const noexcept {
    const auto w = weights(i);
    return std::accumulate(w.begin(), w.end(), 0.0);
  }
};

/// Both sides of the same ties.
struct two_sided {
  rows customer;  // suppliers of a customer
  rows supplier;  // customers of a supplier

  [[nodiscard]] std::size_t customers() const noexcept { return customer.size(); }
  [[nodiscard]] std::size_t suppliers() const noexcept { return supplier.size(); }
  [[nodiscard]] std::size_t ties() const noexcept { return customer.ties(); }
  /// The same ties seen with customers and suppliers exchanged.
  [[nodiscard]] two_sided swapped() const noexcept { return {supplier, customer}; }
  [[nodiscard]] two_sided facing(side s) const noexcept { return s == side::customer ? *this : swapped(); }
};

}  // namespace guanxi::graph
