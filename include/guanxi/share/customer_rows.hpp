#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/beta_ends.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/habit_trend.hpp>
#include <guanxi/share/largest_share.hpp>
#include <guanxi/share/pair_index.hpp>

namespace guanxi::share {

/// What is known of one customer at the end of a period: the Dirichlet parameters of its habit, and the money of the
/// last periods.
struct customer_evidence {
  std::vector<std::uint32_t> supplier;  // whom it has been seen to buy from, ascending
  std::vector<double> shape, now;       // by supplier: Dirichlet parameter, money in this period
  std::vector<double> won, all;         // counts of the last periods: [supplier][period] and [period]
  double unseen = 0.0;                  // Dirichlet parameter of everybody else
  double orders = 0.0;                  // expected choices in a period

  void clear() {
    supplier.clear();
    shape.clear();
    now.clear();
    won.clear();
    all.clear();
    unseen = orders = 0.0;
  }
};

/// The same places in the columns for every figure of a row.
class row_writer {
 public:
  row_writer(double level, std::uint32_t own, double trend_prior) : level_(level), own_(own), prior_(trend_prior) {}

  /// Writes the figures of one customer and period; the keys too. place(i) is the row of supplier i, place(n) that of
  /// "(rest)". Costs some .5 us a supplier, and a largest_share a customer.
  template <class Place>
  void write(const customer_evidence& seen, std::uint32_t customer, std::uint32_t period, shares_columns& to,
             Place&& place) {
    const std::size_t n = seen.supplier.size(), periods = seen.all.size();
    double total = seen.unseen;
    for (const double a : seen.shape) total += a;
    largest_.resize(n);
    leader_(seen.shape, largest_);
    const double quiet = log_rising(total, seen.orders);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t row = place(i);
      to.customer[row] = customer;
      to.supplier[row] = seen.supplier[i];
      to.period[row] = period;
      share(row, seen.now[i], seen.shape[i], total, seen.orders, quiet, true, to);
      to.p_largest[row] = largest_[i];
      const trend_of_share trend =
          periods < 2 ? trend_of_share{}
                      : habit_trend(std::span(seen.won).subspan(i * periods, periods), seen.all, prior_);
      to.trend[row] = trend.slope;
      to.p_rising[row] = trend.p_rising;
      to.source[row] = static_cast<std::uint8_t>(seen.supplier[i] == own_ ? source::own
                                                 : seen.now[i] > 0        ? source::seen
                                                                          : source::history);
    }
    const std::size_t row = place(n);
    to.customer[row] = customer;
    to.supplier[row] = rest;
    to.period[row] = period;
    share(row, 0.0, seen.unseen, total, seen.orders, quiet, false, to);
    to.source[row] = static_cast<std::uint8_t>(source::prior);
  }

  /// The interval of a share with Dirichlet parameter `shape` out of `total`.
  [[nodiscard]] interval habit(double shape, double total) const {
    const double others = total - shape;
    if (!(shape > 0)) return {0.0, 0.0};
    if (!(others > 1e-12 * total)) return {1.0, 1.0};
    return beta_law(shape, others).ends(0.5 * (1.0 - level_));
  }

 private:
  void share(std::size_t row, double money, double shape, double total, double orders, double quiet, bool dominates,
             shares_columns& to) const {
    const double others = total - shape;
    to.amount[row] = money;
    to.share[row] = shape / total;
    interval ends{0.0, 0.0};
    double above = 0.0;
    if (shape > 0 && !(others > 1e-12 * total)) {
      ends = {1.0, 1.0};
      above = 1.0;
    } else if (shape > 0) {
      const beta_law law(shape, others);
      ends = law.ends(0.5 * (1.0 - level_));
      if (dominates) above = law.above_half();
    }
    to.low[row] = to.low_active[row] = ends.low;
    to.high[row] = to.high_active[row] = ends.high;
    to.p_dominant[row] = dominates ? above : unknown;
    to.p_active[row] = money > 0       ? 1.0
                       : !(shape > 0)  ? 0.0
                       : !(others > 0) ? 1.0
                                       : -std::expm1(log_rising(others, orders) - quiet);
  }

  double level_;
  std::uint32_t own_;
  double prior_;
  largest_share leader_;
  std::vector<double> largest_;
};

/// Where every 64th customer's cells begin in the last periods, so that one customer is found without a search of all.
class cell_marks {
 public:
  static constexpr std::size_t block = 64;
  cell_marks() = default;
  cell_marks(const pair_index& index, std::size_t t, std::size_t have) : blocks_(index.customers() / block + 2) {
    for (std::size_t k = 0; k < have; ++k) {
      const std::size_t period = t + 1 - have + k;
      const pair_index::cell* x = index.period_begin(period);
      for (std::size_t b = 0; b < blocks_; ++b) {
        const std::size_t c = b * block;
        if (c >= index.customers())
          x = index.period_end(period);
        else
          while (x != index.period_end(period) && x->pair < index.begin(c)) ++x;
        mark_.push_back(x);
      }
    }
  }
  /// First cell of customer c or a later one in the k-th of the periods.
  [[nodiscard]] const pair_index::cell* find(const pair_index& index, std::size_t k, std::size_t c) const {
    const auto* at = mark_.data() + k * blocks_ + c / block;
    return std::lower_bound(at[0], at[1], index.begin(c),
                            [](const pair_index::cell& x, std::size_t pair) { return x.pair < pair; });
  }

 private:
  std::size_t blocks_ = 0;
  std::vector<const pair_index::cell*> mark_;
};

/// Money of the last periods of one customer after another, read from the deliveries by period.
class recent_money {
 public:
  /// Periods t + 1 - have .. t of customers `first` and later, to be asked for in ascending order.
  recent_money(const pair_index& index, std::size_t t, std::size_t have, std::size_t first) : index_(index) {
    for (std::size_t k = 0; k < have; ++k) {
      const std::size_t period = t + 1 - have + k;
      at_.push_back(index.customer_cells(period, first));
      end_.push_back(index.period_end(period));
    }
  }

  recent_money(const pair_index& index, std::size_t t, std::size_t have, std::size_t first, const cell_marks& marks)
      : index_(index) {
    for (std::size_t k = 0; k < have; ++k) {
      at_.push_back(marks.find(index, k, first));
      end_.push_back(index.period_end(t + 1 - have + k));
    }
  }

  /// Fills [pair][period] and [period] with money; extra rows of `pairs` beyond those of the customer stay 0.
  void read(std::size_t customer, std::size_t pairs, std::vector<double>& won, std::vector<double>& all) {
    const std::size_t have = at_.size(), begin = index_.begin(customer), end = index_.end(customer);
    won.assign(pairs * have, 0.0);
    all.assign(have, 0.0);
    for (std::size_t k = 0; k < have; ++k) {
      const pair_index::cell*& x = at_[k];
      while (x != end_[k] && x->pair < begin) ++x;
      for (; x != end_[k] && x->pair < end; ++x) {
        won[(x->pair - begin) * have + k] = x->amount;
        all[k] += x->amount;
      }
    }
  }

 private:
  const pair_index& index_;
  std::vector<const pair_index::cell*> at_, end_;
};

}  // namespace guanxi::share
