#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/share/newton_alpha.hpp>
#include <guanxi/share/order_size.hpp>
#include <guanxi/share/pair_index.hpp>

namespace guanxi::share {

/// Every customer's habit of buying, period after period: Dirichlet with parameters alpha_j + (discounted money)/phi.
///
/// The money a_cst = d a_cs,t-1 + y_cst is kept for several discounts d side by side. The d in use is the one with the best
/// log score of predicting each period from the periods before it; for period t only predictions of earlier periods count.
/// alpha (what customers buy on average, and how unlike they are) and phi (order_size) are learned from periods up to t.
/// Costs  O(discounts x deliveries) in all, plus O(pairs) a period for alpha; memory 8 B x discounts a pair.
class share_filter {
 public:
  static constexpr std::array<double, 11> discounts{0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 1.0};
  static constexpr std::size_t customer_block = 256;

  share_filter(const pair_index& index, std::size_t suppliers, unsigned threads)
      : index_(index),
        threads_(threads),
        size_(index.customers()),
        alpha_(suppliers, 0.0),
        money_(discounts.size() * index.pairs(), 0.0),
        sum_(discounts.size() * index.customers(), 0.0),
        before_(index.pairs(), 0.0),
        before_total_(index.customers(), 0.0),
        now_(index.pairs(), 0.0),
        now_total_(index.customers(), 0.0) {}

  /// Takes in period t; call for t = 0, 1, ... in order.
  void advance(std::size_t t) {
    choose_discount();
    if (t > 0) score(t);
    load(t);
    size_.learn();
    learn_alpha();
  }

  [[nodiscard]] double phi(std::size_t customer) const noexcept { return size_.phi(customer); }
  [[nodiscard]] const order_size& size() const noexcept { return size_; }
  [[nodiscard]] std::span<const double> alpha() const noexcept { return alpha_; }
  [[nodiscard]] double alpha_total() const noexcept { return alpha_total_; }
  [[nodiscard]] double discount() const noexcept { return discounts[use_]; }
  [[nodiscard]] std::span<const double> discount_scores() const noexcept { return score_; }
  [[nodiscard]] const alpha_fit& alpha_search() const noexcept { return search_; }
  /// Effective count of a pair, and of all pairs of a customer, with all history up to now.
  [[nodiscard]] double count(std::size_t customer, std::size_t pair) const noexcept {
    return money_[use_ * index_.pairs() + pair] / phi(customer);
  }
  [[nodiscard]] double total_count(std::size_t customer) const noexcept {
    return sum_[use_ * index_.customers() + customer] / phi(customer);
  }
  /// Money of the present period.
  [[nodiscard]] double now(std::size_t pair) const noexcept { return now_[pair]; }
  [[nodiscard]] double now_total(std::size_t customer) const noexcept { return now_total_[customer]; }

 private:
  void choose_discount() {
    std::size_t best = 6;  // 0.8 until something is known
    for (std::size_t d = 0; d < discounts.size(); ++d)
      if (score_[d] > score_[best]) best = d;
    use_ = best;
  }

  /// Log probability of the effective counts of period t, given the periods before it, for every discount.
  void score(std::size_t t) {
    const std::size_t blocks = (index_.customers() + customer_block - 1) / customer_block;
    std::vector<std::array<double, discounts.size()>> part(blocks);
    std::vector<double> alpha_now = alpha_;
    for (double& a : alpha_now) a = std::max(a, 1e-3);  // a supplier never seen before
    running_sum all;
    for (const double a : alpha_now) all.add(a);
    const double total = all.value();
    parallel_blocks(
        index_.customers(), customer_block,
        [&](std::size_t begin, std::size_t end, std::size_t block) {
          part[block].fill(0.0);
          const auto* cell = index_.customer_cells(t, begin);
          for (std::size_t c = begin; c < end; ++c) cell = score_customer(c, cell, t, alpha_now, total, part[block]);
        },
        threads_);
    for (std::size_t d = 0; d < discounts.size(); ++d) {
      running_sum sum;
      sum.add(score_[d]);
      for (const auto& p : part) sum.add(p[d]);
      score_[d] = sum.value();
    }
  }

