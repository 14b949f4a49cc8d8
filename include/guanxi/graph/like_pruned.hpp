#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <guanxi/graph/like_kernel.hpp>

namespace guanxi::graph::detail {

/// Likeness by counting (cosine of binary ties, Jaccard), with lists that end where nobody can reach the k best any more.
///
/// Customers are renumbered by their number of ties, a customer's suppliers are taken rarest first. Once k candidates are
/// known, somebody who was not met among the rare suppliers can have at most `rest` suppliers in common, so only those
/// with a number of ties inside a range can still come in: a piece of each remaining list. What was skipped of the
/// survivors is counted exactly at the end. The answer is that of the full count, to the bit.
/// Source  prefix filtering: Bayardo, Ma and Srikant (2007), WWW '07, 131-140.
class like_pruned {
 public:
  struct scratch {
    std::vector<std::uint32_t> common, touched;
    std::vector<std::uint8_t> own;      // 1: a supplier of the customer in hand
    std::vector<std::uint32_t> highest;  // ties up to which each of its suppliers was looked through
    best_k best, bound;
  };

  like_pruned(const two_sided& g, const like_options& o) : g_(g), o_(o) {
    const std::size_t nc = g.customers(), ns = g.suppliers();
    std::size_t top = 0;
    for (std::size_t c = 0; c < nc; ++c) top = std::max(top, g.customer.degree(c));
    up_to_.assign(top + 2, 0);  // customers with fewer ties than d
    for (std::size_t c = 0; c < nc; ++c) ++up_to_[g.customer.degree(c) + 1];
    for (std::size_t d = 1; d < up_to_.size(); ++d) up_to_[d] += up_to_[d - 1];
    std::vector<std::uint32_t> next(up_to_.begin(), up_to_.end());
    old_.resize(nc), new_.resize(nc), degree_.resize(nc);
    for (std::uint32_t c = 0; c < nc; ++c) {
      const std::uint32_t to = next[g.customer.degree(c)]++;
      old_[to] = c, new_[c] = to, degree_[to] = static_cast<std::uint32_t>(g.customer.degree(c));
    }
    buyers_.resize(g.ties());
    std::vector<std::uint64_t> at(g.supplier.start.begin(), g.supplier.start.end() - (ns == 0 && g.supplier.start.empty() ? 0 : 1));
    first_.assign(nc + 1, 0), sellers_.resize(g.ties());
    for (std::uint32_t v = 0; v < nc; ++v) {
      first_[v + 1] = first_[v] + degree_[v];
      std::uint64_t to = first_[v];
      for (const std::uint32_t s : g.customer.others(old_[v])) buyers_[at[s]++] = v, sellers_[to++] = s;
    }
    std::vector<std::uint32_t> by_size(ns);
    std::iota(by_size.begin(), by_size.end(), 0u);
    std::stable_sort(by_size.begin(), by_size.end(), [&](std::uint32_t a, std::uint32_t b) { return g.supplier.degree(a) < g.supplier.degree(b); });
    rarest_.resize(g.ties());
    std::vector<std::uint64_t> place(g.customer.start.begin(), g.customer.start.end() - (g.customer.start.empty() ? 0 : 1));
    for (const std::uint32_t s : by_size)
      for (const std::uint32_t c : g.supplier.others(s)) rarest_[place[c]++] = s;
  }

  [[nodiscard]] scratch make_scratch() const {
    return {std::vector<std::uint32_t>(g_.customers()), std::vector<std::uint32_t>(g_.customers() + 1), std::vector<std::uint8_t>(g_.suppliers()), {},
            best_k(o_.k), best_k(o_.k)};
  }

  const std::vector<candidate>& row(std::uint32_t customer, scratch& t) const {
    const std::uint32_t u = new_[customer];
    const std::uint32_t du = degree_[u];
    const std::uint32_t* mine = rarest_.data() + g_.customer.start[customer];
    std::size_t found = 0;
    double bar = -1;
    std::uint32_t low = 0, high = static_cast<std::uint32_t>(up_to_.size() - 2);
    const std::uint32_t all = high;
    t.highest.assign(du, all);
    for (std::uint32_t j = 0; j < du; ++j) {
      const std::uint32_t* first = buyers_.data() + g_.supplier.start[mine[j]];
      const std::uint32_t* last = buyers_.data() + g_.supplier.start[mine[j] + 1];
      const auto length = static_cast<std::size_t>(last - first);
      if (length > 2 * found && length > 64 && found > o_.k) bar = std::max(bar, partial_bar(u, found, t));
      if (bar > 0) range(du, du - j, bar, low, high);
      t.highest[j] = high;
      if (low > 0) first = std::lower_bound(first, last, up_to_[std::min<std::size_t>(low, up_to_.size() - 1)]);
      if (high < all) last = std::lower_bound(first, last, up_to_[high + 1]);
      for (; first < last; ++first) {
        t.touched[found] = *first;
        found += t.common[*first]++ == 0;
      }
    }
    return finish(u, found, bar, low, high, mine, t);
  }

