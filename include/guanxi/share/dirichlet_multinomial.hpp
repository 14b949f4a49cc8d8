#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/share/newton_alpha.hpp>

namespace guanxi::share {

/// How many rows of a table of counts exceed each number: above[j][c] = #{rows with x_j > c}; `total` likewise for row
/// sums. It holds all that the Dirichlet-multinomial likelihood needs to know of whole counts.
struct count_histogram {
  std::vector<std::vector<double>> above;
  std::vector<double> total;
  std::vector<double> column_sum;
  bool whole = true;  // false: a count is no whole number, or above 2^20; the histogram is then empty
};

namespace detail {

inline constexpr std::size_t short_count = 256;  // counted in a flat table
inline constexpr double largest_count = 1048576.0;

/// One block's part of the histogram; larger counts are kept one by one.
struct count_part {
  std::vector<std::uint32_t> flat;  // [column or total][count]
  std::vector<std::pair<std::uint32_t, std::uint32_t>> tall;
  bool whole = true;
  std::size_t bad_row = 0, bad_column = 0;
  bool bad = false;

  template <class T>
  void add(std::span<const T> counts, std::size_t columns, std::size_t begin, std::size_t end) {
    flat.assign((columns + 1) * short_count, 0);
    if constexpr (std::is_integral_v<T>) {
      if (add_short(counts, columns, begin, end)) return;
      flat.assign((columns + 1) * short_count, 0);
    }
    const T* x = counts.data() + begin * columns;
    for (std::size_t i = begin; i < end; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < columns; ++j, ++x) {
        const auto value = static_cast<double>(*x);
        if (!(value >= 0.0 && value <= 1e300)) {
          if (!bad) bad = true, bad_row = i, bad_column = j;
          return;
        }
        sum += value;
        put(j, value);
        if (!whole) return scan(counts, columns, i, end);
      }
      put(columns, sum);
    }
  }

 private:
  /// All of whole numbers below short_count, row sums too: no conversion. False when one is not; then the long way is
  /// gone.
  template <class T>
  bool add_short(std::span<const T> counts, std::size_t columns, std::size_t begin, std::size_t end) {
    const T* x = counts.data() + begin * columns;
    for (std::size_t i = begin; i < end; ++i) {
      std::uint64_t sum = 0;
      std::uint32_t* here = flat.data();
      for (std::size_t j = 0; j < columns; ++j, ++x, here += short_count) {
        const auto value = static_cast<std::uint64_t>(*x);  // a negative one becomes large
        if (value >= short_count) return false;
        ++here[value];
        sum += value;
      }
      if (sum >= short_count) return false;
      ++here[sum];
    }
    return true;
  }

  void put(std::size_t j, double value) {
    if (value < static_cast<double>(short_count)) {
      const auto c = static_cast<std::uint32_t>(value);
      if (static_cast<double>(c) == value)
        ++flat[j * short_count + c];
      else
        whole = false;
    } else if (value <= largest_count && value == std::floor(value)) {
      tall.emplace_back(static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(value));
    } else {
      whole = false;
    }
  }
  /// The counts are not whole: only look for bad ones from here on.
  template <class T>
  void scan(std::span<const T> counts, std::size_t columns, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin * columns; i < end * columns && !bad; ++i)
      if (!(static_cast<double>(counts[i]) >= 0.0 && static_cast<double>(counts[i]) <= 1e300))
        bad = true, bad_row = i / columns, bad_column = i % columns;
  }
};

}  // namespace detail

