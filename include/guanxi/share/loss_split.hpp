#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::share {

/// Change of our sales to every customer, split. The three parts add up to `change`.
struct loss_split_columns {
  std::vector<double> change, rivals, size, market;
};

/// Splits the change of our sales: taken by or from rivals (share), the customer grew or shrank against the market, the
/// market grew or shrank.
///
/// Takes   own and wallet of every customer in two periods, >= 0; NaN = not known.
/// Gives   sales = share x size x market, with market = sum of wallets known in both periods and size = wallet /
/// market;
///         each part is its mean over the six orders in which the three can change (Shapley), so that they add up
///         exactly. A customer without purchases in one period has the share of the other: its change is its size's.
///         NaN where a wallet is not known.
/// Fails   errc::size_mismatch, errc::out_of_domain for a wallet below our own sales.
/// Costs   O(customers). Source  Shapley (1953); Sun (1998), Energy Economics 20: complete decomposition.
[[nodiscard]] inline loss_split_columns loss_split(std::span<const double> own_before,
                                                   std::span<const double> wallet_before,
                                                   std::span<const double> own_now,
                                                   std::span<const double> wallet_now) {
  const std::size_t n = own_before.size();
  if (wallet_before.size() != n || own_now.size() != n || wallet_now.size() != n)
    throw error(errc::size_mismatch, "share::loss_split: 'own_before' has " + std::to_string(n) +
                                         " entries, 'wallet_before' " + std::to_string(wallet_before.size()) +
                                         ", 'own_now' " + std::to_string(own_now.size()) + ", 'wallet_now' " +
                                         std::to_string(wallet_now.size()));
  double market0 = 0.0, market1 = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    if (own_before[i] < 0 || own_now[i] < 0 || own_before[i] > wallet_before[i] * (1 + 1e-9) ||
        own_now[i] > wallet_now[i] * (1 + 1e-9))
      throw error(errc::out_of_domain,
                  "share::loss_split: customer " + std::to_string(i) + " has own sales below 0 or above its wallet");
    if (!(wallet_before[i] >= 0 && wallet_now[i] >= 0)) continue;
    market0 += wallet_before[i];
    market1 += wallet_now[i];
  }
  loss_split_columns out;
  for (std::size_t i = 0; i < n; ++i) {
    out.change.push_back(own_now[i] - own_before[i]);
    if (!(wallet_before[i] >= 0 && wallet_now[i] >= 0) || !(market0 > 0 && market1 > 0)) {
      for (auto* c : {&out.rivals, &out.size, &out.market}) c->push_back(unknown);
      continue;
    }
    const double w0 = wallet_before[i], w1 = wallet_now[i];
    const double s1 = w1 > 0 ? own_now[i] / w1 : w0 > 0 ? own_before[i] / w0 : 0.0;
    const double s0 = w0 > 0 ? own_before[i] / w0 : s1;
    const auto part = [](double a0, double a1, double b0, double b1, double c0, double c1) {
      return (a1 - a0) * ((b0 * c0 + b1 * c1) / 3.0 + (b0 * c1 + b1 * c0) / 6.0);
    };
    const double z0 = w0 / market0, z1 = w1 / market1;
    const double rivals = part(s0, s1, z0, z1, market0, market1), size = part(z0, z1, s0, s1, market0, market1);
    out.rivals.push_back(rivals);
    out.size.push_back(size);
    out.market.push_back(out.change.back() - rivals - size);
  }
  return out;
}

}  // namespace guanxi::share