 private:
  [[nodiscard]] double similarity(double du, double dv, double common) const noexcept {
    return o_.measure == likeness::cosine ? common / std::sqrt(du * dv) : common / (du + dv - common);
  }
  // Whether a number of common suppliers is surely too few for the bar: no root, no division.
  struct too_few {
    float a = 0, b = 0;
    bool cosine = true;
    too_few(const like_pruned& l, double du, double bar) noexcept : cosine(l.o_.measure == likeness::cosine) {
      const double sure = std::max(0.0, bar) * (1 - 1e-5);
      a = static_cast<float>(cosine ? sure * sure * du : sure * du);
      b = static_cast<float>(sure);
    }
    [[nodiscard]] bool operator()(float common, float dv) const noexcept {
      return cosine ? common * common < a * dv : common * (1 + b) < a + b * dv;
    }
  };
  // The k-th best similarity that is certain already.
  [[nodiscard]] double partial_bar(std::uint32_t u, std::size_t found, scratch& t) const {
    t.bound.clear();
    too_few skip(*this, degree_[u], 0);
    for (std::size_t f = 0; f < found; ++f) {
      const std::uint32_t v = t.touched[f];
      if (skip(static_cast<float>(t.common[v]), static_cast<float>(degree_[v])) || v == u || t.common[v] < o_.min_common) continue;
      const double s = similarity(degree_[u], degree_[v], t.common[v]);
      if (s <= t.bound.bar()) continue;
      t.bound.offer({s, v, 0});
      skip = too_few(*this, degree_[u], t.bound.bar());
    }
    return t.bound.bar();
  }
  // Numbers of ties with which somebody new can still reach the bar when `rest` suppliers are left.
  void range(double du, double rest, double bar, std::uint32_t& low, std::uint32_t& high) const noexcept {
    const double sure = bar * (1 - 1e-9), top = static_cast<double>(up_to_.size() - 2);
    const bool cosine = o_.measure == likeness::cosine;
    const double least = cosine ? sure * sure * du : sure * du;  // min(rest, dv) = dv at best
    const double most = rest < o_.min_common ? 0 : cosine ? rest * rest / (sure * sure * du) : rest / sure + rest - du;
    low = static_cast<std::uint32_t>(std::min(top + 1, std::floor(least)));
    high = static_cast<std::uint32_t>(std::clamp(std::floor(most + 1e-9), 0.0, static_cast<double>(high)));
  }
  const std::vector<candidate>& finish(std::uint32_t u, std::size_t found, double bar, std::uint32_t low, std::uint32_t high,
                                       const std::uint32_t* mine, scratch& t) const {
    const std::uint32_t du = degree_[u];
    const bool cut = du > 0 && high < up_to_.size() - 2;
    if (cut) for (std::uint32_t j = 0; j < du; ++j) t.own[mine[j]] = 1;
    t.best.clear();
    double least = bar;
    too_few skip(*this, du, least);
    const auto offer = [&](std::uint32_t v, std::uint32_t common) {
      if (common < o_.min_common) return;
      const double similar = similarity(du, degree_[v], common);
      if (similar < least) return;
      t.best.offer({similar, old_[v], common});
      if (t.best.bar() > least) least = t.best.bar(), skip = too_few(*this, du, least);
    };
    const auto most_of = [&](std::uint32_t common, std::uint32_t dv) {
      std::uint32_t j = du;
      while (j > 0 && t.highest[j - 1] < dv) --j;
      return static_cast<float>(std::min(common + (du - j), std::min(du, dv)));
    };
    std::size_t open = 0;  // those whose count is not complete
    for (std::size_t f = 0; f < found; ++f) {
      const std::uint32_t v = t.touched[f], dv = degree_[v];
      const std::uint32_t common = std::exchange(t.common[v], 0u);
      if (v == u || dv < low) continue;
      if (dv <= high) {
        if (!skip(static_cast<float>(common), static_cast<float>(dv))) offer(v, common);
      } else if (!skip(most_of(common, dv), static_cast<float>(dv))) {
        t.common[v] = common;
        t.touched[open++] = v;
      }
    }
    for (std::size_t f = 0; f < open; ++f) {
      if (f + 4 < open) __builtin_prefetch(sellers_.data() + first_[t.touched[f + 4]]);
      const std::uint32_t v = t.touched[f], dv = degree_[v];
      if (skip(most_of(std::exchange(t.common[v], 0u), dv), static_cast<float>(dv))) continue;
      std::uint32_t common = 0;
      for (std::uint64_t e = first_[v]; e < first_[v + 1]; ++e) common += t.own[sellers_[e]];
      offer(v, common);
    }
    if (cut) for (std::uint32_t j = 0; j < du; ++j) t.own[mine[j]] = 0;
    return t.best.sorted();
  }

  const two_sided& g_;
  const like_options& o_;
  std::vector<std::uint32_t> up_to_, old_, new_, degree_, buyers_, rarest_;
  std::vector<std::uint64_t> first_;     // rows of sellers_, suppliers by renumbered customer
  std::vector<std::uint32_t> sellers_;
};

}  // namespace guanxi::graph::detail