/// Histogram of a table of counts, row-major, rows x columns, in one pass.
///
/// Fails   errc::size_mismatch when the table is no whole number of rows; errc::out_of_domain for a negative, infinite
/// or NaN
///         count, with its place.
/// Costs   about 1 ns a count, on several threads; the same result for any number of them.
template <class T>
[[nodiscard]] count_histogram histogram_of_counts(std::span<const T> counts, std::size_t columns,
                                                  unsigned threads = 0) {
  if (columns == 0 || counts.size() % columns != 0)
    throw error(errc::size_mismatch, "DirichletMultinomial: 'counts' has " + std::to_string(counts.size()) +
                                         " entries, which is no whole number of rows of " + std::to_string(columns));
  const std::size_t rows = counts.size() / columns, block = 8192;
  std::vector<detail::count_part> parts((rows + block - 1) / block);
  parallel_blocks(
      rows, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) { parts[number].add(counts, columns, begin, end); },
      threads);
  count_histogram out;
  for (const auto& part : parts) {
    if (part.bad)
      throw error(errc::out_of_domain,
                  "DirichletMultinomial: 'counts' has " +
                      std::to_string(static_cast<double>(counts[part.bad_row * columns + part.bad_column])) +
                      " in row " + std::to_string(part.bad_row) + ", column " + std::to_string(part.bad_column) +
                      "; a count must be at least 0 and finite");
    out.whole = out.whole && part.whole;
  }
  out.column_sum.assign(columns, 0.0);
  if (!out.whole) {
    std::vector<running_sum> sum(columns);
    for (std::size_t i = 0; i < counts.size(); ++i) sum[i % columns].add(static_cast<double>(counts[i]));
    for (std::size_t j = 0; j < columns; ++j) out.column_sum[j] = sum[j].value();
    return out;
  }
  std::vector<std::vector<double>> number(columns + 1, std::vector<double>(detail::short_count, 0.0));
  for (const auto& part : parts) {
    for (std::size_t i = 0; i < part.flat.size(); ++i)
      number[i / detail::short_count][i % detail::short_count] += part.flat[i];
    for (const auto& [j, c] : part.tall) {
      if (number[j].size() <= c) number[j].resize(c + 1, 0.0);
      number[j][c] += 1.0;
    }
  }
  for (std::size_t j = 0; j <= columns; ++j) {
    std::vector<double>& n = number[j];
    while (!n.empty() && n.back() == 0.0) n.pop_back();
    double above = 0.0, sum = 0.0;
    for (std::size_t c = n.size(); c-- > 0;) {
      const double here = n[c];
      sum += here * static_cast<double>(c);
      n[c] = above;
      above += here;
    }
    if (!n.empty()) n.pop_back();  // nothing exceeds the largest
    if (j < columns) out.column_sum[j] = sum;
  }
  out.total = std::move(number.back());
  number.pop_back();
  out.above = std::move(number);
  return out;
}

/// Log-likelihood of the Dirichlet-multinomial and its slopes from a histogram, the multinomial coefficients left out:
/// sum_j sum_c above_j[c] ln(alpha_j + c) - sum_c total[c] ln(S + c).
/// Costs one logarithm and one division a distinct count.
[[nodiscard]] inline alpha_slopes dirichlet_multinomial_slopes(const count_histogram& h,
                                                               std::span<const double> alpha) {
  alpha_slopes out;
  out.gradient.assign(alpha.size(), 0.0);
  out.curvature.assign(alpha.size(), 0.0);
  running_sum sum, value;
  for (const double a : alpha) sum.add(a);
  const auto add = [&](const std::vector<double>& above, double a, double sign, double& gradient, double& curvature) {
    for (std::size_t c = 0; c < above.size(); ++c) {
      const double x = a + static_cast<double>(c), r = above[c] / x;
      value.add(sign * above[c] * std::log(x));
      gradient += sign * r;
      curvature -= sign * r / x;
    }
  };
  for (std::size_t j = 0; j < alpha.size(); ++j)
    if (alpha[j] > 0) add(h.above[j], alpha[j], 1.0, out.gradient[j], out.curvature[j]);
  double shared = 0.0;
  add(h.total, sum.value(), -1.0, shared, out.common);
  for (double& g : out.gradient) g += shared;
  out.value = value.value();
  return out;
}

