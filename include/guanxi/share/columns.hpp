#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace guanxi::share {

/// "No supplier": nobody is ours.
inline constexpr std::uint32_t no_supplier = std::numeric_limits<std::uint32_t>::max();

/// The supplier code of the row "(rest)": everybody whom this customer has not been seen to buy from.
inline constexpr std::uint32_t rest = no_supplier;

/// What a share rests on, from the firmest to the weakest.
enum class source : std::uint8_t {
  own,         // our own ledger: exact
  seen,        // a delivery seen in this period
  history,     // deliveries of earlier periods
  margins,     // totals of the customer and of the supplier
  covariates,  // a matrix of expected purchases given by the caller
  prior        // what customers buy on average
};

/// The source as a word, the same in C++ and Python.
[[nodiscard]] constexpr std::string_view name(source s) noexcept {
  switch (s) {
    case source::own:
      return "own";
    case source::seen:
      return "seen";
    case source::history:
      return "history";
    case source::margins:
      return "margins";
    case source::covariates:
      return "covariates";
    case source::prior:
      return "prior";
  }
  return "unknown";
}

/// One row a customer, supplier and period, sorted in that order; `rest` comes last. Shares of a customer and period
/// sum to 1.
struct shares_columns {
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<double> amount;  // money seen in the period; NaN for a cell that could not be seen
  std::vector<double> share, low, high;
  std::vector<double> low_active, high_active;  // the interval, given that the supplier delivers in the period
  std::vector<double> p_active;                 // P(the supplier delivers in the period)
  std::vector<double> p_largest, p_dominant;    // P(nobody holds more), P(share > 1/2)
  std::vector<double> trend, p_rising;          // slope of logit share a period, P(slope > 0)
  std::vector<std::uint8_t> source;             // enum class source

  [[nodiscard]] std::size_t rows() const noexcept { return share.size(); }
  void resize(std::size_t n) {
    for (auto* column : {&customer, &supplier, &period}) column->resize(n);
    for (auto* column : {&amount, &share, &low, &high, &low_active, &high_active, &p_active, &p_largest, &p_dominant,
                         &trend, &p_rising})
      column->resize(n, std::numeric_limits<double>::quiet_NaN());
    source.resize(n);
  }
};

/// One row a customer and period: what the customer bought from everybody.
struct wallet_columns {
  std::vector<std::uint32_t> customer, period;
  std::vector<double> wallet, low, high;

  [[nodiscard]] std::size_t rows() const noexcept { return wallet.size(); }
  void resize(std::size_t n) {
    customer.resize(n);
    period.resize(n);
    for (auto* column : {&wallet, &low, &high}) column->resize(n, std::numeric_limits<double>::quiet_NaN());
  }
};

/// One row a customer for the last period: the picture that a review needs. NaN and no_supplier where nothing is known.
struct customer_columns {
  std::vector<std::uint32_t> customer;
  std::vector<double> wallet, wallet_low, wallet_high;
  std::vector<double> own_share, own_low, own_high, own_trend, own_p_rising, own_p_largest;
  std::vector<std::uint32_t> largest;  // who holds most, perhaps we
  std::vector<double> largest_share, p_largest, p_dominant;
  std::vector<std::uint32_t> rival;  // who holds most beside us
  std::vector<double> rival_share, rival_low, rival_high, rival_trend, rival_p_rising;
  std::vector<double> headroom, headroom_low, headroom_high;  // what the customer buys from others
  std::vector<double> effective;  // effective number of suppliers, 1 / sum of squared mean shares

  [[nodiscard]] std::size_t rows() const noexcept { return customer.size(); }
  void resize(std::size_t n) {
    customer.resize(n);
    largest.resize(n, no_supplier);
    rival.resize(n, no_supplier);
    for (auto* column :
         {&wallet,       &wallet_low,    &wallet_high,    &own_share, &own_low,      &own_high,      &own_trend,
          &own_p_rising, &own_p_largest, &largest_share,  &p_largest, &p_dominant,   &rival_share,   &rival_low,
          &rival_high,   &rival_trend,   &rival_p_rising, &headroom,  &headroom_low, &headroom_high, &effective})
      column->resize(n, std::numeric_limits<double>::quiet_NaN());
  }
};

}  // namespace guanxi::share
