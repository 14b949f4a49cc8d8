#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/weighting.hpp>

namespace guanxi::graph {

/// Scores of both sides, and how well they are known.
struct node_scores {
  std::vector<double> customer, supplier;
  double error_bound = 0;   // of the sum of absolute errors over all nodes (PageRank), of the 2-norm (BiRank)
  std::size_t steps = 0;    // conjugate-gradient steps
  bool converged = true;    // error_bound <= tol
};

struct walk_options {
  double damping = 0.85;      // chance to follow a tie
  double tol = 1e-10;         // wanted error bound
  weighting weight = weighting::binary;
  std::size_t max_steps = 1000;
};

namespace detail {

inline void check_walk(const walk_options& o, const char* who) {
  if (!(o.damping > 0 && o.damping < 1))
    throw error(errc::out_of_domain, std::string(who) + ": damping is " + std::to_string(o.damping) + ", wanted inside (0, 1)");
  if (!(o.tol > 0)) throw error(errc::out_of_domain, std::string(who) + ": tol must be above 0");
}

/// T = D_c^-1/2 W D_s^-1/2 and (I - f T'T) y = b by conjugate gradients, y on the supplier side of `g`.
class normalised_ties {
 public:
  normalised_ties(const two_sided& g, weighting how) : g_(g), binary_(how == weighting::binary) {
    if (!binary_) {
      x_customer_ = tie_values(g, how);
      x_supplier_ = across(g.customer, g.supplier, x_customer_);
    }
    strength_c_ = strengths(g.customer, x_customer_);
    strength_s_ = strengths(g.supplier, x_supplier_);
    root_c_ = roots(strength_c_);
    root_s_ = roots(strength_s_);
    z_.resize(g.suppliers());
    u_.resize(g.customers());
  }
  [[nodiscard]] const std::vector<double>& strength_c() const noexcept { return strength_c_; }
  [[nodiscard]] const std::vector<double>& strength_s() const noexcept { return strength_s_; }
  [[nodiscard]] const std::vector<double>& root_c() const noexcept { return root_c_; }  // 1 / sqrt(strength), 0 without ties
  [[nodiscard]] const std::vector<double>& root_s() const noexcept { return root_s_; }

  /// out_c = T y_s
  void to_customers(std::span<const double> y, std::vector<double>& out) const {
    product(g_.customer, x_customer_, y, root_s_, root_c_, z_, out);
  }
  /// out_s = T' y_c
  void to_suppliers(std::span<const double> y, std::vector<double>& out) const {
    product(g_.supplier, x_supplier_, y, root_c_, root_s_, w_, out);
  }
  /// out = T'T y
  void square(std::span<const double> y, std::vector<double>& out) const {
    to_customers(y, u_);
    to_suppliers(u_, out);
  }

  /// Solves from the start in y; stops when bound(residual) <= tol. Gives the last bound, of the true residual.
  template <class Bound>
  double solve(double f, std::span<const double> b, std::vector<double>& y, double tol, std::size_t max_steps, std::size_t& steps, Bound&& bound) const {
    const std::size_t n = y.size();
    std::vector<double> r(n), p(n), q(n);
    const auto residual = [&] {
      square(y, q);
      for (std::size_t i = 0; i < n; ++i) r[i] = b[i] - (y[i] - f * q[i]);
      return bound(r);
    };
    double reached = residual();
    for (int restart = 0; restart < 3 && reached > tol; ++restart) {
      p = r;
      double rr = dot(r, r);
      double guess = reached;
      while (guess > tol && steps < max_steps && rr > 0) {
        square(p, q);
        for (std::size_t i = 0; i < n; ++i) q[i] = p[i] - f * q[i];
        const double step = rr / dot(p, q);
        for (std::size_t i = 0; i < n; ++i) {
          y[i] += step * p[i];
          r[i] -= step * q[i];
        }
        const double next = dot(r, r);
        for (std::size_t i = 0; i < n; ++i) p[i] = r[i] + next / rr * p[i];
        rr = next;
        ++steps;
        guess = bound(r);
      }
      reached = residual();
    }
    return reached;
  }

