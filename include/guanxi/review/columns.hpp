#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/review/change.hpp>
#include <guanxi/review/effort.hpp>
#include <guanxi/review/own_supplier.hpp>

namespace guanxi::review {

/// What the review may assume; every default that was used is said in result::notes.
struct settings {
  double horizon = 52;           // length of the forecast and of the plan
  unit u = unit::weeks;
  double level = 0.9;            // of every interval
  double hours = unknown;        // of our people over the horizon; unknown: one person-year, 1,600 h
  double money = unknown;        // travel and samples over the horizon; unknown: not limited, but charged against the gain
  double margin = unknown;       // part of sales that is left to us; unknown: from the ledger's cost, else 0.3
  std::string own{};             // our name among the suppliers of the deliveries; empty: recognised by our figures
  std::vector<effort_level> efforts = default_efforts();
  response_prior response{};
  std::vector<manager> managers{};  // given: level and manager are chosen together
  double abroad = 0.75;             // part of a gain that a manager gets who does not know the country
  double pool_hour = unknown;       // worth of an hour of whoever takes accounts from the pool; unknown: half of ours
  std::uint64_t seed = 0;
  unsigned threads = 0;
  std::function<void(std::string_view room)> progress{};  // called on the caller's thread before each room
};

/// One entry a customer of the ledger, in the order of its dictionary; NaN, no_supplier and "" = not known.
struct customer_columns {
  std::vector<double> sales_year, sales_before, orders_year, tenure;         // money, money, days, years
  std::vector<day> last_order, next_order;
  std::vector<double> p_alive, p_buy, purchases, purchases_low, purchases_high;
  std::vector<double> value, value_low, value_high;                          // money over the horizon
  std::vector<double> wallet, wallet_low, wallet_high;                       // money a year
  std::vector<double> share, share_low, share_high, trend, p_rising;         // trend: points of logit share a year
  std::vector<std::uint32_t> dominant;                                       // supplier code
  std::vector<double> dominant_share, p_largest;
  std::vector<std::uint8_t> tier;                                            // relation::tier
  std::vector<double> p_tier;                                                // chance of that tier
  std::vector<std::uint32_t> level;                                          // chosen effort level
  std::vector<double> hours, money, gain, gain_low, gain_high, net;          // of that level; net of the budgets' prices
  std::vector<double> come_back;                                             // how often customers silent as long came back
  std::vector<double> try_worth, pool_lost;                                  // money: see effort_plan
  std::vector<double> level_gain;                                            // customers x levels: gain of every level
  std::vector<std::uint32_t> manager;                                        // number in settings::managers; no_supplier: nobody
  std::vector<std::string> why, reason, tier_why, share_why, offer, watch;   // sentences
};

/// Our share and everybody's deliveries by period, summed over the book, for the picture of shares over time.
struct supplier_periods {
  std::vector<std::uint32_t> supplier, period;
  std::vector<double> amount;
};

/// The markets, one row a country of the ledger.
struct country_columns {
  std::vector<std::string> country;
  std::vector<std::uint32_t> code;  // of the ledger's country names
  std::vector<double> customers, sales_year, sales_before, market_year, market_before, share;
  std::vector<std::uint32_t> leader;
  std::vector<double> leader_share, hhi;
};

/// One entry a customer and supplier: what was delivered in the last year and in the year before.
struct tie_columns {
  std::vector<std::uint32_t> customer, supplier;  // codes of the deliveries
  std::vector<double> amount, before;
};

/// One entry a country and supplier, the largest first within a country.
struct rival_columns {
  std::vector<std::uint32_t> country, supplier;                     // row of country_columns; code of the deliveries
  std::vector<double> amount, before, share, share_before;          // money and parts of the last year and the year before
  std::vector<double> customers, shared;                            // who bought from it in the last year; those who also bought from us
};

/// Figures of the whole book.
struct book_figures {
  day end = 0;
  double value = 0, value_low = 0, value_high = 0;
  double wallet = unknown, share = unknown;
  double gain = 0, gain_low = 0, gain_high = 0;
  double bound = 0, gap = 0;
  std::vector<std::string> budget_names;
  std::vector<double> budgets, prices, used;
  std::string plan_status;
  double plan_value = 0;                     // what the plan is worth, on the basis of the rules below
  std::vector<std::string> baseline_names;   // simple rules with the same budgets
  std::vector<double> baselines;             // what they are worth
  double pool_hour = unknown;                // worth of an hour of the pool
  std::vector<double> manager_prices;        // one more hour of each manager
  std::uint32_t own = no_supplier;
};

}  // namespace guanxi::review
