#pragma once
// Books for the tests and benches of plan: made from a seed, no files.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <guanxi/plan/book.hpp>

namespace guanxi::fixtures {

/// A book that owns its columns.
struct owned_book {
  std::vector<std::uint64_t> start{0};
  std::vector<double> value, cost, budget;
  std::size_t budgets = 1;
  [[nodiscard]] plan::book view() const { return {start, value, cost, budgets}; }
};

/// The instance of the performance tables in law, not in bits: lognormal values that saturate, four levels of hours,
/// travel money and senior slots, budgets that all bind.
inline owned_book exporter_book(std::size_t n, std::uint64_t seed = 5) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  owned_book out;
  out.budgets = 3;
  out.value.reserve(4 * n);
  out.cost.reserve(12 * n);
  const auto cents = [](double x) { return std::round(x * 100.0) / 100.0; };
  double top[3] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const double base = std::exp(8.0 + 1.3 * normal(bits));
    const double shape = 0.5 + 1.1 * uniform(bits);
    const double near = 0.7 + 0.6 * uniform(bits);
    const double far = std::exp(0.6 * normal(bits));
    constexpr double part[4] = {0.0, 0.25, 0.6, 1.0}, hours[4] = {0, 8, 24, 80}, money[4] = {0, 200, 1500, 6000}, slots[4] = {0, 0, 1, 3};
    for (std::size_t j = 0; j < 4; ++j) {
      out.value.push_back(cents(base * (j == 0 ? 0.0 : std::pow(part[j], shape))));
      const double c[3] = {cents(hours[j] * near), cents(money[j] * far), slots[j]};
      out.cost.insert(out.cost.end(), c, c + 3);
      if (j == 3)
        for (std::size_t d = 0; d < 3; ++d) top[d] += c[d];
    }
    out.start.push_back(out.value.size());
  }
  constexpr double tight[3] = {1.0, 0.86, 0.95};
  for (std::size_t d = 0; d < 3; ++d) out.budget.push_back(std::floor(std::floor(0.30 * top[d]) * tight[d]));
  return out;
}

/// A small book of any shape: ties, negative values, free levels, costs in steps.
inline owned_book small_book(std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  const auto pick = [&](std::uint64_t from, std::uint64_t to) { return from + bits() % (to - from + 1); };
  owned_book out;
  const std::size_t n = pick(1, 8);
  out.budgets = pick(1, 4);
  std::vector<double> top(out.budgets, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t levels = pick(1, n > 6 ? 4 : 5);
    for (std::size_t j = 0; j < levels; ++j) {
      out.value.push_back(j == 0 ? 0.0 : static_cast<double>(pick(0, 60)) - 10.0);
      for (std::size_t d = 0; d < out.budgets; ++d) {
        const double c = j == 0 ? 0.0 : static_cast<double>(pick(0, 12));
        out.cost.push_back(c);
        top[d] += c;
      }
    }
    out.start.push_back(out.value.size());
  }
  for (std::size_t d = 0; d < out.budgets; ++d)
    out.budget.push_back(std::floor(top[d] * static_cast<double>(pick(0, 10)) / 10.0));
  return out;
}

}  // namespace guanxi::fixtures