 private:
  static double dot(std::span<const double> a, std::span<const double> b) noexcept {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    std::size_t i = 0;
    for (; i + 4 <= a.size(); i += 4) s0 += a[i] * b[i], s1 += a[i + 1] * b[i + 1], s2 += a[i + 2] * b[i + 2], s3 += a[i + 3] * b[i + 3];
    for (; i < a.size(); ++i) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
  }
  std::vector<double> strengths(const rows& r, const std::vector<double>& x) const {
    std::vector<double> out(r.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (binary_) out[i] = static_cast<double>(r.degree(i));
      else for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) out[i] += x[e];
    }
    return out;
  }
  static std::vector<double> roots(const std::vector<double>& strength) {
    std::vector<double> out(strength.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = strength[i] > 0 ? 1 / std::sqrt(strength[i]) : 0;
    return out;
  }
  void product(const rows& r, const std::vector<double>& x, std::span<const double> y, const std::vector<double>& in_root,
               const std::vector<double>& out_root, std::vector<double>& scaled, std::vector<double>& out) const {
    scaled.resize(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) scaled[i] = y[i] * in_root[i];
    out.resize(r.size());
    for (std::size_t i = 0; i < r.size(); ++i) {
      double sum = 0;
      if (binary_) for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) sum += scaled[r.other[e]];
      else for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) sum += x[e] * scaled[r.other[e]];
      out[i] = sum * out_root[i];
    }
  }

  two_sided g_;
  bool binary_;
  std::vector<double> x_customer_, x_supplier_, strength_c_, strength_s_, root_c_, root_s_;
  mutable std::vector<double> z_, w_, u_;
};

/// Seeds of both sides, scaled to sum to 1.
struct start_mass {
  std::vector<double> customer, supplier;
};

[[nodiscard]] inline start_mass masses(std::span<const double> c, std::span<const double> s, std::size_t nc, std::size_t ns) {
  const auto one_side = [](std::span<const double> given, std::size_t n, const char* name) {
    if (given.empty()) return std::vector<double>(n, 0.0);
    if (given.size() != n)
      throw error(errc::size_mismatch, std::string("graph::pagerank: ") + name + " seeds have " + std::to_string(given.size()) +
                                           " entries, there are " + std::to_string(n));
    return std::vector<double>(given.begin(), given.end());
  };
  start_mass v{one_side(c, nc, "customer"), one_side(s, ns, "supplier")};
  double total = 0;
  for (auto* x : {&v.customer, &v.supplier}) {
    if (c.empty() && s.empty()) std::fill(x->begin(), x->end(), 1.0);
    for (const double mass : *x) {
      if (!(mass >= 0)) throw error(errc::out_of_domain, "graph::pagerank: seeds must be 0 or more");
      total += mass;
    }
  }
  if (nc + ns > 0 && !(total > 0)) throw error(errc::out_of_domain, "graph::pagerank: all seeds are 0");
  for (auto* x : {&v.customer, &v.supplier})
    for (double& mass : *x) mass /= total;
  return v;
}

/// PageRank with the unknown on the supplier side.
[[nodiscard]] inline node_scores pagerank_reduced(const two_sided& g, const walk_options& o, const start_mass& v) {
  const double a = o.damping;
  const normalised_ties t(g, o.weight);
  const std::size_t nc = g.customers(), ns = g.suppliers();
  const auto &wc = t.strength_c(), &ws = t.strength_s(), &rc = t.root_c(), &rs = t.root_s();
  double vc = 0, vs = 0, idle = 0, trade = 0;  // mass of seeds with ties on both sides, without ties; all strength
  for (std::size_t c = 0; c < nc; ++c) (wc[c] > 0 ? vc : idle) += v.customer[c];
  for (std::size_t s = 0; s < ns; ++s) {
    (ws[s] > 0 ? vs : idle) += v.supplier[s];
    trade += ws[s];
  }
  node_scores out;
  std::vector<double> b, y(ns), scaled(nc);
  for (std::size_t c = 0; c < nc; ++c) scaled[c] = rc[c] * v.customer[c];
  t.to_suppliers(scaled, b);
  const double mass = (vs + a * vc) / (1 + a);
  for (std::size_t s = 0; s < ns; ++s) {
    b[s] = (1 - a) * (rs[s] * v.supplier[s] + a * b[s]);
    y[s] = trade > 0 ? mass * std::sqrt(ws[s]) / trade : 0;
  }
  const double whole = vc + vs + (1 - a) * idle;
  const double scale = whole > 0 ? 1 / whole : 1;
  const double factor = scale * (1 + a) / (1 - a * a);
  const auto bound = [&](std::span<const double> r) {
    double sum = 0;
    for (std::size_t s = 0; s < ns; ++s) sum += std::sqrt(ws[s]) * std::abs(r[s]);
    return sum * factor;
  };
  out.error_bound = t.solve(a * a, b, y, o.tol, o.max_steps, out.steps, bound);
  out.converged = out.error_bound <= o.tol;
  t.to_customers(y, out.customer);
  out.supplier.resize(ns);
  for (std::size_t c = 0; c < nc; ++c)
    out.customer[c] = scale * ((1 - a) * v.customer[c] + a * std::sqrt(wc[c]) * out.customer[c]);
  for (std::size_t s = 0; s < ns; ++s)
    out.supplier[s] = scale * (ws[s] > 0 ? std::sqrt(ws[s]) * y[s] : (1 - a) * v.supplier[s]);
  return out;
}

}  // namespace detail