  const pair_index::cell* score_customer(std::size_t c, const pair_index::cell* cell, std::size_t t,
                                         std::span<const double> alpha, double total,
                                         std::array<double, discounts.size()>& part) const {
    const auto* end = cell;
    double money = 0.0;
    while (end != index_.period_end(t) && end->pair < index_.end(c)) money += (end++)->amount;
    const double kept = sum_[(discounts.size() - 1) * index_.customers() + c];
    if (money <= 0 || kept <= 0) return end;
    const double scale = 1.0 / phi(c);
    for (std::size_t d = 0; d < discounts.size(); ++d) {
      double value = -log_rising(total + sum_[d * index_.customers() + c] * scale, money * scale);
      for (const auto* x = cell; x != end; ++x)
        if (x->amount > 0)
          value += log_rising(alpha[index_.supplier[x->pair]] + money_[d * index_.pairs() + x->pair] * scale,
                              x->amount * scale);
      part[d] += value;
    }
    return end;
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
    std::fill(now_.begin() + begin, now_.begin() + end, 0.0);
    double total = 0.0;
    std::size_t suppliers = 0;
    for (; cell != index_.period_end(t) && cell->pair < end; ++cell) {
      now_[cell->pair] = cell->amount;
      total += cell->amount;
      suppliers += cell->amount > 0 ? 1 : 0;
    }
    now_total_[c] = total;
    for (std::size_t d = 0; d < discounts.size(); ++d) {
      double* kept = money_.data() + d * index_.pairs();
      for (std::size_t p = begin; p < end; ++p) kept[p] = discounts[d] * kept[p] + now_[p];
      double& sum = sum_[d * index_.customers() + c];
      sum = discounts[d] * sum + total;
    }
    if (total > 0) {
      size_.add_total(c, total, suppliers);
      if (before_total_[c] > 0) compare(c, total);
      std::copy(now_.begin() + begin, now_.begin() + end, before_.begin() + begin);
      before_total_[c] = total;
    }
    return cell;
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
    search_ = newton_alpha(alpha_, [&](std::span<const double> alpha) { return slopes(alpha); }, 40, 0.05);
    running_sum sum;
    for (const double a : alpha_) sum.add(a);
    alpha_total_ = sum.value();
  }

  /// Gives alpha a start: all of it while fresh, later only suppliers seen for the first time. False when nobody bought.
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
    std::vector<double> at(2 * suppliers, 0.0);
    for (std::size_t j = 0; j < suppliers; ++j)
      if (alpha[j] > 0) at[j] = digamma(alpha[j]), at[suppliers + j] = trigamma(alpha[j]);
    const double psi = digamma(total), psi1 = trigamma(total);
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
            part.value -= log_rising(total, n);
            part.gradient -= digamma(total + n) - psi;
            part.common -= trigamma(total + n) - psi1;
            for (std::size_t p = index_.begin(c); p < index_.end(c); ++p) {
              const double x = count(c, p);
              const std::size_t j = index_.supplier[p];
              if (x <= 0 || alpha[j] <= 0) continue;
              part.value += log_rising(alpha[j], x);
              part.up[j] += digamma(alpha[j] + x) - at[j];
              part.curvature[j] += trigamma(alpha[j] + x) - at[suppliers + j];
            }
          }
        },
        threads_);
    return combine(parts, alpha, total);
  }

  /// Adds the blocks in order, and a lognormal prior on the sum of alpha (median 2, so that few customers still give an answer).
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
  std::vector<double> money_, sum_;  // [discount][pair], [discount][customer]
  std::vector<double> before_, before_total_, now_, now_total_;
  std::array<double, discounts.size()> score_{};
  std::size_t use_ = 6;
  alpha_fit search_;
  bool fresh_ = true;
};

}  // namespace guanxi::share
