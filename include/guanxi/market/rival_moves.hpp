#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/market/constant_share.hpp>
#include <guanxi/market/nobody.hpp>

namespace guanxi::market {

/// To whom our share went, or from whom it came: one entry a cell and rival, sorted.
struct rival_moves {
  std::vector<std::uint32_t> cell, rival;  // rival `nobody`: no rival that was seen moved the other way
  std::vector<double> amount;              // below 0: lost to it; above 0: taken from it; sums to `own` over each cell
};

/// Splits what we won or lost at a customer (`own` of sources_of_change) over the rivals whose shares moved the other way.
///
/// Takes   own, all0, all1: of the cells; cell, rival, before, after: rows of rivals' sales in the two periods (summed by key).
/// Gives   for a loss, rival k with a gain of share d_k gets own x d_k / sum of gains; for a win, the same over losses.
/// Fails   errc::size_mismatch; errc::out_of_domain for a cell without number or a negative amount. Costs O(rows log rows).
[[nodiscard]] inline rival_moves moves_to_rivals(std::span<const double> own, std::span<const double> all0, std::span<const double> all1, std::span<const std::uint32_t> cell,
                                                 std::span<const std::uint32_t> rival, std::span<const double> before, std::span<const double> after) {
  constexpr const char* who = "market::moves_to_rivals";
  detail::same_size(all0.size(), own.size(), who, "W0"), detail::same_size(all1.size(), own.size(), who, "W1");
  detail::same_size(rival.size(), cell.size(), who, "rival"), detail::same_size(before.size(), cell.size(), who, "before"), detail::same_size(after.size(), cell.size(), who, "after");
  std::vector<std::size_t> row(cell.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = i;
    if (cell[i] >= own.size()) throw error(errc::out_of_domain, std::string(who) + ": row " + std::to_string(i) + " names cell " + std::to_string(cell[i]) + ", there are " + std::to_string(own.size()));
    detail::amount(before[i], who, "before", i), detail::amount(after[i], who, "after", i);
  }
  const auto less = [&](std::size_t a, std::size_t b) {
    if (cell[a] != cell[b]) return cell[a] < cell[b];
    if (rival[a] != rival[b]) return rival[a] < rival[b];
    return before[a] != before[b] ? before[a] < before[b] : after[a] < after[b];
  };
  std::sort(row.begin(), row.end(), less);
  rival_moves out;
  std::size_t i = 0;
  for (std::uint32_t c = 0; c < own.size(); ++c) {
    std::vector<std::pair<std::uint32_t, double>> gain;  // the other way: above 0
    double sum = 0;
    while (i < row.size() && cell[row[i]] == c) {
      const std::uint32_t k = rival[row[i]];
      double v0 = 0, v1 = 0;
      for (; i < row.size() && cell[row[i]] == c && rival[row[i]] == k; ++i) v0 += before[row[i]], v1 += after[row[i]];
      const double d = (all1[c] > 0 ? v1 / all1[c] : 0) - (all0[c] > 0 ? v0 / all0[c] : 0);
      if (std::isnan(d) || own[c] == 0 || (d > 0) != (own[c] < 0) || d == 0) continue;
      gain.emplace_back(k, std::abs(d)), sum += std::abs(d);
    }
    if (own[c] == 0 || std::isnan(own[c])) continue;
    const auto put = [&](std::uint32_t k, double x) { out.cell.push_back(c), out.rival.push_back(k), out.amount.push_back(x); };
    if (gain.empty()) put(nobody, own[c]);
    for (const auto& [k, d] : gain) put(k, own[c] * (d / sum));
  }
  return out;
}

/// Ranges of the causes where purchases are known as ranges only.
struct change_ranges {
  std::vector<interval> market, mix, buyer, own;  // of each cell; NaN where purchases are unknown
  interval total_market, total_mix, total_buyer, total_own;
};

/// Sends draws of the purchases through sources_of_change; the pieces stay additive draw by draw.
///
/// Takes   low, high: ends of the range that holds `level` of what a customer may have bought, above 0; NaN unknown; equal ends: known.
///         Draws are lognormal, cut below at our own sales; seed and cell name their stream, so nothing depends on the order of work.
/// Fails   errc::out_of_domain for low above high, draws below 20 or a level outside (0, 1); and as sources_of_change.
/// Costs   O(draws x cells), memory the same.
[[nodiscard]] inline change_ranges change_range(std::span<const double> w0, std::span<const double> w1, std::span<const double> low0, std::span<const double> high0,
                                                std::span<const double> low1, std::span<const double> high1, std::span<const std::uint32_t> group, std::size_t groups,
                                                double level = 0.9, std::size_t draws = 200, std::uint64_t seed = 1) {
  constexpr const char* who = "market::change_range";
  const std::size_t n = w0.size();
  for (const auto& [column, name] : {std::pair{low0, "low0"}, {high0, "high0"}, {low1, "low1"}, {high1, "high1"}}) detail::same_size(column.size(), n, who, name);
  if (draws < 20) throw error(errc::out_of_domain, std::string(who) + ": draws is " + std::to_string(draws) + ", wanted at least 20");
  if (!(level > 0 && level < 1)) throw error(errc::out_of_domain, std::string(who) + ": level is " + std::to_string(level) + ", wanted inside (0, 1)");
  for (std::size_t k = 0; k < n; ++k)
    if (low0[k] > high0[k] || low1[k] > high1[k] || low0[k] < 0 || low1[k] < 0)
      throw error(errc::out_of_domain, std::string(who) + ": the range of purchases in cell " + std::to_string(k) + " is not 0 <= low <= high");
  const double z = normal_quantile(0.5 * (1 + level));
  const auto draw = [&](random_stream& r, double low, double high, double least) {
    const double x = r.normal();  // drawn in every case: streams stay in step
    if (std::isnan(low) || std::isnan(high)) return unknown;
    if (low == high) return std::max(low, least);
    if (!(low > 0)) return std::max(least, 0.5 * high);
    return std::max(least, std::exp(0.5 * (std::log(low) + std::log(high)) + x * (std::log(high) - std::log(low)) / (2 * z)));
  };
  std::vector<std::vector<double>> piece[4];
  for (auto& p : piece) p.resize(n);
  std::vector<double> total[4], all0(n), all1(n);
  for (std::size_t d = 0; d < draws; ++d) {
    for (std::size_t k = 0; k < n; ++k) {
      random_stream r(seed, k, static_cast<std::uint32_t>(d));
      all0[k] = draw(r, low0[k], high0[k], w0[k]), all1[k] = draw(r, low1[k], high1[k], w1[k]);
    }
    const change_sources s = sources_of_change(w0, w1, all0, all1, group, groups);
    const std::vector<double>* from[4] = {&s.market, &s.mix, &s.buyer, &s.own};
    const double sums[4] = {s.total_market, s.total_mix, s.total_buyer, s.total_own};
    for (int p = 0; p < 4; ++p) {
      total[p].push_back(sums[p]);
      for (std::size_t k = 0; k < n; ++k)
        if (!std::isnan(all0[k]) && !std::isnan(all1[k])) piece[p][k].push_back((*from[p])[k]);
    }
  }
  const auto range = [&](std::vector<double>& v) {
    if (v.empty()) return interval{};
    std::sort(v.begin(), v.end());
    const auto at = [&](double q) {
      const double x = q * static_cast<double>(v.size() - 1);
      const auto i = static_cast<std::size_t>(x);
      return i + 1 < v.size() ? v[i] + (x - static_cast<double>(i)) * (v[i + 1] - v[i]) : v[i];
    };
    return interval{at(0.5 * (1 - level)), at(0.5 * (1 + level))};
  };
  change_ranges out;
  std::vector<interval>* to[4] = {&out.market, &out.mix, &out.buyer, &out.own};
  interval* sums[4] = {&out.total_market, &out.total_mix, &out.total_buyer, &out.total_own};
  for (int p = 0; p < 4; ++p) {
    for (std::size_t k = 0; k < n; ++k) to[p]->push_back(range(piece[p][k]));
    *sums[p] = range(total[p]);
  }
  return out;
}

}  // namespace guanxi::market
