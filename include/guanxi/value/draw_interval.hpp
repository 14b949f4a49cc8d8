#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

namespace detail {
/// Quantile p by linear interpolation (type 7 of Hyndman and Fan 1996); the values are put into another order.
[[nodiscard]] inline double quantile_of(std::vector<double>& values, double p) {
  if (values.empty()) return unknown;
  const double at = p * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(low), values.end());
  const double a = values[low];
  if (low + 1 >= values.size()) return a;
  const double b = *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(low) + 1, values.end());
  return a + (at - static_cast<double>(low)) * (b - a);
}
}  // namespace detail

/// An interval for every row: two columns of equal length.
struct row_intervals {
  std::vector<double> low, high;
};

/// Equal-tailed interval of any prediction over draws of the parameters (normal in their logarithms).
///
/// Takes   rows: predictions at a time; level in (0, 1); draws >= 2; predict(parameters, out) fills one prediction.
/// Gives   quantiles by linear interpolation; NaN when the fit gave no errors to draw from.
/// Costs   `draws` predictions and a partial sort a row; rows x draws numbers of memory.
template <class Predict>
[[nodiscard]] row_intervals draw_interval(const fit_result& fit, std::size_t rows, double level, std::size_t draws, std::uint64_t seed,
                                          std::string_view caller, Predict&& predict) {
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain, std::string(caller) + ": 'level' is " + std::to_string(level) + "; a number between 0 and 1 is wanted");
  if (draws < 2) throw error(errc::out_of_domain, std::string(caller) + ": 'draws' is " + std::to_string(draws) + "; 2 or more are wanted");
  row_intervals out{std::vector<double>(rows, unknown), std::vector<double>(rows, unknown)};
  if (fit.log_covariance.empty()) return out;
  const std::size_t m = fit.params.size();
  const std::vector<double> parameters = detail::draw_parameters(fit, draws, seed);
  std::vector<double> all(rows * draws), one(draws);
  for (std::size_t d = 0; d < draws; ++d)
    predict(std::span<const double>(parameters).subspan(d * m, m), std::span<double>(all).subspan(d * rows, rows));
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t d = 0; d < draws; ++d) one[d] = all[d * rows + i];
    if (std::any_of(one.begin(), one.end(), [](double v) { return std::isnan(v); })) continue;
    out.low[i] = detail::quantile_of(one, (1 - level) / 2);
    out.high[i] = detail::quantile_of(one, (1 + level) / 2);
  }
  return out;
}

}  // namespace guanxi::value
