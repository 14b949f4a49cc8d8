#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/review/effort.hpp>
#include <guanxi/review/offers.hpp>
#include <guanxi/review/shares.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// What each account buys from others over the horizon, and its interval.
struct headroom_columns {
  std::vector<double> mean, low, high;
};

/// Wallet less our share; where nothing is seen a stated prior (response_prior::room times expected sales), or what like customers
/// buy from us and this one does not, where that is more. Unknown is not nothing: a plan that took it as 0 would hold everybody.
[[nodiscard]] inline headroom_columns headroom_of(const share_picture& shares, const offer_columns& offers, double years, bool deliveries,
                                                  std::span<const double> value, const response_prior& prior, std::vector<std::string>& notes) {
  const std::size_t n = shares.wallet.size();
  headroom_columns out{std::vector<double>(n, unknown), std::vector<double>(n, unknown), std::vector<double>(n, unknown)};
  bool by_offers = false;
  std::size_t guessed = 0;
  for (std::size_t c = 0; c < n; ++c) {
    if (!std::isnan(shares.wallet[c])) {
      out.mean[c] = years * shares.wallet[c] * (1 - shares.share[c]);
      out.low[c] = years * shares.wallet_low[c] * (1 - shares.high[c]);
      out.high[c] = years * shares.wallet_high[c] * (1 - shares.low[c]);
      continue;
    }
    const double guess = prior.room > 0.0 && std::isfinite(value[c]) ? prior.room * std::max(0.0, value[c]) : 0.0;
    const double offered = !deliveries && !std::isnan(offers.money[c]) ? years * offers.money[c] : 0.0;
    if (guess > offered) {
      out.mean[c] = guess;
      out.low[c] = prior.room_low * guess;
      out.high[c] = prior.room_high * guess;
      ++guessed;
    } else if (offered > 0.0) {
      out.mean[c] = offered;
      out.low[c] = 0.25 * out.mean[c];
      out.high[c] = 4 * out.mean[c];
      by_offers = true;
    }
  }
  if (guessed > 0) {
    const std::string prior_words = "taken as " + percent(prior.room) + " of its expected sales, from " + percent(prior.room * prior.room_low) + " to " +
                                    percent(prior.room * prior.room_high) + ": a stated prior, give `response` another `room` or deliveries";
    notes.push_back(deliveries ? "Room to grow of " + count_of(static_cast<double>(guessed), "customer") + " without deliveries seen: " + prior_words + "."
                               : "Room to grow: without deliveries it is not known what a customer buys elsewhere; " + prior_words +
                                     (by_offers ? "; what like customers buy and it does not, where that is more" : "") +
                                     ". The plan then follows expected sales and P(alive).");
  } else if (by_offers)
    notes.push_back("Room to grow: without deliveries it is taken from what like customers buy from us and this one does not, between a quarter and four times that.");
  else if (!deliveries)
    notes.push_back("Room to grow is not known (neither deliveries nor products): gains rest on keeping customers alone.");
  return out;
}

}  // namespace guanxi::review
