#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/special.hpp>
#include <guanxi/value/dynamic_rows.hpp>
#include <guanxi/value/newton_any.hpp>
#include <guanxi/value/pareto_likelihood.hpp>
#include <guanxi/value/row_local.hpp>

namespace guanxi::value::detail {

inline constexpr std::array<double, 4> legendre_node_4{-0.86113631159405257522, -0.33998104358485626480, 0.33998104358485626480, 0.86113631159405257522};
inline constexpr std::array<double, 4> legendre_weight_4{0.34785484513745385737, 0.65214515486254614263, 0.65214515486254614263, 0.34785484513745385737};

/// One customer of the dynamic Pareto/NBD: its stretches up to today, its repeats, and the sum of covariates at them.
struct dynamic_customer {
  std::span<const stretch> path;
  double x = 0, t = 0, age = 0;
  std::span<const double> at_purchases;  // sum over the repeats of the purchase covariates
};

/// exp(g . x) and exp(h . z) of every period.
struct period_factors {
  std::vector<double> buy, leave;
};

/// The log-likelihood of customers of the dynamic Pareto/NBD in theta = ln r, ln alpha, ln s, ln beta, g ..., h ...
///
/// With A(u) and B(u) the integrals of exp(g . x) and exp(h . z) from the first purchase, the rates integrate out:
///   G(r+x)/G(r) alpha^r beta^s prod exp(g . x(t_j)) [ (alpha+A(T))^-(r+x) (beta+B(T))^-s
///     + s int_t^T B'(u) (alpha+A(u))^-(r+x) (beta+B(u))^-(s+1) du ]
/// A and B are straight lines in each stretch, so the integral is taken there by Gauss and Legendre in the logarithm of time.
/// Source  Bachmann, Meierer and Naef (2021), Marketing Science 40(4), eq. 6 to 9 (there by hypergeometric functions).
class dynamic_likelihood {
 public:
  dynamic_likelihood(std::span<const double> theta, const period_factors& f, std::span<const double> purchase, std::span<const double> dropout, std::size_t np, std::size_t nd)
      : theta_(theta), f_(f), purchase_(purchase), dropout_(dropout), np_(np), nd_(nd), n_(theta.size()), r_(std::exp(theta[0])), alpha_(std::exp(theta[1])),
        s_(std::exp(theta[2])), beta_(std::exp(theta[3])), mean_(n_), second_(n_ * n_), v_(n_), da_(np), db_(nd), dda_(np * np), ddb_(nd * nd) {}

