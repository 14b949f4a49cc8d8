#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/share/gamma_slopes.hpp>
#include <guanxi/share/newton_alpha.hpp>
#include <guanxi/share/order_size.hpp>
#include <guanxi/share/pair_index.hpp>

namespace guanxi::share {

/// How a habit wanders from one period to the next.
///
/// firmness: a habit known with concentration A is known with 1 / (1/A + 1/firmness) a period later, so a big customer,
/// of whom much is known, forgets faster than a small one; infinite: habits never change, all periods count alike.
/// loyalty: the part of the habit that stays; the rest goes back to what customers buy on average. 1: nothing goes
/// back. noise: the part of the jumps between neighbouring periods that is chance and not drift; it scales phi.
struct drift {
  double firmness = std::numeric_limits<double>::infinity();
  double loyalty = 1.0;
  double noise = 1.0;

  /// What is left of the own evidence (a factor), and the new weight of the average, after one period.
  struct step {
    double keep, average;
  };
  [[nodiscard]] step next(double evidence, double average) const noexcept {
    const double total = evidence + average;
    const double left = std::isinf(firmness) ? total : total * firmness / (total + firmness);
    const double keep = total > 0 ? loyalty * left / total : 0.0;
    return {keep, left - keep * evidence};
  }
};

/// Every customer's habit of buying, period after period: a Dirichlet law with parameters e_j + u alpha_j / S.
///
/// e_j is the customer's own evidence (money over phi, see order_size), u the weight of the average customer, alpha /
/// S. From period to period both fade by a drift that is learned: many drifts run side by side, and the one in use has
/// the best log score of predicting each period from those before it; for period t only predictions of earlier periods
/// count. alpha (what customers buy on average, and how unlike they are) and phi are learned from periods up to t.
/// Costs  O(drifts x deliveries) for a sample of at most 20,000 customers, plus O(pairs) a period.
class share_filter {
 public:
  static constexpr std::size_t customer_block = 256;
  static constexpr std::size_t sample_size = 20'000;

  share_filter(const pair_index& index, std::size_t suppliers, unsigned threads)
      : index_(index),
        threads_(threads),
        size_(index.customers()),
        alpha_(suppliers, 0.0),
        money_(index.pairs(), 0.0),
        sum_(index.customers(), 0.0),
        average_(index.customers(), 1.0),
        before_(index.pairs(), 0.0),
        before_total_(index.customers(), 0.0),
        now_(index.pairs(), 0.0),
        now_total_(index.customers(), 0.0),
        bought_(index.customers(), 0) {
    for (const double noise : {1.0, 0.7, 0.45, 0.25, 0.1})
      for (const double firmness :
           {8.0, 25.0, 60.0, 150.0, 400.0, 1000.0, 3000.0, std::numeric_limits<double>::infinity()})
        for (const double loyalty : {1.0, 0.95}) drifts_.push_back({firmness, loyalty, noise});
    score_.assign(drifts_.size(), 0.0);
    stride_ = (index.customers() + sample_size - 1) / sample_size;
    if (stride_ == 0) stride_ = 1;
    for (std::size_t c = 0; c < index.customers(); c += stride_) {
      sample_start_.push_back(sample_pairs_);
      sample_pairs_ += index.end(c) - index.begin(c);
    }
    trial_money_.assign(drifts_.size() * sample_pairs_, 0.0);
    trial_sum_.assign(drifts_.size() * sample_start_.size(), 0.0);
    trial_average_.assign(drifts_.size() * sample_start_.size(), 1.0);
  }

  /// Keeps the drift that is given instead of learning it.
  void fix(drift d) { fixed_ = true, use_ = d; }
  void fix_phi(double phi) {
    size_.fix(phi);
    use_.noise = 1.0;
    std::erase_if(drifts_, [](const drift& d) { return d.noise != 1.0; });
    score_.assign(drifts_.size(), 0.0);
  }

