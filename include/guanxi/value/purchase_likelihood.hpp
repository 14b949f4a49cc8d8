#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/lanes.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/rising.hpp>

namespace guanxi::value {

/// When a customer may stop for good.
enum class dropout {
  none,            // never: NBD
  after_purchase,  // after each repeat purchase: BG/NBD, BG/CNBD-k
  from_start,      // after every purchase, the first included: MBG/NBD, MBG/CNBD-k
};

/// One member of the family: gaps are Erlang with k stages of a gamma-distributed rate, dropout by a beta-distributed odds.
struct purchase_story {
  dropout stop = dropout::after_purchase;
  unsigned stages = 1;  // 1 = Poisson purchases, more = more regular
};

namespace detail {

inline constexpr std::size_t group_block = 16384;

/// The sum over j < k of (q)^j (R)_j / j!, q = (age - recency) / (alpha + age): the ways to be between two purchases.
/// Gives its log and the derivatives of it in r and alpha (first r, alpha; then rr, r alpha, alpha alpha).
struct phases {
  double log = 0, r = 0, alpha = 0, rr = 0, ra = 0, aa = 0;
  phases() = default;
  phases(double q, double count, double inverse, unsigned k) {
    double term = 1, total = 1, d1 = 0, d2 = 0, sum_r = 0, sum_rr = 0, sum_j = 0, sum_jj = 0, sum_rj = 0;
    for (unsigned j = 1; j < k; ++j) {
      const double one = 1.0 / (count + j - 1);
      term *= q * (count + j - 1) / j;
      d1 += one;
      d2 -= one * one;
      total += term;
      sum_r += term * d1;
      sum_rr += term * (d1 * d1 + d2);
      sum_j += term * j;
      sum_jj += term * j * (j + 1.0);
      sum_rj += term * d1 * j;
    }
    const double scale = 1.0 / total;
    log = std::log(total);
    r = sum_r * scale;
    alpha = -inverse * sum_j * scale;
    rr = sum_rr * scale - r * r;
    ra = -inverse * sum_rj * scale - r * alpha;
    aa = inverse * inverse * sum_jj * scale - alpha * alpha;
  }
};

struct partial {
  double value = 0;
  double r = 0, alpha = 0, a = 0, b = 0;
  double rr = 0, ra = 0, aa = 0, r_a = 0, r_b = 0, al_a = 0, al_b = 0, a_a = 0, a_b = 0, b_b = 0;
};

/// Part of one group that is not a function of the count or of the age alone.
inline void add_group(partial& s, double w, double x, double count, double log_age, double log_t, double inv_age,
                      double inv_t, double q, double log_a, double inv_a, double log_b_rest, double inv_b,
                      purchase_story story) {
  phases ph;
  if (story.stages > 1) {
    ph = phases(q, count, inv_age, story.stages);
    s.value += w * ph.log;
    s.r += w * ph.r;
    s.alpha += w * ph.alpha;
    s.rr += w * ph.rr;
    s.ra += w * ph.ra;
    s.aa += w * ph.aa;
  }
  if (story.stop == dropout::none || (story.stop == dropout::after_purchase && x == 0)) return;
  const double delta = count * (log_age - log_t) + log_a - log_b_rest - ph.log;
  double dead, more;
  if (delta > 0) {
    const double e = std::exp(-delta);
    dead = 1.0 / (1.0 + e);
    more = delta + std::log1p(e);
  } else {
    const double e = std::exp(delta);
    dead = e / (1.0 + e);
    more = std::log1p(e);
  }
  const double live = 1.0 - dead, mixed = w * live * dead, d = w * dead;
  const double gr = log_age - log_t - ph.r, gal = count * (inv_age - inv_t) - ph.alpha;
  s.value += w * more;
  s.r += d * gr;
  s.alpha += d * gal;
  s.a += d * inv_a;
  s.b -= d * inv_b;
  s.rr += mixed * gr * gr - d * ph.rr;
  s.ra += mixed * gr * gal + d * (inv_age - inv_t - ph.ra);
  s.aa += mixed * gal * gal + d * (-count * (inv_age * inv_age - inv_t * inv_t) - ph.aa);
  s.r_a += mixed * gr * inv_a;
  s.r_b -= mixed * gr * inv_b;
  s.al_a += mixed * gal * inv_a;
  s.al_b -= mixed * gal * inv_b;
  s.a_a += (mixed - d) * inv_a * inv_a;
  s.a_b -= mixed * inv_a * inv_b;
  s.b_b += (mixed + d) * inv_b * inv_b;
}

/// What the kernel of Poisson purchases reads: groups and the tables of one parameter set.
struct simple_groups {
  const double* weight;
  const std::uint32_t *x, *t, *age;
  const double *counts, *log, *inverse, *rest_log, *rest_inverse;
  double r, log_a, inv_a;
};

/// add_group for k = 1 over groups begin..end, four at a time.
GUANXI_LANES_INLINE void add_simple(partial& out, const simple_groups& g, std::size_t begin, std::size_t end) noexcept {
  lanes more, r, alpha, d, b, rr, ra, aa, ma, m_r, m_rb, m_al, m_alb, m_b, bb;
  set_lanes(more, 0.0);
  r = alpha = d = b = rr = ra = aa = ma = m_r = m_rb = m_al = m_alb = m_b = bb = more;
  for (std::size_t i = begin; i < end; i += 4) {
    lanes w, count, log_age, log_t, inv_age, inv_t, rest_log, inv_b;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t at = i + j < end ? i + j : end - 1;
      const int l = static_cast<int>(j);
      const std::uint32_t x = g.x[at], t = g.t[at], age = g.age[at];
      w[l] = i + j < end ? g.weight[at] : 0.0;
      count[l] = g.counts[x];
      log_age[l] = g.log[age], log_t[l] = g.log[t], inv_age[l] = g.inverse[age], inv_t[l] = g.inverse[t];
      rest_log[l] = g.rest_log[x], inv_b[l] = g.rest_inverse[x];
    }
    count += lanes{g.r, g.r, g.r, g.r};
    const lanes gr = log_age - log_t, gi = inv_age - inv_t, gal = count * gi;
    const lanes delta = count * gr + g.log_a - rest_log;
    lanes minus, high, e, soft;
    for (int l = 0; l < 4; ++l) minus[l] = -std::fabs(delta[l]), high[l] = delta[l] > 0 ? delta[l] : 0.0;
    exp_lanes(minus, e);
    log1p_lanes(e, soft);
    const lanes small = e / (1.0 + e);
    lanes dead;
    for (int l = 0; l < 4; ++l) dead[l] = delta[l] > 0 ? 1.0 - small[l] : small[l];
    const lanes wd = w * dead, mixed = w * small * (1.0 - small), mgr = mixed * gr, mgal = mixed * gal;
    more += w * (high + soft);
    d += wd;
    r += wd * gr;
    alpha += wd * gal;
    b += wd * inv_b;
    rr += mgr * gr;
    ra += mgr * gal + wd * gi;
    aa += mgal * gal - wd * (gal * (inv_age + inv_t));
    ma += mixed;
    m_r += mgr;
    m_rb += mgr * inv_b;
    m_al += mgal;
    m_alb += mgal * inv_b;
    m_b += mixed * inv_b;
    bb += (mixed + wd) * inv_b * inv_b;
  }
  const double all = sum_lanes(d), mix = sum_lanes(ma);
  out.value += sum_lanes(more);
  out.r += sum_lanes(r), out.alpha += sum_lanes(alpha), out.a += all * g.inv_a, out.b -= sum_lanes(b);
  out.rr += sum_lanes(rr), out.ra += sum_lanes(ra), out.aa += sum_lanes(aa);
  out.r_a += sum_lanes(m_r) * g.inv_a, out.r_b -= sum_lanes(m_rb);
  out.al_a += sum_lanes(m_al) * g.inv_a, out.al_b -= sum_lanes(m_alb);
  out.a_a += (mix - all) * g.inv_a * g.inv_a, out.a_b -= sum_lanes(m_b) * g.inv_a, out.b_b += sum_lanes(bb);
}
inline void add_simple_plain(partial& out, const simple_groups& g, std::size_t begin, std::size_t end) noexcept { add_simple(out, g, begin, end); }
GUANXI_LANES_WIDE inline void add_simple_wide(partial& out, const simple_groups& g, std::size_t begin, std::size_t end) noexcept {
  add_simple(out, g, begin, end);
}

}  // namespace detail