  /// Adds the customer; with out empty of derivatives (size 0) the value alone. Gives ln of the odds that it has left.
  double add(const dynamic_customer& c, local_any& out) {
    const bool all = out.size() == n_;
    const double count = r_ + c.x;
    std::fill(mean_.begin(), mean_.end(), 0.0), std::fill(second_.begin(), second_.end(), 0.0);
    for (auto* m : {&da_, &db_, &dda_, &ddb_}) std::fill(m->begin(), m->end(), 0.0);
    a_ = b_ = 0;
    peak_ = 0, mass_ = 0;
    bool started = false;
    double dead = 0;
    for (const stretch& piece : c.path) {
      if (piece.to > c.t && c.t < c.age) {
        const double from = std::max(piece.from, c.t);
        advance(piece.row, from - piece.from, all);
        if (!started) {
          peak_ = -count * std::log(alpha_ + a_) - (s_ + 1) * std::log(beta_ + b_);
          started = true;
        }
        integrate(piece.row, piece.to - from, count, all);
        advance(piece.row, piece.to - from, all);
      } else {
        advance(piece.row, piece.to - piece.from, all);
      }
    }
    dead = mass_;
    const double live_log = -count * std::log(alpha_ + a_) - s_ * std::log(beta_ + b_);
    if (!started) peak_ = live_log;
    const double live = std::exp(live_log - peak_);
    moments(live, count, s_, std::numeric_limits<std::size_t>::max(), 0, all);
    const double total = mass_;
    const rising_at rise(r_, c.x);
    double value = rise.log + r_ * theta_[1] + s_ * theta_[3] + peak_ + std::log(total);
    for (std::size_t k = 0; k < np_; ++k) value += theta_[4 + k] * c.at_purchases[k];
    out.value += value;
    if (all) {
      for (std::size_t i = 0; i < n_; ++i) mean_[i] /= total;
      out.gradient[0] += r_ * (rise.first + theta_[1]);
      out.gradient[1] += r_;
      out.gradient[2] += s_ * theta_[3];
      out.gradient[3] += s_;
      for (std::size_t k = 0; k < np_; ++k) out.gradient[4 + k] += c.at_purchases[k];
      out.hessian[0] += r_ * (rise.first + theta_[1]) + r_ * r_ * rise.second;
      const auto both = [&](std::size_t i, std::size_t j, double w) { out.hessian[i * n_ + j] += w, out.hessian[j * n_ + i] += w; };
      both(0, 1, r_), both(2, 3, s_);
      out.hessian[2 * n_ + 2] += s_ * theta_[3];
      for (std::size_t i = 0; i < n_; ++i) {
        out.gradient[i] += mean_[i];
        for (std::size_t j = 0; j <= i; ++j) {
          const double h = second_[i * n_ + j] / total - mean_[i] * mean_[j];
          out.hessian[i * n_ + j] += h;
          if (i != j) out.hessian[j * n_ + i] += h;
        }
      }
    }
    alive_a_ = a_, alive_b_ = b_;
    return std::log(dead) + peak_ - live_log;
  }
  /// A(T) and B(T) of the last customer.
  [[nodiscard]] double shape_a() const noexcept { return alive_a_; }
  [[nodiscard]] double shape_b() const noexcept { return alive_b_; }

