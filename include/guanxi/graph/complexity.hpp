#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/graph/own_ties.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// Scores of sophistication of both sides; NaN for nodes outside the largest connected part.
struct sophistication {
  std::vector<double> customer, supplier;
  double lambda2 = unknown;   // second eigenvalue (complexity)
  std::size_t updates = 0;
  std::string status;
};

namespace detail {

/// Leading eigenpairs of a symmetric map of n entries that is orthogonal to `off`, by subspace steps with Rayleigh-Ritz.
template <class Map>
[[nodiscard]] std::vector<double> leading_vector(std::size_t n, const Map& map, const std::vector<double>& off, double& value, std::size_t& steps) {
  const std::size_t b = std::min<std::size_t>(8, n - 1);
  std::vector<std::vector<double>> q(b, std::vector<double>(n)), z(b, std::vector<double>(n));
  random_stream random(7, 0, 91);
  for (auto& v : q) for (double& x : v) x = random.normal();
  const auto dot = [](const std::vector<double>& x, const std::vector<double>& y) {
    double s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += x[i] * y[i];
    return s;
  };
  const auto straighten = [&](std::vector<std::vector<double>>& v) {
    for (std::size_t k = 0; k < b; ++k)
      for (int twice = 0; twice < 2; ++twice) {
        double s = dot(v[k], off);
        for (std::size_t i = 0; i < n; ++i) v[k][i] -= s * off[i];
        for (std::size_t j = 0; j < k; ++j) {
          s = dot(v[k], v[j]);
          for (std::size_t i = 0; i < n; ++i) v[k][i] -= s * v[j][i];
        }
        s = std::sqrt(dot(v[k], v[k]));
        if (s > 0) for (double& x : v[k]) x /= s;
      }
  };
  straighten(q);
  for (steps = 0; steps < 2000; ++steps) {
    for (std::size_t k = 0; k < b; ++k) map(q[k], z[k]);
    std::vector<double> h(b * b), v(b * b, 0.0);
    for (std::size_t i = 0; i < b; ++i)
      for (std::size_t j = 0; j <= i; ++j) h[i * b + j] = h[j * b + i] = dot(q[i], z[j]);
    for (std::size_t i = 0; i < b; ++i) v[i * b + i] = 1;
    for (int sweep = 0; sweep < 30; ++sweep)  // Jacobi rotations
      for (std::size_t p = 0; p + 1 < b; ++p)
        for (std::size_t r = p + 1; r < b; ++r) {
          if (std::abs(h[p * b + r]) < 1e-300) continue;
          const double theta = (h[r * b + r] - h[p * b + p]) / (2 * h[p * b + r]);
          const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
          const double c = 1 / std::sqrt(t * t + 1), s = t * c;
          for (std::size_t k = 0; k < b; ++k) {
            const double x = h[k * b + p], y = h[k * b + r];
            h[k * b + p] = c * x - s * y, h[k * b + r] = s * x + c * y;
          }
          for (std::size_t k = 0; k < b; ++k) {
            const double x = h[p * b + k], y = h[r * b + k];
            h[p * b + k] = c * x - s * y, h[r * b + k] = s * x + c * y;
          }
          for (std::size_t k = 0; k < b; ++k) {
            const double x = v[k * b + p], y = v[k * b + r];
            v[k * b + p] = c * x - s * y, v[k * b + r] = s * x + c * y;
          }
        }
    std::vector<std::size_t> order(b);
    for (std::size_t k = 0; k < b; ++k) order[k] = k;
    std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return h[x * b + x] > h[y * b + y]; });
    value = h[order[0] * b + order[0]];
    std::vector<double> best(n, 0.0), image(n, 0.0);
    for (std::size_t k = 0; k < b; ++k)
      for (std::size_t i = 0; i < n; ++i) best[i] += v[k * b + order[0]] * q[k][i], image[i] += v[k * b + order[0]] * z[k][i];
    double residual = 0;
    for (std::size_t i = 0; i < n; ++i) residual += (image[i] - value * best[i]) * (image[i] - value * best[i]);
    if (std::sqrt(residual) < 1e-13) return best;
    q.swap(z);
    straighten(q);
    if (steps + 1 == 2000) return best;
  }
  return q[0];
}

}  // namespace detail