/// Log-likelihood of grouped histories with all first and second derivatives, by tables.
///
/// The log-likelihood of a customer with x repeats, recency t, age T is, with R = r + k x and m = 1 for MBG, 0 for BG,
///   r ln(alpha) + ln G(R) - ln G(r) - R ln(alpha + T) + ln S + ln B(a, b + x + m) - ln B(a, b) + (k-1) L - x ln G(k)
///   + ln(1 + exp(delta)),   delta = R ln((alpha + T)/(alpha + t)) + ln a - ln(b + x + m - 1) - ln S
/// where S sums the phases between two purchases. What depends on x alone or on T alone is summed over distinct values.
/// Costs   about 30 ns a group and pass for k = 1.
/// Source  Fader, Hardie and Lee (2005), eq. 6; Batislam et al. (2007); Platzer and Reutterer (2017), appendix.
class purchase_likelihood {
 public:
  purchase_likelihood(const row_groups& groups, purchase_story story, unsigned threads = 1)
      : g_(groups), story_(story), threads_(threads), log_(groups.times.size()), inverse_(groups.times.size()) {
    double of_k = 0;
    for (unsigned j = 2; j < story.stages; ++j) of_k += std::log(static_cast<double>(j));
    constant_ = (story.stages - 1.0) * groups.log_gaps - groups.repeats * of_k;
  }

