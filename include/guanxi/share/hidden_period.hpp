#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/share/columns.hpp>

namespace guanxi::share {

/// A sum over cells that is known with an error: what all customers of one country bought of one product group.
struct soft_sum {
  std::vector<std::size_t> cells;   // customer * suppliers + supplier
  double total = 0.0, error = 0.0;  // error: relative standard deviation; 0 = exact
};

/// One period of which only a part can be seen. Tables are customers x suppliers, row-major. A view.
struct hidden_period {
  std::size_t customers = 0, suppliers = 0;
  std::span<const double> amount;             // NaN = not known; a zero is a known zero
  std::span<const double> row, column;        // totals with everybody, of everybody; NaN = not known
  std::vector<std::span<const double>> past;  // complete earlier periods, newest first; may be empty
  std::span<const double> covariate;          // cells x covariates
  std::size_t covariates = 0;
  std::span<const std::uint32_t> group;             // of the customers (country, chain); may be empty
  bool seen_if_big = false;                         // a cell is the more likely to be seen the larger it is
  std::span<const double> row_error, column_error;  // relative standard deviation of each total; empty = exact
  std::span<const double> part;   // of cells seen in part only: what was seen; NaN = not such a cell; may be empty
  std::span<const double> reach;  // of those: the part of the deliveries that is seen; of other unknown cells: the
                                  // probability that a purchase would have been reported; NaN = 0; may be empty
  std::vector<soft_sum> sums;
  std::uint32_t own = no_supplier;  // our column, for the headroom
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
  std::vector<double> trend, p_rising;  // slope of logit share a period, P(slope > 0); NaN without a past
  std::vector<double> wallet, wallet_low, wallet_high;
  std::vector<double> headroom, headroom_low, headroom_high;  // of a customer: what is not bought from `own`
  std::vector<double> concealed;  // P(a customer's purchases are never reported); 0 without `reach`
  std::vector<std::uint8_t> source;
  double discount = unknown, group_weight = 0.0, power = 1.0;  // chosen on earlier periods
  double phi = unknown;                                        // variance of a cell over its expected amount, in money
  double stretch = 1.0;  // of the intervals of cells that were bought before, so that known cells are covered
  std::string status;
};

}  // namespace guanxi::share
