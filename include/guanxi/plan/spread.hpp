#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/plan/response.hpp>
#include <guanxi/plan/spread_market.hpp>
#include <guanxi/plan/spread_search.hpp>

namespace guanxi::plan {

namespace spread_detail {

inline void check(const response_columns& r, double budget) {
  const std::size_t n = r.accounts();
  const auto fail = [](errc code, const std::string& text) { throw error(code, "plan::spread: " + text); };
  const std::pair<const char*, std::span<const double>> all[] = {
      {"low", r.low}, {"high", r.high}, {"half", r.half}, {"power", r.power}, {"most", r.most}};
  for (const auto& [name, column] : all) {
    if (column.size() != n && !(std::string(name) == "most" && column.empty()))
      fail(errc::size_mismatch, std::string("'") + name + "' has " + std::to_string(column.size()) +
                                    " entries, 'low' has " + std::to_string(n));
    for (std::size_t i = 0; i < column.size(); ++i) {
      const double v = column[i];
      const bool limit = &column[0] == r.most.data();
      const bool positive = column.data() == r.half.data() || column.data() == r.power.data();
      if (std::isnan(v) || (std::isinf(v) && !limit))
        fail(errc::not_finite,
             std::string("'") + name + "' of account " + std::to_string(i) + " is not finite, wanted a number");
      if ((positive && !(v > 0.0)) || (limit && v < 0.0))
        fail(errc::out_of_domain, std::string("'") + name + "' of account " + std::to_string(i) + " is " +
                                      std::to_string(v) + ", wanted " + (positive ? "above 0" : ">= 0"));
    }
  }
  if (!std::isfinite(budget) || budget < 0.0)
    fail(errc::out_of_domain, "'budget' is " + std::to_string(budget) + ", wanted a number >= 0");
}

}  // namespace spread_detail

/// Continuous effort for every account under one budget, for concave and S-shaped responses, with a certified bound.
///
/// Takes   r: the responses (see response); budget >= 0 in the unit of effort.
/// Gives   efforts that sum to at most the budget, the price of one more unit, and a bound that no spread can exceed.
/// Fails   errc::size_mismatch, not_finite, out_of_domain, naming column, account and wish.
/// Costs   about ten passes of one exp and one log an account that is on; the search for S-shapes solves the price again
///         at each node (small books: a few to some hundred nodes). Same bits for any number of threads.
/// Source  concave envelopes under one price: Little (1970), Lodish (1971); splitting by intervals: Falk and Soland
///         (1969), Management Science 15, 550-569.
/// Beware  equal effort for all is the worst choice under an S-shape: half of what is needed everywhere wins nothing.
[[nodiscard]] inline spread_plan spread(const response_columns& r, double budget, const spread_settings& set = {}) {
  spread_detail::check(r, budget);
  const std::size_t n = r.accounts();
  spread_plan out;
  std::vector<spread_detail::curve> curves(n);
  parallel_blocks(
      n, spread_detail::block,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          curves[i] = spread_detail::make(r.of(i));
          if (curves[i].b > budget) {  // no account can take more than there is
            curves[i].b = budget;
            spread_detail::envelope(curves[i]);
          }
        }
      },
      set.threads);
  double start = 0.0;
  if (n >= 40'000) {
    std::vector<spread_detail::curve> some;
    const std::size_t every = n / 8192;
    for (std::size_t i = every / 2; i < n; i += every) some.push_back(curves[i]);
    const double part = static_cast<double>(some.size()) / static_cast<double>(n);
    spread_detail::market small(std::move(some), budget * part, 1);
    if (small.solve(0.0)) start = small.price();
  }
  spread_detail::market all(std::move(curves), budget, set.threads);
  if (n == 0 || !all.solve(start)) {
    out.status = "optimal";
    return out;
  }
  std::vector<double> x;
  const std::size_t hangs = all.efforts(x);
  out.price = all.price();
  out.bound = all.bound();
  out.effort = std::move(x);
  out.value.resize(n);
  const auto score = [&] {
    out.total = parallel_sum(
        n, spread_detail::block,
        [&](std::size_t begin, std::size_t end) {
          double sum = 0.0;
          for (std::size_t i = begin; i < end; ++i)
            sum += out.value[i] = spread_detail::at(all.curves()[i], out.effort[i]);
          return sum;
        },
        set.threads);
    running_sum used;
    for (const double e : out.effort) used.add(e);
    out.used = used.value();
  };
  score();
  if (hangs < n && out.bound - out.total > set.tolerance * std::abs(out.bound)) {
    spread_detail::splitter tree(all, budget, set.tolerance);
    const std::vector<double> root = out.effort;
    {  // the hanging account dropped, the rest given its effort
      spread_detail::curve& c = all.curves()[hangs];
      const spread_detail::curve kept = c;
      c.b = c.a;
      spread_detail::envelope(c);
      std::vector<double> other;
      if (all.solve(out.price)) {
        all.efforts(other);
        tree.offer(out, other);
      }
      all.curves()[hangs] = kept;
    }
    (void)all.solve(out.price);
    if (set.nodes > 0) tree.run(out, root, hangs, std::min<std::uint64_t>(set.nodes, 20'000'000 / n + 1));
    score();
  }
  out.bound = std::max(out.bound, out.total);
  out.gap = out.bound == out.total ? 0.0 : (out.bound - out.total) / std::abs(out.bound);
  char digits[32];
  std::snprintf(digits, sizeof digits, "within %.1e", out.gap);
  out.status = out.gap <= set.tolerance ? "optimal" : digits;
  return out;
}

}  // namespace guanxi::plan