/// Economic complexity: customers who buy what few others buy, together with such suppliers (products).
///
/// Ties count once. Gives ECI for customers and PCI for suppliers, each with mean 0 and population deviation 1, ECI rising
/// with the number of ties. lambda2 near 1 means parts that hardly touch; then the order between them means nothing.
/// Costs   O(ties) a step on the smaller side, some 10 to 100 steps. Only the largest connected part has scores.
/// Source  Hidalgo and Hausmann (2009), PNAS 106, 10570; as the second eigenvector of D_c^-1 M D_s^-1 M'.
[[nodiscard]] inline sophistication complexity(const two_sided& g) {
  const std::size_t nc = g.customers(), ns = g.suppliers();
  sophistication out;
  out.customer.assign(nc, unknown), out.supplier.assign(ns, unknown);
  if (g.ties() == 0) {
    out.status = "not known: no ties";
    return out;
  }
  const std::vector<std::uint32_t> part = parts_of(g);
  std::vector<std::uint32_t> size(part.size(), 0);
  for (std::size_t c = 0; c < nc; ++c) size[part[c]] += static_cast<std::uint32_t>(g.customer.degree(c));
  const auto largest = static_cast<std::uint32_t>(std::max_element(size.begin(), size.end()) - size.begin());
  const bool several = static_cast<std::size_t>(std::count_if(size.begin(), size.end(), [](std::uint32_t s) { return s > 0; })) > 1;
  const bool flip = ns < nc;  // the unknown stands on the smaller side
  const two_sided t = flip ? g.swapped() : g;
  const std::size_t shift = flip ? nc : 0, far = flip ? 0 : nc;
  std::vector<std::uint32_t> who;
  for (std::uint32_t i = 0; i < t.customers(); ++i)
    if (t.customer.degree(i) > 0 && part[shift + i] == largest) who.push_back(i);
  if (who.size() < 3) {
    out.status = "not known: the largest part has fewer than three nodes on a side";
    return out;
  }
  std::vector<std::uint32_t> place(t.customers(), none);
  for (std::uint32_t i = 0; i < who.size(); ++i) place[who[i]] = i;
  std::vector<double> root(who.size()), middle(t.suppliers());
  double norm = 0;
  for (std::size_t i = 0; i < who.size(); ++i) root[i] = std::sqrt(static_cast<double>(t.customer.degree(who[i]))), norm += root[i] * root[i];
  std::vector<double> off(root);
  for (double& x : off) x /= std::sqrt(norm);
  const auto to_far = [&](const std::vector<double>& x) {  // D_s^-1 M' x
    std::fill(middle.begin(), middle.end(), 0.0);
    for (std::size_t i = 0; i < who.size(); ++i)
      for (const std::uint32_t s : t.customer.others(who[i])) middle[s] += x[i];
    for (std::size_t s = 0; s < middle.size(); ++s)
      if (middle[s] != 0) middle[s] /= static_cast<double>(t.supplier.degree(s));
  };
  std::vector<double> scaled(who.size());
  const auto map = [&](const std::vector<double>& x, std::vector<double>& y) {
    for (std::size_t i = 0; i < x.size(); ++i) scaled[i] = x[i] / root[i];
    to_far(scaled);
    for (std::size_t i = 0; i < x.size(); ++i) {
      double sum = 0;
      for (const std::uint32_t s : t.customer.others(who[i])) sum += middle[s];
      y[i] = sum / root[i];
    }
  };
  std::vector<double> v = detail::leading_vector(who.size(), map, off, out.lambda2, out.updates);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] /= root[i];
  to_far(v);
  std::vector<double>& near_scores = flip ? out.supplier : out.customer;
  std::vector<double>& far_scores = flip ? out.customer : out.supplier;
  for (std::size_t i = 0; i < who.size(); ++i) near_scores[who[i]] = v[i];
  for (std::size_t s = 0; s < middle.size(); ++s)
    if (part[far + s] == largest && t.supplier.degree(s) > 0) far_scores[s] = middle[s];
  const auto standard = [](std::vector<double>& x) {
    double n = 0, mean = 0, square = 0;
    for (const double a : x) if (a == a) ++n, mean += a;
    mean /= n;
    for (const double a : x) if (a == a) square += (a - mean) * (a - mean);
    const double sd = std::sqrt(square / n);
    for (double& a : x) a = sd > 0 ? (a - mean) / sd : a == a ? 0.0 : a;
  };
  standard(out.customer), standard(out.supplier);
  double with_ties = 0, mean = 0, count = 0;
  for (std::size_t c = 0; c < nc; ++c)
    if (out.customer[c] == out.customer[c]) mean += static_cast<double>(g.customer.degree(c)), ++count;
  mean /= count;
  for (std::size_t c = 0; c < nc; ++c)
    if (out.customer[c] == out.customer[c]) with_ties += out.customer[c] * (static_cast<double>(g.customer.degree(c)) - mean);
  if (with_ties < 0) {
    for (double& x : out.customer) x = -x;
    for (double& x : out.supplier) x = -x;
  }
  out.status = several ? "only the largest connected part has scores" : "converged";
  if (out.lambda2 > 1 - 1e-6) out.status = "degenerate: parts hardly touch, the order between them means nothing";
  return out;
}

