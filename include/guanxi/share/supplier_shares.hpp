#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/habit_trend.hpp>
#include <guanxi/share/merge_periods.hpp>
#include <guanxi/share/p_largest.hpp>
#include <guanxi/share/pair_index.hpp>
#include <guanxi/share/share_filter.hpp>
#include <guanxi/share/share_forecast.hpp>

namespace guanxi::share {

/// What SupplierShares is told before it sees data.
struct supplier_shares_settings {
  std::uint32_t own = no_supplier;  // our code among the suppliers
  double level = 0.9;               // probability inside every interval
  int draws = 200;                  // random draws behind intervals that have no closed form
  std::uint64_t seed = 0;
  unsigned threads = 0;    // 0 = all of the machine's
  std::size_t window = 1;  // neighbouring periods merged into one, counted back from the last (12: years of months)
  std::size_t keep = 0;    // give rows for the last `keep` (merged) periods only; 0 = for all
  std::size_t trend_periods = 8;  // the trend looks back over so many (merged) periods
  double phi = unknown;           // money that counts as one independent choice; NaN = learn it (1 for counts)
  double firmness = unknown;      // of habits, see drift; NaN = learn it (infinite: all periods count alike)
};

/// What part of each customer's purchases every supplier holds, with intervals that hold.
///
/// A customer's habit is a Dirichlet law: what customers buy on average (alpha), plus what this customer was seen to
/// buy, in effective counts (money over phi, order_size) with older periods discounted (share_filter). Everything about
/// a period uses that period and earlier ones only. The share is the habit, not bookkeeping: a customer seen once is
/// drawn towards the others, and the interval says how firm the habit is.
class SupplierShares {
 public:
  using settings = supplier_shares_settings;

  explicit SupplierShares(settings s = {}) : settings_(s) {
    if (!(s.level > 0 && s.level < 1))
      throw error(errc::out_of_domain,
                  "SupplierShares: 'level' is " + std::to_string(s.level) + ", it must lie between 0 and 1");
    if (s.window == 0) throw error(errc::out_of_domain, "SupplierShares: 'window' is 0, it must be at least 1");
    if (s.draws < 2)
      throw error(errc::out_of_domain,
                  "SupplierShares: 'draws' is " + std::to_string(s.draws) + ", it must be at least 2");
  }

  /// Learns from all deliveries of all suppliers to all customers.
  ///
  /// Takes   seen: sorted as in ledger/deliveries.hpp. A cell that is not listed is no purchase.
  /// Gives   *this; rows in shares(), wallets(), customers(), and what a person should know in status().
  /// Fails   errc::size_mismatch, out_of_domain, out_of_order when the columns break their contract. Amounts that are
  ///         negative or NaN are left out and told in status().
  /// Costs   O(deliveries + rows given), some 2 us a row.
  SupplierShares& fit(const ledger::deliveries& seen) {
    if (settings_.window > 1) {
      const delivery_columns merged = merge_periods(seen, settings_.window);
      return fit_checked(merged.view());
    }
    check(seen, "SupplierShares::fit");
    return fit_checked(seen);
  }

