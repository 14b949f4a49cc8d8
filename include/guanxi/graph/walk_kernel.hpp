#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <guanxi/graph/definite.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/walk.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

/// All walks of a graph at once: closeness(c, s) = pi_c(s) / strength(s) = pi_s(c) / strength(c), from either end.
///
/// When the smaller side has at most `dense` nodes, (I - a^2 T T')^-1 on that side is kept and a row costs one pass over
/// ties: exact, and no walk is repeated. Otherwise a row is a forward push with the walk's precision.
/// Costs   n^3 + sum of degrees squared once for the smaller side n; a row O(ties of the smaller side's rows).
/// Source  as pagerank: (I - a^2 T'T) y = b with T = D_c^-1/2 W D_s^-1/2.
class walk_kernel {
 public:
  struct scratch {
    tie_walk::scratch push;
    std::vector<double> part;
  };

  walk_kernel(const SupplierGraph& g, const walk_reading& how, std::size_t dense = 768) : walk_(g, how), ties_(g.view()), damping_(how.damping) {
    const std::size_t nc = ties_.customers(), ns = ties_.suppliers();
    small_ = std::min(nc, ns);
    if (small_ == 0 || small_ > dense) return;
    on_customers_ = nc <= ns;
    root_.resize(nc + ns);
    for (std::size_t i = 0; i < root_.size(); ++i) root_[i] = walk_.strength(i) > 0 ? 1 / std::sqrt(walk_.strength(i)) : 0;
    invert();
  }

  [[nodiscard]] bool dense() const noexcept { return !inverse_.empty(); }
  [[nodiscard]] const tie_walk& walk() const noexcept { return walk_; }
  [[nodiscard]] double strength_c(std::size_t c) const noexcept { return walk_.strength(c); }
  [[nodiscard]] double strength_s(std::size_t s) const noexcept { return walk_.strength(ties_.customers() + s); }
  [[nodiscard]] scratch make_scratch() const {
    if (dense()) return {{}, std::vector<double>(small_)};
    return {walk_.make_scratch(), {}};
  }

  /// Closeness of one node to all nodes of the other side; `out` has their number of entries.
  void row(side from, std::uint32_t node, std::span<double> out, scratch& t) const {
    std::fill(out.begin(), out.end(), 0.0);
    if (dense()) return dense_row(from, node, out, t);
    const std::size_t nc = ties_.customers();
    const bool customer = from == side::customer;
    walk_.push(static_cast<std::uint32_t>(customer ? node : node + nc), t.push);
    for (const std::uint32_t v : t.push.touched) {
      if ((v < nc) == customer || !(walk_.strength(v) > 0)) continue;
      out[v < nc ? v : v - nc] = t.push.score(v) / walk_.strength(v);
    }
    tie_walk::clear(t.push);
  }

 private:
  // I - a^2 S on the smaller side, S = R^-1/2 W D^-1 W' R^-1/2, then its inverse by the sweep of a definite matrix.
  void invert() {
    const rows& r = on_customers_ ? ties_.customer : ties_.supplier;
    const rows& o = on_customers_ ? ties_.supplier : ties_.customer;
    const std::size_t shift = on_customers_ ? 0 : ties_.customers(), far = on_customers_ ? ties_.customers() : 0;
    const std::size_t n = small_;
    inverse_.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      double* row_i = inverse_.data() + i * n;
      for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) {
        const std::size_t x = r.other[e];
        const double step = value(on_customers_, e) * root_[far + x] * root_[far + x] * root_[shift + i];
        for (std::uint64_t f = o.start[x]; f < o.start[x + 1]; ++f) {
          const std::size_t j = o.other[f];
          row_i[j] -= damping_ * damping_ * step * value(!on_customers_, f) * root_[shift + j];
        }
      }
      row_i[i] += 1;
    }
    detail::invert_definite(inverse_, n);
  }

  void dense_row(side from, std::uint32_t node, std::span<double> out, scratch& t) const {
    const bool inside = (from == side::customer) == on_customers_;  // the node is on the smaller side
    const rows& small = on_customers_ ? ties_.customer : ties_.supplier;
    const std::size_t shift = on_customers_ ? 0 : ties_.customers(), far = on_customers_ ? ties_.customers() : 0;
    const std::size_t n = small_;
    const double scale = (1 - damping_) * damping_;
    if (inside) {
      const double* z = inverse_.data() + node * n;
      const double own = scale * root_[shift + node];
      for (std::size_t i = 0; i < n; ++i) {
        const double g = z[i] * root_[shift + i];
        if (g == 0) continue;
        for (std::uint64_t e = small.start[i]; e < small.start[i + 1]; ++e) out[small.other[e]] += g * value(on_customers_, e);
      }
      for (std::size_t j = 0; j < out.size(); ++j) out[j] *= own * root_[far + j] * root_[far + j];
      return;
    }
    const rows& large = on_customers_ ? ties_.supplier : ties_.customer;
    for (std::uint64_t e = large.start[node]; e < large.start[node + 1]; ++e) {
      const std::size_t i = large.other[e];
      const double g = value(!on_customers_, e) * root_[shift + i];
      const double* z = inverse_.data() + i * n;
      for (std::size_t j = 0; j < n; ++j) out[j] += g * z[j];
    }
    const double own = scale * root_[far + node] * root_[far + node];
    for (std::size_t j = 0; j < n; ++j) out[j] *= own * root_[shift + j];
    (void)t;
  }
  [[nodiscard]] double value(bool at_customer, std::uint64_t e) const noexcept {
    return at_customer ? walk_.value_at_customer(e) : walk_.value_at_supplier(e);
  }

  tie_walk walk_;
  two_sided ties_;
  double damping_;
  std::size_t small_ = 0;
  bool on_customers_ = false;
  std::vector<double> root_, inverse_;
};

}  // namespace guanxi::graph
