#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace guanxi::share {

/// How much money counts as one independent choice of a supplier: phi, learned from how much shares jump about.
///
/// Amounts divided by phi are effective counts. Two periods with totals Y and Y' whose shares follow one habit m differ
/// by E sum_j (s_j - s'_j)^2 = phi (1/Y + 1/Y') (1 - sum_j m_j^2): each customer's sums of both sides give its phi,
/// which is drawn towards exp(a + b ln(mean total)) of all customers, since big customers place bigger orders.
/// Neighbouring periods are compared, so that a slow drift of the habit does not count as noise.
/// Source  variance over mean as in quasi-likelihood (Wedderburn 1974), in differences as von Neumann (1941).
class order_size {
 public:
  explicit order_size(std::size_t customers)
      : jump_(customers),
        room_(customers),
        total_(customers),
        suppliers_(customers),
        periods_(customers),
        phi_(customers, 1.0) {}

  /// One more pair of neighbouring periods of a customer: sum of squared differences of the shares, sum of squared mean
  /// shares, and the two totals.
  void add_jump(std::size_t customer, double squares, double concentration, double before, double now) {
    jump_[customer] += squares / (1.0 / before + 1.0 / now);
    room_[customer] += std::max(0.0, 1.0 - concentration);
  }
  void add_total(std::size_t customer, double total, std::size_t suppliers) {
    total_[customer] += total;
    suppliers_[customer] += static_cast<double>(suppliers);
    ++periods_[customer];
  }

  /// Takes phi from the caller, the same for every customer: 1 when amounts are counts of independent choices.
  void fix(double phi) {
    fixed_ = learned_ = true;
    std::fill(phi_.begin(), phi_.end(), phi);
  }

  /// Learns phi of every customer from what was added so far. Costs O(customers).
  void learn() {
    if (fixed_) return;
    regress();
    for (std::size_t c = 0; c < phi_.size(); ++c) {
      if (periods_[c] == 0) continue;
      const double like_others =
          learned_ ? std::exp(level_ + slope_ * std::log(mean_total(c))) : total_[c] / (2.0 * suppliers_[c]);
      const double own = room_[c] > 0 ? (jump_[c] + like_others) / (room_[c] + 1.0) : like_others;
      phi_[c] = std::max(own, 1e-4 * mean_total(c));
    }
  }

  [[nodiscard]] double phi(std::size_t customer) const noexcept { return phi_[customer]; }
  [[nodiscard]] double mean_total(std::size_t customer) const noexcept {
    return periods_[customer] == 0 ? 0.0 : total_[customer] / static_cast<double>(periods_[customer]);
  }
  /// phi of customers with this mean total.
  [[nodiscard]] double like_others(double total) const noexcept {
    return fixed_ ? (phi_.empty() ? 1.0 : phi_[0]) : learned_ ? std::exp(level_ + slope_ * std::log(total)) : 0.5 * total;
  }
  [[nodiscard]] bool learned() const noexcept {
    return learned_;
  }  // false: no customer has two periods with two suppliers
  [[nodiscard]] double slope() const noexcept { return slope_; }

 private:
  [[nodiscard]] bool usable(std::size_t c) const noexcept { return room_[c] > 1e-9 && jump_[c] > 0 && total_[c] > 0; }

  void regress() {
    double w = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (std::size_t c = 0; c < phi_.size(); ++c) {
      if (!usable(c)) continue;
      const double u = std::log(mean_total(c)), v = std::log(jump_[c] / room_[c]), weight = std::min(room_[c], 10.0);
      w += weight, x += weight * u, y += weight * v, xx += weight * u * u, xy += weight * u * v;
    }
    learned_ = w > 0;
    if (!learned_) return;  // nothing to learn from: a delivery in a period counts as two choices
    const double spread = xx - x * x / w;
    slope_ = spread > 1e-9 * w ? std::clamp((xy - x * y / w) / spread, 0.0, 1.0) : 1.0;
    level_ = (y - slope_ * x) / w;
    double ratio = 0.0;  // logs give the geometric mean; phi is an arithmetic one
    for (std::size_t c = 0; c < phi_.size(); ++c)
      if (usable(c))
        ratio += std::min(room_[c], 10.0) * jump_[c] / room_[c] / std::exp(level_ + slope_ * std::log(mean_total(c)));
    level_ += std::log(ratio / w);
  }

  std::vector<double> jump_, room_, total_, suppliers_;
  std::vector<std::uint32_t> periods_;
  std::vector<double> phi_;
  double level_ = 0.0, slope_ = 1.0;
  bool learned_ = false, fixed_ = false;
};

}  // namespace guanxi::share
