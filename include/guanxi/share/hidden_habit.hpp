#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/share/hidden_period.hpp>
#include <guanxi/share/rake.hpp>

namespace guanxi::share::detail {

struct margin {
  std::vector<double> row, column;
};

/// What earlier periods say of one period: several discounts of the older ones, each raked to the totals, and their
/// weighted median cell by cell. A discount counts the more the less money it put in the wrong place when periods whose
/// truth is known were foretold from those before them. The median, since errors are judged by their absolute size.
class habit_blend {
 public:
  static constexpr std::array<double, 6> discounts{0.0, 0.15, 0.3, 0.5, 0.8, 1.0};

  habit_blend(const hidden_period& p, unsigned threads)
      : p_(p), n_(p.customers), k_(p.suppliers), cells_(n_ * k_), threads_(threads) {
    weight_.fill(0.0);
    weight_[0] = 1.0;
  }

  double group_weight = 0.0, power = 1.0;

  [[nodiscard]] std::span<const double> weights() const noexcept { return weight_; }
  [[nodiscard]] double discount() const noexcept {
    double sum = 0.0, all = 0.0;
    for (std::size_t d = 0; d < discounts.size(); ++d) sum += weight_[d] * discounts[d], all += weight_[d];
    return all > 0 ? sum / all : 0.0;
  }

  [[nodiscard]] margin totals_of(std::span<const double> table) const {
    margin m{std::vector<double>(n_, 0.0), std::vector<double>(k_, 0.0)};
    for (std::size_t e = 0; e < cells_; ++e) m.row[e / k_] += table[e], m.column[e % k_] += table[e];
    return m;
  }

  /// Learns weights, group and sharpness. `now`: totals of the present period, of which known cells count as well.
  void learn(const margin& now) {
    std::array<double, discounts.size()> wrong{};
    for (std::size_t d = 0; d < discounts.size(); ++d) wrong[d] = backtest(now, discounts[d]);
    const auto best = static_cast<std::size_t>(std::min_element(wrong.begin(), wrong.end()) - wrong.begin());
    if (!(wrong[best] > 0)) {
      weight_.fill(0.0);
      weight_[best] = 1.0;
      return;
    }
    for (std::size_t d = 0; d < discounts.size(); ++d) {
      weight_[d] = std::exp(-(wrong[d] / wrong[best] - 1.0) / 0.1);
      if (weight_[d] < 0.01) weight_[d] = 0.0;
    }
    double least = wrong[best];
    const auto pick = [&](double& setting, std::initializer_list<double> candidates) {
      double kept = setting;
      for (const double c : candidates) {
        setting = c;
        if (const double w = backtest(now, discounts[best]); w < 0.99 * least) least = w, kept = c;
      }
      setting = kept;
    };
    if (!p_.group.empty()) pick(group_weight, {1e-4, 1e-3, 1e-2});
    pick(power, {0.95, 1.05, 1.1});
  }

  /// Expected amounts of period `at` (0 = the present one, 1 = the newest complete one, ...) from what came before it.
  ///
  /// whole: totals of all cells, by which a pair never seen is guessed; left: totals of the open cells (empty `open`:
  /// all are); extra: an expectation added for pairs never seen.
  [[nodiscard]] std::vector<double> expected(std::size_t at, const margin& whole, const margin& left,
                                             std::span<const std::uint8_t> open, std::span<const double> extra,
                                             const rake_settings& how) const {
    std::vector<std::vector<double>> each;
    std::vector<double> weight;
    for (std::size_t d = 0; d < discounts.size(); ++d) {
      if (weight_[d] == 0.0) continue;
      each.push_back(one(at, discounts[d], whole, left, open, extra, how));
      weight.push_back(weight_[d]);
    }
    if (each.size() == 1) return std::move(each[0]);
    std::vector<double> out(cells_, 0.0);
    double all = 0.0;
    for (const double w : weight) all += w;
    parallel_blocks(
        n_, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          std::vector<std::pair<double, double>> x(each.size());
          for (std::size_t e = begin * k_; e < end * k_; ++e) {
            for (std::size_t d = 0; d < each.size(); ++d) x[d] = {each[d][e], weight[d]};
            std::sort(x.begin(), x.end());
            double sum = 0.0;
            for (const auto& [value, w] : x)
              if ((sum += w) >= 0.5 * all) {
                out[e] = value;
                break;
              }
          }
        },
        threads_);
    return out;
  }

  [[nodiscard]] std::vector<double> expected_past(std::size_t u) const {
    const margin m = totals_of(p_.past[u]);
    return expected(u + 1, m, m, {}, {}, rough());
  }
  [[nodiscard]] rake_settings rough() const {
    rake_settings s;
    s.tol = 1e-5, s.sweeps = 150, s.threads = threads_;
    return s;
  }

 private:
  /// Money put in the wrong place when the newest complete periods, and the known cells of this one, are foretold from
  /// what came before; each as a part of its period's money.
  [[nodiscard]] double backtest(const margin& now, double discount) const {
    double wrong = 0.0;
    for (std::size_t u = 0; u < 4 && u + 1 < p_.past.size(); ++u) {
      const margin m = totals_of(p_.past[u]);
      const std::vector<double> x = one(u + 1, discount, m, m, {}, {}, rough());
      double off = 0.0, all = 0.0;
      for (std::size_t e = 0; e < cells_; ++e) off += std::abs(x[e] - p_.past[u][e]), all += p_.past[u][e];
      wrong += all > 0 ? off / all : 0.0;
    }
    const std::vector<double> x = one(0, discount, now, now, {}, {}, rough());
    double off = 0.0, all = 0.0;
    for (const double r : now.row) all += r;
    for (std::size_t e = 0; e < cells_; ++e)
      if (!std::isnan(p_.amount[e])) off += std::abs(x[e] - p_.amount[e]);
    return wrong + (all > 0 ? off / all : 0.0);
  }