  /// Value, gradient and second derivatives in the parameters r, alpha, a, b (zeros for a, b without dropout).
  [[nodiscard]] local<4> operator()(double r, double alpha, double a, double b) {
    using namespace detail;
    const bool stops = story_.stop != dropout::none;
    const double m = story_.stop == dropout::from_start ? 1.0 : 0.0, k = story_.stages;
    for (std::size_t i = 0; i < g_.times.size(); ++i) {
      log_[i] = std::log(alpha + g_.times[i]);
      inverse_[i] = 1.0 / (alpha + g_.times[i]);
    }
    of_r_.fill(r, g_.counts, k, 0);
    partial sum;
    sum.value = constant_;
    add_counts(sum, of_r_, 1.0, &partial::r, &partial::rr);
    if (stops) {
      of_b_.fill(b, g_.counts, 1, m);
      of_ab_.fill(a + b, g_.counts, 1, m);
      add_counts(sum, of_b_, 1.0, &partial::b, &partial::b_b);
      partial both;
      add_counts(both, of_ab_, -1.0, &partial::a, &partial::a_a);
      sum.value += both.value;
      sum.a += both.a;
      sum.b += both.a;
      sum.a_a += both.a_a;
      sum.a_b += both.a_a;
      sum.b_b += both.a_a;
      rest_log_.resize(g_.counts.size());
      for (std::size_t i = 0; i < g_.counts.size(); ++i) rest_log_[i] = std::log((g_.counts[i] + m - 1.0) + b);
    }
    for (std::size_t i = 0; i < g_.times.size(); ++i) {
      const double w = g_.age_weight[i];
      if (w == 0) continue;
      // r ln(alpha) - (r + k x) ln(alpha + T), without the cancellation of the two logarithms of r
      const double n = k * g_.age_repeats[i], share = g_.times[i] / alpha, grown = std::log1p(share);
      sum.value -= w * r * grown + (n > 0 ? n * log_[i] : 0.0);
      sum.r -= w * grown;
      sum.alpha += (w * r * share - n) * inverse_[i];
      sum.ra += w * share * inverse_[i];
      sum.aa += (w * r + n) * inverse_[i] * inverse_[i] - w * r / (alpha * alpha);
    }
    if (stops || story_.stages > 1) add_groups(sum, r, a, b, m);
    return {sum.value,
            {sum.r, sum.alpha, sum.a, sum.b},
            {{{sum.rr, sum.ra, sum.r_a, sum.r_b},
              {sum.ra, sum.aa, sum.al_a, sum.al_b},
              {sum.r_a, sum.al_a, sum.a_a, sum.a_b},
              {sum.r_b, sum.al_b, sum.a_b, sum.b_b}}}};
  }