  [[nodiscard]] const shares_columns& shares() const { return fitted(), shares_; }
  [[nodiscard]] const wallet_columns& wallets() const { return fitted(), wallets_; }
  [[nodiscard]] const customer_columns& customers() const { return fitted(), customers_; }
  [[nodiscard]] const std::string& status() const { return fitted(), status_; }
  [[nodiscard]] const std::vector<double>& alpha() const { return fitted(), alpha_; }
  [[nodiscard]] drift wander() const { return fitted(), wander_; }  // how habits change from period to period
  /// Shares of the next `periods` (merged) periods, as shares() has them: the interval is for the share bought in that
  /// period, p_largest and p_dominant for the habit; trend and p_rising are today's; source is `history`.
  ///
  /// Fails   errc::not_fitted.
  /// Costs   some 3 us a row.
  [[nodiscard]] shares_columns forecast(std::size_t periods = 1) const {
    fitted();
    std::vector<std::size_t> first{0};  // rows of the last period, customer by customer
    std::vector<std::size_t> row;
    for (std::size_t r = 0; r < shares_.rows(); ++r) {
      if (shares_.period[r] != last_period_) continue;
      if (!row.empty() && shares_.customer[row.back()] != shares_.customer[r]) first.push_back(row.size());
      row.push_back(r);
    }
    if (row.empty()) first.clear();
    first.push_back(row.size());
    shares_columns out;
    out.resize(row.size() * periods);
    parallel_blocks(
        first.size() - 1, 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t c = begin; c < end; ++c)
            forecast_customer({row.data() + first[c], first[c + 1] - first[c]}, first[c] * periods, periods, out);
        },
        settings_.threads);
    return out;
  }
  [[nodiscard]] const std::vector<double>& phi() const { return fitted(), phi_; }  // a customer

 private:
  struct customer_layout {  // where the rows of one customer are
    std::size_t first_row = 0, first_wallet = 0;
    std::uint32_t first_period = no_supplier;  // no_supplier: never bought
  };

  void forecast_customer(std::span<const std::size_t> row, std::size_t at, std::size_t periods,
                         shares_columns& out) const {
    const std::size_t c = shares_.customer[row[0]];
    double alpha = 0.0, unseen = 0.0;
    for (const double a : alpha_) alpha += a;
    unseen = alpha;
    habit_state state;
    state.orders = state_orders_[c];
    for (const std::size_t r : row) {
      const std::uint32_t supplier = shares_.supplier[r];
      const double part = supplier == rest ? std::max(unseen, 0.0) : alpha_[supplier];
      unseen -= supplier == rest ? 0.0 : part;
      state.supplier.push_back(supplier);
      state.shape.push_back(shares_.share[r] * state_total_[c]);
      state.average.push_back(std::min(alpha > 0 ? state_average_[c] * part / alpha : 0.0, state.shape.back()));
    }
    for (std::size_t t = 1; t <= periods; ++t) {
      const std::vector<share_ahead> next = forecast_shares(state, wander_, t, settings_.level);
      for (std::size_t j = 0; j < row.size(); ++j) {
        const std::size_t w = at + j * periods + t - 1;
        out.customer[w] = static_cast<std::uint32_t>(c);
        out.supplier[w] = state.supplier[j];
        out.period[w] = static_cast<std::uint32_t>(last_period_ + t);
        out.share[w] = next[j].share, out.low[w] = next[j].low, out.high[w] = next[j].high;
        out.low_active[w] = next[j].low_active, out.high_active[w] = next[j].high_active;
        out.p_active[w] = next[j].p_active, out.p_largest[w] = next[j].p_largest;
        out.p_dominant[w] = next[j].p_dominant;
        out.trend[w] = shares_.trend[row[j]], out.p_rising[w] = shares_.p_rising[row[j]];
        using kind = enum source;
        out.source[w] = static_cast<std::uint8_t>(state.supplier[j] == rest ? kind::prior : kind::history);
      }
    }
  }

  void fitted() const {
    if (!fitted_) throw error(errc::not_fitted, "SupplierShares: call fit first");
  }

  SupplierShares& fit_checked(const ledger::deliveries& seen) {
    if (settings_.own != no_supplier && settings_.own >= seen.suppliers && seen.suppliers > 0)
      throw error(errc::out_of_domain, "SupplierShares::fit: 'own' is supplier " + std::to_string(settings_.own) +
                                           ", there are " + std::to_string(seen.suppliers));
    const pair_index index(seen);
    lay_out(index, seen.periods);
    share_filter filter(index, seen.suppliers, settings_.threads);
    if (settings_.phi > 0) filter.fix_phi(settings_.phi);
    if (settings_.firmness >= 0) filter.fix({settings_.firmness, 1.0, settings_.phi > 0 ? 1.0 : 0.7});
    recent_.assign(settings_.trend_periods * index.pairs(), 0.0);
    recent_total_.assign(settings_.trend_periods * index.customers(), 0.0);
    for (std::size_t t = 0; t < seen.periods; ++t) {
      filter.advance(t);
      remember(index, filter, t);
      if (t >= first_kept_) write_period(index, filter, t);
    }
    alpha_.assign(filter.alpha().begin(), filter.alpha().end());
    wander_ = filter.wander();
    phi_.resize(index.customers());
    for (std::size_t c = 0; c < phi_.size(); ++c) phi_[c] = filter.phi(c);
    tell(index, filter);
    fitted_ = true;
    return *this;
  }

  /// Finds the place of every row, so that threads write without meeting.
  void lay_out(const pair_index& index, std::size_t periods) {
    first_kept_ = settings_.keep == 0 || settings_.keep > periods ? 0 : periods - settings_.keep;
    pair_from_.assign(index.pairs(), no_supplier);
    for (std::size_t t = 0; t < periods; ++t)
      for (const auto* x = index.period_begin(t); x != index.period_end(t); ++x)
        if (pair_from_[x->pair] == no_supplier) pair_from_[x->pair] = static_cast<std::uint32_t>(t);
    layout_.assign(index.customers(), {});
    pair_row_.assign(index.pairs(), 0);
    std::size_t row = 0, wallet = 0, people = 0;
    const auto kept = [&](std::uint32_t from) { return periods - std::max<std::size_t>(from, first_kept_); };
    for (std::size_t c = 0; c < index.customers(); ++c) {
      customer_layout& place = layout_[c];
      for (std::size_t p = index.begin(c); p < index.end(c); ++p) {
        if (pair_from_[p] == no_supplier) continue;
        pair_row_[p] = row;
        row += kept(pair_from_[p]);
        place.first_period = std::min(place.first_period, pair_from_[p]);
      }
      if (place.first_period == no_supplier) continue;
      place.first_row = row;  // of "(rest)"
      place.first_wallet = wallet;
      row += kept(place.first_period);
      wallet += kept(place.first_period);
      ++people;
    }
    shares_ = {};
    wallets_ = {};
    customers_ = {};
    shares_.resize(row);
    wallets_.resize(wallet);
    customers_.resize(people);
    person_.assign(index.customers(), 0);
    for (auto* column : {&state_total_, &state_average_, &state_orders_}) column->assign(index.customers(), 0.0);
    people = 0;
    for (std::size_t c = 0; c < index.customers(); ++c)
      if (layout_[c].first_period != no_supplier) person_[c] = people++;
    last_period_ = periods == 0 ? 0 : periods - 1;
  }

  void remember(const pair_index& index, const share_filter& filter, std::size_t t) {
    if (settings_.trend_periods == 0) return;
    const std::size_t slot = t % settings_.trend_periods;
    for (std::size_t p = 0; p < index.pairs(); ++p) recent_[p * settings_.trend_periods + slot] = filter.now(p);
    for (std::size_t c = 0; c < index.customers(); ++c)
      recent_total_[c * settings_.trend_periods + slot] = filter.now_total(c);
  }

  void write_period(const pair_index& index, const share_filter& filter, std::size_t t) {
    parallel_blocks(
        index.customers(), share_filter::customer_block / 4,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          scratch work;
          for (std::size_t c = begin; c < end; ++c)
            if (layout_[c].first_period <= t) write_customer(index, filter, c, t, work);
        },
        settings_.threads);
  }

  struct scratch {
    std::vector<double> shape, largest;
    std::vector<std::size_t> pair;
    std::vector<double> won, all;
  };

  void write_customer(const pair_index& index, const share_filter& filter, std::size_t c, std::size_t t,
                      scratch& work) {
    work.shape.clear();
    work.pair.clear();
    const double average = filter.average(c) / filter.alpha_total();
    double unseen = filter.alpha_total();
    for (std::size_t p = index.begin(c); p < index.end(c); ++p) {
      if (pair_from_[p] > t) continue;
      const double alpha = filter.alpha()[index.supplier[p]];
      work.pair.push_back(p);
      work.shape.push_back(std::max(average * alpha + filter.count(c, p), 1e-12));
      unseen -= alpha;
    }
    unseen = unseen > 1e-9 * filter.alpha_total() ? average * unseen : 0.0;
    double total = unseen;
    for (const double a : work.shape) total += a;
    work.largest.resize(work.shape.size());
    p_largest(work.shape, {}, work.largest, 32);
    const double orders = filter.size().mean_total(c) / filter.phi(c);
    for (std::size_t i = 0; i < work.pair.size(); ++i) {
      const std::size_t p = work.pair[i], row = row_of(pair_row_[p], pair_from_[p], t);
      write_share(row, c, index.supplier[p], t, filter.now(p), work.shape[i], total, orders);
      shares_.p_largest[row] = work.largest[i];
      const trend_of_share trend = trend_at(filter.phi(c), c, p, t, work);
      shares_.trend[row] = trend.slope;
      shares_.p_rising[row] = trend.p_rising;
    }
    // What is not ours and not seen: suppliers that this customer has not bought from so far.
    write_share(row_of(layout_[c].first_row, layout_[c].first_period, t), c, rest, t, 0.0, unseen, total, orders);
    const std::size_t w = row_of(layout_[c].first_wallet, layout_[c].first_period, t);
    wallets_.customer[w] = static_cast<std::uint32_t>(c);
    wallets_.period[w] = static_cast<std::uint32_t>(t);
    wallets_.wallet[w] = wallets_.low[w] = wallets_.high[w] = filter.now_total(c);
    if (t != last_period_) return;
    state_total_[c] = total;
    state_average_[c] = filter.average(c);
    state_orders_[c] = orders;
    write_person(filter, c, t, total, work, index);
  }

  [[nodiscard]] std::size_t row_of(std::size_t first, std::uint32_t from, std::size_t t) const noexcept {
    return first + t - std::max<std::size_t>(from, first_kept_);
  }

  [[nodiscard]] interval habit(double shape, double total) const {
    const double others = total - shape;
    if (!(shape > 0)) return {0.0, 0.0};
    if (!(others > 1e-12 * total)) return {1.0, 1.0};
    const double tail = 0.5 * (1.0 - settings_.level);
    return {beta_quantile(tail, shape, others), beta_quantile(1.0 - tail, shape, others)};
  }

  /// P(share > 1/2), without the incomplete beta function where that is certain.
  [[nodiscard]] static double above_half(double shape, double total) {
    const double mean = shape / total, spread = std::sqrt(mean * (1.0 - mean) / (total + 1.0));
    if (mean + 10.0 * spread < 0.5 && total > 4.0) return 0.0;
    if (!(shape < total * (1.0 - 1e-12))) return 1.0;
    return shape > 0 ? beta_tails(shape, total - shape, 0.5).upper : 0.0;
  }

  void write_share(std::size_t row, std::size_t c, std::uint32_t supplier, std::size_t t, double money, double shape,
                   double total, double orders) {
    shares_.customer[row] = static_cast<std::uint32_t>(c);
    shares_.supplier[row] = supplier;
    shares_.period[row] = static_cast<std::uint32_t>(t);
    shares_.amount[row] = money;
    shares_.share[row] = shape / total;
    const interval ends = habit(shape, total);
    shares_.low[row] = shares_.low_active[row] = ends.low;
    shares_.high[row] = shares_.high_active[row] = ends.high;
    shares_.p_dominant[row] = supplier == rest ? unknown : above_half(shape, total);
    const double others = total - shape;
    shares_.p_active[row] = money > 0       ? 1.0
                            : !(shape > 0)  ? 0.0
                            : !(others > 0) ? 1.0
                                            : -std::expm1(log_rising(others, orders) - log_rising(total, orders));
    using kind = enum source;
    const kind from = supplier == rest            ? kind::prior
                      : supplier == settings_.own ? kind::own
                      : money > 0                 ? kind::seen
                                                  : kind::history;
    shares_.source[row] = static_cast<std::uint8_t>(from);
  }

  [[nodiscard]] trend_of_share trend_at(double phi, std::size_t c, std::size_t p, std::size_t t, scratch& work) const {
    const std::size_t slots = settings_.trend_periods, have = std::min(slots, t + 1);
    if (have < 2) return {};
    work.won.resize(have);
    work.all.resize(have);
    for (std::size_t k = 0; k < have; ++k) {
      const std::size_t slot = (t + 1 - have + k) % slots;
      work.won[k] = recent_[p * slots + slot] / phi;
      work.all[k] = recent_total_[c * slots + slot] / phi;
    }
    return habit_trend(work.won, work.all, 3.0 / static_cast<double>(slots));
  }

  void write_person(const share_filter& filter, std::size_t c, std::size_t t, double total, const scratch& work,
                    const pair_index& index) {
    const std::size_t k = person_[c];
    customers_.customer[k] = static_cast<std::uint32_t>(c);
    customers_.wallet[k] = customers_.wallet_low[k] = customers_.wallet_high[k] = filter.now_total(c);
    std::size_t best = no_supplier, rival = no_supplier;
    double squares = 0.0;
    bool own_seen = false;
    for (std::size_t i = 0; i < work.pair.size(); ++i) {
      const std::size_t row = row_of(pair_row_[work.pair[i]], pair_from_[work.pair[i]], t);
      const bool own = index.supplier[work.pair[i]] == settings_.own;
      squares += shares_.share[row] * shares_.share[row];
      if (best == no_supplier || shares_.share[row] > shares_.share[best]) best = row;
      if (!own && (rival == no_supplier || shares_.share[row] > shares_.share[rival])) rival = row;
      if (!own) continue;
      own_seen = true;
      customers_.own_share[k] = shares_.share[row];
      customers_.own_low[k] = shares_.low[row];
      customers_.own_high[k] = shares_.high[row];
      customers_.own_trend[k] = shares_.trend[row];
      customers_.own_p_rising[k] = shares_.p_rising[row];
      customers_.own_p_largest[k] = shares_.p_largest[row];
    }
    if (settings_.own != no_supplier &&
        !own_seen) {  // never sold to: what we would hold with a customer like the others
      const double shape = filter.alpha()[settings_.own] / filter.alpha_total() * filter.average(c);
      const interval ends = habit(shape, total);
      customers_.own_share[k] = shape / total;
      customers_.own_low[k] = ends.low;
      customers_.own_high[k] = ends.high;
      customers_.own_p_largest[k] = 0.0;
    }
    if (best != no_supplier) {
      customers_.largest[k] = shares_.supplier[best];
      customers_.largest_share[k] = shares_.share[best];
      customers_.p_largest[k] = shares_.p_largest[best];
      customers_.p_dominant[k] = shares_.p_dominant[best];
    }
    if (rival != no_supplier) {
      customers_.rival[k] = shares_.supplier[rival];
      customers_.rival_share[k] = shares_.share[rival];
      customers_.rival_low[k] = shares_.low[rival];
      customers_.rival_high[k] = shares_.high[rival];
      customers_.rival_trend[k] = shares_.trend[rival];
      customers_.rival_p_rising[k] = shares_.p_rising[rival];
    }
    customers_.effective[k] = squares > 0 ? 1.0 / squares : unknown;
    if (settings_.own == no_supplier) return;
    const double bought = filter.now_total(c);  // what the others hold of it, by habit
    customers_.headroom[k] = bought * (1.0 - customers_.own_share[k]);
    customers_.headroom_low[k] = bought * (1.0 - customers_.own_high[k]);
    customers_.headroom_high[k] = bought * (1.0 - customers_.own_low[k]);
  }

  void tell(const pair_index& index, const share_filter& filter) {
    status_.clear();
    const auto say = [&](const std::string& sentence) {
      if (!status_.empty()) status_.append("; ");
      status_.append(sentence);
    };
    if (index.pairs() == 0) return say("no deliveries: nothing is known of any customer");
    if (index.refused > 0)
      say(std::to_string(index.refused) +
          " rows left out because their net amount is negative or not a number, the first is row " +
          std::to_string(index.first_refused));
    if (!filter.size().learned())
      say("how steady the habits are could not be learned from one period of one supplier each: a period counts as 4 "
          "orders, "
          "which is a guess");
    if (!filter.wander_learned()) say("too few periods to learn how fast habits change: firmness is a guess");
    if (filter.alpha_search().at_bound)
      say("the sum of alpha went to its bound: customers are all alike or all loyal to one");
    say("unlisted cells were taken as no purchase");
  }

  settings settings_;
  bool fitted_ = false;
  std::size_t first_kept_ = 0, last_period_ = 0;
  std::vector<std::uint32_t> pair_from_;
  std::vector<std::size_t> pair_row_, person_;
  std::vector<customer_layout> layout_;
  std::vector<double> recent_, recent_total_;
  shares_columns shares_;
  wallet_columns wallets_;
  customer_columns customers_;
  std::vector<double> alpha_, phi_;
  std::vector<double> state_total_, state_average_, state_orders_;  // a customer, at the end of the last period
  drift wander_;
  std::string status_;
};

}  // namespace guanxi::share