  [[nodiscard]] std::vector<double> one(std::size_t at, double discount, const margin& whole, const margin& left,
                                        std::span<const std::uint8_t> open, std::span<const double> extra,
                                        const rake_settings& how) const {
    double total = 0.0, fade = 1.0;
    for (const double x : whole.row) total += x;
    std::vector<double> p(cells_, 0.0), sum(n_, 0.0);
    for (std::size_t h = at; h < p_.past.size() && h < at + 5; ++h) {
      const auto& past = p_.past[h];
      if (h > at) fade *= discount;
      for (std::size_t i = 0; i < n_; ++i) {  // a customer absent last period is taken from its last one
        const double weight = sum[i] > 0 || h == at ? fade : 1.0;
        if (weight == 0.0) continue;
        double here = 0.0;
        for (std::size_t j = 0; j < k_; ++j) here += past[i * k_ + j];
        if (!(here > 0)) continue;
        for (std::size_t j = 0; j < k_; ++j) p[i * k_ + j] += weight * past[i * k_ + j];
        sum[i] += weight * here;
      }
    }
    double all = 0.0;
    for (const double x : sum) all += x;
    // so much of independence that totals which the past cannot meet are met by new links, not by absurd growth
    const double floor = all > 0 ? 1e-4 * all / std::max(total * total, 1e-300) : 1.0;
    const std::vector<double> like = group_habit(at, whole);
    for (std::size_t e = 0; e < cells_; ++e) {
      p[e] += floor * whole.row[e / k_] * whole.column[e % k_];
      if (!like.empty()) p[e] += group_weight * all * like[e];
      if (!extra.empty()) p[e] += 1e-4 * all / std::max(total, 1e-300) * extra[e];
    }
    if (!open.empty())
      for (std::size_t e = 0; e < cells_; ++e)
        if (open[e] == 0) p[e] = 0.0;
    p = raked_to(std::move(p), left, open, how);
    if (power == 1.0) return p;
    double hidden = 0.0;
    for (const double x : left.row) hidden += x;
    for (std::size_t e = 0; e < cells_; ++e) {
      const double even = left.row[e / k_] * left.column[e % k_] / std::max(hidden, 1e-300);
      if (p[e] > 0 && even > 0) p[e] = even * std::pow(p[e] / even, power);
    }
    return raked_to(std::move(p), left, open, how);
  }

 public:
  /// Rakes; a row that wants something but has nowhere to put it spreads it over what the columns want.
  [[nodiscard]] std::vector<double> raked_to(std::vector<double> prior, const margin& want,
                                             std::span<const std::uint8_t> open, const rake_settings& how,
                                             std::string* violated = nullptr) const {
    std::vector<double> column = want.column;
    double told_row = 0.0, told_column = 0.0;
    for (const double x : want.row) told_row += x;
    for (const double x : column) told_column += x;
    if (told_column > 0 && how.column_weight.empty())
      for (double& x : column) x *= told_row / told_column;
    for (std::size_t i = 0; i < n_; ++i) {
      if (!(want.row[i] > 0)) continue;
      double have = 0.0;
      for (std::size_t j = 0; j < k_; ++j) have += column[j] > 0 ? prior[i * k_ + j] : 0.0;
      if (have > 0) continue;
      for (std::size_t j = 0; j < k_; ++j)
        if (open.empty() || open[i * k_ + j] != 0) prior[i * k_ + j] = column[j];
    }
    if (!how.row_weight.empty() || !how.column_weight.empty()) {  // soft totals pull towards the prior: it needs a size
      double have = 0.0;
      for (const double x : prior) have += x;
      if (have > 0 && told_row > 0)
        for (double& x : prior) x *= told_row / have;
    }
    const rake_result r = rake(dense_matrix{prior, n_, k_}, want.row, column, how);
    if (violated != nullptr && !r.converged) *violated = r.violated;
    for (std::size_t e = 0; e < cells_; ++e) prior[e] *= r.row_factor[e / k_] * r.column_factor[e % k_];
    return prior;
  }

 private:
  /// What customers of the same group bought: a supplier's total spread over groups as before, inside one by size.
  [[nodiscard]] std::vector<double> group_habit(std::size_t at, const margin& whole) const {
    if (p_.group.empty() || group_weight == 0.0) return {};
    std::uint32_t groups = 0;
    for (const auto g : p_.group) groups = std::max(groups, g + 1);
    std::vector<double> sold(groups * k_, 0.0), of(k_, 0.0), size(groups, 0.0);
    double total = 0.0;
    for (std::size_t i = 0; i < n_; ++i) {
      size[p_.group[i]] += whole.row[i];
      total += whole.row[i];
      for (std::size_t j = 0; j < k_; ++j) {
        sold[p_.group[i] * k_ + j] += p_.past[at][i * k_ + j];
        of[j] += p_.past[at][i * k_ + j];
      }
    }
    std::vector<double> out(cells_, 0.0);
    for (std::size_t e = 0; e < cells_; ++e) {
      const std::size_t i = e / k_, j = e % k_, g = p_.group[i];
      if (of[j] > 0 && size[g] > 0 && total > 0)
        out[e] = sold[g * k_ + j] / of[j] * whole.column[j] * whole.row[i] / size[g] / total;
    }
    return out;
  }

  const hidden_period& p_;
  std::size_t n_, k_, cells_;
  unsigned threads_;
  std::array<double, discounts.size()> weight_{};
};

}  // namespace guanxi::share::detail