  /// Takes in period t; call for t = 0, 1, ... in order. With the last period what is needed only on the way is let go,
  /// and carried() is kept.
  void advance(std::size_t t, bool last = false) {
    choose_drift();
    if (!fixed_) try_drifts(t);
    if (last) {
      trial_money_ = trial_sum_ = trial_average_ = {};
      carried_.assign(money_.size(), 0.0);
    }
    load(t);
    if (last) before_ = {};
    size_.learn();
    learn_alpha();
    alpha_totals_.push_back(alpha_total_);
  }

  /// Sum of alpha after each period: what fading in the next period looked at.
  [[nodiscard]] const std::vector<double>& alpha_totals() const noexcept { return alpha_totals_; }
  [[nodiscard]] double phi(std::size_t customer) const noexcept { return use_.noise * size_.phi(customer); }
  [[nodiscard]] const order_size& size() const noexcept { return size_; }
  [[nodiscard]] std::span<const double> alpha() const noexcept { return alpha_; }
  [[nodiscard]] double alpha_total() const noexcept { return alpha_total_; }
  [[nodiscard]] drift wander() const noexcept { return use_; }
  [[nodiscard]] bool wander_learned() const noexcept { return fixed_ || scored_ >= 4; }
  [[nodiscard]] const alpha_fit& alpha_search() const noexcept { return search_; }
  /// Own evidence of a pair and of a customer, in effective counts, and the weight u of the average customer.
  [[nodiscard]] double count(std::size_t customer, std::size_t pair) const noexcept {
    return money_[pair] / phi(customer);
  }
  [[nodiscard]] double total_count(std::size_t customer) const noexcept { return sum_[customer] / phi(customer); }
  [[nodiscard]] double average(std::size_t customer) const noexcept { return average_[customer] * alpha_total_; }
  /// Own evidence of a pair in money; and what of it comes from before the last period.
  [[nodiscard]] double money(std::size_t pair) const noexcept { return money_[pair]; }
  [[nodiscard]] double carried(std::size_t pair) const noexcept { return carried_[pair]; }
  /// phi of a customer of whom only a period's money is known.
  [[nodiscard]] double phi_like(double total) const noexcept { return use_.noise * size_.like_others(total); }
  /// Money of the present period.
  [[nodiscard]] double now(std::size_t pair) const noexcept { return now_[pair]; }
  [[nodiscard]] double now_total(std::size_t customer) const noexcept { return now_total_[customer]; }

 private:
  void choose_drift() {
    if (fixed_ || scored_ < 3) return;  // three predictions are the least to learn from
    std::size_t best =
        drifts_.size() > 24 ? 24 : 8;  // noise .7 (or 1), firmness 400, loyalty 1 until something is known
    for (std::size_t d = 0; d < drifts_.size(); ++d)
      if (score_[d] > score_[best]) best = d;
    use_ = drifts_[best];
  }

  /// Runs every drift one period on: the score of predicting period t, then the new evidence.
  void try_drifts(std::size_t t) {
    std::vector<double> mean = alpha_;
    for (double& a : mean) a = std::max(a, 1e-3);  // a supplier never seen before
    running_sum all;
    for (const double a : mean) all.add(a);
    double squares = 0.0;
    for (double& a : mean) {
      a /= all.value();
      squares += a * a;
    }
    const std::size_t people = sample_start_.size(), block = 64;
    std::vector<std::vector<double>> part((people + block - 1) / block);
    parallel_blocks(
        people, block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          part[number].assign(drifts_.size(), 0.0);
          for (std::size_t k = begin; k < end; ++k) try_customer(k, t, mean, squares, part[number]);
        },
        threads_);
    if (!size_.learned()) return;  // phi was a guess
    ++scored_;
    for (std::size_t d = 0; d < drifts_.size(); ++d) {
      running_sum sum;
      sum.add(score_[d]);
      for (const auto& p : part) sum.add(p[d]);
      score_[d] = sum.value();
    }
  }

