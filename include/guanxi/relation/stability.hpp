#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/relation/criteria.hpp>
#include <guanxi/relation/promethee.hpp>
#include <guanxi/relation/ranking.hpp>
#include <guanxi/relation/sorting.hpp>

namespace guanxi::relation {

/// Methods that rank; a larger score is better for all of them here.
enum class ranking : std::uint8_t { topsis, vikor, promethee, copras };

/// "topsis", "vikor", "promethee", "copras". Fails with errc::unknown_name.
[[nodiscard]] inline ranking to_ranking(std::string_view word) {
  if (word == "topsis") return ranking::topsis;
  if (word == "vikor") return ranking::vikor;
  if (word == "promethee") return ranking::promethee;
  if (word == "copras") return ranking::copras;
  throw error(errc::unknown_name,
              "relation: no ranking '" + std::string(word) + "'; want topsis, vikor, promethee or copras");
}

/// Score of each account by a method, more is better. Rules are those of promethee (one, or one a criterion).
[[nodiscard]] inline std::vector<double> score(const criteria& c, ranking method,
                                               std::span<const preference_rule> rules, unsigned threads = 1) {
  if (method == ranking::topsis) return topsis(c);
  if (method == ranking::copras) return copras(c);
  if (method == ranking::promethee) return promethee(c, rules, threads).net;
  auto q = vikor(c).q;
  for (double& x : q) x = -x;
  return q;
}

/// How firm a ranking is when weights are uncertain.
struct rank_acceptability {
  std::vector<double> top;        // chance of being among the first k
  std::vector<double> std_error;  // of the draws
  std::vector<double> mean_rank;  // 1 = best
};

/// Chance of each account of being among the best k when weights are drawn: uniform on the simplex, or
/// Dirichlet(certainty x weights).
///
/// Takes   criteria; k >= 1; a method with its rules; draws; certainty 0 = nothing is known; seed. A draw's weights
///         depend on its number alone. Ties share a place: equal scores have the better rank.
/// Fails   as the method; errc::out_of_domain for no draws, k = 0, a negative certainty.
/// Costs   a ranking a draw. Source: Lahdelma and Salminen (2001), Operations Research 49, 444-454 (SMAA-2).
[[nodiscard]] inline rank_acceptability top_chances(const criteria& c, std::size_t k, ranking method,
                                                    std::span<const preference_rule> rules, std::size_t draws = 1'000,
                                                    double certainty = 0.0, std::uint64_t seed = 0,
                                                    unsigned threads = 0) {
  const auto checked = detail::check_criteria("top_chances", c);
  if (draws == 0 || k == 0) throw error(errc::out_of_domain, "relation::top_chances: 'draws' and 'k' want 1 or more");
  if (!(certainty >= 0.0))
    throw error(errc::out_of_domain,
                "relation::top_chances: 'certainty' is " + std::to_string(certainty) + ", want 0 or more");
  const std::size_t n = checked.n, m = checked.m, block = std::max<std::size_t>(1, (draws + 31) / 32),
                    blocks = (draws + block - 1) / block;
  (void)score(c, method, rules);  // wrong values speak before the draws
  std::vector<std::vector<std::uint32_t>> hits(blocks, std::vector<std::uint32_t>(n));
  std::vector<std::vector<double>> ranks(blocks, std::vector<double>(n));
  parallel_blocks(
      draws, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        std::vector<double> w(m);
        std::vector<std::uint32_t> order(n);
        for (std::size_t d = begin; d < end; ++d) {
          random_stream g(seed, d, 3);
          double total = 0.0;
          for (std::size_t j = 0; j < m; ++j) {
            w[j] = certainty == 0.0          ? -std::log((static_cast<double>(g() >> 11) + 0.5) * 0x1p-53)
                   : checked.weight[j] > 0.0 ? g.gamma(certainty * checked.weight[j])
                                             : 0.0;
            total += w[j];
          }
          if (!(total > 0.0)) w = checked.weight;
          const auto s = score({c.x, w, c.types}, method, rules);
          std::iota(order.begin(), order.end(), 0u);
          std::sort(order.begin(), order.end(),
                    [&](std::uint32_t a, std::uint32_t b) { return s[a] != s[b] ? s[a] > s[b] : a < b; });
          std::size_t rank = 0;
          for (std::size_t i = 0; i < n; ++i) {
            if (i == 0 || s[order[i]] != s[order[i - 1]]) rank = i + 1;
            hits[number][order[i]] += rank <= k, ranks[number][order[i]] += static_cast<double>(rank);
          }
        }
      },
      threads);
  rank_acceptability out;
  const auto all = static_cast<double>(draws);
  for (std::size_t i = 0; i < n; ++i) {
    double top = 0.0, rank = 0.0;
    for (std::size_t b = 0; b < blocks; ++b) top += hits[b][i], rank += ranks[b][i];
    top /= all;
    out.top.push_back(top), out.std_error.push_back(std::sqrt(top * (1.0 - top) / all));
    out.mean_rank.push_back(rank / all);
  }
  return out;
}

