#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::review {

/// Why our sales changed from one year to the next; per customer, and summed over the book.
/// share + customer + market = after - before, exactly up to rounding.
struct sales_change {
  std::vector<double> share, customer, market;  // per customer, money
  double before = 0, after = 0;
  double by_share = 0, by_customer = 0, by_market = 0;
};

/// Splits the change of our sales into what rivals took or gave (share), what the customer bought more or less than its
/// market (customer) and what the whole market did (market).
///
/// With wallet W and share s: share = (s1 - s0)(W0 + W1)/2, wallet = (W1 - W0)(s0 + s1)/2 = customer + market,
/// market = g W0 (s0 + s1)/2 with g the growth of all wallets together. A year without purchases takes the other year's
/// share, so a new or lost customer is a change of its wallet.
/// Takes   four columns of one length: what we sold and what the customer bought in all, before and after, money >= 0.
/// Fails   errc::size_mismatch.
/// Costs   O(n).
/// Source  symmetric (mid-point) decomposition of a product: Bennet (1920), J. Royal Statistical Society 83, 455.
[[nodiscard]] inline sales_change split_change(std::span<const double> own_before, std::span<const double> own_after,
                                               std::span<const double> wallet_before, std::span<const double> wallet_after) {
  const std::size_t n = own_before.size();
  for (const auto& column : {own_after, wallet_before, wallet_after})
    if (column.size() != n)
      throw error(errc::size_mismatch, "review::split_change: a column has " + std::to_string(column.size()) + " entries, 'own_before' has " + std::to_string(n));
  running_sum before, after, market_before, market_after;
  for (std::size_t i = 0; i < n; ++i) {
    before.add(own_before[i]);
    after.add(own_after[i]);
    market_before.add(wallet_before[i]);
    market_after.add(wallet_after[i]);
  }
  const double growth = market_before.value() > 0 ? market_after.value() / market_before.value() - 1 : 0.0;
  sales_change out;
  out.share.resize(n);
  out.customer.resize(n);
  out.market.resize(n);
  out.before = before.value();
  out.after = after.value();
  running_sum share, customer, market;
  for (std::size_t i = 0; i < n; ++i) {
    const double w0 = wallet_before[i], w1 = wallet_after[i];
    double s0 = w0 > 0 ? own_before[i] / w0 : 0.0, s1 = w1 > 0 ? own_after[i] / w1 : 0.0;
    if (!(w0 > 0)) s0 = s1;
    if (!(w1 > 0)) s1 = s0;
    out.share[i] = (s1 - s0) * (w0 + w1) / 2;
    out.market[i] = growth * w0 * (s0 + s1) / 2;
    out.customer[i] = (w1 - w0) * (s0 + s1) / 2 - out.market[i];
    share.add(out.share[i]);
    customer.add(out.customer[i]);
    market.add(out.market[i]);
  }
  out.by_share = share.value();
  out.by_customer = customer.value();
  out.by_market = market.value();
  return out;
}

}  // namespace guanxi::review
