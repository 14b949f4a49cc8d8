#pragma once
// Accounts and managers for the tests and benches of plan::assign: made from a seed, no files.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <guanxi/plan/roster.hpp>

namespace guanxi::fixtures {

struct owned_roster {
  std::vector<std::uint64_t> start{0};
  std::vector<double> value, load, cost, floor, capacity, budget;
  std::vector<std::uint32_t> manager;
  std::size_t managers = 0, loads = 1, budgets = 0;
  [[nodiscard]] plan::roster view() const { return {start, value, manager, load, cost, managers, loads, budgets}; }
  [[nodiscard]] plan::roster_limits limits() const { return {floor, capacity, budget}; }
};

/// Managers speak two of five languages; who speaks the account's is worth more; nearness helps value and hours.
inline owned_roster travel_roster(std::size_t n, std::size_t managers, std::uint64_t seed = 0) {
  std::mt19937_64 bits(seed + 11);
  std::normal_distribution<double> z;
  std::uniform_real_distribution<double> u;
  owned_roster out;
  out.managers = managers;
  std::vector<std::size_t> speaks(2 * managers);
  std::vector<double> x(managers), y(managers);
  for (std::size_t m = 0; m < managers; ++m) {
    speaks[2 * m] = bits() % 5;
    speaks[2 * m + 1] = (speaks[2 * m] + 1 + bits() % 4) % 5;
    x[m] = u(bits), y[m] = u(bits);
  }
  double need = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double worth = std::exp(3 + z(bits)), hours = std::exp(2 + 0.5 * z(bits)), px = u(bits), py = u(bits);
    const std::size_t language = bits() % 5;
    double least = 1e300;
    for (std::size_t m = 0; m < managers; ++m) {
      const double far = std::hypot(px - x[m], py - y[m]);
      const double fit = speaks[2 * m] == language || speaks[2 * m + 1] == language ? 1.0 : 0.6;
      out.value.push_back(std::round(1e3 * worth * fit * (1 - far / 2)) / 1e3);
      out.load.push_back(std::round(1e2 * hours * (1 + 0.4 * far)) / 1e2);
      out.manager.push_back(static_cast<std::uint32_t>(m));
      least = std::min(least, out.load.back());
    }
    need += least;
    out.start.push_back(out.value.size());
  }
  out.capacity.assign(managers, 1.12 * need / static_cast<double>(managers));
  out.floor.assign(managers, 0.85 * out.capacity[0]);
  return out;
}

/// A small roster of any shape, with forbidden pairs, levels, a second load and a budget.
inline owned_roster small_roster(std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  const auto pick = [&](std::uint64_t from, std::uint64_t to) { return from + bits() % (to - from + 1); };
  owned_roster out;
  const std::size_t n = pick(1, 7);
  out.managers = pick(1, 3);
  out.loads = pick(1, 2);
  out.budgets = pick(0, 1);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::uint32_t m = 0; m < out.managers; ++m) {
      if (m > 0 && pick(0, 3) == 0) continue;
      for (std::size_t level = 0; level < pick(1, 2); ++level) {
        out.value.push_back(static_cast<double>(pick(0, 50)) - 5.0);
        out.manager.push_back(m);
        for (std::size_t q = 0; q < out.loads; ++q) out.load.push_back(static_cast<double>(pick(1, 9)));
        for (std::size_t k = 0; k < out.budgets; ++k) out.cost.push_back(static_cast<double>(pick(0, 6)));
      }
    }
    out.start.push_back(out.value.size());
  }
  for (std::size_t d = 0; d < out.managers * out.loads; ++d) {
    out.capacity.push_back(static_cast<double>(pick(4, 40)));
    out.floor.push_back(static_cast<double>(pick(0, 3) == 0 ? pick(0, 6) : 0));
  }
  for (std::size_t k = 0; k < out.budgets; ++k) out.budget.push_back(static_cast<double>(pick(4, 30)));
  return out;
}

}  // namespace guanxi::fixtures
