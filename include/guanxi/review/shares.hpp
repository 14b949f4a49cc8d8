#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/review/change.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/own_supplier.hpp>
#include <guanxi/review/words.hpp>
#include <guanxi/share/supplier_shares.hpp>

namespace guanxi::review {

/// Deliveries as the review takes them: rows, names, and how the ledger's customers and days are found in them.
struct known_deliveries {
  ledger::deliveries rows;
  std::vector<std::string> suppliers;                    // names by code
  std::vector<std::uint32_t> code;                       // delivery code of each customer of the ledger; no_supplier: never seen
  std::function<std::int64_t(day)> period_of;            // period of a day; outside 0 .. periods - 1 when not covered
  double periods_per_year = 12;
};

/// What the share room says, in the order of the ledger's customers.
struct share_picture {
  std::vector<double> wallet, wallet_low, wallet_high, share, low, high, trend, p_rising, largest_share, p_largest;
  std::vector<std::uint32_t> largest;
  std::vector<std::string> why;
  std::vector<std::string> suppliers;  // names by code, with ours
  std::uint32_t own = no_supplier;
  sales_change change;                 // empty when there are fewer than two years
  supplier_periods over_time;
  std::vector<std::string> notes;
  double wallet_total = unknown, share_total = unknown;
  // one entry a customer of the deliveries; for the markets
  ledger::deliveries rows;
  joined_deliveries joined;  // what `rows` views when we were added
};

namespace detail {

/// Our sales by delivery customer and period, row-major.
[[nodiscard]] inline std::vector<double> own_by_period(const ledger::purchase_days& days, const known_deliveries& known) {
  std::vector<double> own(known.rows.customers * known.rows.periods);
  for (std::size_t c = 0; c < days.customers(); ++c) {
    if (known.code[c] == no_supplier) continue;
    for (std::size_t i = days.start[c]; i < days.start[c + 1]; ++i) {
      const std::int64_t t = known.period_of(days.date[i]);
      if (t >= 0 && t < static_cast<std::int64_t>(known.rows.periods))
        own[known.code[c] * known.rows.periods + static_cast<std::size_t>(t)] += days.amount[i];
    }
  }
  return own;
}

/// Takes our sales from the ledger as supplier `us`, in place of the rows that the deliveries may have of it.
inline void put_own(share_picture& out, const known_deliveries& known, std::span<const double> own, std::uint32_t us) {
  out.joined = join_own(known.rows, own, us);
  out.rows = out.joined.view();
  out.own = us;
}

/// Finds us among the suppliers, or adds us; fills suppliers, own, rows and notes.
inline void find_own(share_picture& out, const ledger::purchase_days& days, const known_deliveries& known, const std::string& name) {
  out.suppliers = known.suppliers;
  out.rows = known.rows;
  const std::vector<double> own = own_by_period(days, known);
  const bool placed = std::any_of(own.begin(), own.end(), [](double x) { return x > 0; });
  const own_match match = recognise_own(known.rows, own);
  const auto named = static_cast<std::uint32_t>(std::find(known.suppliers.begin(), known.suppliers.end(), name) - known.suppliers.begin());
  if (!name.empty() && named < known.suppliers.size()) {
    out.own = named;
    const bool whole = !placed || (match.supplier == named && match.whole());
    if (!whole) put_own(out, known, own, named);
    out.notes.push_back("Among the suppliers we are '" + name + "', as you said" + (whole ? "." : "; its figures are taken from the ledger."));
    return;
  }
  if (name.empty() && match.ours()) {
    out.own = match.supplier;
    const std::string who = "Among the suppliers we are '" + known.suppliers[match.supplier] + "': ";
    if (match.whole()) {
      out.notes.push_back(who + "its figures are " + percent(match.likeness) + " the same as the ledger's.");
    } else {
      put_own(out, known, own, match.supplier);
      out.notes.push_back(who + percent(match.inside) + " of what was seen of it lies inside the ledger's figures, and " + percent(match.equal) + " of its cells hold the same; all of ours is taken from the ledger.");
    }
    return;
  }
  if (!placed && name.empty()) {
    out.notes.push_back("Our sales cannot be put beside the deliveries (their periods are no dates, or other years): say who we are with `own`.");
    return;
  }
  std::string us = name.empty() ? "us" : name;
  while (std::find(known.suppliers.begin(), known.suppliers.end(), us) != known.suppliers.end()) us += " (ledger)";  // a rival of that name stays itself
  out.suppliers.push_back(std::move(us));
  put_own(out, known, own, static_cast<std::uint32_t>(known.rows.suppliers));
  out.notes.push_back("No supplier of the deliveries has our figures" +
                      (match.supplier == no_supplier ? std::string() : " (the nearest, '" + known.suppliers[match.supplier] + "', agrees to " + percent(match.likeness) + ")") +
                      ": our sales were added to them as '" + out.suppliers.back() + "'.");
}

/// Our sales and all purchases of each delivery customer in the periods from .. until - 1.
inline void sum_window(const ledger::deliveries& rows, std::uint32_t own, std::size_t from, std::size_t until, std::vector<double>& ours, std::vector<double>& all) {
  ours.assign(rows.customers, 0.0);
  all.assign(rows.customers, 0.0);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.period[i] < from || rows.period[i] >= until || !(rows.amount[i] > 0)) continue;
    all[rows.customer[i]] += rows.amount[i];
    if (rows.supplier[i] == own) ours[rows.customer[i]] += rows.amount[i];
  }
}

