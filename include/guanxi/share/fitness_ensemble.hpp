#pragma once
#include <algorithm>
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

namespace guanxi::share {

/// All matrices that go with the totals and a number of ties: what is likely cell by cell. Row-major, rows x columns.
struct fitness_cells {
  std::vector<double> p_active;                 // P(the pair trades)
  std::vector<double> amount;                   // mean of the cell, ties and no ties together
  std::vector<double> low, high;                // interval with an atom at 0
  std::vector<double> low_active, high_active;  // interval, given that the pair trades
  double z = 0.0;                               // strength of the density: p = z r c / (1 + z r c), totals over their means
  double links = 0.0;                           // expected number of ties, sum of p
};

/// Ensemble of purchases of which only totals and the number of ties are known (degree-corrected gravity).
///
/// P(tie) = z r_i c_j / (1 + z r_i c_j); given a tie its amount is exponential with mean r_i c_j / (W p_ij), so that
/// every cell has the gravity mean r_i c_j / W and the totals hold on average.
class fitness_ensemble {
 public:
  /// Takes   rows, columns: totals >= 0; links: how many ties there are, from 1 to all pairs with positive totals;
  ///         known: row-major, 1 = trades, 0 = does not, 255 = not known; empty = nothing known. With `known` and links
  ///         NaN, z is learned from the known cells alone.
  /// Fails   errc::size_mismatch, errc::out_of_domain.
  /// Costs   some ten passes over the cells.
  /// Source  Cimini, Squartini, Garlaschelli and Gabrielli (2015), Scientific Reports 5, 15758; weights: Parisi,
  ///         Squartini and Garlaschelli (2020), New Journal of Physics 22, 053053.
  fitness_ensemble(std::span<const double> rows, std::span<const double> columns, double links,
                   std::span<const std::uint8_t> known = {}, unsigned threads = 0)
      : row_(rows.begin(), rows.end()), column_(columns.begin(), columns.end()), threads_(threads) {
    check(links, known);
    const bool learn = !(links == links);
    want_ = links;
    if (learn) {
      want_ = 0.0;
      for (const std::uint8_t a : known) want_ += a == 1 ? 1.0 : 0.0;
    }
    solve(learn ? known : std::span<const std::uint8_t>{});
  }

  [[nodiscard]] double z() const noexcept { return z_; }
  [[nodiscard]] double total() const noexcept { return total_; }
  [[nodiscard]] double p(std::size_t i, std::size_t j) const noexcept {
    const double x = z_ * row_[i] * column_[j];
    return std::isinf(x) ? 1.0 : x / (1.0 + x);
  }
  /// Mean amount of a tie.
  [[nodiscard]] double size(std::size_t i, std::size_t j) const noexcept {
    const double q = p(i, j);
    return q > 0 ? scale_row_ * row_[i] * scale_column_ * column_[j] / (total_ * q) : 0.0;
  }

