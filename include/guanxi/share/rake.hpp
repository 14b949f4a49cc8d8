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
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/share/hall_set.hpp>

namespace guanxi::share {

/// A matrix of prior weights, all cells stored, row-major. A view.
struct dense_matrix {
  std::span<const double> value;
  std::size_t rows = 0, columns = 0;
};

/// A matrix of prior weights on compressed rows: cells of row i are start[i] .. start[i + 1] - 1. A view.
struct sparse_matrix {
  std::span<const std::size_t> start;  // rows + 1
  std::span<const std::uint32_t> column;
  std::span<const double> value;
  std::size_t columns = 0;
  [[nodiscard]] std::size_t rows() const noexcept { return start.empty() ? 0 : start.size() - 1; }
};

/// How rake works.
struct rake_settings {
  double tol = 1e-8;                        // of the L1 error of the rows over their sum
  int sweeps = 10'000;                      // at most
  std::span<const double> row_weight = {};  // how firm each margin is: infinite = hard, 0 = ignored; empty = all hard
  std::span<const double> column_weight = {};
  unsigned threads = 0;
};

/// What rake found. The raked matrix is row_factor[i] * prior[i, j] * column_factor[j].
struct rake_result {
  std::vector<double> row_factor, column_factor;
  int sweeps = 0;
  double error = 0.0;  // sum |row total - wanted| / sum wanted (soft margins: change of the last sweep)
  bool converged = false;
  std::string violated;  // why it did not converge, or what was changed; empty when all is well
  hall_set hall;         // the rows and columns that contradict each other, if any
};

namespace detail {

/// Eight partial sums keep the processor busy; their order is fixed.
inline double dot(const double* a, const double* b, std::size_t n) noexcept {
  double s[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= n; j += 8)
    for (std::size_t k = 0; k < 8; ++k) s[k] += a[j + k] * b[j + k];
  for (; j < n; ++j) s[j % 8] += a[j] * b[j];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

struct dense_rows {
  dense_matrix m;
  [[nodiscard]] std::size_t rows() const { return m.rows; }
  [[nodiscard]] std::size_t first(std::size_t i) const { return i * m.columns; }
  [[nodiscard]] std::size_t columns() const { return m.columns; }
  [[nodiscard]] std::size_t cells() const { return m.value.size(); }
  [[nodiscard]] double times(std::size_t i, const double* c) const {
    return dot(m.value.data() + i * m.columns, c, m.columns);
  }
  void spread(std::size_t i, double r, double* out) const {
    const double* p = m.value.data() + i * m.columns;
    for (std::size_t j = 0; j < m.columns; ++j) out[j] += r * p[j];
  }
  template <class F>
  void each(std::size_t i, F&& f) const {
    for (std::size_t j = 0; j < m.columns; ++j) f(static_cast<std::uint32_t>(j), m.value[i * m.columns + j]);
  }
};

struct sparse_rows {
  sparse_matrix m;
  [[nodiscard]] std::size_t rows() const { return m.rows(); }
  [[nodiscard]] std::size_t first(std::size_t i) const { return m.start[i]; }
  [[nodiscard]] std::size_t columns() const { return m.columns; }
  [[nodiscard]] std::size_t cells() const { return m.value.size(); }
  [[nodiscard]] double times(std::size_t i, const double* __restrict c) const {
    const double* __restrict v = m.value.data();
    const std::uint32_t* __restrict k = m.column.data();
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    std::size_t e = m.start[i];
    const std::size_t end = m.start[i + 1];
    for (; e + 4 <= end; e += 4) {
      s0 += v[e] * c[k[e]];
      s1 += v[e + 1] * c[k[e + 1]];
      s2 += v[e + 2] * c[k[e + 2]];
      s3 += v[e + 3] * c[k[e + 3]];
    }
    for (; e < end; ++e) s0 += v[e] * c[k[e]];
    return (s0 + s1) + (s2 + s3);
  }
  /// Four products are made before the first sum is stored, so that loads need not wait for stores.
  void spread(std::size_t i, double r, double* __restrict out) const {
    const double* __restrict v = m.value.data();
    const std::uint32_t* __restrict k = m.column.data();
    std::size_t e = m.start[i];
    const std::size_t end = m.start[i + 1];
    for (; e + 4 <= end; e += 4) {
      const std::uint32_t k0 = k[e], k1 = k[e + 1], k2 = k[e + 2], k3 = k[e + 3];
      const double x0 = r * v[e], x1 = r * v[e + 1], x2 = r * v[e + 2], x3 = r * v[e + 3];
      out[k0] += x0;
      out[k1] += x1;
      out[k2] += x2;
      out[k3] += x3;
    }
    for (; e < end; ++e) out[k[e]] += r * v[e];
  }
  template <class F>
  void each(std::size_t i, F&& f) const {
    for (std::size_t e = m.start[i]; e < m.start[i + 1]; ++e) f(m.column[e], m.value[e]);
  }
};

inline std::string list_of(const std::vector<std::uint32_t>& which, const char* one, const char* many) {
  std::string text = which.size() == 1 ? one : many;
  const std::size_t shown = std::min<std::size_t>(which.size(), 5);
  for (std::size_t k = 0; k < shown; ++k) {
    text.append(k == 0 ? " " : k + 1 == which.size() ? " and " : ", ");
    text.append(std::to_string(which[k]));
  }
  if (which.size() > shown) text.append(" and " + std::to_string(which.size() - shown) + " more");
  return text;
}

inline std::string short_number(double x) {
  std::string text = std::to_string(x);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

template <class Rows>
class raking {
 public:
  raking(Rows p, std::span<const double> rows, std::span<const double> columns, const rake_settings& s)
      : p_(p), want_row_(rows.begin(), rows.end()), want_column_(columns.begin(), columns.end()), settings_(s) {
    check();
    // Some sixteen blocks at most: each has its own column sums, and their number must not depend on the threads.
    const std::size_t most = std::clamp<std::size_t>(p_.cells() / std::max<std::size_t>(4 * p_.columns(), 1), 1, 16);
    block_ = std::max<std::size_t>((p_.rows() + most - 1) / most, 1);
  }

  rake_result run() {
    even_sums();
    result_.row_factor.assign(p_.rows(), 1.0);
    result_.column_factor.assign(p_.columns(), 1.0);
    start_columns();
    double total = 0.0, best = std::numeric_limits<double>::infinity();
    for (const double x : want_row_) total += x;
    int since = 0;
    for (result_.sweeps = 1; result_.sweeps <= settings_.sweeps; ++result_.sweeps) {
      const double off = sweep();
      if (result_.sweeps == 1 && empty_row(total)) return std::move(result_);
      result_.error = total > 0 ? off / total : 0.0;
      if (result_.sweeps > 1 && result_.error <= settings_.tol) {
        result_.converged = true;
        return std::move(result_);
      }
      if (result_.error < 0.99 * best)
        best = result_.error, since = 0;
      else if (++since >= 50)
        break;
    }
    result_.sweeps = std::min(result_.sweeps, settings_.sweeps);
    explain();
    return std::move(result_);
  }

 private:
  [[noreturn]] static void mismatch(const char* what, std::size_t have, std::size_t want) {
    throw error(errc::size_mismatch, std::string("share::rake: '") + what + "' has " + std::to_string(have) +
                                         " entries, the prior has " + std::to_string(want));
  }
  void check() const {
    if (want_row_.size() != p_.rows()) mismatch("rows", want_row_.size(), p_.rows());
    if (want_column_.size() != p_.columns()) mismatch("columns", want_column_.size(), p_.columns());
    if (!settings_.row_weight.empty() && settings_.row_weight.size() != p_.rows())
      mismatch("row_weight", settings_.row_weight.size(), p_.rows());
    if (!settings_.column_weight.empty() && settings_.column_weight.size() != p_.columns())
      mismatch("column_weight", settings_.column_weight.size(), p_.columns());
    const auto good = [](std::span<const double> values, const char* what, bool ends) {
      for (std::size_t i = 0; i < values.size(); ++i)
        if (!(values[i] >= 0) || (!ends && std::isinf(values[i])))
          throw error(errc::out_of_domain, std::string("share::rake: '") + what + "' has " + std::to_string(values[i]) +
                                               " at " + std::to_string(i) + ", it must be at least 0" +
                                               (ends ? "" : " and finite"));
    };
    good(want_row_, "rows", false);
    good(want_column_, "columns", false);
    good(settings_.row_weight, "row_weight", true);
    good(settings_.column_weight, "column_weight", true);
    if (!(settings_.tol > 0))
      throw error(errc::out_of_domain,
                  "share::rake: 'tol' is " + std::to_string(settings_.tol) + ", it must be above 0");
  }

  /// Looked at in the first sweep, while the row is on its way into the cache.
  void good_prior(std::size_t begin, std::size_t end) const {
    double least = 0.0, most = 0.0;  // a comparison with NaN is false: NaN shows in the sum
    double sum = 0.0;
    for (std::size_t e = begin; e < end; ++e) {
      least = std::min(least, p_.m.value[e]);
      most = std::max(most, p_.m.value[e]);
      sum += p_.m.value[e];
    }
    if (least >= 0 && most <= std::numeric_limits<double>::max() && sum == sum) return;
    for (std::size_t e = begin; e < end; ++e)
      if (!(p_.m.value[e] >= 0 && p_.m.value[e] <= std::numeric_limits<double>::max()))
        throw error(errc::out_of_domain, "share::rake: 'prior' has " + std::to_string(p_.m.value[e]) + " at " +
                                             std::to_string(e) + ", it must be at least 0 and finite");
  }

  [[nodiscard]] bool hard() const {
    const auto all = [](std::span<const double> w) {
      return std::all_of(w.begin(), w.end(), [](double x) { return std::isinf(x); });
    };
    return all(settings_.row_weight) && all(settings_.column_weight);
  }

  /// Hard margins with unlike sums cannot both hold: the columns are scaled, and it is said.
  void even_sums() {
    if (!hard()) return;
    running_sum rows, columns;
    for (const double x : want_row_) rows.add(x);
    for (const double x : want_column_) columns.add(x);
    const double r = rows.value(), c = columns.value();
    if (std::abs(r - c) <= 1e-9 * std::max(r, c)) return;
    result_.violated =
        "rows sum to " + short_number(r) + ", columns to " + short_number(c) + "; the columns were scaled";
    if (c > 0)
      for (double& x : want_column_) x *= r / c;
  }

  void start_columns() {
    for (std::size_t j = 0; j < want_column_.size(); ++j)
      if (want_column_[j] == 0 && column_power(j) > 0) result_.column_factor[j] = 0.0;
  }

  /// A row that wants something and has no prior at all: nothing can be done.
  bool empty_row(double total) {
    for (std::size_t i = 0; i < p_.rows(); ++i) {
      if (result_.row_factor[i] > 0 || !(want_row_[i] > 1e-12 * total) || !std::isinf(row_weight(i))) continue;
      bool any = false;
      p_.each(i, [&](std::uint32_t, double v) { any = any || v > 0; });
      result_.error = want_row_[i] / total;
      result_.hall.rows = {static_cast<std::uint32_t>(i)};
      result_.hall.missing = want_row_[i];
      say("row " + std::to_string(i) + " wants " + short_number(want_row_[i]) +
          (any ? " but the columns it may use have nothing" : " but its prior is all zero"));
      return true;
    }
    return false;
  }

  [[nodiscard]] double row_weight(std::size_t i) const {
    return settings_.row_weight.empty() ? std::numeric_limits<double>::infinity() : settings_.row_weight[i];
  }
  static double power_of(double weight) { return std::isinf(weight) ? 1.0 : weight / (weight + 1.0); }
  [[nodiscard]] double column_power(std::size_t j) const {
    return settings_.column_weight.empty() ? 1.0 : power_of(settings_.column_weight[j]);
  }
  static double factor(double want, double have, double power) {
    if (power == 0.0) return 1.0;
    if (want == 0.0) return 0.0;
    if (have <= 0.0) return 0.0;
    return power == 1.0 ? want / have : std::pow(want / have, power);
  }

  /// Rows and then columns, the matrix read once. Gives sum |new row factor - old| * (P c).
  double sweep() {
    const std::size_t blocks = (p_.rows() + block_ - 1) / block_, columns = p_.columns();
    sums_.assign(blocks * columns, 0.0);
    std::vector<double> off(blocks, 0.0);
    const bool plain = settings_.row_weight.empty();
    parallel_blocks(
        p_.rows(), block_,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          double* sum = sums_.data() + number * columns;
          double gap = 0.0;
          for (std::size_t i = begin; i < end; ++i) {
            if (result_.sweeps == 1) good_prior(p_.first(i), p_.first(i + 1));
            const double have = p_.times(i, result_.column_factor.data());
            const double r = !plain    ? factor(want_row_[i], have, power_of(row_weight(i)))
                             : have > 0 ? want_row_[i] / have
                                        : 0.0;
            gap += std::abs(r - result_.row_factor[i]) * have;
            result_.row_factor[i] = r;
            if (r > 0) p_.spread(i, r, sum);
          }
          off[number] = gap;
        },
        settings_.threads);
    for (std::size_t number = 1; number < blocks; ++number)
      for (std::size_t j = 0; j < columns; ++j) sums_[j] += sums_[number * columns + j];
    for (std::size_t j = 0; j < columns; ++j)
      result_.column_factor[j] = factor(want_column_[j], sums_[j], column_power(j));
    double gap = 0.0;
    for (const double x : off) gap += x;
    return gap;
  }

  void say(const std::string& sentence) {
    if (!result_.violated.empty()) result_.violated.append("; ");
    result_.violated.append(sentence);
  }

  void explain() {
    if (!hard()) {
      say("not converged after " + std::to_string(result_.sweeps) + " sweeps");
      return;
    }
    std::vector<std::size_t> start{0};
    std::vector<std::uint32_t> column;
    for (std::size_t i = 0; i < p_.rows(); ++i) {
      p_.each(i, [&](std::uint32_t j, double v) {
        if (v > 0) column.push_back(j);
      });
      start.push_back(column.size());
    }
    result_.hall = find_hall_set(want_row_, want_column_, start, column);
    if (result_.hall.missing > 0)
      say("margins inconsistent: " + list_of(result_.hall.rows, "row", "rows") +
          (result_.hall.rows.size() == 1 ? " wants " : " want ") + short_number(result_.hall.missing) + " more than " +
          (result_.hall.columns.empty() ? std::string("their prior allows")
                                        : list_of(result_.hall.columns, "column", "columns") + " can give"));
    else
      say("not converged after " + std::to_string(result_.sweeps) +
          " sweeps: the margins can be met, but only with some allowed cells at 0");
  }

  Rows p_;
  std::vector<double> want_row_, want_column_, sums_;
  rake_settings settings_;
  std::size_t block_ = 1;
  rake_result result_;
};

}  // namespace detail

/// Scales rows and columns of a prior until they have the wanted totals: the matrix nearest to the prior in
/// Kullback-Leibler divergence.
///
/// Takes   prior >= 0; rows, columns: wanted totals, >= 0 and finite. Soft margins: weight lambda = phi/(tau^2 total)
/// for a
///         relative error tau of the margin; they minimise KL(X | P) + sum lambda_i KL(X_i. | R_i) + the same for
///         columns.
/// Gives   factors, never the matrix; `violated` says in words what cannot be: unequal sums (columns are scaled), a row
///         without prior, rows that want more than their columns can give.
/// Fails   errc::size_mismatch, errc::out_of_domain for negative or non-finite margins and priors.
/// Costs   the prior is read once a sweep (8 B a dense cell, 12 B a stored one); memory O(rows + 16 columns).
/// Source  Deming and Stephan (1940); soft: Chizat, Peyre, Schmitzer and Vialard (2018), scaling for unbalanced
/// transport;
///         the diagnosis is Hall's theorem by maximum flow.
[[nodiscard]] inline rake_result rake(dense_matrix prior, std::span<const double> rows, std::span<const double> columns,
                                      const rake_settings& settings = {}) {
  if (prior.value.size() != prior.rows * prior.columns)
    throw error(errc::size_mismatch, "share::rake: 'prior' has " + std::to_string(prior.value.size()) + " cells, " +
                                         std::to_string(prior.rows) + " x " + std::to_string(prior.columns) +
                                         " are wanted");
  return detail::raking<detail::dense_rows>({prior}, rows, columns, settings).run();
}

/// The same for a prior on compressed rows. Cells that are not stored are structural zeros and stay 0.
[[nodiscard]] inline rake_result rake(sparse_matrix prior, std::span<const double> rows,
                                      std::span<const double> columns, const rake_settings& settings = {}) {
  if (prior.start.empty() || prior.start.back() != prior.value.size() || prior.column.size() != prior.value.size())
    throw error(errc::size_mismatch, "share::rake: 'prior' has " + std::to_string(prior.value.size()) + " values, " +
                                         std::to_string(prior.column.size()) + " columns and a start that ends at " +
                                         std::to_string(prior.start.empty() ? 0 : prior.start.back()));
  for (std::size_t i = 0; i + 1 < prior.start.size(); ++i)
    if (prior.start[i] > prior.start[i + 1])
      throw error(errc::out_of_order, "share::rake: 'start' falls after row " + std::to_string(i));
  for (const std::uint32_t j : prior.column)
    if (j >= prior.columns)
      throw error(errc::out_of_domain, "share::rake: 'prior' has column " + std::to_string(j) + ", there are " +
                                           std::to_string(prior.columns));
  return detail::raking<detail::sparse_rows>({prior}, rows, columns, settings).run();
}

}  // namespace guanxi::share