  void try_customer(std::size_t k, std::size_t t, std::span<const double> mean, double mean_squares,
                    std::vector<double>& part) {
    const std::size_t c = k * stride_, first = index_.begin(c), pairs = index_.end(c) - first;
    const auto* cell = index_.customer_cells(t, c);
    const auto* end = cell;
    double money = 0.0;
    while (end != index_.period_end(t) && end->pair < index_.end(c)) money += (end++)->amount;
    if (money <= 0 && !bought_[c]) return;
    const double jump = bought_[c] ? size_.phi(c) : 1.0;
    for (std::size_t d = 0; d < drifts_.size(); ++d) {
      double* kept = trial_money_.data() + d * sample_pairs_ + sample_start_[k];
      double& sum = trial_sum_[d * sample_start_.size() + k];
      double& average = trial_average_[d * sample_start_.size() + k];
      if (bought_[c]) {
        const double scale = 1.0 / (jump * drifts_[d].noise);
        const drift::step next = drifts_[d].next(sum * scale, average * alpha_total_);
        average = next.average / alpha_total_;
        sum *= next.keep;
        for (std::size_t p = 0; p < pairs; ++p) kept[p] *= next.keep;
        if (money > 0) {
          const std::span<const std::uint32_t> who{index_.supplier.data() + first, pairs};
          part[d] += score_period({cell, end}, first, {kept, pairs}, who, sum * scale + next.average, next.average,
                                  money, scale, mean, mean_squares);
        }
      }
      for (const auto* x = cell; x != end; ++x) kept[x->pair - first] += x->amount;
      sum += money;
    }
  }

  /// How well mean and variance foretold the shares of a period, higher is better: -(ln v + q / v) / 2 with
  /// q = sum_j (s_j - m_j)^2 / (1 - sum m_j^2), whose expectation v under the Dirichlet-multinomial is
  /// (N + A) / (N (A + 1)). Unlike the likelihood of y/phi it may compare unlike phi.
  /// Source: Dawid and Sebastiani (1999), Annals of Statistics 27, 65-81.
  [[nodiscard]] static double score_period(std::span<const pair_index::cell> cells, std::size_t first,
                                           std::span<const double> kept, std::span<const std::uint32_t> supplier,
                                           double total, double average, double money, double scale,
                                           std::span<const double> mean, double mean_squares) {
    double squares = average * average * mean_squares, cross = 0.0, now = 0.0;
    for (std::size_t p = 0; p < kept.size(); ++p) {
      const double e = kept[p] * scale;
      squares += e * (e + 2.0 * average * mean[supplier[p]]);
    }
    squares /= total * total;
    for (const auto& x : cells) {
      const double s = x.amount / money;
      cross += s * (kept[x.pair - first] * scale + average * mean[supplier[x.pair - first]]) / total;
      now += s * s;
    }
    const double room = std::max(1.0 - squares, 1e-6), orders = std::max(money * scale, 1.0);
    const double v = (orders + total) / (orders * (total + 1.0));
    return -0.5 * (std::log(v) + std::max(now - 2.0 * cross + squares, 0.0) / (room * v));
  }

