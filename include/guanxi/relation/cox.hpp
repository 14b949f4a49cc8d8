#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>
#include <guanxi/relation/survival_times.hpp>

namespace guanxi::relation {

enum class ties : std::uint8_t { efron, breslow };

/// Proportional hazards of leaving.
///
/// The hazard of customer i is h0(t) exp(x_i' coef). Partial likelihood with Efron's (or Breslow's) treatment of ties,
/// by Newton's method with step halving.
///
/// Source  Cox (1972), J. R. Statist. Soc. B 34, 187-220; Efron (1977), JASA 72, 557-565; Harrell et al. (1982)
/// (concordance). Costs   O(n p^2) a Newton step after one sort of the times; 5 to 8 steps.
class Cox {
 public:
  explicit Cox(ties method = ties::efron, double tol = 1e-10, int max_passes = 50, unsigned threads = 0)
      : method_(method), tol_(tol), max_passes_(max_passes), threads_(threads) {}

  /// Takes   x: n x p by rows; duration >= 0; event = it left; weights > 0 or empty (P(left) as a weight); entry: when
  /// a
  ///         customer came under observation, before its duration, or empty; strata 0 .. G-1, each with a baseline of
  ///         its own, or empty; residuals: keep Schoenfeld's residuals and test proportionality.
  /// Gives   *this, always with a status: a coefficient that runs off (separation) is named, not hidden.
  /// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain.
  Cox& fit(std::span<const double> x, std::size_t covariates, std::span<const double> duration,
           std::span<const std::uint8_t> event, std::span<const double> weights = {},
           std::span<const double> entry = {}, std::span<const std::uint32_t> strata = {}, bool residuals = false) {
    check(x, covariates, duration, event, weights);
    check_entry(duration, entry, strata);
    prepare(x, duration, event, weights, entry, strata);
    climb();
    finish(residuals);
    return *this;
  }

  [[nodiscard]] std::span<const double> coefficients() const noexcept { return coef_; }
  [[nodiscard]] std::span<const double> standard_errors() const noexcept { return errors_; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] double log_likelihood_null() const noexcept { return log_likelihood_null_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }
  [[nodiscard]] const std::vector<std::string>& status() const noexcept { return status_; }
  /// Harrell's concordance: of pairs in which one is known to leave first, the part where its risk is higher (ties
  /// 1/2).
  [[nodiscard]] double concordance() const noexcept { return concordance_; }
  /// Times of events and the cumulative baseline hazard at covariates 0, consistent with the treatment of ties.
  [[nodiscard]] std::span<const double> baseline_time() const noexcept { return baseline_time_; }
  [[nodiscard]] std::span<const double> baseline() const noexcept { return baseline_; }
  /// Stratum of each of these; empty without strata.
  [[nodiscard]] std::span<const std::uint32_t> baseline_stratum() const noexcept { return baseline_stratum_; }
  /// Schoenfeld's residuals, events x p in the order of strata and time, and the times of those events; empty unless
  /// asked for. With ties by Efron's method the expectation is the mean over the tied terms.
  [[nodiscard]] std::span<const double> schoenfeld() const noexcept { return residuals_; }
  [[nodiscard]] std::span<const double> schoenfeld_time() const noexcept { return residual_time_; }
  /// Test that an effect does not change over time, for each covariate: chi squared with one degree on the ranks of the
  /// times. Source: Grambsch and Therneau (1994), Biometrika 81, 515-526.
  [[nodiscard]] std::span<const double> proportionality() const noexcept { return proportionality_; }
  [[nodiscard]] std::span<const double> proportionality_p() const noexcept { return proportionality_p_; }

