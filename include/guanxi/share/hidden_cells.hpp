#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/gravity_prior.hpp>
#include <guanxi/share/rake.hpp>

namespace guanxi::share {

/// One period of which only a part can be seen. Tables are customers x suppliers, row-major. A view.
struct hidden_period {
  std::size_t customers = 0, suppliers = 0;
  std::span<const double> amount;             // NaN = not known; a zero is a known zero
  std::span<const double> row, column;        // totals with everybody, of everybody; NaN = not known
  std::vector<std::span<const double>> past;  // complete earlier periods, newest first; may be empty
  std::span<const double> covariate;          // cells x covariates
  std::size_t covariates = 0;
  std::span<const std::uint32_t> group;  // of the customers (country, chain); may be empty
  bool seen_if_big = false;              // a cell is the more likely to be seen the larger it is
};

struct hidden_settings {
  double level = 0.9;
  int draws = 200;
  std::uint64_t seed = 0;
  unsigned threads = 0;
};

/// What fill_hidden found, customers x suppliers; amounts in the caller's money.
struct hidden_cells {
  std::vector<double> amount, low, high, low_active, high_active, p_active, p_largest, p_dominant;
  std::vector<double> wallet, wallet_low, wallet_high;
  std::vector<std::uint8_t> source;
  double discount = unknown, group_weight = 0.0, power = 1.0;  // chosen on earlier periods
  std::string status;
};

namespace detail {

/// Errors of one kind of cell, known from where the truth was known.
struct error_law {
  double above = 0.0;          // share from which this law holds
  double p_active = 0.0;       // weight of positive cells
  double slope = 1.0;          // of ln truth on ln expected: small cells are not as unlike as their expectations
  double middle = 0.0;         // ln expected share where the slope turns
  std::vector<double> ratio;   // ln truth / expected of the positive ones, sorted
  std::vector<double> weight;  // of each
};

struct seen_error {
  double expected_share = 0.0, ratio = 0.0, weight = 1.0;  // ratio NaN: the cell was 0
};

/// Slope of ln truth on ln expected inside one range; ratios become distances from that line.
inline void turn(error_law& law, std::vector<std::pair<double, double>>& found, std::span<const double> expected) {
  if (found.size() < 10) return;
  double w = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double weight = found[k].second;
    w += weight, x += weight * expected[k], y += weight * found[k].first;
  }
  law.middle = x / w;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double weight = found[k].second, d = expected[k] - law.middle;
    xx += weight * d * d, xy += weight * d * (found[k].first - y / w);
  }
  law.slope = xx > 0 ? std::clamp(1.0 + xy / xx, 0.0, 1.0) : 1.0;
  for (std::size_t k = 0; k < found.size(); ++k) found[k].first -= (law.slope - 1.0) * (expected[k] - law.middle);
}

/// Laws for ten ranges of the expected share with as many positive cells in each.
[[nodiscard]] inline std::vector<error_law> laws_of(std::vector<seen_error> errors) {
  std::sort(errors.begin(), errors.end(), [](const seen_error& a, const seen_error& b) {
    return a.expected_share != b.expected_share         ? a.expected_share < b.expected_share
           : std::isnan(a.ratio) != std::isnan(b.ratio) ? std::isnan(a.ratio)
                                                        : a.ratio < b.ratio;
  });
  std::size_t positive = 0;
  for (const auto& e : errors) positive += !std::isnan(e.ratio);
  const std::size_t ranges = std::clamp<std::size_t>(positive / 50, 1, 10);
  std::vector<error_law> out;
  std::size_t at = 0, have = 0;
  for (std::size_t r = 0; r < ranges; ++r) {
    error_law law;
    law.above = r == 0 || at >= errors.size() ? 0.0 : errors[at].expected_share;
    std::vector<std::pair<double, double>> found;
    std::vector<double> expected;
    double active = 0.0, all = 0.0;
    for (; at < errors.size() && (have < (r + 1) * positive / ranges || r + 1 == ranges); ++at) {
      all += errors[at].weight;
      if (std::isnan(errors[at].ratio)) continue;
      active += errors[at].weight;
      found.emplace_back(errors[at].ratio, errors[at].weight);
      expected.push_back(std::log(errors[at].expected_share));
      ++have;
    }
    turn(law, found, expected);
    law.p_active = all > 0 ? active / all : 0.0;
    std::sort(found.begin(), found.end());
    const std::size_t step = std::max<std::size_t>(found.size() / 1000, 1);
    for (std::size_t k = step / 2; k < found.size(); k += step) {
      law.ratio.push_back(found[k].first);
      law.weight.push_back(found[k].second);
    }
    out.push_back(std::move(law));
  }
  return out;
}