  /// The figures of every cell. level: probability inside the intervals.
  [[nodiscard]] fitness_cells cells(double level = 0.9) const {
    if (!(level > 0 && level < 1))
      throw error(errc::out_of_domain,
                  "share::fitness_ensemble: 'level' is " + std::to_string(level) + ", it must lie between 0 and 1");
    const std::size_t n = row_.size(), k = column_.size();
    fitness_cells out;
    for (auto* c : {&out.p_active, &out.amount, &out.low, &out.high, &out.low_active, &out.high_active})
      c->resize(n * k);
    const double tail = 0.5 * (1.0 - level), from = -std::log1p(-tail), to = -std::log(tail);
    parallel_blocks(
        n, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i)
            for (std::size_t j = 0; j < k; ++j) {
              const std::size_t e = i * k + j;
              const double q = p(i, j), mean = size(i, j);
              out.p_active[e] = q;
              out.amount[e] = q * mean;
              out.low_active[e] = mean * from;
              out.high_active[e] = mean * to;
              // P(X > x) = q exp(-x / mean)
              out.low[e] = q > 1.0 - tail ? mean * std::log(q / (1.0 - tail)) : 0.0;
              out.high[e] = q > tail ? mean * std::log(q / tail) : 0.0;
            }
        },
        threads_);
    out.z = z_;
    out.links = links();
    return out;
  }

  /// One matrix of the ensemble; the same seed and number give the same matrix.
  [[nodiscard]] std::vector<double> draw(std::uint64_t seed, std::uint32_t number) const {
    const std::size_t n = row_.size(), k = column_.size();
    std::vector<double> out(n * k, 0.0);
    parallel_blocks(
        n, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            random_stream stream(seed, i, number);
            for (std::size_t j = 0; j < k; ++j) {
              const double chance = stream.uniform(), amount = stream.exponential();
              if (chance < p(i, j)) out[i * k + j] = amount * size(i, j);
            }
          }
        },
        threads_);
    return out;
  }

  [[nodiscard]] double links() const {
    return parallel_sum(
        row_.size(), 64,
        [&](std::size_t begin, std::size_t end) {
          double sum = 0.0;
          for (std::size_t i = begin; i < end; ++i)
            for (std::size_t j = 0; j < column_.size(); ++j) sum += p(i, j);
          return sum;
        },
        threads_);
  }

 private:
  void check(double links, std::span<const std::uint8_t> known) {
    const auto fail = [](const std::string& what) {
      throw error(errc::out_of_domain, "share::fitness_ensemble: " + what);
    };
    if (!known.empty() && known.size() != row_.size() * column_.size())
      throw error(errc::size_mismatch, "share::fitness_ensemble: 'known' has " + std::to_string(known.size()) +
                                           " cells, " + std::to_string(row_.size()) + " x " +
                                           std::to_string(column_.size()) + " are wanted");
    const auto sum = [&](std::vector<double>& x, const char* what, double& scale) {
      double all = 0.0;
      std::size_t some = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!(x[i] >= 0 && x[i] <= std::numeric_limits<double>::max()))
          fail(std::string("'") + what + "' has " + std::to_string(x[i]) + " at " + std::to_string(i) +
               ", it must be at least 0 and finite");
        all += x[i];
        some += x[i] > 0 ? 1 : 0;
      }
      scale = some > 0 ? all / static_cast<double>(some) : 1.0;
      for (double& v : x) v /= scale;  // so that z does not depend on the currency
      return std::pair(all, static_cast<double>(some));
    };
    const auto [r, some_rows] = sum(row_, "rows", scale_row_);
    const auto [c, some_columns] = sum(column_, "columns", scale_column_);
    if (std::abs(r - c) > 1e-6 * std::max(r, c))
      fail("rows sum to " + std::to_string(r) + ", columns to " + std::to_string(c) + "; they must be equal");
    total_ = r;
    if (links == links && !(links > 0 && links <= some_rows * some_columns))
      fail("'links' is " + std::to_string(links) + ", it must be above 0 and at most the " +
           std::to_string(static_cast<std::size_t>(some_rows * some_columns)) + " pairs with positive totals");
    if (links != links && std::none_of(known.begin(), known.end(), [](std::uint8_t a) { return a == 1; }))
      fail("give 'links', or some 'known' cells that trade");
  }

  /// Newton in ln z within a bracket: the expected number of ties rises with z.
  void solve(std::span<const std::uint8_t> only) {
    double low = -60.0, high = 60.0, at = std::log(std::max(want_, 1.0) / static_cast<double>(std::max<std::size_t>(row_.size() * column_.size(), 1)));
    const std::size_t k = column_.size();
    for (int step = 0; step < 200; ++step) {
      z_ = std::exp(at);
      std::vector<double> ties((row_.size() + 63) / 64, 0.0), slopes(ties.size(), 0.0);
      parallel_blocks(
          row_.size(), 64,
          [&](std::size_t begin, std::size_t end, std::size_t number) {
            double sum = 0.0, slope = 0.0;
            for (std::size_t i = begin; i < end; ++i)
              for (std::size_t j = 0; j < k; ++j) {
                if (!only.empty() && only[i * k + j] > 1) continue;
                const double q = p(i, j);
                sum += q;
                slope += q * (1.0 - q);
              }
            ties[number] = sum;
            slopes[number] = slope;
          },
          threads_);
      double have = 0.0, slope = 0.0;
      for (std::size_t b = 0; b < ties.size(); ++b) have += ties[b], slope += slopes[b];
      (have > want_ ? high : low) = at;
      if (std::abs(have - want_) <= 1e-10 * want_ || high - low < 1e-12) break;
      const double next = at + (want_ - have) / slope;
      at = next > low && next < high ? next : 0.5 * (low + high);
    }
  }

  std::vector<double> row_, column_;  // over their means
  double scale_row_ = 1.0, scale_column_ = 1.0, total_ = 0.0, want_ = 0.0, z_ = 0.0;
  unsigned threads_;
};

}  // namespace guanxi::share