inline void tell_change(share_picture& out, std::size_t year) {
  const std::size_t periods = out.rows.periods;
  std::vector<double> own1, all1, own0, all0;
  sum_window(out.rows, out.own, periods - std::min(periods, year), periods, own1, all1);
  running_sum ours, everything;
  for (std::size_t c = 0; c < own1.size(); ++c)
    if (own1[c] > 0) ours.add(own1[c]), everything.add(all1[c]);
  if (everything.value() > 0) {
    out.wallet_total = everything.value();
    out.share_total = ours.value() / everything.value();
  }
  if (periods < 2 * year) {
    out.notes.push_back("The deliveries cover less than two years: why our sales changed cannot be told.");
    return;
  }
  sum_window(out.rows, out.own, periods - 2 * year, periods - year, own0, all0);
  out.change = split_change(own0, own1, all0, all1);
}

inline void sum_over_time(share_picture& out) {
  std::vector<double> cell(out.rows.suppliers * out.rows.periods);
  for (std::size_t i = 0; i < out.rows.rows(); ++i) cell[out.rows.supplier[i] * out.rows.periods + out.rows.period[i]] += out.rows.amount[i];
  for (std::size_t s = 0; s < out.rows.suppliers; ++s)
    for (std::size_t t = 0; t < out.rows.periods; ++t)
      if (cell[s * out.rows.periods + t] != 0) {
        out.over_time.supplier.push_back(static_cast<std::uint32_t>(s));
        out.over_time.period.push_back(static_cast<std::uint32_t>(t));
        out.over_time.amount.push_back(cell[s * out.rows.periods + t]);
      }
}

[[nodiscard]] inline std::string share_sentence(const share_picture& out, std::size_t c, double level) {
  std::string text = "We hold " + percent(out.share[c]) + " (" + percent(level) + " from " + percent(out.low[c]) + " to " + percent(out.high[c]) +
                     ") of the " + in_words(out.wallet[c]) + " a year that it is seen to buy";
  if (out.largest[c] == out.own) text += "; we are the largest supplier with " + percent(out.p_largest[c]) + " chance";
  else if (out.largest[c] != no_supplier)
    text += "; the largest is " + out.suppliers[out.largest[c]] + " with " + percent(out.largest_share[c]);
  if (out.p_rising[c] >= 0.9) text += "; our share rises";
  if (out.p_rising[c] <= 0.1) text += "; our share falls";
  return text + ".";
}

}  // namespace detail

/// Shares, wallets and the largest supplier of every customer over the last year of deliveries.
///
/// Takes   days: our purchase days; known: deliveries, or nullptr for "none given"; n customers in the ledger.
/// Gives   columns in the ledger's order; NaN and a plain sentence where a customer was never seen.
/// Costs   one SupplierShares fit over yearly periods.
[[nodiscard]] inline share_picture picture_shares(const ledger::purchase_days& days, const known_deliveries* known, const settings& s) {
  const std::size_t n = days.customers();
  share_picture out;
  for (auto* column : {&out.wallet, &out.wallet_low, &out.wallet_high, &out.share, &out.low, &out.high, &out.trend, &out.p_rising, &out.largest_share, &out.p_largest})
    column->assign(n, unknown);
  out.largest.assign(n, no_supplier);
  out.why.assign(n, known ? "Not known: this customer does not occur in the deliveries." : "Not known: no deliveries given.");
  if (!known) {
    out.notes.push_back("No deliveries of other suppliers were given: wallets and shares are not known.");
    return out;
  }
  detail::find_own(out, days, *known, s.own);
  const auto year = static_cast<std::size_t>(std::max(1.0, std::round(known->periods_per_year)));
  share::SupplierShares model({.own = out.own, .level = s.level, .seed = s.seed, .threads = s.threads, .window = year, .keep = 1});
  model.fit(out.rows);
  const share::customer_columns& fit = model.customers();
  std::vector<std::uint32_t> row_of(out.rows.customers, no_supplier);
  for (std::size_t r = 0; r < fit.rows(); ++r) row_of[fit.customer[r]] = static_cast<std::uint32_t>(r);
  for (std::size_t c = 0; c < n; ++c) {
    if (known->code[c] == no_supplier || row_of[known->code[c]] == no_supplier) continue;
    const std::size_t r = row_of[known->code[c]];
    out.wallet[c] = fit.wallet[r], out.wallet_low[c] = fit.wallet_low[r], out.wallet_high[c] = fit.wallet_high[r];
    out.share[c] = fit.own_share[r], out.low[c] = fit.own_low[r], out.high[c] = fit.own_high[r];
    out.trend[c] = fit.own_trend[r], out.p_rising[c] = fit.own_p_rising[r];
    out.largest[c] = fit.largest[r], out.largest_share[c] = fit.largest_share[r], out.p_largest[c] = fit.p_largest[r];
    out.why[c] = detail::share_sentence(out, c, s.level);
  }
  out.notes.push_back("Shares: " + model.status());
  detail::tell_change(out, year);
  detail::sum_over_time(out);
  return out;
}

}  // namespace guanxi::review