 private:
  static void check(std::span<const double> x, std::size_t p, std::span<const double> duration,
                    std::span<const std::uint8_t> event, std::span<const double> weights) {
    const std::size_t n = duration.size();
    detail::check_events("Cox", n, event.size());
    detail::check_column("Cox", "duration", duration, n, 0.0, "0 or more");
    if (p == 0 || x.size() != n * p) {
      throw error(errc::size_mismatch, "relation::Cox: 'X' has " + std::to_string(x.size()) + " entries, want " +
                                           std::to_string(n) + " rows of " + std::to_string(p));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i])) {
        throw error(errc::not_finite, "relation::Cox: 'X' is not a number in row " + std::to_string(i / p) +
                                          ", column " + std::to_string(i % p));
      }
    }
    if (!weights.empty()) detail::check_column("Cox", "weights", weights, n, 0.0, "0 or more");
  }

  static void check_entry(std::span<const double> duration, std::span<const double> entry,
                          std::span<const std::uint32_t> strata) {
    if (!entry.empty()) detail::check_column("Cox", "entry", entry, duration.size(), 0.0, "0 or more");
    for (std::size_t i = 0; i < entry.size(); ++i) {
      if (!(entry[i] < duration[i]))
        throw error(errc::out_of_order, "relation::Cox: 'entry' is not before 'duration' in row " + std::to_string(i));
    }
    if (!strata.empty() && strata.size() != duration.size())
      throw error(errc::size_mismatch, "relation::Cox: 'duration' has " + std::to_string(duration.size()) +
                                           " entries, 'strata' has " + std::to_string(strata.size()));
  }

  /// Rows sorted by time (within strata), covariates centred and scaled, stored row by row.
  void prepare(std::span<const double> x, std::span<const double> duration, std::span<const std::uint8_t> event,
               std::span<const double> weights, std::span<const double> entry, std::span<const std::uint32_t> strata) {
    n_ = duration.size(), p_ = x.size() / std::max<std::size_t>(n_, 1);
    centre_.assign(p_, 0.0), scale_.assign(p_, 1.0), status_.clear(), constant_.clear();
    auto order = detail::by_time(duration);
    apart_ = !entry.empty() || !strata.empty();
    if (!strata.empty())
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return strata[a] < strata[b]; });
    std::vector<double> squares(p_);
    for (const std::uint32_t i : order) {
      for (std::size_t j = 0; j < p_; ++j) centre_[j] += x[i * p_ + j];
    }
    for (double& c : centre_) c /= std::max(1.0, static_cast<double>(n_));
    for (const std::uint32_t i : order) {
      for (std::size_t j = 0; j < p_; ++j) squares[j] += (x[i * p_ + j] - centre_[j]) * (x[i * p_ + j] - centre_[j]);
    }
    for (std::size_t j = 0; j < p_; ++j) {
      const double sd = std::sqrt(squares[j] / std::max(1.0, static_cast<double>(n_)));
      constant_.push_back(!(sd > 1e-12 * (1.0 + std::fabs(centre_[j]))));
      scale_[j] = constant_.back() ? 1.0 : sd;
      if (constant_.back()) status_.push_back("covariate " + std::to_string(j) + " is constant: no effect can be seen");
    }
    x_.resize(n_ * p_), time_.resize(n_), event_.resize(n_), weight_.assign(n_, 1.0), events_ = 0.0;
    for (std::size_t r = 0; r < n_; ++r) {
      const std::uint32_t i = order[r];
      for (std::size_t j = 0; j < p_; ++j)
        x_[r * p_ + j] = constant_[j] ? 0.0 : (x[i * p_ + j] - centre_[j]) / scale_[j];
      time_[r] = duration[i], event_[r] = event[i];
      if (!weights.empty()) weight_[r] = weights[i];
      events_ += event[i] != 0 ? weight_[r] : 0.0;
    }
    entry_.assign(entry.empty() ? 0 : n_, 0.0), stratum_.assign(strata.empty() ? 0 : n_, 0u);
    for (std::size_t r = 0; r < n_; ++r) {
      if (!entry.empty()) entry_[r] = entry[order[r]];
      if (!strata.empty()) stratum_[r] = strata[order[r]];
    }
    if (apart_) {
      cut_strata();
      return;
    }
    // pieces of the scan: cut at changes of time, so that a risk set's sums are the sums of later pieces plus its own
    first_.assign(1, 0);
    const std::size_t target = std::max<std::size_t>(4096, n_ / 64 + 1);
    for (std::size_t r = target; r < n_; ++r) {
      if (r >= first_.back() + target && time_[r] != time_[r - 1]) first_.push_back(r);
    }
    first_.push_back(n_);
  }

  /// One piece a stratum, and its rows from the latest entry to the first.
  void cut_strata() {
    first_.assign(1, 0);
    for (std::size_t r = 1; r < n_ && !stratum_.empty(); ++r) {
      if (stratum_[r] != stratum_[r - 1]) first_.push_back(r);
    }
    first_.push_back(n_);
    by_entry_.resize(entry_.size());
    for (std::size_t r = 0; r < by_entry_.size(); ++r) by_entry_[r] = static_cast<std::uint32_t>(r);
    for (std::size_t k = 0; k + 1 < first_.size() && !entry_.empty(); ++k)
      std::sort(by_entry_.begin() + static_cast<std::ptrdiff_t>(first_[k]),
                by_entry_.begin() + static_cast<std::ptrdiff_t>(first_[k + 1]), [&](std::uint32_t a, std::uint32_t b) {
                  return entry_[a] != entry_[b] ? entry_[a] > entry_[b] : a < b;
                });
  }

  struct sums {
    double s0 = 0.0;
    std::vector<double> s1, s2;  // p, p (p + 1) / 2
    explicit sums(std::size_t p) : s1(p), s2(p * (p + 1) / 2) {}
    void add(const sums& o) {
      s0 += o.s0;
      for (std::size_t i = 0; i < s1.size(); ++i) s1[i] += o.s1[i];
      for (std::size_t i = 0; i < s2.size(); ++i) s2[i] += o.s2[i];
    }
    void clear() {
      s0 = 0.0;
      std::fill(s1.begin(), s1.end(), 0.0), std::fill(s2.begin(), s2.end(), 0.0);
    }
  };

  void add_row(sums& s, std::size_t r, double risk) const {
    const double* x = x_.data() + r * p_;
    s.s0 += risk;
    double* out = s.s2.data();
    for (std::size_t i = 0; i < p_; ++i) {
      const double part = risk * x[i];
      s.s1[i] += part;
      for (std::size_t j = 0; j <= i; ++j) *out++ += part * x[j];
    }
  }

  struct slope {
    double value = 0.0;
    std::vector<double> gradient, information;  // p, p (p + 1) / 2
    explicit slope(std::size_t p) : gradient(p), information(p * (p + 1) / 2) {}
  };

  /// What is left behind at the event times of a piece, in descending order of time.
  struct trail {
    std::vector<double> time, step;  // a time: the baseline's step
    std::vector<std::uint32_t> stratum;
    std::vector<double> residual_time, residual;  // an event: scaled covariates less their expectation
    bool residuals = false;
  };

  /// Log partial likelihood, gradient and information at the coefficients b (of scaled covariates). `left`: also the
  /// trails of the pieces.
  [[nodiscard]] slope evaluate(std::span<const double> b, std::vector<trail>* left = nullptr, bool residuals = false) {
    const std::size_t pieces = first_.size() - 1;
    risk_.resize(n_), eta_.resize(n_);
    std::vector<double> most(pieces, -1e300);
    parallel_blocks(
        pieces, 1,
        [&](std::size_t k, std::size_t, std::size_t) {
          for (std::size_t r = first_[k]; r < first_[k + 1]; ++r) {
            double e = 0.0;
            for (std::size_t j = 0; j < p_; ++j) e += x_[r * p_ + j] * b[j];
            eta_[r] = e, most[k] = std::max(most[k], e);
          }
        },
        threads_);
    const double top = n_ == 0 ? 0.0 : *std::max_element(most.begin(), most.end());
    top_ = top;
    std::vector<sums> own(pieces, sums(p_));
    parallel_blocks(
        pieces, 1,
        [&](std::size_t k, std::size_t, std::size_t) {
          for (std::size_t r = first_[k]; r < first_[k + 1]; ++r)
            add_row(own[k], r, risk_[r] = weight_[r] * std::exp(eta_[r] - top));
        },
        threads_);
    std::vector<sums> later(pieces, sums(p_));  // of all pieces after
    for (std::size_t k = pieces; k-- > 1 && !apart_;) later[k - 1] = later[k], later[k - 1].add(own[k]);
    std::vector<slope> part(pieces, slope(p_));
    if (left != nullptr) left->assign(pieces, trail{});
    parallel_blocks(
        pieces, 1,
        [&](std::size_t k, std::size_t, std::size_t) {
          if (left != nullptr) (*left)[k].residuals = residuals;
          scan(k, later[k], part[k], top, left != nullptr ? &(*left)[k] : nullptr);
        },
        threads_);
    slope total(p_);
    for (std::size_t k = pieces; k-- > 0;) {
      total.value += part[k].value;
      for (std::size_t i = 0; i < p_; ++i) total.gradient[i] += part[k].gradient[i];
      for (std::size_t i = 0; i < total.information.size(); ++i) total.information[i] += part[k].information[i];
    }
    return total;
  }

  /// One piece from its last time to its first; s holds the sums of all later rows.
  void scan(std::size_t k, sums s, slope& out, double top, trail* left) const {
    sums tied(p_);
    std::vector<double> mean(left != nullptr && left->residuals ? p_ : 0);
    std::size_t not_yet = first_[k];  // rows by entry: those before it came under observation later than now
    for (std::size_t end = first_[k + 1]; end > first_[k];) {
      std::size_t begin = end;
      double deaths = 0.0, tied_weight = 0.0;
      while (begin > first_[k] && time_[begin - 1] == time_[end - 1]) {
        --begin;
        if (event_[begin] == 0 || !(weight_[begin] > 0.0)) {
          add_row(s, begin, risk_[begin]);
          continue;
        }
        deaths += 1.0;
        tied_weight += weight_[begin];
        add_row(tied, begin, risk_[begin]);
        out.value += weight_[begin] * (eta_[begin] - top);
        for (std::size_t i = 0; i < p_; ++i) out.gradient[i] += weight_[begin] * x_[begin * p_ + i];
      }
      if (deaths > 0.0) {
        s.add(tied);
        while (!entry_.empty() && not_yet < first_[k + 1] && entry_[by_entry_[not_yet]] >= time_[end - 1]) {
          add_row(s, by_entry_[not_yet], -risk_[by_entry_[not_yet]]);
          ++not_yet;
        }
        const bool efron = method_ == ties::efron && deaths > 1.0;
        const double share = efron ? tied_weight / deaths : tied_weight;
        double step = 0.0;
        std::fill(mean.begin(), mean.end(), 0.0);
        const double terms = efron ? deaths : 1.0;
        for (double l = 0.0; l < terms; l += 1.0) {
          const double f = efron ? l / deaths : 0.0;
          term(s, tied, f, share, out, step);
          for (std::size_t i = 0; i < mean.size(); ++i)
            mean[i] += (s.s1[i] - f * tied.s1[i]) / (s.s0 - f * tied.s0) / terms;
        }
        if (left != nullptr) {
          left->time.push_back(time_[end - 1]), left->step.push_back(step);
          left->stratum.push_back(stratum_.empty() ? 0u : stratum_[begin]);
        }
        for (std::size_t r = begin; r < end && !mean.empty(); ++r) {
          if (event_[r] == 0 || !(weight_[r] > 0.0)) continue;
          left->residual_time.push_back(time_[r]);
          for (std::size_t i = 0; i < p_; ++i) left->residual.push_back(x_[r * p_ + i] - mean[i]);
        }
        tied.clear();
      }
      end = begin;
    }
  }

  void term(const sums& s, const sums& tied, double f, double w, slope& out, double& step) const {
    const double d = s.s0 - f * tied.s0, inverse = 1.0 / d;
    out.value -= w * std::log(d);
    step += w * inverse;
    std::size_t at = 0;
    for (std::size_t i = 0; i < p_; ++i) {
      const double mi = (s.s1[i] - f * tied.s1[i]) * inverse;
      out.gradient[i] -= w * mi;
      for (std::size_t j = 0; j <= i; ++j, ++at) {
        const double mj = (s.s1[j] - f * tied.s1[j]) * inverse;
        out.information[at] += w * ((s.s2[at] - f * tied.s2[at]) * inverse - mi * mj);
      }
    }
  }

  [[nodiscard]] std::vector<double> square(const slope& s) const {
    std::vector<double> a(p_ * p_);
    std::size_t at = 0;
    for (std::size_t i = 0; i < p_; ++i) {
      for (std::size_t j = 0; j <= i; ++j, ++at) a[i * p_ + j] = a[j * p_ + i] = s.information[at];
      if (constant_[i]) a[i * p_ + i] = 1.0;
    }
    return a;
  }

  void climb() {
    std::vector<double> b(p_, 0.0);
    slope now = evaluate(b);
    log_likelihood_null_ = now.value;
    converged_ = false;
    for (passes_ = 0; passes_ < max_passes_; ++passes_) {
      gradient_ = 0.0;
      for (const double g : now.gradient) gradient_ = std::max(gradient_, std::fabs(g));
      if (gradient_ <= tol_ * std::max(1.0, events_)) {
        converged_ = true;
        break;
      }
      std::vector<double> a = square(now), step = now.gradient;
      double lift = 0.0;
      std::vector<double> factor = a;
      while (!detail::cholesky_factor(factor, p_) && lift < 1e6) {
        lift = lift == 0.0 ? 1e-10 : 10.0 * lift;
        factor = a;
        for (std::size_t i = 0; i < p_; ++i) factor[i * p_ + i] += lift * (1.0 + a[i * p_ + i]);
      }
      detail::cholesky_solve(factor, step);
      bool better = false;
      double part = 1.0;
      for (int halving = 0; halving < 30 && !better; ++halving, part *= 0.5) {
        std::vector<double> next = b;
        for (std::size_t i = 0; i < p_; ++i) next[i] += part * step[i];
        slope there = evaluate(next);
        if (there.value >= now.value - 1e-13 * std::fabs(now.value)) {
          better = true;
          b = std::move(next), now = std::move(there);
        }
      }
      bool away = false;
      for (const double x : b) away = away || std::fabs(x) > 25.0;
      if (!better || away) break;
    }
    scaled_ = b;
    log_likelihood_ = now.value;
    information_ = square(now);
  }

  void finish(bool residuals) {
    if (events_ <= 0.0) status_.push_back("nobody left: no effect can be estimated");
    if (events_ > 0.0) {
      char text[48];
      std::snprintf(text, sizeof text, "%.2g", gradient_);
      status_.push_back(
          converged_ ? "converged: gradient " + std::string(text) + " after " + std::to_string(passes_) + " steps"
                     : "not converged: gradient " + std::string(text) + " after " + std::to_string(passes_) + " steps");
    }
    coef_.resize(p_), errors_.assign(p_, unknown);
    for (std::size_t i = 0; i < p_; ++i) coef_[i] = scaled_[i] / scale_[i];
    std::vector<double> covariance(p_ * p_, unknown);
    if (detail::cholesky_factor(information_, p_)) {
      for (std::size_t i = 0; i < p_; ++i) {
        std::vector<double> unit(p_);
        unit[i] = 1.0;
        detail::cholesky_solve(information_, unit);
        std::copy(unit.begin(), unit.end(), covariance.begin() + static_cast<std::ptrdiff_t>(i * p_));
        errors_[i] = constant_[i] ? unknown : std::sqrt(unit[i]) / scale_[i];
      }
    }
    for (std::size_t i = 0; i < p_; ++i) {  // the likelihood still rises far out: hardly any curvature is left
      const bool flat = !(errors_[i] * scale_[i] < 10.0 * std::fabs(scaled_[i]));
      if (events_ > 0.0 && !constant_[i] && std::fabs(scaled_[i]) > 5.0 && flat) {
        status_.insert(status_.begin(), "covariate " + std::to_string(i) + " separates: no finite estimate");
      }
    }
    std::vector<trail> left;
    (void)evaluate(scaled_, &left, residuals);
    baseline_time_.clear(), baseline_.clear(), baseline_stratum_.clear();
    residuals_.clear(), residual_time_.clear(), proportionality_.clear(), proportionality_p_.clear();
    double shift = -top_, total = 0.0;  // risks were scaled by exp(-top), covariates centred
    for (std::size_t i = 0; i < p_; ++i) shift -= constant_[i] ? 0.0 : coef_[i] * centre_[i];
    for (const trail& t : left) {
      if (apart_) total = 0.0;
      for (std::size_t j = t.time.size(); j-- > 0;) {
        baseline_time_.push_back(t.time[j]), baseline_.push_back(total += t.step[j] * std::exp(shift));
        if (!stratum_.empty()) baseline_stratum_.push_back(t.stratum[j]);
      }
      for (std::size_t j = t.residual_time.size(); j-- > 0;) {
        residual_time_.push_back(t.residual_time[j]);
        for (std::size_t i = 0; i < p_; ++i) residuals_.push_back(t.residual[j * p_ + i]);
      }
    }
    if (residuals) test_proportionality(covariance);
    find_concordance();
    x_.clear(), x_.shrink_to_fit(), risk_.clear(), risk_.shrink_to_fit();
  }

  /// Slope of the scaled residuals on the ranks of time; residuals are put back on the covariates' own scale.
  void test_proportionality(std::span<const double> covariance) {
    const std::size_t D = residual_time_.size();
    std::vector<std::uint32_t> order(D);
    std::vector<double> rank(D), lean(p_);
    for (std::uint32_t i = 0; i < D; ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return residual_time_[a] != residual_time_[b] ? residual_time_[a] < residual_time_[b] : a < b;
    });
    for (std::size_t j = 0; j < D;) {
      std::size_t k = j;
      while (k < D && residual_time_[order[k]] == residual_time_[order[j]]) ++k;
      for (std::size_t i = j; i < k; ++i) rank[order[i]] = 0.5 * static_cast<double>(j + k + 1);
      j = k;
    }
    const double middle = 0.5 * static_cast<double>(D + 1), d = static_cast<double>(D);
    double squares = 0.0;
    for (std::size_t k = 0; k < D; ++k) {
      squares += (rank[k] - middle) * (rank[k] - middle);
      for (std::size_t i = 0; i < p_; ++i) lean[i] += (rank[k] - middle) * residuals_[k * p_ + i];
    }
    for (std::size_t i = 0; i < p_; ++i) {
      double up = 0.0;
      for (std::size_t j = 0; j < p_; ++j) up += covariance[i * p_ + j] * lean[j];
      const double chi = squares > 0.0 ? d * up * up / (covariance[i * p_ + i] * squares) : unknown;
      proportionality_.push_back(chi);
      proportionality_p_.push_back(std::isfinite(chi) ? 2.0 * normal_cdf(-std::sqrt(chi)) : unknown);
    }
    for (std::size_t k = 0; k < residuals_.size(); ++k) residuals_[k] *= scale_[k % p_];
  }

  /// Rows that leave are compared with all that stay longer (in their stratum): ranks of risk in a counting tree, from
  /// the last time down.
  void find_concordance() {
    concordance_ = unknown;
    if (n_ == 0) return;
    std::vector<std::uint32_t> order(n_), rank(n_);
    for (std::uint32_t i = 0; i < n_; ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return eta_[a] < eta_[b]; });
    std::uint32_t levels = 0;
    for (std::size_t j = 0; j < n_; ++j)
      rank[order[j]] = j > 0 && eta_[order[j]] == eta_[order[j - 1]] ? levels : ++levels;
    std::vector<std::uint32_t> tree(levels + 1u);
    const auto below = [&](std::uint32_t k) {
      double total = 0.0;
      for (; k > 0; k &= k - 1) total += tree[k];
      return total;
    };
    double pairs = 0.0, right = 0.0, inside = 0.0;
    std::size_t stretch = apart_ ? first_.size() - 1 : 1, floor = apart_ ? first_[stretch - 1] : 0;
    for (std::size_t end = n_; end > 0;) {
      if (end == floor) {  // the next stratum
        --stretch, floor = first_[stretch - 1], inside = 0.0;
        std::fill(tree.begin(), tree.end(), 0u);
      }
      std::size_t begin = end;
      while (begin > floor && time_[begin - 1] == time_[end - 1]) --begin;
      const auto insert = [&](bool left) {
        for (std::size_t r = begin; r < end; ++r) {
          if ((event_[r] != 0) != left) continue;
          for (std::uint32_t k = rank[r]; k <= levels; k += k & (~k + 1u)) ++tree[k];
          inside += 1.0;
        }
      };
      insert(false);  // those last seen at this very time stayed longer than those who left at it
      for (std::size_t r = begin; r < end; ++r) {
        if (event_[r] == 0) continue;
        const double lower = below(rank[r] - 1), same = below(rank[r]) - lower;
        pairs += inside, right += lower + 0.5 * same;
      }
      insert(true);
      end = begin;
    }
    if (pairs > 0.0) concordance_ = right / pairs;
  }

  ties method_;
  double tol_;
  int max_passes_;
  unsigned threads_;
  std::size_t n_ = 0, p_ = 0;
  std::vector<double> x_, time_, weight_, centre_, scale_, risk_, eta_, scaled_, information_;
  std::vector<std::uint8_t> event_;
  std::vector<bool> constant_;
  std::vector<std::size_t> first_;
  double events_ = 0.0, top_ = 0.0;
  bool converged_ = false, apart_ = false;  // apart: strata or late entry, one piece a stratum
  std::vector<double> entry_;
  std::vector<std::uint32_t> stratum_, by_entry_, baseline_stratum_;
  std::vector<double> coef_, errors_, baseline_time_, baseline_, residuals_, residual_time_, proportionality_,
      proportionality_p_;
  double log_likelihood_ = unknown, log_likelihood_null_ = unknown, gradient_ = unknown, concordance_ = unknown;
  int passes_ = 0;
  std::vector<std::string> status_;
};

}  // namespace guanxi::relation