/// The same for counts that are not whole, by gamma functions. Costs about 60 ns a positive count.
template <class T>
[[nodiscard]] alpha_slopes dirichlet_multinomial_slopes(std::span<const T> counts, std::span<const double> alpha,
                                                        unsigned threads = 0) {
  const std::size_t columns = alpha.size(), rows = counts.size() / columns, block = 2048;
  running_sum sum;
  for (const double a : alpha) sum.add(a);
  const double total = sum.value();
  struct part {
    std::vector<double> gradient, curvature;
    double value = 0.0, shared = 0.0, common = 0.0;
  };
  std::vector<part> parts((rows + block - 1) / block);
  parallel_blocks(
      rows, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        part& p = parts[number];
        p.gradient.assign(columns, 0.0);
        p.curvature.assign(columns, 0.0);
        running_sum value;
        for (std::size_t i = begin; i < end; ++i) {
          double n = 0.0;
          for (std::size_t j = 0; j < columns; ++j) {
            const auto x = static_cast<double>(counts[i * columns + j]);
            if (x <= 0 || alpha[j] <= 0) continue;
            n += x;
            value.add(log_rising(alpha[j], x));
            p.gradient[j] += digamma(alpha[j] + x) - digamma(alpha[j]);
            p.curvature[j] += trigamma(alpha[j] + x) - trigamma(alpha[j]);
          }
          if (n <= 0) continue;
          value.add(-log_rising(total, n));
          p.shared -= digamma(total + n) - digamma(total);
          p.common -= trigamma(total + n) - trigamma(total);
        }
        p.value = value.value();
      },
      threads);
  alpha_slopes out;
  out.gradient.assign(columns, 0.0);
  out.curvature.assign(columns, 0.0);
  running_sum value;
  double shared = 0.0;
  for (const part& p : parts) {
    value.add(p.value);
    shared += p.shared;
    out.common += p.common;
    for (std::size_t j = 0; j < columns; ++j) {
      out.gradient[j] += p.gradient[j];
      out.curvature[j] += p.curvature[j];
    }
  }
  for (double& g : out.gradient) g += shared;
  out.value = value.value();
  return out;
}

/// Shares with intervals, row-major like the counts they are of.
struct share_table {
  std::vector<double> mean, low, high;
};

/// Shares of several suppliers from counts of choices, customers alike to a degree that is learned.
///
/// Counts of a customer given their sum are multinomial with a share vector drawn from Dirichlet(alpha); the posterior
/// of a customer with counts x is Dirichlet(alpha + x). Source  Mosimann (1962), Biometrika 49; Newton's step Minka
/// (2000).
class DirichletMultinomial {
 public:
  explicit DirichletMultinomial(unsigned threads = 0) : threads_(threads) {}

  /// Learns alpha by maximum likelihood.
  ///
  /// Takes   counts: row-major, one row a customer, `columns` suppliers, at least 0, whole or not.
  /// Gives   *this. Suppliers that nobody bought get alpha 0. status() says so, and when the likelihood has no maximum
  /// inside. Fails   as histogram_of_counts; errc::empty when all counts are 0. Costs   one pass over whole counts,
  /// then microseconds; about 60 ns a count and pass otherwise.
  template <class T>
  DirichletMultinomial& fit(std::span<const T> counts, std::size_t columns) {
    const count_histogram h = histogram_of_counts(counts, columns, threads_);
    double total = 0.0;
    for (const double s : h.column_sum) total += s;
    if (!(total > 0)) throw error(errc::empty, "DirichletMultinomial: all counts are 0");
    const auto rows = static_cast<double>(counts.size() / columns);
    std::vector<double> start(columns);
    for (std::size_t j = 0; j < columns; ++j) start[j] = 2.0 * h.column_sum[j] / total;
    fitted_ = true;
    alpha_ = start;
    coefficient_ = h.whole ? log_coefficient(h) : log_coefficient(counts, columns);
    if (std::count_if(alpha_.begin(), alpha_.end(), [](double a) { return a > 0; }) < 2) return one_supplier();
    const auto at = [&](std::span<const double> alpha) {
      return h.whole ? dirichlet_multinomial_slopes(h, alpha) : dirichlet_multinomial_slopes(counts, alpha, threads_);
    };
    search_ = newton_alpha(alpha_, at, 200, 1e-10 * rows + 1e-9, 1e-5, 1e6);
    tell();
    return *this;
  }

  [[nodiscard]] const std::vector<double>& alpha() const { return fitted(), alpha_; }
  [[nodiscard]] double log_likelihood() const { return fitted(), search_.value; }  // multinomial coefficients left out
  [[nodiscard]] double coefficient() const { return fitted(), coefficient_; }      // log of those, summed
  [[nodiscard]] const alpha_fit& search() const { return fitted(), search_; }
  [[nodiscard]] const std::string& status() const { return fitted(), status_; }

