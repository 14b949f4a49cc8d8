#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::market {

/// Whose shares weigh the growth of the market: those of the first period, of the last, or the mean of both.
enum class share_weights : std::uint8_t { base, end, mid };
/// Which growth is taken out of the whole first.
enum class share_order : std::uint8_t { product_first, place_first };

[[nodiscard]] inline share_weights to_share_weights(std::string_view word) {
  if (word == "base") return share_weights::base;
  if (word == "end") return share_weights::end;
  if (word == "mid") return share_weights::mid;
  throw error(errc::unknown_name, "market::constant_share: weights '" + std::string(word) + "' is not one of base, end, mid");
}
[[nodiscard]] inline share_order to_share_order(std::string_view word) {
  if (word == "product-first") return share_order::product_first;
  if (word == "place-first") return share_order::place_first;
  throw error(errc::unknown_name, "market::constant_share: order '" + std::string(word) + "' is not one of product-first, place-first");
}

/// Change of our sales split into causes, by cell and in all; the pieces of a cell add up to its change.
struct share_split {
  std::vector<double> market;   // the whole grew
  std::vector<double> product;  // our products grew more than the whole
  std::vector<double> place;    // our places grew more than the products did
  std::vector<double> own;      // our share was won or lost
  double total_market = 0, total_product = 0, total_place = 0, total_own = 0;
  double change = 0;   // sum of w1 - w0
  double entered = 0;  // part of own: cells that bought nothing from anybody before
  double left = 0;     // part of place: cells that buy nothing from anybody any more
  std::vector<std::size_t> raised;  // cells where our sales exceeded all purchases: these were raised to our sales
};

namespace detail {

inline constexpr double largest_amount = std::numeric_limits<double>::max();
inline void same_size(std::size_t n, std::size_t want, const char* who, const char* name) {
  if (n != want)
    throw error(errc::size_mismatch, std::string(who) + ": '" + name + "' has " + std::to_string(n) + " cells, wanted " + std::to_string(want));
}
inline void amount(double x, const char* who, const char* name, std::size_t cell) {
  if (!(x >= 0) || !std::isfinite(x))
    throw error(errc::out_of_domain, std::string(who) + ": '" + name + "' is " + std::to_string(x) + " in cell " + std::to_string(cell) + ", wanted 0 or more");
}
[[nodiscard]] inline double growth_of(const running_sum& before, const running_sum& after) noexcept {
  return before.value() > 0 ? after.value() / before.value() - 1 : 0.0;  // an empty base only ever multiplies 0
}

struct share_cell {
  double w0, w1, all0, all1;
  [[nodiscard]] double s0() const noexcept { return all0 > 0 ? w0 / all0 : 0; }
  [[nodiscard]] double s1() const noexcept { return all1 > 0 ? w1 / all1 : 0; }
};

}  // namespace detail

/// Constant market share analysis of a table of products x places.
///
/// Takes   w0, w1: our sales before and after; all0, all1: all purchases of the same cells; products x places, row by row.
/// Gives   four pieces a cell, exactly additive; "mid" is the mean of "base" and "end" and has no rest.
/// Fails   errc::size_mismatch; errc::out_of_domain for amounts that are negative, infinite or unknown.
/// Costs   O(cells), three passes.
/// Source  Tyszynski (1951), Manchester School 19, 272; Richardson (1971), J. Int. Econ. 1, 227, from memory.
/// Beware  product and place depend on their order, base and end weights can differ much: look at both.
[[nodiscard]] inline share_split constant_share(std::span<const double> w0, std::span<const double> w1, std::span<const double> all0,
                                                std::span<const double> all1, std::size_t products, std::size_t places,
                                                share_weights weights = share_weights::base, share_order order = share_order::product_first) {
  constexpr const char* who = "market::constant_share";
  const std::size_t n = products * places;
  detail::same_size(w0.size(), n, who, "w0");
  detail::same_size(w1.size(), n, who, "w1");
  detail::same_size(all0.size(), n, who, "W0");
  detail::same_size(all1.size(), n, who, "W1");
  share_split out;
  out.market.resize(n), out.product.resize(n), out.place.resize(n), out.own.resize(n);
  std::vector<detail::share_cell> cell(n);
  running_sum before, after;
  const bool by_product = order == share_order::product_first;
  std::vector<running_sum> group0(by_product ? products : places), group1(group0.size());
  const auto group = [&](std::size_t k) { return by_product ? k / places : k % places; };
  for (std::size_t k = 0; k < n; ++k) {
    detail::amount(w0[k], who, "w0", k), detail::amount(w1[k], who, "w1", k);
    detail::amount(all0[k], who, "W0", k), detail::amount(all1[k], who, "W1", k);
    cell[k] = {w0[k], w1[k], std::max(all0[k], w0[k]), std::max(all1[k], w1[k])};
    if (w0[k] > all0[k] || w1[k] > all1[k]) out.raised.push_back(k);
    before.add(cell[k].all0), after.add(cell[k].all1);
    group0[group(k)].add(cell[k].all0), group1[group(k)].add(cell[k].all1);
  }
  const double g = detail::growth_of(before, after);
  const auto split = [&](bool end, double part) {
    for (std::size_t k = 0; k < n; ++k) {
      const detail::share_cell& c = cell[k];
      const double s = end ? c.s1() : c.s0();
      const double base = end ? s * c.all0 : c.w0;
      const double gi = detail::growth_of(group0[group(k)], group1[group(k)]);
      const double first = (gi - g) * base, second = s * (c.all1 - c.all0) - gi * base;
      const double own = end ? s * c.all0 - c.w0 : c.w1 - s * c.all1;
      out.market[k] += part * g * base;
      out.product[k] += part * (by_product ? first : second);
      out.place[k] += part * (by_product ? second : first);
      out.own[k] += part * own;
    }
  };
  if (weights != share_weights::end) split(false, weights == share_weights::mid ? 0.5 : 1.0);
  if (weights != share_weights::base) split(true, weights == share_weights::mid ? 0.5 : 1.0);
  running_sum m, p, l, o, change, entered, left;
  for (std::size_t k = 0; k < n; ++k) {
    m.add(out.market[k]), p.add(out.product[k]), l.add(out.place[k]), o.add(out.own[k]);
    change.add(w1[k]), change.add(-w0[k]);
    if (cell[k].all0 == 0) entered.add(w1[k]);
    if (cell[k].all1 == 0) left.add(-w0[k]);
  }
  out.total_market = m.value(), out.total_product = p.value(), out.total_place = l.value(), out.total_own = o.value();
  out.change = change.value(), out.entered = entered.value(), out.left = left.value();
  return out;
}