/// What happens to the order of the others when an account is left out.
struct rank_reversal {
  std::size_t tried = 0, turning = 0;   // accounts left out, and those whose absence turned a pair of others
  std::vector<std::uint32_t> left_out;  // the account left out
  std::vector<std::uint32_t> turned;    // pairs of neighbours in the order that turned without it
  [[nodiscard]] double part() const {
    return tried > 0 ? static_cast<double>(turning) / static_cast<double>(tried) : 0.0;
  }
};

/// Rank reversal of a method on this book: each account (or `most` of them, drawn by seed) is left out, and pairs that
/// stood next to each other are counted that turned round.
///
/// Fails   as the method. Costs a ranking an account tried.
/// Source  Belton and Gear (1983), Omega 11, 228-230.
/// Beware  a method that turns is no error, but its order is partly made by who else is in the list; spotis, and
/// classes
///         by fixed profiles, cannot turn.
[[nodiscard]] inline rank_reversal stability(const criteria& c, ranking method, std::span<const preference_rule> rules,
                                             std::size_t most = 200, std::uint64_t seed = 0, unsigned threads = 0) {
  const auto k = detail::check_criteria("stability", c);
  const std::size_t n = k.n, m = k.m;
  rank_reversal out;
  if (n < 3) return out;
  const auto s = score(c, method, rules);
  std::vector<std::uint32_t> order(n), who(n);
  std::iota(order.begin(), order.end(), 0u), std::iota(who.begin(), who.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return s[a] != s[b] ? s[a] > s[b] : a < b; });
  random_stream g(seed, 0, 4);
  for (std::size_t i = 0; i < n && n > most; ++i)
    std::swap(who[i], who[i + static_cast<std::size_t>(g() % static_cast<std::uint64_t>(n - i))]);
  who.resize(std::min(n, most));
  std::sort(who.begin(), who.end());
  out.left_out = who, out.turned.assign(who.size(), 0), out.tried = who.size();
  parallel_blocks(
      who.size(), 1,
      [&](std::size_t begin, std::size_t, std::size_t) {
        const std::uint32_t gone = who[begin];
        std::vector<double> x;
        x.reserve((n - 1) * m);
        for (std::size_t i = 0; i < n; ++i) {
          if (i != gone)
            x.insert(x.end(), c.x.begin() + static_cast<std::ptrdiff_t>(i * m),
                     c.x.begin() + static_cast<std::ptrdiff_t>((i + 1) * m));
        }
        const auto there = score({x, c.weights, c.types}, method, rules);
        const auto value = [&](std::uint32_t i) { return there[i - (i > gone ? 1u : 0u)]; };
        std::uint32_t last = gone;
        for (const std::uint32_t i : order) {
          if (i == gone) continue;
          if (last != gone && s[last] > s[i] && value(last) < value(i) - 1e-12 * (std::fabs(value(i)) + 1e-300))
            ++out.turned[begin];
          last = i;
        }
      },
      threads);
  for (const std::uint32_t t : out.turned) out.turning += t > 0;
  return out;
}

}  // namespace guanxi::relation