/// Fitness of customers and complexity of suppliers: a supplier counts little as soon as one unfit customer uses it.
///
/// Takes   updates: how many; 0: until no score changes by more than tol of itself (at most 10,000).
/// Gives   both with mean 1 after each update; nodes without ties 0. Scores that sink to 0 are held at 1e-300: the status
///         says so, and only their order counts.
/// Source  Tacchella et al. (2012), Scientific Reports 2, 723; both updates from the old values.
[[nodiscard]] inline sophistication fitness(const two_sided& g, std::size_t updates = 0, double tol = 1e-10) {
  if (!(tol > 0)) throw error(errc::out_of_domain, "graph::fitness: tol must be above 0");
  sophistication out;
  const std::size_t nc = g.customers(), ns = g.suppliers();
  out.customer.assign(nc, 0.0), out.supplier.assign(ns, 0.0);
  for (std::size_t c = 0; c < nc; ++c) out.customer[c] = g.customer.degree(c) > 0;
  for (std::size_t s = 0; s < ns; ++s) out.supplier[s] = g.supplier.degree(s) > 0;
  const auto scale = [](std::vector<double>& x) {
    double sum = 0, n = 0;
    for (const double a : x) if (a > 0) sum += a, ++n;
    if (n > 0) for (double& a : x) if (a > 0) a = std::max(1e-300, a / (sum / n));
  };
  std::vector<double> f(nc), q(ns), inverse(nc);
  bool sunk = false;
  double change = 1;
  for (; out.updates < (updates == 0 ? 10'000 : updates) && (updates != 0 || change > tol); ++out.updates) {
    for (std::size_t c = 0; c < nc; ++c) {
      inverse[c] = out.customer[c] > 0 ? 1 / out.customer[c] : 0;
      double sum = 0;
      for (const std::uint32_t s : g.customer.others(c)) sum += out.supplier[s];
      f[c] = sum;
    }
    for (std::size_t s = 0; s < ns; ++s) {
      double sum = 0;
      for (const std::uint32_t c : g.supplier.others(s)) sum += inverse[c];
      q[s] = sum > 0 ? std::max(1e-300, 1 / sum) : 0;
    }
    scale(f), scale(q);
    change = 0;
    for (std::size_t c = 0; c < nc; ++c)
      if (f[c] > 0) change = std::max(change, std::abs(f[c] - out.customer[c]) / f[c]), sunk |= f[c] < 1e-250;
    for (std::size_t s = 0; s < ns; ++s)
      if (q[s] > 0) change = std::max(change, std::abs(q[s] - out.supplier[s]) / q[s]), sunk |= q[s] < 1e-250;
    out.customer.swap(f), out.supplier.swap(q);
  }
  out.status = sunk ? "some scores sank to 0: only their order counts" : change <= tol ? "converged" : "stopped after " + std::to_string(out.updates) + " updates";
  return out;
}

}  // namespace guanxi::graph
