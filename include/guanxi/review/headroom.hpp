#pragma once
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/review/offers.hpp>
#include <guanxi/review/shares.hpp>

namespace guanxi::review {

/// What each account buys from others over the horizon, and its interval.
struct headroom_columns {
  std::vector<double> mean, low, high;
};
[[nodiscard]] inline headroom_columns headroom_of(const share_picture& shares, const offer_columns& offers, double years, bool deliveries, std::vector<std::string>& notes) {
  const std::size_t n = shares.wallet.size();
  headroom_columns out{std::vector<double>(n, unknown), std::vector<double>(n, unknown), std::vector<double>(n, unknown)};
  bool by_offers = false;
  for (std::size_t c = 0; c < n; ++c) {
    if (!std::isnan(shares.wallet[c])) {
      out.mean[c] = years * shares.wallet[c] * (1 - shares.share[c]);
      out.low[c] = years * shares.wallet_low[c] * (1 - shares.high[c]);
      out.high[c] = years * shares.wallet_high[c] * (1 - shares.low[c]);
    } else if (!deliveries && !std::isnan(offers.money[c])) {
      out.mean[c] = years * offers.money[c];
      out.low[c] = 0.25 * out.mean[c];
      out.high[c] = 4 * out.mean[c];
      by_offers = true;
    }
  }
  if (by_offers)
    notes.push_back("Room to grow: without deliveries it is taken from what like customers buy from us and this one does not, between a quarter and four times that.");
  else if (!deliveries)
    notes.push_back("Room to grow is not known (neither deliveries nor products): gains rest on keeping customers alone.");
  return out;
}

}  // namespace guanxi::review