  /// Moves the state one period on and feeds order_size.
  void load(std::size_t t) {
    parallel_blocks(
        index_.customers(), customer_block,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          const auto* cell = index_.customer_cells(t, begin);
          for (std::size_t c = begin; c < end; ++c) cell = load_customer(c, cell, t);
        },
        threads_);
  }

  const pair_index::cell* load_customer(std::size_t c, const pair_index::cell* cell, std::size_t t) {
    const std::size_t begin = index_.begin(c), end = index_.end(c);
    if (bought_[c]) fade(c);
    std::fill(now_.begin() + begin, now_.begin() + end, 0.0);
    if (!carried_.empty()) std::copy(money_.begin() + begin, money_.begin() + end, carried_.begin() + begin);
    double total = 0.0;
    std::size_t suppliers = 0;
    for (; cell != index_.period_end(t) && cell->pair < end; ++cell) {
      now_[cell->pair] = cell->amount;
      money_[cell->pair] += cell->amount;
      total += cell->amount;
      suppliers += cell->amount > 0 ? 1 : 0;
    }
    now_total_[c] = total;
    if (total <= 0) return cell;
    bought_[c] = 1;
    sum_[c] += total;
    size_.add_total(c, total, suppliers);
    if (before_total_[c] > 0) compare(c, total);
    std::copy(now_.begin() + begin, now_.begin() + end, before_.begin() + begin);
    before_total_[c] = total;
    return cell;
  }

  void fade(std::size_t c) {
    const drift::step next = use_.next(total_count(c), average(c));
    average_[c] = next.average / alpha_total_;
    sum_[c] *= next.keep;
    for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) money_[p] *= next.keep;
  }

  void compare(std::size_t c, double total) {
    const double last = before_total_[c], both = last + total;
    double squares = 0.0, concentration = 0.0;
    for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) {
      const double gap = now_[p] / total - before_[p] / last, mean = (now_[p] + before_[p]) / both;
      squares += gap * gap;
      concentration += mean * mean;
    }
    size_.add_jump(c, squares, concentration, last, total);
  }

  /// Newton from the last period's alpha; from moments at the start and when phi becomes known.
  void learn_alpha() {
    if (!start_alpha()) return;
    fresh_ = fresh_ && !size_.learned();
    if (fresh_) return;
    search_ = newton_alpha(alpha_, [&](std::span<const double> alpha) { return slopes(alpha); }, 40, alpha_tolerance());
    running_sum sum;
    for (const double a : alpha_) sum.add(a);
    alpha_total_ = sum.value();
  }

  /// The slope in ln alpha at which the search stops: far below the sampling error of the slope, some sqrt(customers).
  [[nodiscard]] double alpha_tolerance() const {
    return std::max(0.05, 0.002 * std::sqrt(static_cast<double>(index_.customers())));
  }

  /// Gives alpha a start: all of it while fresh, later only suppliers seen for the first time. False when nobody
  /// bought.
  bool start_alpha() {
    std::vector<double> share(alpha_.size(), 0.0);
    double customers = 0.0;
    for (std::size_t c = 0; c < index_.customers(); ++c) {
      const double total = total_count(c);
      if (total <= 0) continue;
      customers += 1.0;
      for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) share[index_.supplier[p]] += count(c, p) / total;
    }
    if (customers <= 0) return false;
    for (double& s : share) s /= customers;
    if (fresh_) alpha_total_ = total_by_moments(share);
    running_sum total;
    for (std::size_t j = 0; j < alpha_.size(); ++j) {
      if (fresh_ || alpha_[j] <= 0) alpha_[j] = alpha_total_ * share[j];
      total.add(alpha_[j]);
    }
    alpha_total_ = total.value();
    return true;
  }

  /// The sum of alpha at which the spread of the customers' shares is as large as it is:
  /// E sum_j (s_j - m_j)^2 = (1 - sum m_j^2) (1/n + (1 - 1/n) / (S + 1)).
  [[nodiscard]] double total_by_moments(std::span<const double> mean) const {
    double room = 1.0, spread = 0.0, noise = 0.0, customers = 0.0;
    for (const double m : mean) room -= m * m;
    for (std::size_t c = 0; c < index_.customers(); ++c) {
      const double n = total_count(c);
      if (n <= 1.0) continue;
      double squares = 0.0, left = 1.0 - room;  // sum of m^2 of the suppliers that this customer does not use
      for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) {
        const double m = mean[index_.supplier[p]], gap = count(c, p) / n - m;
        squares += gap * gap;
        left -= m * m;
      }
      spread += squares + std::max(0.0, left);
      noise += 1.0 / n;
      customers += 1.0;
    }
    if (customers < 2 || !(room > 1e-9)) return 2.0;
    const double between = (spread / room - noise) / std::max(customers - noise, 0.1 * customers);
    return std::clamp(1.0 / std::max(between, 1e-3) - 1.0, 0.1, 200.0);
  }

  struct partial {
    double value = 0.0, gradient = 0.0, common = 0.0;
    std::vector<double> up, curvature;
  };

  alpha_slopes slopes(std::span<const double> alpha) const {
    const std::size_t suppliers = alpha.size();
    running_sum all;
    for (const double a : alpha) all.add(a);
    const double total = all.value();
    std::vector<gamma_slopes> at(suppliers);
    for (std::size_t j = 0; j < suppliers; ++j)
      if (alpha[j] > 0) at[j] = gamma_slopes_at(alpha[j]);
    const gamma_slopes whole = gamma_slopes_at(total);
    std::vector<partial> parts((index_.customers() + customer_block - 1) / customer_block);
    parallel_blocks(
        index_.customers(), customer_block,
        [&](std::size_t begin, std::size_t end, std::size_t block) {
          partial& part = parts[block];
          part.up.assign(suppliers, 0.0);
          part.curvature.assign(suppliers, 0.0);
          for (std::size_t c = begin; c < end; ++c) {
            const double n = total_count(c);
            if (n <= 0) continue;
            const gamma_slopes sum = gamma_slopes_at(total + n);
            part.value -= total > 1e4 ? log_rising(total, n) : sum.value - whole.value;
            part.gradient -= sum.first - whole.first;
            part.common -= sum.second - whole.second;
            for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) {
              const double x = count(c, p);
              const std::size_t j = index_.supplier[p];
              if (x <= 0 || alpha[j] <= 0) continue;
              const gamma_slopes here = gamma_slopes_at(alpha[j] + x);
              part.value += alpha[j] > 1e4 ? log_rising(alpha[j], x) : here.value - at[j].value;
              part.up[j] += here.first - at[j].first;
              part.curvature[j] += here.second - at[j].second;
            }
          }
        },
        threads_);
    return combine(parts, alpha, total);
  }

  /// Adds the blocks in order, and a lognormal prior on the sum of alpha (median 2, so that few customers still give an
  /// answer).
  static alpha_slopes combine(const std::vector<partial>& parts, std::span<const double> alpha, double total) {
    alpha_slopes out;
    out.gradient.assign(alpha.size(), 0.0);
    out.curvature.assign(alpha.size(), 0.0);
    double shared = 0.0;
    for (const partial& part : parts) {
      out.value += part.value;
      out.common += part.common;
      shared += part.gradient;
      for (std::size_t j = 0; j < alpha.size(); ++j) {
        out.gradient[j] += part.up[j];
        out.curvature[j] += part.curvature[j];
      }
    }
    constexpr double variance = 2.25;
    const double away = std::log(total / 2.0);
    out.value -= 0.5 * away * away / variance;
    shared -= away / (variance * total);
    out.common -= (1.0 - away) / (variance * total * total);
    for (double& g : out.gradient) g += shared;
    return out;
  }

  const pair_index& index_;
  unsigned threads_;
  order_size size_;
  std::vector<double> alpha_;
  double alpha_total_ = 0.0;
  std::vector<double> alpha_totals_;
  std::vector<double> money_, sum_, average_;  // own evidence in money; weight of the average, a part of S
  std::vector<double> carried_, before_, before_total_, now_, now_total_;
  std::vector<std::uint8_t> bought_;  // 1: has bought before
  std::vector<drift> drifts_;
  std::vector<double> score_, trial_money_, trial_sum_, trial_average_;  // [drift][pair or customer of the sample]
  std::vector<std::size_t> sample_start_;
  std::size_t sample_pairs_ = 0, stride_ = 1, scored_ = 0;
  drift use_{400.0, 1.0, 0.7};
  bool fixed_ = false;
  alpha_fit search_;
  bool fresh_ = true;
};

}  // namespace guanxi::share