  /// Posterior shares of customers with these counts: mean (alpha_j + x_j) / (S + n) and the interval of its beta law.
  /// Takes  counts like fit, with as many columns. Costs about 2 us a cell, on several threads.
  template <class T>
  [[nodiscard]] share_table shares(std::span<const T> counts, double level = 0.9) const {
    fitted();
    const std::size_t columns = alpha_.size();
    if (counts.size() % columns != 0)
      throw error(errc::size_mismatch, "DirichletMultinomial::shares: 'counts' has " + std::to_string(counts.size()) +
                                           " entries, the fit has " + std::to_string(columns) + " columns");
    if (!(level > 0 && level < 1))
      throw error(errc::out_of_domain, "DirichletMultinomial::shares: 'level' is " + std::to_string(level) +
                                           ", it must lie between 0 and 1");
    share_table out;
    for (auto* column : {&out.mean, &out.low, &out.high}) column->resize(counts.size());
    running_sum sum;
    for (const double a : alpha_) sum.add(a);
    const double tail = 0.5 * (1.0 - level);
    parallel_blocks(
        counts.size() / columns, 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            double total = sum.value();
            for (std::size_t j = 0; j < columns; ++j) total += static_cast<double>(counts[i * columns + j]);
            for (std::size_t j = 0; j < columns; ++j) {
              const std::size_t at = i * columns + j;
              const double a = alpha_[j] + static_cast<double>(counts[at]), b = total - a;
              out.mean[at] = a / total;
              out.low[at] = a > 0 ? (b > 0 ? beta_quantile(tail, a, b) : 1.0) : 0.0;
              out.high[at] = a > 0 ? (b > 0 ? beta_quantile(1.0 - tail, a, b) : 1.0) : 0.0;
            }
          }
        },
        threads_);
    return out;
  }

 private:
  void fitted() const {
    if (!fitted_) throw error(errc::not_fitted, "DirichletMultinomial: call fit first");
  }

  DirichletMultinomial& one_supplier() {
    search_ = {};
    search_.converged = true;
    status_ = "only one supplier was bought from: its share is 1";
    return *this;
  }

  void tell() {
    double total = 0.0;
    std::size_t none = 0;
    for (const double a : alpha_) {
      total += a;
      none += a > 0 ? 0 : 1;
    }
    if (total > 1e5)
      status_ = "customers are all alike: the counts are multinomial, the sum of alpha has no end";
    else if (total < 1e-4)
      status_ = "every customer is loyal to one supplier: the sum of alpha goes to 0";
    else if (!search_.converged)
      status_ = "not converged after " + std::to_string(search_.passes) + " passes";
    else
      status_ = "converged";
    if (none > 0) status_ += "; " + std::to_string(none) + " suppliers without purchases have alpha 0";
  }

  /// Sum over rows of ln(n! / prod x!), by the histogram's tables of ln k! where counts are small.
  template <class T>
  [[nodiscard]] double log_coefficient(std::span<const T> counts, std::size_t columns) const {
    std::array<double, detail::short_count> table{};
    for (std::size_t k = 2; k < table.size(); ++k) table[k] = table[k - 1] + std::log(static_cast<double>(k));
    const auto log_factorial = [&](double x) {
      const auto k = static_cast<std::size_t>(std::min(x, 1e6));
      return k < table.size() && static_cast<double>(k) == x ? table[k] : lgamma(x + 1.0);
    };
    return parallel_sum(
        counts.size() / columns, 8192,
        [&](std::size_t begin, std::size_t end) {
          double out = 0.0;
          const T* x = counts.data() + begin * columns;
          for (std::size_t i = begin; i < end; ++i) {
            double n = 0.0;
            for (std::size_t j = 0; j < columns; ++j, ++x) {
              n += static_cast<double>(*x);
              out -= log_factorial(static_cast<double>(*x));
            }
            out += log_factorial(n);
          }
          return out;
        },
        threads_);
  }

  /// The same from the histogram: sum of ln x! = sum_c #{x > c} ln(c + 1).
  [[nodiscard]] static double log_coefficient(const count_histogram& h) {
    running_sum sum;
    for (std::size_t c = 0; c < h.total.size(); ++c) sum.add(h.total[c] * std::log(static_cast<double>(c + 1)));
    for (const auto& above : h.above)
      for (std::size_t c = 0; c < above.size(); ++c) sum.add(-above[c] * std::log(static_cast<double>(c + 1)));
    return sum.value();
  }

  unsigned threads_;
  bool fitted_ = false;
  std::vector<double> alpha_;
  double coefficient_ = 0.0;
  alpha_fit search_;
  std::string status_;
};

}  // namespace guanxi::share