[[nodiscard]] inline double weighted_quantile(std::span<const double> x, std::span<const double> w, double p) {
  if (x.empty()) return 0.0;
  double total = 0.0, sum = 0.0;
  for (const double v : w) total += v;
  if (!(total > 0)) return p < 0.5 ? x.front() : x.back();
  for (std::size_t k = 0; k < x.size(); ++k)
    if ((sum += w[k]) >= p * total) return x[k];
  return x.back();
}

class hidden_fill {
 public:
  hidden_fill(const hidden_period& p, const hidden_settings& s)
      : p_(p), s_(s), n_(p.customers), k_(p.suppliers), cells_(n_ * k_) {
    check();
  }

  hidden_cells run() {
    margins();
    choose();
    std::vector<double> prior = p_.past.empty() ? bare_prior(p_.amount) : history_prior(0, row_, column_);
    for (std::size_t e = 0; e < cells_; ++e)
      if (!std::isnan(p_.amount[e])) prior[e] = 0.0;
    out_.amount = raked(std::move(prior), left_row_, left_column_, true);
    for (std::size_t e = 0; e < cells_; ++e)
      if (!std::isnan(p_.amount[e])) out_.amount[e] = std::max(p_.amount[e], 0.0);
    wallets();
    sight();
    intervals();
    return std::move(out_);
  }

 private:
  void check() const {
    const auto want = [](const char* what, std::size_t have, std::size_t wish) {
      if (have != wish)
        throw error(errc::size_mismatch, std::string("share::fill_hidden: '") + what + "' has " + std::to_string(have) +
                                             " entries, " + std::to_string(wish) + " are wanted");
    };
    want("amount", p_.amount.size(), cells_);
    want("row", p_.row.size(), n_);
    want("column", p_.column.size(), k_);
    for (const auto& h : p_.past) want("past", h.size(), cells_);
    want("covariate", p_.covariate.size(), cells_ * p_.covariates);
    if (!p_.group.empty()) want("group", p_.group.size(), n_);
    if (!(s_.level > 0 && s_.level < 1))
      throw error(errc::out_of_domain,
                  "share::fill_hidden: 'level' is " + std::to_string(s_.level) + ", it must lie between 0 and 1");
    for (std::size_t e = 0; e < cells_; ++e)
      if (p_.amount[e] < 0 || std::isinf(p_.amount[e]))
        throw error(errc::out_of_domain, "share::fill_hidden: 'amount' has " + std::to_string(p_.amount[e]) +
                                             " in row " + std::to_string(e / k_) + ", column " +
                                             std::to_string(e % k_) + ", it must be at least 0 and finite");
  }

  void say(const std::string& sentence) {
    if (!out_.status.empty()) out_.status.append("; ");
    out_.status.append(sentence);
  }

  /// Totals of all cells (guessed where not told), and what of them is left for the hidden ones.
  void margins() {
    row_.assign(p_.row.begin(), p_.row.end());
    column_.assign(p_.column.begin(), p_.column.end());
    std::vector<double> seen_row(n_, 0.0), seen_column(k_, 0.0);
    for (std::size_t e = 0; e < cells_; ++e)
      if (!std::isnan(p_.amount[e])) seen_row[e / k_] += p_.amount[e], seen_column[e % k_] += p_.amount[e];
    guess(row_, seen_row, true);
    guess(column_, seen_column, false);
    left_row_.resize(n_);
    left_column_.resize(k_);
    const auto left = [&](const char* who, std::vector<double>& total, const std::vector<double>& seen,
                          std::span<const double> told, std::vector<double>& rest_of) {
      for (std::size_t i = 0; i < total.size(); ++i) {
        if (!std::isnan(told[i]) && seen[i] > total[i] * (1 + 1e-9) + 1e-9)
          say(std::string(who) + " " + std::to_string(i) + ": total " + short_number(total[i]) + " below the " +
              short_number(seen[i]) + " already seen, which was taken");
        total[i] = std::max(total[i], seen[i]);
        rest_of[i] = total[i] - seen[i];
        if (rest_of[i] <= 1e-12 * total[i]) rest_of[i] = 0.0;
      }
    };
    left("customer", row_, seen_row, p_.row, left_row_);
    left("supplier", column_, seen_column, p_.column, left_column_);
    std::vector<std::uint8_t> open(k_, 0);
    for (std::size_t e = 0; e < cells_; ++e)
      if (std::isnan(p_.amount[e])) open[e % k_] = 1;
    for (std::size_t j = 0; j < k_; ++j)
      if (open[j] == 0 && left_column_[j] > 0) {
        if (!std::isnan(p_.column[j]))
          say("supplier " + std::to_string(j) + ": total " + short_number(column_[j]) +
              ", but nothing of it is hidden and " + short_number(seen_column[j]) +
              " were seen: the total was set aside");
        left_column_[j] = 0.0;
      }
  }

