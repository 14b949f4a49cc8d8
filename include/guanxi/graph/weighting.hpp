#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// What a tie counts for: one; its money; log(1 + money); its share of the customer's money; the share, less for
/// suppliers that everybody has (share x ln(customers / customers of the supplier)).
enum class weighting : std::uint8_t { binary, amount, log, share, tfidf };

/// From the word used in Python. Fails errc::unknown_name.
[[nodiscard]] inline weighting to_weighting(std::string_view word) {
  if (word == "binary") return weighting::binary;
  if (word == "amount") return weighting::amount;
  if (word == "log") return weighting::log;
  if (word == "share") return weighting::share;
  if (word == "tfidf") return weighting::tfidf;
  throw error(errc::unknown_name, "graph: weight '" + std::string(word) + "' is not one of binary, amount, log, share, tfidf");
}

/// Values of all ties in the order of g.customer under a weighting.
[[nodiscard]] inline std::vector<double> tie_values(const two_sided& g, weighting how) {
  std::vector<double> x(g.ties(), 1.0);
  if (how == weighting::binary) return x;
  for (std::size_t c = 0; c < g.customers(); ++c) {
    const double total = g.customer.strength(c);
    for (std::uint64_t i = g.customer.start[c]; i < g.customer.start[c + 1]; ++i) {
      const double w = g.customer.weight[i];
      if (how == weighting::amount) x[i] = w;
      if (how == weighting::log) x[i] = std::log1p(w);
      if (how == weighting::share || how == weighting::tfidf) x[i] = total > 0 ? w / total : 0;
      if (how == weighting::tfidf)
        x[i] *= std::log(static_cast<double>(g.customers()) / static_cast<double>(g.supplier.degree(g.customer.other[i])));
    }
  }
  return x;
}

/// Values in the order of from.other taken over to the order of to.other, the same ties seen from the other side.
[[nodiscard]] inline std::vector<double> across(const rows& from, const rows& to, const std::vector<double>& x) {
  std::vector<std::uint64_t> next(to.start.begin(), to.start.end() - (to.start.empty() ? 0 : 1));
  std::vector<double> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[next[from.other[i]]++] = x[i];
  return out;
}

}  // namespace guanxi::graph