/// Where the change of our sales came from, by cell of customer x product (or customer alone).
///
/// The market (all cells grew), our mix (our countries and products grew more than that), the customer (it grew more than
/// its market), our doing (share won or lost there). Cells whose purchases are not known are unexplained: never guessed.
struct change_sources {
  std::vector<double> market, mix, buyer, own, unexplained;
  double total_market = 0, total_mix = 0, total_buyer = 0, total_own = 0, total_unexplained = 0, change = 0;
  std::vector<std::size_t> raised;  // cells where our sales exceeded what the customer is said to buy
};

/// Splits the change of our sales at customers, exactly additive cell by cell.
///
/// Takes   w0, w1: our sales in a cell before and after; all0, all1: what the customer bought there from everybody, NaN
///         where not known; group: country x product of the cell, below `groups`.
/// Gives   a customer that is gone (all1 = 0) is `buyer`; one that buys on, but not from us, is `own`.
/// Fails   errc::size_mismatch; errc::out_of_domain for negative amounts or a group without number.
/// Costs   O(cells).
/// Source  the constant-share split one level deeper: the place is a customer, its market is its country and product.
[[nodiscard]] inline change_sources sources_of_change(std::span<const double> w0, std::span<const double> w1, std::span<const double> all0,
                                                      std::span<const double> all1, std::span<const std::uint32_t> group, std::size_t groups) {
  constexpr const char* who = "market::sources_of_change";
  const std::size_t n = w0.size();
  detail::same_size(w1.size(), n, who, "w1");
  detail::same_size(all0.size(), n, who, "W0");
  detail::same_size(all1.size(), n, who, "W1");
  detail::same_size(group.size(), n, who, "group");
  change_sources out;
  for (auto* piece : {&out.market, &out.mix, &out.buyer, &out.own, &out.unexplained}) piece->resize(n);
  const auto known = [&](std::size_t k) { return !std::isnan(all0[k]) && !std::isnan(all1[k]); };
  std::vector<running_sum> group0(groups), group1(groups);
  for (std::size_t k = 0; k < n; ++k) {
    if (!(w0[k] >= 0 && w1[k] >= 0 && w0[k] <= detail::largest_amount && w1[k] <= detail::largest_amount)) detail::amount(w0[k], who, "w0", k), detail::amount(w1[k], who, "w1", k);
    if (group[k] >= groups)
      throw error(errc::out_of_domain, "market::sources_of_change: group " + std::to_string(group[k]) + " in cell " + std::to_string(k) + ", there are " + std::to_string(groups));
    if (!known(k)) continue;
    if (!(all0[k] >= 0 && all1[k] >= 0 && all0[k] <= detail::largest_amount && all1[k] <= detail::largest_amount)) detail::amount(all0[k], who, "W0", k), detail::amount(all1[k], who, "W1", k);
    if (w0[k] > all0[k] || w1[k] > all1[k]) out.raised.push_back(k);
    group0[group[k]].add(std::max(all0[k], w0[k])), group1[group[k]].add(std::max(all1[k], w1[k]));
  }
  running_sum before, after;
  std::vector<double> growth(groups);
  for (std::size_t i = 0; i < groups; ++i) {
    growth[i] = detail::growth_of(group0[i], group1[i]);
    before.add(group0[i].value()), after.add(group1[i].value());
  }
  const double g = detail::growth_of(before, after);
  // Pieces block by block; sums of a block in plain doubles, blocks with a compensated sum.
  constexpr std::size_t block = 4096;
  std::vector<std::array<double, 6>> part((n + block - 1) / block);
  parallel_blocks(n, block, [&](std::size_t from, std::size_t to, std::size_t number) {
    std::array<double, 6> sum{};
    for (std::size_t k = from; k < to; ++k) {
      sum[5] += w1[k] - w0[k];
      if (!known(k)) {
        sum[4] += out.unexplained[k] = w1[k] - w0[k];
        continue;
      }
      const double base = std::max(all0[k], w0[k]), end = std::max(all1[k], w1[k]), s0 = base > 0 ? w0[k] / base : 0, gi = growth[group[k]];
      sum[0] += out.market[k] = g * w0[k];
      sum[1] += out.mix[k] = (gi - g) * w0[k];
      sum[2] += out.buyer[k] = s0 * (end - base) - gi * w0[k];
      sum[3] += out.own[k] = w1[k] - s0 * end;
    }
    part[number] = sum;
  });
  running_sum total[6];
  for (const auto& p : part)
    for (std::size_t i = 0; i < 6; ++i) total[i].add(p[i]);
  out.total_market = total[0].value(), out.total_mix = total[1].value(), out.total_buyer = total[2].value(), out.total_own = total[3].value();
  out.total_unexplained = total[4].value(), out.change = total[5].value();
  return out;
}

}  // namespace guanxi::market
