#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/ledger/simulate_world.hpp>

namespace guanxi::ledger {

/// What a simulated exporter wrote down and what was true. One more year than the history is kept for hold-outs:
/// rows with date >= end, or period >= periods, lie after the history.
struct exporter_book {
  exporter_settings settings;
  day begin = 0, end = 0;
  std::size_t periods = 0, future_periods = 0;
  std::vector<day> period_start;  // periods + future_periods + 1

  struct order_lines {  // our sales, sorted by customer and date
    std::vector<std::uint32_t> customer, product;
    std::vector<day> date;
    std::vector<double> amount;
    std::vector<std::uint64_t> order;  // 0, 1, ... over the whole book
  } lines;

  struct all_deliveries {  // every supplier's, ours as supplier 0; sorted by customer, period, supplier
    std::vector<std::uint32_t> customer, supplier, period;
    std::vector<double> amount, orders, seen_amount, seen_orders;
  } deliveries;

  struct cell_truth {                   // customer x period, row-major
    std::vector<double> wallet, share;  // expected spending with everybody; our expected part of it
    std::vector<std::uint8_t> tier;     // 1..4; 0 while we do not supply the customer
  } cells;

  struct customer_truth {
    std::vector<std::uint32_t> country;
    std::vector<day> entered,
        left;  // left: simulated_customer::never when the relation still stands after the last year
    std::vector<std::uint8_t> alive, hidden, tier;  // at the end of the history
    std::vector<double> base_rate, order_mean;
    std::vector<double> rate, wallet, share;  // at the end: orders a week (0 when lost), wallet a year, our share of it
    // Purchase days and money in the 26 and 52 weeks after the end: as they came, and expected given the truth at the
    // end.
    std::vector<double> purchases_26, purchases_52, value_26, value_52;
    std::vector<double> expected_purchases_26, expected_purchases_52, expected_value_26, expected_value_52;
  } customers;

  std::vector<double> coverage;  // by supplier
};

namespace simulation_detail {

/// Purchase days and money in the weeks after the history.
struct future_count {
  static constexpr bool rivals = false;
  day end = 0;
  day last = std::numeric_limits<day>::min();
  double purchases_26 = 0, purchases_52 = 0, value_26 = 0, value_52 = 0;

  void order(const simulated_customer&, day when, std::int64_t cents) {
    const double money = static_cast<double>(cents) / 100.0;
    if (when >= end && when < end + 364) {
      const double fresh = when != last ? 1.0 : 0.0;
      purchases_52 += fresh;
      value_52 += money;
      if (when < end + 182) {
        purchases_26 += fresh;
        value_26 += money;
      }
    }
    last = when;
  }
};

/// One block's part of the book.
struct block_sink {
  static constexpr bool rivals = true;
  exporter_book::order_lines lines;
  exporter_book::all_deliveries deliveries;
  std::uint64_t orders = 0;  // of this block
  std::uint32_t number = 0, period = 0;
  bool keep = true;
  std::int64_t own_cents = 0;
  std::uint64_t own_orders = 0;
  future_count future;