  /// Totals that were not told: last period's, grown like the told ones; without a past the mean of the told ones.
  void guess(std::vector<double>& total, const std::vector<double>& seen, bool rows) {
    double told = 0.0, before = 0.0, all = 0.0;
    std::size_t count = 0, missing = 0;
    std::vector<double> last(total.size(), 0.0);
    if (!p_.past.empty())
      for (std::size_t e = 0; e < cells_; ++e) last[rows ? e / k_ : e % k_] += p_.past[0][e];
    for (std::size_t i = 0; i < total.size(); ++i) {
      if (std::isnan(total[i])) {
        ++missing;
      } else {
        ++count;
        all += total[i];
        if (last[i] > 0) told += total[i], before += last[i];
      }
    }
    if (missing == 0) return;
    const double growth = before > 0 && told > 0 ? told / before : 1.0;
    const double mean = count > 0 ? all / static_cast<double>(count) : 0.0;
    for (std::size_t i = 0; i < total.size(); ++i)
      if (std::isnan(total[i])) total[i] = std::max(last[i] > 0 ? last[i] * growth : mean, seen[i]);
    say("the total of " + std::to_string(missing) + (rows ? " customers" : " suppliers") +
        (p_.past.empty() ? " is a guess: give it" : " rests on the period before"));
  }

  [[nodiscard]] std::vector<double> raked(std::vector<double> prior, std::span<const double> row,
                                          std::span<const double> column, bool speak = false) {
    rake_settings s;
    s.tol = 1e-7, s.sweeps = 400, s.threads = s_.threads;
    double told_row = 0.0, told_column = 0.0;
    for (std::size_t i = 0; i < n_; ++i) told_row += row[i];
    for (std::size_t j = 0; j < k_; ++j) told_column += column[j];
    std::vector<double> want(column.begin(), column.end());
    if (told_column > 0)
      for (double& x : want) x *= told_row / told_column;
    if (speak && std::abs(told_row - told_column) > 1e-6 * std::max(told_row, told_column))
      say("what is left of the customers' totals is " + short_number(told_row) + ", of the suppliers' " +
          short_number(told_column) + "; the suppliers' were scaled");
    for (std::size_t i = 0; i < n_; ++i) {  // a row that wants something must have somewhere to put it
      if (!(row[i] > 0)) continue;
      double have = 0.0;
      for (std::size_t j = 0; j < k_; ++j) have += want[j] > 0 ? prior[i * k_ + j] : 0.0;
      if (have > 0) continue;
      for (std::size_t j = 0; j < k_; ++j)
        if (std::isnan(p_.amount[i * k_ + j]) || !speak) prior[i * k_ + j] = want[j];
    }
    const rake_result r = rake(dense_matrix{prior, n_, k_}, row, want, s);
    if (speak && !r.converged && !r.violated.empty()) say(r.violated);
    for (std::size_t e = 0; e < cells_; ++e) prior[e] *= r.row_factor[e / k_] * r.column_factor[e % k_];
    return prior;
  }

