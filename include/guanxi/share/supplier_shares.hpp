#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/customer_rows.hpp>
#include <guanxi/share/merge_periods.hpp>
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
  /// Costs   O(deliveries + rows given), some .7 us a row; the deliveries stay in memory for update().
  SupplierShares& fit(const ledger::deliveries& seen) {
    if (settings_.window > 1) {
      const delivery_columns merged = merge_periods(seen, settings_.window);
      return fit_checked(merged.view());
    }
    check(seen, "SupplierShares::fit");
    return fit_checked(seen);
  }

  /// The rows of some customers in the last period after new deliveries were seen in it; the model is not changed.
  ///
  /// Takes   customer, supplier, amount: the new deliveries of the last (merged) period, sorted by customer and supplier,
  ///         every pair once, amount >= 0.
  /// Gives   rows as in shares(), of these customers and the last period: bit for bit what the same recursion over the
  ///         customer's whole history gives with the parameters of the fit (alpha, drift, phi and mean order).
  /// Fails   errc::not_fitted, size_mismatch, out_of_order, out_of_domain.
  /// Costs   some 10 us for a customer with 20 suppliers; nothing of the others is read.
  [[nodiscard]] shares_columns update(std::span<const std::uint32_t> customer, std::span<const std::uint32_t> supplier,
                                      std::span<const double> amount) const {
    fitted();
    check_sightings(customer, supplier, amount);
    std::vector<std::size_t> first, row;  // of each customer: its sightings and its rows
    std::size_t rows = 0;
    for (std::size_t i = 0; i < customer.size(); ++i) {
      if (i > 0 && customer[i] == customer[i - 1]) continue;
      first.push_back(i);
      row.push_back(rows);
      std::size_t end = i;
      while (end < customer.size() && customer[end] == customer[i]) ++end;
      rows += 1 + updated_suppliers(customer[i], supplier.subspan(i, end - i));
    }
    first.push_back(customer.size());
    shares_columns out;
    out.resize(rows);
    parallel_blocks(
        row.size(), 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          row_writer writer = make_writer();
          customer_evidence seen;
          for (std::size_t k = begin; k < end; ++k) {
            const std::size_t from = first[k], n = first[k + 1] - from;
            updated_evidence(customer[from], supplier.subspan(from, n), amount.subspan(from, n), seen);
            writer.write(seen, customer[from], static_cast<std::uint32_t>(last_period_), out,
                         [&](std::size_t i) { return row[k] + i; });
          }
        },
        settings_.threads);
    return out;
  }

  [[nodiscard]] const shares_columns& shares() const { return fitted(), shares_; }
  [[nodiscard]] const wallet_columns& wallets() const { return fitted(), wallets_; }
  [[nodiscard]] const customer_columns& customers() const { return fitted(), customers_; }
  [[nodiscard]] const std::string& status() const { return fitted(), status_; }
  [[nodiscard]] const std::vector<double>& alpha() const { return fitted(), alpha_; }
  [[nodiscard]] const std::vector<double>& alpha_totals() const { return fitted(), state_->filter.alpha_totals(); }
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

  void check_sightings(std::span<const std::uint32_t> customer, std::span<const std::uint32_t> supplier,
                       std::span<const double> amount) const {
    const std::string who = "SupplierShares::update: ";
    if (supplier.size() != customer.size() || amount.size() != customer.size())
      throw error(errc::size_mismatch, who + "'customer' has " + std::to_string(customer.size()) +
                                           " entries, 'supplier' " + std::to_string(supplier.size()) + ", 'amount' " +
                                           std::to_string(amount.size()));
    const std::size_t customers = state_->index.customers(), suppliers = alpha_.size();
    for (std::size_t i = 0; i < customer.size(); ++i) {
      if (customer[i] >= customers || supplier[i] >= suppliers)
        throw error(errc::out_of_domain, who + "row " + std::to_string(i) + " has customer " +
                                             std::to_string(customer[i]) + " and supplier " +
                                             std::to_string(supplier[i]) + "; the fit knew " +
                                             std::to_string(customers) + " customers and " +
                                             std::to_string(suppliers) + " suppliers");
      if (!(amount[i] >= 0 && amount[i] <= std::numeric_limits<double>::max()))
        throw error(errc::out_of_domain, who + "'amount' is " + std::to_string(amount[i]) + " in row " +
                                             std::to_string(i) + ", it must be at least 0 and finite");
      if (i > 0 && (customer[i] < customer[i - 1] || (customer[i] == customer[i - 1] && supplier[i] <= supplier[i - 1])))
        throw error(errc::out_of_order, who + "row " + std::to_string(i) +
                                            " is not after the row before it; sort by customer and supplier and sum "
                                            "rows of one pair");
    }
  }

  [[nodiscard]] std::size_t updated_suppliers(std::size_t c, std::span<const std::uint32_t> supplier) const {
    const pair_index& index = state_->index;
    std::size_t n = 0;
    for (std::size_t p = index.begin(c); p < index.end(c); ++p) n += pair_from_[p] != no_supplier ? 1 : 0;
    for (const std::uint32_t s : supplier) n += known_pair(c, s) ? 0 : 1;
    return n;
  }
  [[nodiscard]] bool known_pair(std::size_t c, std::uint32_t supplier) const {
    const pair_index& index = state_->index;
    const auto begin = index.supplier.begin() + index.begin(c), end = index.supplier.begin() + index.end(c);
    const auto at = std::lower_bound(begin, end, supplier);
    return at != end && *at == supplier && pair_from_[static_cast<std::size_t>(at - index.supplier.begin())] != no_supplier;
  }

  /// The evidence of a customer with more money in the last period: carried evidence, then the period's money.
  void updated_evidence(std::size_t c, std::span<const std::uint32_t> supplier, std::span<const double> amount,
                        customer_evidence& seen) const {
    const pair_index& index = state_->index;
    const share_filter& filter = state_->filter;
    const std::size_t first = index.begin(c), pairs = index.end(c) - first;
    recent_money recent(index, last_period_, kept_periods(), c, state_->marks);
    seen.clear();
    std::vector<double> won;
    recent.read(c, pairs, won, seen.all);
    const std::size_t periods = seen.all.size();
    const auto take = [&](std::uint32_t s, const double* past, double before, double more) {
      seen.supplier.push_back(s);
      const double now = (past != nullptr && periods > 0 ? past[periods - 1] : 0.0) + more;
      seen.now.push_back(now);
      seen.shape.push_back(before + now);
      for (std::size_t k = 0; k < periods; ++k)
        seen.won.push_back(k + 1 == periods ? now : past != nullptr ? past[k] : 0.0);
    };
    std::size_t i = 0;
    for (std::size_t p = 0; p < pairs; ++p) {
      const std::uint32_t s = index.supplier[first + p];
      for (; i < supplier.size() && supplier[i] < s; ++i) take(supplier[i], nullptr, 0.0, amount[i]);
      const bool here = i < supplier.size() && supplier[i] == s;
      if (pair_from_[first + p] == no_supplier && !here) continue;
      take(s, won.data() + p * periods, filter.carried(first + p), here ? amount[i++] : 0.0);
    }
    for (; i < supplier.size(); ++i) take(supplier[i], nullptr, 0.0, amount[i]);
    double money = 0.0;
    for (const double x : seen.now) money += x;
    if (periods > 0) seen.all[periods - 1] = money;
    const double mean = filter.size().mean_total(c) > 0 ? filter.size().mean_total(c) : money;
    const double phi = filter.size().mean_total(c) > 0 ? filter.phi(c) : filter.phi_like(money);
    for (double& x : seen.won) x /= phi;
    for (double& x : seen.all) x /= phi;
    to_shapes(c, seen, phi);
    seen.orders = mean / phi;
  }

  SupplierShares& fit_checked(const ledger::deliveries& seen) {
    if (settings_.own != no_supplier && settings_.own >= seen.suppliers && seen.suppliers > 0)
      throw error(errc::out_of_domain, "SupplierShares::fit: 'own' is supplier " + std::to_string(settings_.own) +
                                           ", there are " + std::to_string(seen.suppliers));
    state_ = std::make_shared<fit_state>(seen, settings_.threads);
    const pair_index& index = state_->index;
    share_filter& filter = state_->filter;
    lay_out(index, seen.periods);
    if (settings_.phi > 0) filter.fix_phi(settings_.phi);
    if (settings_.firmness >= 0) filter.fix({settings_.firmness, 1.0, settings_.phi > 0 ? 1.0 : 0.7});
    for (std::size_t t = 0; t < seen.periods; ++t) {
      filter.advance(t, t + 1 == seen.periods);
      if (t >= first_kept_) write_period(index, t);
    }
    alpha_.assign(filter.alpha().begin(), filter.alpha().end());
    wander_ = filter.wander();
    if (seen.periods > 0) state_->marks = cell_marks(index, last_period_, kept_periods());
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

  void write_period(const pair_index& index, std::size_t t) {
    parallel_blocks(
        index.customers(), share_filter::customer_block / 4,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          row_writer writer = make_writer();
          recent_money recent(index, t, std::min(settings_.trend_periods, t + 1), begin);
          customer_evidence seen;
          std::vector<std::size_t> pair;
          for (std::size_t c = begin; c < end; ++c)
            if (layout_[c].first_period <= t) write_customer(c, t, writer, recent, seen, pair);
        },
        settings_.threads);
  }

  [[nodiscard]] std::size_t kept_periods() const { return std::min(settings_.trend_periods, last_period_ + 1); }

  [[nodiscard]] row_writer make_writer() const {
    return {settings_.level, settings_.own, 3.0 / static_cast<double>(std::max<std::size_t>(settings_.trend_periods, 1))};
  }

  void write_customer(std::size_t c, std::size_t t, row_writer& writer, recent_money& recent, customer_evidence& seen,
                      std::vector<std::size_t>& pair) {
    const pair_index& index = state_->index;
    const share_filter& filter = state_->filter;
    seen.clear();
    pair.clear();
    recent.read(c, index.end(c) - index.begin(c), seen.won, seen.all);
    const double phi = filter.phi(c);
    const std::size_t periods = seen.all.size();
    for (double& x : seen.all) x /= phi;
    std::size_t at = 0;
    for (std::size_t p = index.begin(c); p < index.end(c); ++p) {
      if (pair_from_[p] > t) continue;
      for (std::size_t k = 0; k < periods; ++k)
        seen.won[at * periods + k] = seen.won[(p - index.begin(c)) * periods + k] / phi;
      ++at;
      pair.push_back(p);
      seen.supplier.push_back(index.supplier[p]);
      seen.now.push_back(filter.now(p));
      seen.shape.push_back(filter.money(p));
    }
    to_shapes(c, seen);
    seen.orders = filter.size().mean_total(c) / phi;
    writer.write(seen, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(t), shares_, [&](std::size_t i) {
      return i < pair.size() ? row_of(pair_row_[pair[i]], pair_from_[pair[i]], t)
                             : row_of(layout_[c].first_row, layout_[c].first_period, t);
    });
    const std::size_t w = row_of(layout_[c].first_wallet, layout_[c].first_period, t);
    wallets_.customer[w] = static_cast<std::uint32_t>(c);
    wallets_.period[w] = static_cast<std::uint32_t>(t);
    wallets_.wallet[w] = wallets_.low[w] = wallets_.high[w] = filter.now_total(c);
    if (t != last_period_) return;
    state_total_[c] = seen.unseen;
    for (const double a : seen.shape) state_total_[c] += a;
    state_average_[c] = filter.average(c);
    state_orders_[c] = seen.orders;
    write_person(filter, c, t, seen, pair, writer);
  }

  /// Evidence in money becomes Dirichlet parameters.
  void to_shapes(std::size_t c, customer_evidence& seen, double phi = unknown) const {
    const share_filter& filter = state_->filter;
    if (!(phi > 0)) phi = filter.phi(c);
    const double all = filter.alpha_total(), average = filter.average(c) / all;
    double unseen = all;
    for (std::size_t i = 0; i < seen.supplier.size(); ++i) {
      const double alpha = filter.alpha()[seen.supplier[i]];
      seen.shape[i] = std::max(average * alpha + seen.shape[i] / phi, 1e-12);
      unseen -= alpha;
    }
    seen.unseen = unseen > 1e-9 * all ? average * unseen : 0.0;
  }

  [[nodiscard]] std::size_t row_of(std::size_t first, std::uint32_t from, std::size_t t) const noexcept {
    return first + t - std::max<std::size_t>(from, first_kept_);
  }

  void write_person(const share_filter& filter, std::size_t c, std::size_t t, const customer_evidence& seen,
                    const std::vector<std::size_t>& pair, const row_writer& writer) {
    const std::size_t k = person_[c];
    customers_.customer[k] = static_cast<std::uint32_t>(c);
    customers_.wallet[k] = customers_.wallet_low[k] = customers_.wallet_high[k] = filter.now_total(c);
    std::size_t best = no_supplier, rival = no_supplier;
    double squares = 0.0;
    bool own_seen = false;
    for (std::size_t i = 0; i < pair.size(); ++i) {
      const std::size_t row = row_of(pair_row_[pair[i]], pair_from_[pair[i]], t);
      const bool own = seen.supplier[i] == settings_.own;
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
      double total = seen.unseen;
      for (const double a : seen.shape) total += a;
      const interval ends = writer.habit(shape, total);
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

  struct fit_state {  // what update() needs of the fit
    fit_state(const ledger::deliveries& seen, unsigned threads) : index(seen), filter(index, seen.suppliers, threads) {}
    fit_state(const fit_state&) = delete;
    fit_state& operator=(const fit_state&) = delete;
    pair_index index;
    share_filter filter;
    cell_marks marks;
  };

  settings settings_;
  std::shared_ptr<fit_state> state_;
  bool fitted_ = false;
  std::size_t first_kept_ = 0, last_period_ = 0;
  std::vector<std::uint32_t> pair_from_;
  std::vector<std::size_t> pair_row_, person_;
  std::vector<customer_layout> layout_;
  shares_columns shares_;
  wallet_columns wallets_;
  customer_columns customers_;
  std::vector<double> alpha_, phi_;
  std::vector<double> state_total_, state_average_, state_orders_;  // a customer, at the end of the last period
  drift wander_;
  std::string status_;
};

}  // namespace guanxi::share