  void order(simulated_customer& customer, day when, std::int64_t cents) {
    customer.lines(cents, [&](std::uint32_t product, std::int64_t part) {
      lines.customer.push_back(number);
      lines.product.push_back(product);
      lines.date.push_back(when);
      lines.amount.push_back(static_cast<double>(part) / 100.0);
      lines.order.push_back(orders);
    });
    ++orders;
    ++own_orders;
    own_cents += cents;
    future.order(customer, when, cents);
  }
  void delivery(std::uint32_t supplier, double amount, std::uint64_t count, double seen, std::uint64_t seen_count) {
    if (!keep) return;
    deliveries.customer.push_back(number);
    deliveries.supplier.push_back(supplier);
    deliveries.period.push_back(period);
    deliveries.amount.push_back(amount);
    deliveries.orders.push_back(static_cast<double>(count));
    deliveries.seen_amount.push_back(seen);
    deliveries.seen_orders.push_back(static_cast<double>(seen_count));
  }
};

/// Ours first, then the rivals in the order of their number.
inline void close_period(block_sink& sink, std::size_t from) {
  auto& d = sink.deliveries;
  if (sink.own_orders > 0 && sink.keep) {
    const double money = static_cast<double>(sink.own_cents) / 100.0;
    sink.delivery(0, money, sink.own_orders, money, sink.own_orders);
  }
  sink.own_orders = 0;
  sink.own_cents = 0;
  for (std::size_t i = from; i < d.supplier.size(); ++i)  // few rows, nearly in order: by insertion
    for (std::size_t k = i; k > from && d.supplier[k] < d.supplier[k - 1]; --k) {
      std::swap(d.supplier[k], d.supplier[k - 1]);
      std::swap(d.amount[k], d.amount[k - 1]);
      std::swap(d.orders[k], d.orders[k - 1]);
      std::swap(d.seen_amount[k], d.seen_amount[k - 1]);
      std::swap(d.seen_orders[k], d.seen_orders[k - 1]);
    }
}

/// Mean over continuations from the truth at the end.
inline future_count expect(const simulated_world& w, const simulated_customer& now, std::size_t number) {
  future_count mean;
  if (w.set.futures == 0) {
    mean.purchases_26 = mean.purchases_52 = mean.value_26 = mean.value_52 = unknown;
    return mean;
  }
  if (!now.alive()) return mean;
  future_count sum;
  for (std::size_t f = 1; f <= w.set.futures; ++f) {
    simulated_customer then = now;
    then.branch(w.set.seed, number, f);
    future_count one;
    one.end = w.end;
    for (std::size_t p = w.periods; p < w.periods + w.future_periods && then.alive(); ++p) then.run(p, one);
    sum.purchases_26 += one.purchases_26;
    sum.purchases_52 += one.purchases_52;
    sum.value_26 += one.value_26;
    sum.value_52 += one.value_52;
  }
  const auto n = static_cast<double>(w.set.futures);
  mean.purchases_26 = sum.purchases_26 / n;
  mean.purchases_52 = sum.purchases_52 / n;
  mean.value_26 = sum.value_26 / n;
  mean.value_52 = sum.value_52 / n;
  return mean;
}

inline void live(const simulated_world& w, std::size_t i, block_sink& sink, exporter_book& book) {
  simulated_customer customer(w, i);
  sink.number = static_cast<std::uint32_t>(i);
  sink.future = {};
  sink.future.end = w.end;
  auto& truth = book.customers;
  const std::size_t all = w.periods + w.future_periods;
  for (std::size_t p = 0; p < all; ++p) {
    sink.period = static_cast<std::uint32_t>(p);
    const std::size_t from = sink.deliveries.supplier.size();
    customer.run(p, sink);
    close_period(sink, from);
    if (w.set.cells) {
      const auto money = customer.money();
      book.cells.wallet[i * all + p] = money.wallet;
      book.cells.share[i * all + p] = money.ours > 0 ? customer.own_share() * (money.ours / money.wallet) : 0.0;
      book.cells.tier[i * all + p] =
          customer.was_active() ? static_cast<std::uint8_t>(customer.tier() + 1) : std::uint8_t{0};
    }
    if (p + 1 != w.periods) continue;
    const bool alive = customer.alive();
    truth.alive[i] = alive;
    truth.tier[i] = alive ? static_cast<std::uint8_t>(customer.tier() + 1) : std::uint8_t{0};
    truth.rate[i] = alive ? customer.rate_now() : 0.0;
    truth.wallet[i] = 365.25 * customer.wallet_a_day();
    truth.share[i] = alive ? customer.own_share() : 0.0;
    const future_count mean = expect(w, customer, i);
    truth.expected_purchases_26[i] = mean.purchases_26;
    truth.expected_purchases_52[i] = mean.purchases_52;
    truth.expected_value_26[i] = mean.value_26;
    truth.expected_value_52[i] = mean.value_52;
  }
  truth.country[i] = customer.country();
  truth.entered[i] = customer.entered();
  truth.left[i] = customer.left();
  truth.hidden[i] = customer.hidden();
  truth.base_rate[i] = customer.base_rate();
  truth.order_mean[i] = customer.order_mean();
  truth.purchases_26[i] = sink.future.purchases_26;
  truth.purchases_52[i] = sink.future.purchases_52;
  truth.value_26[i] = sink.future.value_26;
  truth.value_52[i] = sink.future.value_52;
}

template <class T>
void put(std::vector<T>& whole, std::vector<T>& part, std::size_t at) {
  std::copy(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(at));
  std::vector<T>().swap(part);
}

inline void join(std::vector<block_sink>& blocks, exporter_book& book, unsigned threads) {
  std::vector<std::size_t> line(blocks.size() + 1), row(blocks.size() + 1);
  std::vector<std::uint64_t> order(blocks.size() + 1);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    line[b + 1] = line[b] + blocks[b].lines.date.size();
    row[b + 1] = row[b] + blocks[b].deliveries.amount.size();
    order[b + 1] = order[b] + blocks[b].orders;
  }
  auto& l = book.lines;
  auto& d = book.deliveries;
  for (auto* column : {&l.customer, &l.product}) column->resize(line.back());
  l.date.resize(line.back());
  l.amount.resize(line.back());
  l.order.resize(line.back());
  for (auto* column : {&d.customer, &d.supplier, &d.period}) column->resize(row.back());
  for (auto* column : {&d.amount, &d.orders, &d.seen_amount, &d.seen_orders}) column->resize(row.back());
  parallel_blocks(
      blocks.size(), 1,
      [&](std::size_t b, std::size_t, std::size_t) {
        auto& from = blocks[b];
        for (auto& number : from.lines.order) number += order[b];
        put(l.customer, from.lines.customer, line[b]);
        put(l.product, from.lines.product, line[b]);
        put(l.date, from.lines.date, line[b]);
        put(l.amount, from.lines.amount, line[b]);
        put(l.order, from.lines.order, line[b]);
        put(d.customer, from.deliveries.customer, row[b]);
        put(d.supplier, from.deliveries.supplier, row[b]);
        put(d.period, from.deliveries.period, row[b]);
        put(d.amount, from.deliveries.amount, row[b]);
        put(d.orders, from.deliveries.orders, row[b]);
        put(d.seen_amount, from.deliveries.seen_amount, row[b]);
        put(d.seen_orders, from.deliveries.seen_orders, row[b]);
      },
      threads);
}

}  // namespace simulation_detail

