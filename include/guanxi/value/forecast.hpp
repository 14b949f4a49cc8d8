#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>

namespace guanxi::value {

/// No date is known.
inline constexpr day no_day = std::numeric_limits<day>::min();

/// What each customer is expected to do in the horizon: one entry a customer, in the order of the ledger's ids.
///
/// Customers without a purchase up to the end of the fit have NaN (no_day for the date) and reason "no purchase yet".
/// Purchases are purchase days; spend is money a purchase; value is money over the horizon, all in the ledger's currency.
/// low and high are the equal-tailed ends of the predictive distribution at the level that was asked for.
struct forecast {
  std::vector<double> p_alive;           // probability that the customer still buys at all; never below p_buy
  std::vector<double> p_buy;             // probability of at least one purchase in the horizon
  std::vector<double> purchases;         // mean
  std::vector<double> purchases_median;  // best for the absolute error
  std::vector<double> purchases_low;
  std::vector<double> purchases_high;
  std::vector<double> spend;             // expected money a purchase
  std::vector<double> value;             // mean
  std::vector<double> value_median;
  std::vector<double> value_low;
  std::vector<double> value_high;
  std::vector<day> next_order;           // median date of the next order, given that one comes; no_day when unknown
  std::vector<std::string> reason;       // one sentence: which part decided, from what

  [[nodiscard]] std::size_t customers() const noexcept { return purchases.size(); }
};

}  // namespace guanxi::value