  /// Expected amounts of period `at` (0 = the hidden one, 1 = the newest complete one, ...) from what came before it.
  [[nodiscard]] std::vector<double> history_prior(std::size_t at, std::span<const double> row,
                                                  std::span<const double> column) {
    double total = 0.0, fade = 1.0;
    for (const double x : row) total += x;
    std::vector<double> p(cells_, 0.0), sum(n_, 0.0);
    for (std::size_t h = at; h < p_.past.size() && h < at + 5; ++h) {
      const auto& past = p_.past[h];
      if (h > at) fade *= out_.discount;
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
    const double floor = all > 0 ? 1e-6 * all / std::max(total * total, 1e-300) : 1.0;
    const std::vector<double> like = group_habit(at, row, column);
    for (std::size_t e = 0; e < cells_; ++e) {
      p[e] += floor * row[e / k_] * column[e % k_];
      if (!like.empty()) p[e] += out_.group_weight * all * like[e];
    }
    if (p_.covariates > 0 && at == 0) {  // pairs never seen: by covariates
      if (mean_.empty()) mean_ = bare_prior(p_.amount);
      for (std::size_t e = 0; e < cells_; ++e) p[e] += 1e-4 * all / std::max(total, 1e-300) * mean_[e];
    }
    if (out_.power != 1.0) {
      p = raked(std::move(p), row, column);
      for (std::size_t e = 0; e < cells_; ++e) {
        const double even = row[e / k_] * column[e % k_] / std::max(total, 1e-300);
        if (p[e] > 0 && even > 0) p[e] = even * std::pow(p[e] / even, out_.power);
      }
    }
    return p;
  }

  /// What customers of the same group bought: a supplier's total spread over groups as before, inside one by size.
  [[nodiscard]] std::vector<double> group_habit(std::size_t at, std::span<const double> row,
                                                std::span<const double> column) const {
    if (p_.group.empty() || out_.group_weight == 0.0) return {};
    std::uint32_t groups = 0;
    for (const auto g : p_.group) groups = std::max(groups, g + 1);
    std::vector<double> sold(groups * k_, 0.0), of(k_, 0.0), size(groups, 0.0);
    double total = 0.0;
    for (std::size_t i = 0; i < n_; ++i) {
      size[p_.group[i]] += row[i];
      total += row[i];
      for (std::size_t j = 0; j < k_; ++j) {
        sold[p_.group[i] * k_ + j] += p_.past[at][i * k_ + j];
        of[j] += p_.past[at][i * k_ + j];
      }
    }
    std::vector<double> out(cells_, 0.0);
    for (std::size_t e = 0; e < cells_; ++e) {
      const std::size_t i = e / k_, j = e % k_, g = p_.group[i];
      if (of[j] > 0 && size[g] > 0 && total > 0)
        out[e] = sold[g * k_ + j] / of[j] * column[j] * row[i] / size[g] / total;
    }
    return out;
  }

  /// Without a past: covariates and known cells, else independence.
  [[nodiscard]] std::vector<double> bare_prior(std::span<const double> amount) {
    if (p_.covariates > 0) {
      std::vector<double> column = column_;
      double r = 0.0, c = 0.0;
      for (const double x : row_) r += x;
      for (const double x : column) c += x;
      for (double& x : column) x *= c > 0 ? r / c : 1.0;
      gravity_settings g;
      g.seed = s_.seed, g.threads = s_.threads;
      // A pair of which no covariate is known cannot trade.
      std::vector<std::uint8_t> allowed(cells_, 1);
      for (std::size_t e = 0; e < cells_; ++e) {
        bool any = false;
        for (std::size_t q = 0; q < p_.covariates; ++q) any = any || std::isfinite(p_.covariate[e * p_.covariates + q]);
        allowed[e] = any || p_.amount[e] > 0;
      }
      return gravity_prior(amount, row_, column, p_.covariate, p_.covariates, allowed, g).mean;
    }
    std::vector<double> p(cells_);
    for (std::size_t e = 0; e < cells_; ++e) p[e] = left_row_[e / k_] * left_column_[e % k_];
    return p;
  }

  struct margin {
    std::vector<double> row, column;
  };
  [[nodiscard]] margin totals_of(std::span<const double> table) const {
    margin m{std::vector<double>(n_, 0.0), std::vector<double>(k_, 0.0)};
    for (std::size_t e = 0; e < cells_; ++e) m.row[e / k_] += table[e], m.column[e % k_] += table[e];
    return m;
  }

  /// Money put in the wrong place when the newest complete periods, and the known cells of this one, are foretold from
  /// what came before.
  [[nodiscard]] double backtest() {
    double wrong = 0.0;
    for (std::size_t u = 0; u < 2 && u + 1 < p_.past.size(); ++u) {
      const margin m = totals_of(p_.past[u]);
      const std::vector<double> x = raked(history_prior(u + 1, m.row, m.column), m.row, m.column);
      double off = 0.0, all = 0.0;
      for (std::size_t e = 0; e < cells_; ++e) off += std::abs(x[e] - p_.past[u][e]), all += p_.past[u][e];
      wrong += all > 0 ? off / all : 0.0;
    }
    const std::vector<double> x = raked(history_prior(0, row_, column_), row_, column_);
    double off = 0.0, all = 0.0;
    for (std::size_t e = 0; e < cells_; ++e)
      if (!std::isnan(p_.amount[e])) off += std::abs(x[e] - p_.amount[e]), all += p_.amount[e];
    return wrong + (all > 0 ? off / all : 0.0);
  }

  /// Discount, weight of the group and sharpness, one after the other, each the best where the truth is known, by at
  /// least 1 %.
  void choose() {
    out_.discount = 0.0;
    if (p_.past.empty()) return;
    if (p_.past.size() < 2) return say("one earlier period: it was taken as it is");
    double best = std::numeric_limits<double>::infinity();
    const auto pick = [&](double& setting, std::initializer_list<double> candidates) {
      double kept = setting;
      for (const double c : candidates) {
        setting = c;
        if (const double wrong = backtest(); wrong < 0.99 * best) best = wrong, kept = c;
      }
      setting = kept;
    };
    pick(out_.discount, {0.0, 0.15, 0.3, 0.5, 0.8, 1.0});
    if (!p_.group.empty()) pick(out_.group_weight, {1e-4, 1e-3, 1e-2});
    pick(out_.power, {0.95, 1.05, 1.1});
    say("discount of older periods " + short_number(out_.discount) + " by backtest");
  }

  void wallets() {
    out_.wallet.assign(n_, 0.0);
    for (std::size_t e = 0; e < cells_; ++e) out_.wallet[e / k_] += out_.amount[e];
    out_.wallet_low = out_.wallet_high = out_.wallet;
    std::vector<double> change;
    if (p_.past.size() > 1) {
      const margin now = totals_of(p_.past[0]), before = totals_of(p_.past[1]);
      for (std::size_t i = 0; i < n_; ++i)
        if (now.row[i] > 0 && before.row[i] > 0) change.push_back(std::log(now.row[i] / before.row[i]));
      std::sort(change.begin(), change.end());
    }
    const auto end = [&](double p) {
      return change.size() < 20
                 ? std::exp(normal_quantile(p))
                 : std::exp(change[static_cast<std::size_t>(p * static_cast<double>(change.size() - 1))] -
                            change[change.size() / 2]);
    };
    const double tail = 0.5 * (1.0 - s_.level);
    for (std::size_t i = 0; i < n_; ++i)
      if (std::isnan(p_.row[i])) {
        const double seen = row_[i] - left_row_[i];
        out_.wallet_low[i] = std::max(out_.wallet[i] * end(tail), seen);
        out_.wallet_high[i] = std::max(out_.wallet[i] * end(1.0 - tail), seen);
      }
  }

  [[nodiscard]] double chance_seen(double amount) const {
    return p_.seen_if_big && amount > 0 ? 1.0 / (1.0 + std::exp(-(level_ + slope_ * std::log(amount)))) : 0.0;
  }

  /// P(a cell is reported | its amount), when large cells are reported more often. With a past: logistic regression
  /// over cells that were bought last period; without: slope 1/2 and the level at which seen money over its chance adds
  /// up to the total.
  void sight() {
    if (!p_.seen_if_big) return;
    if (!p_.past.empty()) {
      const margin last = totals_of(p_.past[0]);
      double a = 0.0, b = 0.0;
      for (int pass = 0; pass < 30; ++pass) {
        double ga = -1e-3 * a, gb = -4.0 * (b - 0.5), haa = 1e-3, hab = 0.0, hbb = 4.0;
        for (std::size_t e = 0; e < cells_; ++e) {
          if (!(p_.past[0][e] > 0) || !(row_[e / k_] > 0) || (p_.amount[e] <= 0)) continue;
          const double x = std::log(std::isnan(p_.amount[e]) ? std::max(out_.amount[e], 1e-300) : p_.amount[e]);
          const double q = 1.0 / (1.0 + std::exp(-(a + b * x))), y = std::isnan(p_.amount[e]) ? 0.0 : 1.0;
          if (!(out_.amount[e] > 0)) continue;
          ga += y - q, gb += (y - q) * x;
          haa += q * (1 - q), hab += q * (1 - q) * x, hbb += q * (1 - q) * x * x;
        }
        const double det = haa * hbb - hab * hab;
        if (!(det > 0)) break;
        const double da = (hbb * ga - hab * gb) / det, db = (haa * gb - hab * ga) / det;
        a += da, b += db;
        if (std::abs(da) + std::abs(db) < 1e-9) break;
      }
      level_ = a, slope_ = b;
    } else {
      slope_ = 0.5;
      double total = 0.0, low = -60.0, high = 60.0;
      for (const double x : row_) total += x;
      for (int pass = 0; pass < 80; ++pass) {
        level_ = 0.5 * (low + high);
        double sum = 0.0;
        for (std::size_t e = 0; e < cells_; ++e)
          if (p_.amount[e] > 0) sum += p_.amount[e] / chance_seen(p_.amount[e]);
        (sum > total ? low : high) = level_;
      }
      say("the slope of reporting on size is a guess of 0.5: give an earlier period in full");
    }
  }

  /// Errors where the truth is known: the newest complete periods foretold from those before them; without a past, half
  /// of the known cells foretold from the other half.
  [[nodiscard]] std::vector<seen_error> errors() {
    std::vector<seen_error> found;
    const auto add = [&](double truth, double expected, double wallet, double weight) {
      if (!(expected > 0) || !(wallet > 0)) return;
      found.push_back({expected / wallet, truth > 0 ? std::log(truth / expected) : unknown, weight});
    };
    for (std::size_t u = 0; u < 2 && u + 1 < p_.past.size(); ++u) {
      const margin m = totals_of(p_.past[u]);
      const std::vector<double> x = raked(history_prior(u + 1, m.row, m.column), m.row, m.column);
      for (std::size_t e = 0; e < cells_; ++e) add(p_.past[u][e], x[e], m.row[e / k_], 1.0);
    }
    if (!found.empty()) return found;
    for (std::uint32_t half = 0; half < 2; ++half) {
      std::vector<double> part(p_.amount.begin(), p_.amount.end());
      for (std::size_t e = 0; e < cells_; ++e) {
        random_stream stream(s_.seed, e, 5);
        if ((stream() & 1) == half) part[e] = unknown;
      }
      std::vector<double> prior = raked(bare_prior(part), row_, column_);
      for (std::size_t e = 0; e < cells_; ++e) {
        if (!std::isnan(part[e])) continue;
        if (p_.amount[e] >= 0)
          add(p_.amount[e], prior[e], row_[e / k_],
              p_.seen_if_big && p_.amount[e] > 0 ? 1.0 / chance_seen(p_.amount[e]) : 1.0);
        else if (p_.seen_if_big && half == 0)
          add(0.0, prior[e], row_[e / k_], 0.5);  // most unseen cells are empty
      }
    }
    return found;
  }

  void intervals() {
    const std::vector<error_law> laws = laws_of(errors());
    for (auto* c : {&out_.low, &out_.high, &out_.low_active, &out_.high_active, &out_.p_active}) c->assign(cells_, 0.0);
    for (auto* c : {&out_.p_largest, &out_.p_dominant}) c->assign(cells_, 0.0);
    out_.source.assign(cells_, 0);
    parallel_blocks(
        n_, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) one_customer(i, laws);
        },
        s_.threads);
  }

  [[nodiscard]] const error_law& law_at(const std::vector<error_law>& laws, double share) const {
    std::size_t r = laws.size() - 1;
    while (r > 0 && share < laws[r].above) --r;
    return laws[r];
  }

  void one_customer(std::size_t i, const std::vector<error_law>& laws) {
    const double tail = 0.5 * (1.0 - s_.level), wallet = out_.wallet[i];
    std::vector<double> tilt;
    std::vector<std::size_t> rivals;
    for (std::size_t j = 0; j < k_; ++j) {
      const std::size_t e = i * k_ + j;
      const double x = out_.amount[e];
      using kind = enum source;
      if (!std::isnan(p_.amount[e])) {
        out_.low[e] = out_.high[e] = out_.low_active[e] = out_.high_active[e] = x;
        out_.p_active[e] = x > 0;
        out_.source[e] = static_cast<std::uint8_t>(kind::seen);
      } else {
        const bool before =
            !p_.past.empty() && std::any_of(p_.past.begin(), p_.past.end(), [&](auto& h) { return h[e] > 0; });
        out_.source[e] = static_cast<std::uint8_t>(before                ? kind::history
                                                   : p_.covariates > 0   ? kind::covariates
                                                   : left_column_[j] > 0 ? kind::margins
                                                                         : kind::prior);
        if (!(x > 0)) continue;
        const error_law& law = law_at(laws, wallet > 0 ? x / wallet : 0.0);
        const double line = wallet > 0 ? x * std::exp((law.slope - 1.0) * (std::log(x / wallet) - law.middle)) : x;
        std::span<const double> weight = law.weight;
        double active = law.p_active;
        if (p_.seen_if_big) {
          tilt.resize(law.ratio.size());
          double all = 0.0, hidden = 0.0;
          for (std::size_t q = 0; q < tilt.size(); ++q) {
            tilt[q] = law.weight[q] * (1.0 - chance_seen(line * std::exp(law.ratio[q])));
            all += law.weight[q], hidden += tilt[q];
          }
          const double unseen = all > 0 ? hidden / all : 1.0;
          active = active * unseen / std::max(1.0 - active + active * unseen, 1e-300);
          weight = tilt;
        }
        const double most = std::min(left_row_[i], left_column_[j]);
        const auto at = [&](double p) {
          return std::min(line * std::exp(weighted_quantile(law.ratio, weight, p)), most);
        };
        out_.p_active[e] = active;
        out_.low_active[e] = law.ratio.empty() ? 0.0 : at(tail);
        out_.high_active[e] = law.ratio.empty() ? most : at(1.0 - tail);
        const double idle = 1.0 - active;
        out_.low[e] = tail > idle && active > 0 ? at((tail - idle) / active) : 0.0;
        out_.high[e] = 1.0 - tail > idle && active > 0 ? at((1.0 - tail - idle) / active) : 0.0;
      }
      if (x > 0.002 * wallet) rivals.push_back(j);
    }
    if (rivals.empty() || !(wallet > 0)) return;
    random_stream stream(s_.seed, i, 3);
    std::vector<double> drawn(rivals.size());
    for (int d = 0; d < s_.draws; ++d) {
      double hidden = 0.0, want = 0.0;
      for (std::size_t q = 0; q < rivals.size(); ++q) {
        const std::size_t e = i * k_ + rivals[q];
        drawn[q] = out_.amount[e];
        if (!std::isnan(p_.amount[e])) continue;
        want += drawn[q];
        const error_law& law = law_at(laws, drawn[q] / wallet);
        const bool there = stream.bernoulli(out_.p_active[e]);
        drawn[q] *= !there || law.ratio.empty() ? 0.0 : std::exp(law.ratio[stream.index(law.ratio.size())]);
        hidden += drawn[q];
      }
      std::size_t best = 0;
      for (std::size_t q = 0; q < rivals.size(); ++q) {
        const std::size_t e = i * k_ + rivals[q];
        if (std::isnan(p_.amount[e]) && hidden > 0) drawn[q] *= want / hidden;
        if (drawn[q] > drawn[best]) best = q;
      }
      out_.p_largest[i * k_ + rivals[best]] += 1.0 / s_.draws;
      if (drawn[best] > 0.5 * wallet) out_.p_dominant[i * k_ + rivals[best]] += 1.0 / s_.draws;
    }
  }

  hidden_period p_;
  hidden_settings s_;
  std::size_t n_, k_, cells_;
  std::vector<double> row_, column_, left_row_, left_column_, mean_;
  double level_ = 0.0, slope_ = 0.0;
  hidden_cells out_;
};

}  // namespace detail

/// Who sold how much to whom in a period of which only some cells are seen.
///
/// Known cells come back unchanged. Hidden ones: earlier periods (discount, weight of the customer's group and
/// sharpness chosen by foretelling the newest complete periods from those before), else covariates (gravity_prior),
/// else independence; raked to what the known cells leave of the totals. Intervals: the errors made where the truth is
/// known, by expected share; under size-dependent sight tilted to cells that would not be seen.
///
/// Takes   a view, see hidden_period; any subset of totals, past and covariates.
/// Gives   hidden_cells; in `status` on what it rests and what contradicts itself.
/// Fails   errc::size_mismatch; errc::out_of_domain for negative amounts, a level outside (0, 1).
/// Costs   some 20 rakings of cells x about 40 sweeps; memory 100 B a cell.
/// Source  Deming and Stephan (1940); split conformal intervals: Lei et al. (2018), JASA 113.
[[nodiscard]] inline hidden_cells fill_hidden(const hidden_period& period, const hidden_settings& settings = {}) {
  return detail::hidden_fill(period, settings).run();
}

}  // namespace guanxi::share