/// A seeded exporter with known truth: our sales, what may be seen of the rivals' deliveries, and what is true.
///
/// Takes   settings (see exporter_settings); the laws are equations (1) to (16) of docs/ledger/simulate.md.
/// Gives   the whole book of history and one year after it; the same bits for any number of threads, and the history
///         does not depend on what comes after it, nor on coverage, nor on products.
/// Fails   errc::out_of_domain or errc::size_mismatch naming the setting.
/// Costs   about 2 us a customer and year on one core without futures, times (1 + futures / years) with them; memory of
///         the columns that are kept.
[[nodiscard]] inline exporter_book exporter(const exporter_settings& settings) {
  const simulated_world w = make_world(settings);
  exporter_book book;
  book.settings = settings;
  book.begin = w.begin;
  book.end = w.end;
  book.periods = w.periods;
  book.future_periods = w.future_periods;
  book.coverage = w.coverage;
  const std::size_t all = w.periods + w.future_periods;
  for (std::size_t p = 0; p <= all; ++p) book.period_start.push_back(w.month[p * settings.period_months]);

  const std::size_t n = settings.customers;
  auto& t = book.customers;
  t.country.resize(n);
  for (auto* column : {&t.entered, &t.left}) column->resize(n);
  for (auto* column : {&t.alive, &t.hidden, &t.tier}) column->resize(n);
  for (auto* column :
       {&t.base_rate, &t.order_mean, &t.rate, &t.wallet, &t.share, &t.purchases_26, &t.purchases_52, &t.value_26,
        &t.value_52, &t.expected_purchases_26, &t.expected_purchases_52, &t.expected_value_26, &t.expected_value_52})
    column->resize(n);
  if (settings.cells) {
    book.cells.wallet.resize(n * all);
    book.cells.share.resize(n * all);
    book.cells.tier.resize(n * all);
  }
  constexpr std::size_t block = 512;
  std::vector<simulation_detail::block_sink> blocks((n + block - 1) / block);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        blocks[number].keep = settings.cells;
        for (std::size_t i = begin; i < end; ++i) simulation_detail::live(w, i, blocks[number], book);
      },
      settings.threads);
  simulation_detail::join(blocks, book, settings.threads);
  return book;
}

}  // namespace guanxi::ledger