 private:
  void advance(std::size_t row, double time, bool all) {
    const double fa = f_.buy[row] * time, fb = f_.leave[row] * time;
    a_ += fa, b_ += fb;
    if (!all) return;
    for (std::size_t k = 0; k < np_; ++k) {
      const double x = purchase_[row * np_ + k];
      da_[k] += fa * x;
      for (std::size_t l = 0; l < np_; ++l) dda_[k * np_ + l] += fa * x * purchase_[row * np_ + l];
    }
    for (std::size_t k = 0; k < nd_; ++k) {
      const double z = dropout_[row * nd_ + k];
      db_[k] += fb * z;
      for (std::size_t l = 0; l < nd_; ++l) ddb_[k * nd_ + l] += fb * z * dropout_[row * nd_ + l];
    }
  }
  void integrate(std::size_t row, double length, double count, bool all) {
    const double fa = f_.buy[row], fb = f_.leave[row], g = (alpha_ + a_) / fa, h = (beta_ + b_) / fb, small = std::min(g, h);
    const double span = std::log1p(length / small), a0 = a_, b0 = b_;
    const auto slope = [&](double grown) { return 1 + count * small * grown / (g + small * (grown - 1)) + (s_ + 1) * small * grown / (h + small * (grown - 1)); };
    for (double at = 0; at < span;) {
      double width = std::min({2.0, 8.0 / slope(std::exp(at)), span - at});
      for (int cut = 0; cut < 40 && slope(std::exp(at + width)) * width > 12.0; ++cut) width *= 0.5;
      const double falls = slope(std::exp(at + width)) * width;
      const std::size_t nodes = falls <= 0.6 ? 4 : falls <= 4 && width <= 1.6 ? 8 : 12;
      const double* node = nodes == 4 ? legendre_node_4.data() : nodes == 8 ? legendre_node_8.data() : legendre_node.data();
      const double* weight = nodes == 4 ? legendre_weight_4.data() : nodes == 8 ? legendre_weight_8.data() : legendre_weight.data();
      for (std::size_t k = 0; k < nodes; ++k) {
        const double v = at + 0.5 * width * (1 + node[k]), u = small * std::expm1(v);
        const double log = std::log(s_ * fb) - count * std::log(alpha_ + a0 + fa * u) - (s_ + 1) * std::log(beta_ + b0 + fb * u);
        const double w = 0.5 * width * weight[k] * (small + u) * std::exp(log - peak_);
        if (w < 1e-30) continue;
        a_ = a0 + fa * u, b_ = b0 + fb * u;
        moments(w, count, s_ + 1, row, u, all);
      }
      at = span - at - width < 1e-13 * span ? span : at + width;
    }
    a_ = a0, b_ = b0;
  }
  /// Adds a term of weight w: its score and second derivatives. row: the stretch of a time of leaving, none for the living.
  void moments(double w, double count, double e, std::size_t row, double u, bool all) {
    mass_ += w;
    if (!all) return;
    const bool left = row != std::numeric_limits<std::size_t>::max();
    const double g = alpha_ + a_, h = beta_ + b_, ig = 1 / g, ih = 1 / h, lg = std::log(g), lh = std::log(h);
    v_[0] = -r_ * lg;
    v_[1] = -count * alpha_ * ig;
    v_[2] = -s_ * lh + (left ? 1.0 : 0.0);
    v_[3] = -e * beta_ * ih;
    const double fa = left ? f_.buy[row] * u : 0.0, fb = left ? f_.leave[row] * u : 0.0;
    const auto x = [&](std::size_t k) { return left ? purchase_[row * np_ + k] : 0.0; };
    const auto z = [&](std::size_t k) { return left ? dropout_[row * nd_ + k] : 0.0; };
    const auto a1 = [&](std::size_t k) { return da_[k] + fa * x(k); };
    const auto b1 = [&](std::size_t k) { return db_[k] + fb * z(k); };
    for (std::size_t k = 0; k < np_; ++k) v_[4 + k] = -count * a1(k) * ig;
    for (std::size_t k = 0; k < nd_; ++k) v_[4 + np_ + k] = -e * b1(k) * ih + z(k);
    for (std::size_t i = 0; i < n_; ++i) {
      mean_[i] += w * v_[i];
      for (std::size_t j = 0; j <= i; ++j) second_[i * n_ + j] += w * v_[i] * v_[j];
    }
    second_[0] += w * v_[0];
    second_[n_] -= w * r_ * alpha_ * ig;
    second_[n_ + 1] -= w * count * alpha_ * ig * (1 - alpha_ * ig);
    second_[2 * n_ + 2] -= w * s_ * lh;
    second_[3 * n_ + 2] -= w * s_ * beta_ * ih;
    second_[3 * n_ + 3] -= w * e * beta_ * ih * (1 - beta_ * ih);
    for (std::size_t k = 0; k < np_; ++k) {
      const std::size_t i = 4 + k;
      second_[i * n_] -= w * r_ * a1(k) * ig;
      second_[i * n_ + 1] += w * count * alpha_ * a1(k) * ig * ig;
      for (std::size_t l = 0; l <= k; ++l)
        second_[i * n_ + 4 + l] -= w * count * ig * (dda_[k * np_ + l] + fa * x(k) * x(l) - a1(k) * a1(l) * ig);
    }
    for (std::size_t k = 0; k < nd_; ++k) {
      const std::size_t i = 4 + np_ + k;
      second_[i * n_ + 2] -= w * s_ * b1(k) * ih;
      second_[i * n_ + 3] += w * e * beta_ * b1(k) * ih * ih;
      for (std::size_t l = 0; l <= k; ++l)
        second_[i * n_ + 4 + np_ + l] -= w * e * ih * (ddb_[k * nd_ + l] + fb * z(k) * z(l) - b1(k) * b1(l) * ih);
    }
  }

  std::span<const double> theta_;
  const period_factors& f_;
  std::span<const double> purchase_, dropout_;
  std::size_t np_, nd_, n_;
  double r_, alpha_, s_, beta_;
  std::vector<double> mean_, second_, v_, da_, db_, dda_, ddb_;
  double a_ = 0, b_ = 0, peak_ = 0, mass_ = 0, alive_a_ = 0, alive_b_ = 0;
};

}  // namespace guanxi::value::detail