 private:
  void add_counts(detail::partial& s, const detail::rising& of, double sign, double detail::partial::*first,
                  double detail::partial::*second) const {
    for (std::size_t i = 0; i < g_.counts.size(); ++i) {
      const double w = sign * g_.count_weight[i];
      s.value += w * of.log[i];
      s.*first += w * of.first[i];
      s.*second += w * of.second[i];
    }
  }
  void add_groups(detail::partial& sum, double r, double a, double b, double m) {
    using detail::partial;
    const double log_a = std::log(a), inv_a = 1.0 / a, k = story_.stages;
    parts_.assign((g_.size() + detail::group_block - 1) / detail::group_block, partial{});
    const bool simple = story_.stages == 1;
    rest_inverse_.resize(g_.counts.size());
    for (std::size_t i = 0; i < g_.counts.size(); ++i) rest_inverse_[i] = 1.0 / ((g_.counts[i] + m - 1.0) + b);
    // groups are sorted by count: those without repeats come first
    const std::size_t first = simple && story_.stop == dropout::after_purchase && !g_.counts.empty() && g_.counts[0] == 0
                                  ? static_cast<std::size_t>(std::upper_bound(g_.x.begin(), g_.x.end(), 0u) - g_.x.begin()) : 0;
    const detail::simple_groups all{g_.weight.data(), g_.x.data(), g_.t.data(), g_.age.data(), g_.counts.data(), log_.data(),
                                    inverse_.data(), rest_log_.data(), rest_inverse_.data(), r, log_a, inv_a};
    const auto four = [&](std::size_t begin, std::size_t end, std::size_t number) {
      begin = std::max(begin, first);
      if (begin >= end) return;
      if (detail::wide_lanes())
        detail::add_simple_wide(parts_[number], all, begin, end);
      else
        detail::add_simple_plain(parts_[number], all, begin, end);
    };
    const auto block = [&](std::size_t begin, std::size_t end, std::size_t number) {
      partial s;
      for (std::size_t i = begin; i < end; ++i) {
        const double x = g_.counts[g_.x[i]], rest = (x + m - 1.0) + b;
        if (x == 0 && story_.stop == dropout::after_purchase && story_.stages == 1) continue;
        const std::uint32_t t = g_.t[i], age = g_.age[i];
        const double q = story_.stages > 1 ? (g_.times[age] - g_.times[t]) * inverse_[age] : 0.0;
        detail::add_group(s, g_.weight[i], x, r + k * x, log_[age], log_[t], inverse_[age], inverse_[t], q, log_a, inv_a,
                          rest_log_.empty() ? 0.0 : rest_log_[g_.x[i]], 1.0 / rest, story_);
      }
      parts_[number] = s;
    };
    if (simple)
      parallel_blocks(g_.size(), detail::group_block, four, threads_);
    else
      parallel_blocks(g_.size(), detail::group_block, block, threads_);
    for (const partial& p : parts_) {
      sum.value += p.value;
      sum.r += p.r, sum.alpha += p.alpha, sum.a += p.a, sum.b += p.b;
      sum.rr += p.rr, sum.ra += p.ra, sum.aa += p.aa;
      sum.r_a += p.r_a, sum.r_b += p.r_b, sum.al_a += p.al_a, sum.al_b += p.al_b;
      sum.a_a += p.a_a, sum.a_b += p.a_b, sum.b_b += p.b_b;
    }
  }

  const row_groups& g_;
  purchase_story story_;
  unsigned threads_;
  double constant_ = 0;
  std::vector<double> log_, inverse_, rest_log_, rest_inverse_;
  detail::rising of_r_, of_b_, of_ab_;
  std::vector<detail::partial> parts_;
};

}  // namespace guanxi::value