/// PageRank of customers and suppliers together: where a walk along ties is found that starts anew with 1 - damping.
///
/// Takes   seed_customer, seed_supplier: where walks start, weights >= 0 (empty on both sides: every node alike).
/// Gives   scores that sum to 1; nodes without ties pass their mass to the seeds. error_bound is a proven bound of the
///         sum of absolute errors, not a difference of iterations.
/// Fails   errc::out_of_domain (damping, tol, seeds that are negative or all zero); errc::size_mismatch.
/// Costs   two reads of the ties a step, 7 to 20 steps where power iteration needs over 100.
/// Source  Page et al. (1999); reduced to the smaller side: (I - a^2 T'T) y = b is symmetric and positive definite, its
///         leading eigenvector is known, and its part of the answer is the start.
[[nodiscard]] inline node_scores pagerank(const two_sided& graph, const walk_options& options = {},
                                          std::span<const double> seed_customer = {}, std::span<const double> seed_supplier = {}) {
  detail::check_walk(options, "graph::pagerank");
  detail::start_mass v = detail::masses(seed_customer, seed_supplier, graph.customers(), graph.suppliers());
  if (graph.suppliers() <= graph.customers()) return detail::pagerank_reduced(graph, options, v);
  std::swap(v.customer, v.supplier);  // the unknown stands on the smaller side
  node_scores out = detail::pagerank_reduced(graph.swapped(), options, v);
  std::swap(out.customer, out.supplier);
  return out;
}

/// BiRank: mutual scores of customers and suppliers under the symmetric normalisation T = D_c^-1/2 W D_s^-1/2.
///
/// x_c = damping T x_s + (1 - damping) q_c and x_s = damping T' x_c + (1 - damping) q_s.
/// Takes   q_customer, q_supplier: what is known of the nodes beforehand; empty: 1 / (nodes of the side) each.
/// Gives   scores (no masses: sums are not 1); error_bound bounds the 2-norm of the error of the suppliers.
/// Fails   as pagerank.  Costs as pagerank.
/// Source  He et al. (2017), IEEE TKDE 29, 57-71, eq. 5-6.
[[nodiscard]] inline node_scores birank(const two_sided& g, const walk_options& options = {}, std::span<const double> q_customer = {},
                                        std::span<const double> q_supplier = {}) {
  detail::check_walk(options, "graph::birank");
  const auto prior = [](std::span<const double> given, std::size_t n, const char* name) {
    if (given.empty()) return std::vector<double>(n, 1.0 / static_cast<double>(std::max<std::size_t>(1, n)));
    if (given.size() != n)
      throw error(errc::size_mismatch, std::string("graph::birank: ") + name + " seeds have " + std::to_string(given.size()) +
                                           " entries, there are " + std::to_string(n));
    return std::vector<double>(given.begin(), given.end());
  };
  const double a = options.damping;
  const std::vector<double> qc = prior(q_customer, g.customers(), "customer"), qs = prior(q_supplier, g.suppliers(), "supplier");
  const detail::normalised_ties t(g, options.weight);
  node_scores out;
  std::vector<double> b;
  t.to_suppliers(qc, b);
  for (std::size_t s = 0; s < b.size(); ++s) b[s] = (1 - a) * qs[s] + a * (1 - a) * b[s];
  out.supplier = b;
  const auto bound = [&](std::span<const double> r) {
    double sum = 0;
    for (const double x : r) sum += x * x;
    return std::sqrt(sum) / (1 - a * a);
  };
  out.error_bound = t.solve(a * a, b, out.supplier, options.tol, options.max_steps, out.steps, bound);
  out.converged = out.error_bound <= options.tol;
  t.to_customers(out.supplier, out.customer);
  for (std::size_t c = 0; c < qc.size(); ++c) out.customer[c] = a * out.customer[c] + (1 - a) * qc[c];
  return out;
}

}  // namespace guanxi::graph
