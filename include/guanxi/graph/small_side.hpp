#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/graph/definite.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/walk.hpp>

namespace guanxi::graph {

/// Scores of pairs that come from a table of the smaller side: score(i, x) = scale_i * sum over ties (j, x) of M_ij B_jx.
///
/// regression(): every node of the smaller side is foretold from all the others of its side by a linear regression with a
/// ridge, all at once; M is the inverse of B B' + ridge I and scale_i = -1 / M_ii. Source: Steck (2019), WWW '19, 3251-3257.
/// paths(): paths of three ties, each tie divided by the roots of the degrees of its ends. Source: Kovacs et al. (2019),
/// Nature Communications 10, 1240, for why three ties and why divided.
/// Both know nothing (known() is false, rows are 0) when the smaller side has more than `most` nodes.
/// Costs   n^3 and n^2 once for the smaller side n; a row O(ties) or O(ties of the node x n).
class small_side_scores {
 public:
  static constexpr std::size_t most = 768;

  [[nodiscard]] static small_side_scores regression(const tie_walk& walk) {
    small_side_scores out(walk);
    if (!out.known()) return out;
    const rows& r = out.own();
    std::size_t with = 0;
    for (std::size_t i = 0; i < out.n_; ++i) with += r.degree(i) > 0;
    out.products();
    const double ridge = 2 * static_cast<double>(r.ties()) / static_cast<double>(std::max<std::size_t>(1, with));
    for (std::size_t i = 0; i < out.n_; ++i) out.m_[i * out.n_ + i] += ridge;
    detail::invert_definite(out.m_, out.n_);
    for (std::size_t i = 0; i < out.n_; ++i) out.scale_[i] = -1 / out.m_[i * out.n_ + i];
    return out;
  }
  [[nodiscard]] static small_side_scores paths(const tie_walk& walk) {
    small_side_scores out(walk);
    if (!out.known()) return out;
    const rows &r = out.own(), &o = out.far();
    const auto root = [](std::uint64_t d) { return 1 / std::sqrt(static_cast<double>(std::max<std::uint64_t>(1, d))); };
    for (std::size_t i = 0; i < out.n_; ++i)
      for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) out.own_value_[e] = root(r.degree(i)) * root(o.degree(r.other[e]));
    for (std::size_t x = 0; x < o.size(); ++x)
      for (std::uint64_t e = o.start[x]; e < o.start[x + 1]; ++e) out.far_value_[e] = root(o.degree(x)) * root(r.degree(o.other[e]));
    out.products();
    const double even = 0.05 * std::sqrt(static_cast<double>(r.size()) * static_cast<double>(o.size()));  // a usual score is near 1
    std::fill(out.scale_.begin(), out.scale_.end(), even);
    return out;
  }

  [[nodiscard]] bool known() const noexcept { return !m_.empty(); }

  /// Scores of one node with all of the other side; `out` has their number of entries.
  void row(side from, std::uint32_t node, std::span<double> out) const {
    std::fill(out.begin(), out.end(), 0.0);
    if (!known()) return;
    if ((from == side::customer) == on_customers_) {
      const double* m = m_.data() + node * n_;
      const rows& r = own();
      for (std::size_t i = 0; i < n_; ++i) {
        const double g = scale_[node] * m[i];
        if (g == 0) continue;
        for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) out[r.other[e]] += g * own_value_[e];
      }
      return;
    }
    const rows& o = far();
    for (std::uint64_t e = o.start[node]; e < o.start[node + 1]; ++e) {
      const double* m = m_.data() + std::size_t{o.other[e]} * n_;
      const double b = far_value_[e];
      for (std::size_t i = 0; i < n_; ++i) out[i] += b * m[i];
    }
    for (std::size_t i = 0; i < n_; ++i) out[i] *= scale_[i];
  }

 private:
  explicit small_side_scores(const tie_walk& walk) : ties_(walk.ties()), n_(std::min(ties_.customers(), ties_.suppliers())) {
    on_customers_ = ties_.customers() <= ties_.suppliers();
    if (n_ == 0 || n_ > most) return;
    m_.assign(n_ * n_, 0.0);
    scale_.assign(n_, 1.0);
    own_value_.resize(ties_.ties()), far_value_.resize(ties_.ties());
    for (std::size_t e = 0; e < ties_.ties(); ++e) {
      own_value_[e] = on_customers_ ? walk.value_at_customer(e) : walk.value_at_supplier(e);
      far_value_[e] = on_customers_ ? walk.value_at_supplier(e) : walk.value_at_customer(e);
    }
  }
  [[nodiscard]] const rows& own() const noexcept { return on_customers_ ? ties_.customer : ties_.supplier; }
  [[nodiscard]] const rows& far() const noexcept { return on_customers_ ? ties_.supplier : ties_.customer; }
  void products() {  // M = B B'
    const rows &r = own(), &o = far();
    for (std::size_t i = 0; i < n_; ++i)
      for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e)
        for (std::uint64_t f = o.start[r.other[e]]; f < o.start[r.other[e] + 1]; ++f) m_[i * n_ + o.other[f]] += own_value_[e] * far_value_[f];
  }

  two_sided ties_;
  std::size_t n_ = 0;
  bool on_customers_ = false;
  std::vector<double> m_, scale_, own_value_, far_value_;
};

}  // namespace guanxi::graph
