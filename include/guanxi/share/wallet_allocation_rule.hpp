#pragma once
#include <cstddef>
#include <string>

#include <guanxi/base/error.hpp>

namespace guanxi::share {

/// Share of wallet from the rank that a customer gives a supplier in a survey: (1 - rank / (n + 1)) 2 / n.
///
/// Takes   rank 1 .. n, the mean rank for ties; n suppliers that the customer uses.
/// Gives   a share; the shares of the ranks 1 .. n sum to 1.
/// Fails   errc::out_of_domain.  Costs O(1).
/// Source  Keiningham, Aksoy, Buoye and Cooil (2011), Harvard Business Review 89(10), 29-31.
/// Beware  a rule of thumb without data of money behind it: use it as the mean of a prior.
[[nodiscard]] inline double wallet_allocation_rule(double rank, std::size_t n) {
  const auto suppliers = static_cast<double>(n);
  if (n == 0 || !(rank >= 1 && rank <= suppliers))
    throw error(errc::out_of_domain, "share::wallet_allocation_rule: 'rank' is " + std::to_string(rank) + " of " +
                                         std::to_string(n) + " suppliers, it must lie between 1 and their number");
  return (1.0 - rank / (suppliers + 1.0)) * 2.0 / suppliers;
}

}  // namespace guanxi::share
