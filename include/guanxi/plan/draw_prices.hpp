#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/plan/allocate.hpp>

namespace guanxi::plan {

/// How prices, and with them the choices, move over posterior draws of the gains.
struct draw_prices {
  std::vector<interval> price;  // K: 5 to 95 % of the price of each budget
  std::vector<double> all;      // draws x K
  std::vector<double> firm;     // per account: part of the draws in which it gets its level or a later one
};

/// Prices of the budgets if each draw in turn were the truth, and how firm each choice is.
///
/// Takes   the book; budget; draws: rows x S; the plan made of it and its settings.
/// Gives   intervals of the prices over draws (what is not known of gains), not to be mixed with price_ranges (a kink).
/// Fails   errc::size_mismatch.
/// Costs   a warm search of the prices a draw, over threads; small books some hundred passes in all.
template <class Real>
[[nodiscard]] draw_prices prices_over_draws(const book& b, std::span<const double> budget, std::span<const Real> draws,
                                            const allocation& plan, const settings& set = {}, double level = 0.9) {
  const std::size_t rows = b.value.size(), n = plan.level.size(), s = rows == 0 ? 0 : draws.size() / rows;
  if (rows > 0 && (s == 0 || draws.size() != s * rows))
    throw error(errc::size_mismatch, "plan::prices_over_draws: 'draws' has " + std::to_string(draws.size()) +
                                         " entries, wanted a multiple of the " + std::to_string(rows) + " rows");
  draw_prices out;
  out.all.resize(s * b.budgets);
  out.firm.assign(n, 0.0);
  const detail::restricted open = detail::restrict_book(b, budget, set);
  if (!open.failing.empty() || !open.emptied.empty()) return out;
  const detail::problem& p = open.p;
  std::vector<double> start(plan.prices.begin(), plan.prices.end());
  start.insert(start.end(), plan.limit_prices.begin(), plan.limit_prices.end());
  const std::size_t batch = 16;  // draws whose choices are kept at a time
  std::vector<std::vector<std::uint32_t>> choice(std::min(batch, s), std::vector<std::uint32_t>(n));
  std::vector<std::uint32_t> count(n, 0);
  for (std::size_t from = 0; from < s; from += batch) {
    const std::size_t to = std::min(s, from + batch);
    parallel_blocks(
        to - from, 1,
        [&](std::size_t first, std::size_t last, std::size_t) {
          for (std::size_t at = first; at < last; ++at) {
            const std::size_t w = from + at;
            detail::problem q;
            q.n = p.n, q.k = p.k, q.start = p.start, q.cost = p.cost, q.of_class = p.of_class, q.classes = p.classes;
            q.rows = p.rows, q.base_value = p.base_value, q.base_use = p.base_use, q.threads = 1;
            q.own = std::make_unique<detail::problem::storage>();
            q.own->value.resize(p.value.size());
            for (std::size_t r = 0; r < p.value.size(); ++r)
              q.own->value[r] = static_cast<double>(draws[(open.whole ? r : p.own->source[r]) * s + w]);
            q.value = q.own->value;
            std::size_t passes = 0;
            const detail::prices found = detail::solve_dual(q, start, 1e-7, passes);
            detail::tally sum;
            detail::pass(q, found.l, 0.0, sum, choice[at]);
            std::copy_n(found.l.begin(), b.budgets, out.all.begin() + static_cast<std::ptrdiff_t>(w * b.budgets));
          }
        },
        set.threads);
    parallel_blocks(
        n, 4096,
        [&](std::size_t first, std::size_t last, std::size_t) {
          for (std::size_t i = first; i < last; ++i)
            for (std::size_t at = 0; at < to - from; ++at) count[i] += open.level(b, i, choice[at][i]) >= plan.level[i];
        },
        set.threads);
  }
  for (std::size_t i = 0; i < n; ++i) out.firm[i] = s > 0 ? static_cast<double>(count[i]) / static_cast<double>(s) : unknown;
  std::vector<double> one(s);
  for (std::size_t k = 0; k < b.budgets; ++k) {
    for (std::size_t w = 0; w < s; ++w) one[w] = out.all[w * b.budgets + k];
    std::sort(one.begin(), one.end());
    const auto place = [&](double part) { return s == 0 ? unknown : one[static_cast<std::size_t>(part * static_cast<double>(s - 1) + 0.5)]; };
    out.price.push_back({place(0.5 - level / 2), place(0.5 + level / 2)});
  }
  return out;
}

}  // namespace guanxi::plan
