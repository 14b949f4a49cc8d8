#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/credit.hpp>
#include <guanxi/ledger/customer_items.hpp>
#include <guanxi/ledger/day_records.hpp>
#include <guanxi/ledger/dictionary.hpp>
#include <guanxi/ledger/encode.hpp>
#include <guanxi/ledger/order_lines.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/ledger/summary.hpp>

namespace guanxi::ledger {

/// Purchase days up to a date, with the credits known then; owns what the ledger does not hold already.
class days_until {
 public:
  days_until() = default;
  days_until(days_until&&) = default;
  days_until& operator=(days_until&&) = default;
  [[nodiscard]] const purchase_days& view() const& noexcept { return view_; }
  const purchase_days& view() const&& = delete;  // the view would outlive its columns
  operator const purchase_days&() const& noexcept { return view_; }
  operator const purchase_days&() const&& = delete;
  /// Credits of each customer that exceed all earlier purchases.
  [[nodiscard]] std::span<const double> unmatched_credit() const noexcept { return unmatched_; }

 private:
  friend class Ledger;
  buffer<std::uint64_t> start_;
  buffer<day> date_;
  buffer<double> net_;
  std::vector<double> unmatched_;
  purchase_days view_;
};

/// Our sales: order lines checked, encoded, and sorted by customer and day.
///
/// Takes   borrowed columns (order_lines), in any order; read once, not kept.
/// Gives   customers 0..customers()-1 in the order of their ids; every line is kept or listed in rejected().
///         A line is refused when its customer is empty, its date missing or outside the years 1..9999, its amount NaN,
///         infinite or above 1e15 in size, or its currency unlike the ledger's.
/// Fails   errc::size_mismatch for columns of unlike length, errc::empty when there is no line at all.
/// Costs   about 20 nanoseconds a line and core; 16 bytes a line while it is built, 12 bytes a purchase day afterwards.
class Ledger {
 public:
  explicit Ledger(const order_lines& lines, unsigned threads = 0) : threads_(threads) { build(lines); }

  /// Number of customer codes: every distinct id of the customer column.
  [[nodiscard]] std::size_t customers() const noexcept { return names_->size(); }
  /// Lines kept, and lines read: kept + refused.
  [[nodiscard]] std::uint64_t lines() const noexcept { return kept_; }
  [[nodiscard]] std::uint64_t read() const noexcept { return kept_ + rejected_.size(); }
  /// Days of the first and the last line kept, credit notes included; errc::empty when no line was kept.
  [[nodiscard]] day first_day() const { return need_lines(), first_; }
  [[nodiscard]] day last_day() const { return need_lines(), last_; }
  [[nodiscard]] const std::string& currency() const noexcept { return currency_; }
  /// The customers' ids. Both parts of a split share it, so a code means the same customer in each.
  [[nodiscard]] const Dictionary& names() const noexcept { return *names_; }
  [[nodiscard]] const std::shared_ptr<const Dictionary>& shared_names() const noexcept { return names_; }
  [[nodiscard]] std::span<const rejected_line> rejected() const noexcept { return rejected_; }
  /// Lines that repeat another line in every column given (kept; a hint that a file was read twice).
  [[nodiscard]] std::uint64_t repeated() const noexcept { return records_.repeated; }
  /// Lines kept that are dated after `today`. They count as any other line.
  [[nodiscard]] std::uint64_t lines_after(day today) const noexcept { return kept_ - lines_until(today); }
  /// What a person should know of the ledger, a sentence each: refused, repeated and future lines, credits, one date only.
  [[nodiscard]] std::vector<std::string> notes(day today) const;

  /// All purchase days, net of all credits. The view lives as long as the ledger.
  [[nodiscard]] purchase_days days() const noexcept {
    return {records_.start, records_.date, net_.empty() ? records_.sold.view() : net_.view()};
  }
  /// Purchase days dated `end` or earlier, net of the credits dated `end` or earlier. Every customer keeps its code.
  /// Costs   nothing when end is the last day or later; else a copy of the days up to end.
  [[nodiscard]] days_until days(day end) const {
    days_until result;
    if (kept_ == 0 || end >= last_) {
      result.unmatched_ = unmatched_;
      result.view_ = days();
      return result;
    }
    const std::size_t n = customers();
    std::vector<std::uint64_t> start(n + 1);
    parallel_blocks(n, customer_block, [&](std::size_t begin, std::size_t stop, std::size_t) {
      for (std::size_t c = begin; c < stop; ++c) start[c + 1] = rows_until(c, end) - records_.start[c];
    }, threads_);
    for (std::size_t c = 0; c < n; ++c) start[c + 1] += start[c];
    result.start_ = buffer<std::uint64_t>(n + 1);
    std::copy(start.begin(), start.end(), result.start_.begin());
    result.date_ = buffer<day>(static_cast<std::size_t>(start[n]));
    result.net_ = buffer<double>(static_cast<std::size_t>(start[n]));
    parallel_blocks(n, customer_block, [&](std::size_t begin, std::size_t stop, std::size_t) {
      for (std::size_t c = begin; c < stop; ++c) {
        const std::size_t rows = static_cast<std::size_t>(start[c + 1] - start[c]);
        std::copy_n(records_.date.begin() + records_.start[c], rows, result.date_.begin() + start[c]);
        std::copy_n(records_.sold.begin() + records_.start[c], rows, result.net_.begin() + start[c]);
      }
    }, threads_);
    result.unmatched_.assign(records_.credits.empty() ? 0 : n, 0.0);
    net_credits(result.start_, result.date_, {result.net_.data(), result.net_.size()}, records_.credits, end, result.unmatched_);
    result.view_ = {result.start_, result.date_, result.net_};
    return result;
  }
  /// Purchase days before credits, and the credit notes themselves (one a customer and day, sorted so).
  [[nodiscard]] purchase_days sold() const noexcept { return {records_.start, records_.date, records_.sold}; }
  [[nodiscard]] std::span<const credit_note> credits() const noexcept { return records_.credits; }
  /// Credits of each customer that exceed all its earlier purchases; empty when the ledger has no credit note.
  [[nodiscard]] std::span<const double> unmatched_credit() const noexcept { return unmatched_; }

  /// Frequency, recency, age and spend of each customer with a purchase up to `end`; see summarise().
  [[nodiscard]] ledger::summary summary(day end, unit u = unit::weeks) const {
    need_lines();
    if (end >= last_ || records_.credits.empty()) return summarise(days(), end, u, threads_);
    const days_until until = days(end);
    if (until.view().rows() == 0) return summarise(days(), end, u, threads_);  // its message names the first purchase
    return summarise(until.view(), end, u, threads_);
  }
  [[nodiscard]] ledger::summary summary(unit u = unit::weeks) const { return summary(last_day(), u); }

  /// Products, countries and suppliers of the lines, when given: totals by customer and item up to any day.
  [[nodiscard]] const customer_items& products() const noexcept { return products_; }
  [[nodiscard]] const customer_items& countries() const noexcept { return countries_; }
  [[nodiscard]] const customer_items& suppliers() const noexcept { return suppliers_; }
  [[nodiscard]] const Dictionary& product_names() const noexcept { return *product_names_; }
  [[nodiscard]] const Dictionary& country_names() const noexcept { return *country_names_; }
  [[nodiscard]] const Dictionary& supplier_names() const noexcept { return *supplier_names_; }
  /// Country code of each customer: of most of its lines up to end, the smallest among equals; empty when not given.
  [[nodiscard]] std::vector<std::uint32_t> country(day end) const {
    return countries_.empty() ? std::vector<std::uint32_t>{} : countries_.most_frequent(end);
  }
  /// Whether costs were given; margin of each customer up to end, 1 - cost / amount over the lines whose cost is known,
  /// NaN where none is or their amount is not positive.
  [[nodiscard]] bool has_cost() const noexcept { return !costs_.empty(); }
  [[nodiscard]] std::vector<double> margin(day end) const {
    std::vector<double> result(customers(), unknown);
    if (costs_.empty()) return result;
    const item_totals cost = costs_.totals(std::numeric_limits<day>::min(), end);
    const item_totals sales = costed_.totals(std::numeric_limits<day>::min(), end);
    for (std::size_t c = 0; c < result.size(); ++c)
      if (cost.start[c] < cost.start[c + 1] && sales.amount[sales.start[c]] > 0)
        result[c] = 1 - cost.amount[cost.start[c]] / sales.amount[sales.start[c]];
    return result;
  }

  /// The ledger up to and with `at`, and the one after it, for hold-outs. Customers keep their codes in both; refused lines
  /// belong to neither. A credit in the second part whose purchase lies in the first is unmatched there.
  [[nodiscard]] std::pair<Ledger, Ledger> split(day at) const {
    need_lines();
    return {between(std::numeric_limits<day>::min(), at), between(at == latest ? at : at + 1, std::numeric_limits<day>::max())};
  }

 private:
  static constexpr std::size_t customer_block = 4096;
  static constexpr std::size_t line_block = std::size_t{1} << 16;
  static constexpr double largest_amount = 1e15;

  void need_lines() const {
    if (kept_ == 0)
      throw error(errc::empty, "Ledger: no line was kept; " + std::to_string(rejected_.size()) + " were refused, the first because: " +
                                   (rejected_.empty() ? std::string("there was none") : rejected_.front().reason));
  }
  [[nodiscard]] std::uint64_t rows_until(std::size_t c, day end) const {
    const day* from = records_.date.begin() + records_.start[c];
    return records_.start[c] + static_cast<std::uint64_t>(std::upper_bound(from, records_.date.begin() + records_.start[c + 1], end) - from);
  }
  static void same_size(std::size_t size, std::size_t want, const char* column) {
    if (size != want)
      throw error(errc::size_mismatch, std::string("Ledger: '") + column + "' has " + std::to_string(size) + " entries, 'amount' has " +
                                           std::to_string(want));
  }
  static void check_sizes(const order_lines& lines) {
    const std::size_t n = lines.size();
    same_size(lines.customer.size(), n, "customer");
    same_size(lines.date.size(), n, "date");
    for (const auto& [column, name] : {std::pair{&lines.order, "order"}, {&lines.product, "product"}, {&lines.country, "country"},
                                       {&lines.supplier, "supplier"}, {&lines.line_currency, "currency"}})
      if (!column->empty()) same_size(column->size(), n, name);
    if (!lines.cost.empty()) same_size(lines.cost.size(), n, "cost");
    if (n == 0) throw error(errc::empty, "Ledger: there are no lines");
  }
  [[nodiscard]] static bool fine(double amount) noexcept { return std::fabs(amount) <= largest_amount; }  // false for NaN
  [[nodiscard]] static bool fine(day d) noexcept { return d >= earliest && d <= latest; }
  static constexpr day earliest = to_day({1, 1, 1});
  static constexpr day latest = to_day({9999, 12, 31});

  [[nodiscard]] rejected_line reason(const order_lines& lines, std::size_t i, bool has_customer, const encoded_column* money) const {
    if (!has_customer) return {i, "customer", "the customer is empty"};
    const auto told = std::lower_bound(lines.refused.begin(), lines.refused.end(), i,
                                       [](const rejected_line& r, std::size_t line) { return r.line < line; });
    if (told != lines.refused.end() && told->line == i) return *told;
    if (lines.date[i] == no_day) return {i, "date", "the date is empty"};
    if (!fine(lines.date[i])) return {i, "date", "the date lies outside the years 1 to 9999"};
    if (std::isnan(lines.amount[i])) return {i, "amount", "the amount is empty or NaN"};
    if (std::isinf(lines.amount[i])) return {i, "amount", "the amount is infinite"};
    if (!fine(lines.amount[i])) return {i, "amount", "the amount is larger than 1e15"};
    const std::uint32_t code = money->code[i];
    return {i, "currency", code == no_code ? "the currency is empty"
                                           : "the currency is " + money->dictionary.name(code) + ", the ledger's is " + currency_};
  }

  void build(const order_lines& lines) {
    check_sizes(lines);
    const std::size_t n = lines.size();
    encoded_column customer = encode(lines.customer, "customer", threads_);
    encoded_column money;
    const std::uint32_t our_currency = choose_currency(lines, money);
    const auto unlike = [&](std::size_t i) { return !money.code.empty() && money.code[i] != our_currency; };
    std::vector<bool> refused(lines.refused.empty() ? 0 : n);
    for (const rejected_line& r : lines.refused)
      if (r.line < n) refused[static_cast<std::size_t>(r.line)] = true;
    const bool read_all = refused.empty();

    struct found {
      day first = std::numeric_limits<day>::max(), last = std::numeric_limits<day>::min();
      std::vector<std::size_t> bad;
    };
    std::vector<found> parts((n + line_block - 1) / line_block);
    parallel_blocks(n, line_block, [&](std::size_t begin, std::size_t end, std::size_t number) {
      found mine;
      for (std::size_t i = begin; i < end; ++i) {
        if (customer.code[i] == no_code || !fine(lines.date[i]) || !fine(lines.amount[i]) || unlike(i) || (!read_all && refused[i])) {
          mine.bad.push_back(i);
          continue;
        }
        mine.first = std::min(mine.first, lines.date[i]);
        mine.last = std::max(mine.last, lines.date[i]);
      }
      parts[number] = std::move(mine);
    }, threads_);
    for (const found& part : parts) {
      first_ = std::min(first_, part.first);
      last_ = std::max(last_, part.last);
      for (const std::size_t i : part.bad) {
        rejected_.push_back(reason(lines, i, customer.code[i] != no_code, unlike(i) ? &money : nullptr));
        refused.resize(n);
        refused[i] = true;
      }
    }
    kept_ = n - rejected_.size();
    names_ = std::make_shared<const Dictionary>(std::move(customer.dictionary));
    if (kept_ == 0) first_ = last_ = 0;
    if (refused.empty()) keep(lines, customer.code, [](std::size_t) { return true; });
    else keep(lines, customer.code, [&](std::size_t i) { return !refused[i]; });
    net();
  }

  template <class Keep>
  void keep(const order_lines& lines, std::span<const std::uint32_t> customer, Keep&& kept) {
    records_ = sum_days(customer, lines.date, lines.amount, customers(), first_, last_, kept, threads_);
    count_days(lines.date, kept);
    const auto items = [&](const id_column& column, const char* name, customer_items& rows, std::shared_ptr<const Dictionary>& names,
                           encoded_column& code) {
      if (column.empty()) return;
      code = encode(column, name, threads_);
      rows = customer_items(customer, code.code, lines.date, lines.amount, customers(), kept, threads_);
      names = std::make_shared<const Dictionary>(code.dictionary);
    };
    encoded_column product, country, supplier;
    items(lines.product, "product", products_, product_names_, product);
    items(lines.country, "country", countries_, country_names_, country);
    items(lines.supplier, "supplier", suppliers_, supplier_names_, supplier);
    if (!lines.cost.empty()) {
      std::vector<std::uint32_t> known(lines.size());
      for (std::size_t i = 0; i < known.size(); ++i) known[i] = std::isfinite(lines.cost[i]) ? 0 : no_code;
      costs_ = customer_items(customer, known, lines.date, lines.cost, customers(), kept, threads_);
      costed_ = customer_items(customer, known, lines.date, lines.amount, customers(), kept, threads_);
    }
    if (records_.repeated == 0 || (lines.order.empty() && lines.product.empty() && lines.country.empty() && lines.supplier.empty())) return;
    const encoded_column order = lines.order.empty() ? encoded_column{} : encode(lines.order, "order", threads_);
    std::vector<std::uint64_t> mark;
    mark.reserve(kept_);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!kept(i)) continue;
      std::uint64_t h = detail::mix(std::uint64_t{customer[i]} << 32 | static_cast<std::uint32_t>(lines.date[i]));
      h = detail::mix(h ^ std::bit_cast<std::uint64_t>(lines.amount[i]));
      for (const encoded_column* c : std::initializer_list<const encoded_column*>{&order, &product, &country, &supplier})
        if (!c->code.empty()) h = detail::mix(h ^ c->code[i]);
      mark.push_back(h);
    }
    std::sort(mark.begin(), mark.end());
    records_.repeated = mark.size() - static_cast<std::size_t>(std::unique(mark.begin(), mark.end()) - mark.begin());
  }

  /// Lines of each day, first_ .. last_: split and notes count with it.
  template <class Keep>
  void count_days(std::span<const day> date, Keep&& kept) {
    const std::size_t width = static_cast<std::size_t>(std::int64_t{last_} - first_) + 1;
    const std::size_t part = std::max<std::size_t>(line_block, date.size() / thread_count(threads_) + 1);
    std::vector<std::vector<std::uint32_t>> counts((date.size() + part - 1) / part);
    parallel_blocks(date.size(), part, [&](std::size_t begin, std::size_t end, std::size_t number) {
      std::vector<std::uint32_t> mine(width);
      for (std::size_t i = begin; i < end; ++i)
        if (kept(i)) ++mine[static_cast<std::size_t>(date[i] - first_)];
      counts[number] = std::move(mine);
    }, threads_);
    lines_of_day_.assign(width, 0);
    for (const auto& mine : counts)
      for (std::size_t d = 0; d < width; ++d) lines_of_day_[d] += mine[d];
  }
  [[nodiscard]] std::uint64_t lines_until(day end) const noexcept {
    std::uint64_t total = 0;
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(lines_of_day_.size()) && first_ + d <= end; ++d)
      total += lines_of_day_[static_cast<std::size_t>(d)];
    return total;
  }

  /// Code of the ledger's currency among the lines', which go to `money`; sets currency_.
  [[nodiscard]] std::uint32_t choose_currency(const order_lines& lines, encoded_column& money) {
    currency_ = lines.currency;
    if (lines.line_currency.empty()) return no_code;
    money = encode(lines.line_currency, "currency", threads_);
    if (!currency_.empty()) {
      const std::uint32_t code = money.dictionary.find(std::string_view(currency_));
      return code == no_code ? no_code - 1 : code;  // no line has it: all are unlike
    }
    std::vector<std::uint64_t> count(money.dictionary.size());
    for (const std::uint32_t code : money.code)
      if (code != no_code) ++count[code];
    if (count.empty()) return no_code - 1;
    const auto most = static_cast<std::uint32_t>(std::max_element(count.begin(), count.end()) - count.begin());
    currency_ = money.dictionary.name(most);
    return most;
  }

  void net() {
    if (records_.credits.empty()) return;
    net_ = buffer<double>(records_.sold.size());
    std::copy(records_.sold.begin(), records_.sold.end(), net_.begin());
    unmatched_.assign(customers(), 0.0);
    net_credits(records_.start, records_.date, {net_.data(), net_.size()}, records_.credits, last_, unmatched_);
  }

  Ledger() = default;
  [[nodiscard]] Ledger between(day from, day end) const {
    Ledger part;
    part.threads_ = threads_;
    part.names_ = names_;
    part.product_names_ = product_names_;
    part.country_names_ = country_names_;
    part.supplier_names_ = supplier_names_;
    part.currency_ = currency_;
    part.first_ = part.last_ = 0;
    for (std::size_t d = 0; d < lines_of_day_.size(); ++d) {
      const auto date = static_cast<day>(first_ + static_cast<std::int64_t>(d));
      if (lines_of_day_[d] == 0 || date < from || date > end) continue;
      if (part.kept_ == 0) part.first_ = date;
      part.last_ = date;
      part.kept_ += lines_of_day_[d];
    }
    if (part.kept_)
      part.lines_of_day_.assign(lines_of_day_.begin() + (part.first_ - first_), lines_of_day_.begin() + (part.last_ - first_) + 1);
    const auto inside = [&](day d) { return d >= from && d <= end; };
    part.records_.start = buffer<std::uint64_t>(customers() + 1);
    std::uint64_t rows = 0;
    for (const day d : records_.date) rows += inside(d) ? 1 : 0;
    part.records_.date = buffer<day>(rows);
    part.records_.sold = buffer<double>(rows);
    rows = 0;
    for (std::size_t c = 0; c < customers(); ++c) {
      part.records_.start[c] = rows;
      for (std::uint64_t at = records_.start[c]; at < records_.start[c + 1]; ++at) {
        if (!inside(records_.date[at])) continue;
        part.records_.date[rows] = records_.date[at];
        part.records_.sold[rows++] = records_.sold[at];
      }
    }
    part.records_.start[customers()] = rows;
    for (const credit_note& note : records_.credits)
      if (inside(note.date)) part.records_.credits.push_back(note);
    part.products_ = products_.between(from, end);
    part.countries_ = countries_.between(from, end);
    part.suppliers_ = suppliers_.between(from, end);
    part.costs_ = costs_.between(from, end);
    part.costed_ = costed_.between(from, end);
    part.net();
    return part;
  }

  unsigned threads_ = 0;
  std::shared_ptr<const Dictionary> names_;
  day_records records_;
  buffer<double> net_;  // empty: nothing was credited, the sold column is the net one
  std::vector<double> unmatched_;
  std::vector<std::uint32_t> lines_of_day_;
  customer_items products_, countries_, suppliers_, costs_, costed_;
  std::shared_ptr<const Dictionary> product_names_ = std::make_shared<const Dictionary>();
  std::shared_ptr<const Dictionary> country_names_ = product_names_;
  std::shared_ptr<const Dictionary> supplier_names_ = product_names_;
  std::vector<rejected_line> rejected_;
  std::uint64_t kept_ = 0;
  day first_ = std::numeric_limits<day>::max();
  day last_ = std::numeric_limits<day>::min();
  std::string currency_;
};

inline std::vector<std::string> Ledger::notes(day today) const {
  std::vector<std::string> result;
  const auto count = [](std::uint64_t n, const char* one, const char* many) { return std::to_string(n) + (n == 1 ? one : many); };
  if (!rejected_.empty())
    result.push_back(count(rejected_.size(), " line was refused", " lines were refused") + " of " + std::to_string(read()) + "; see rejected");
  if (kept_ == 0) return result;
  if (const std::uint64_t n = repeated())
    result.push_back(count(n, " line repeats", " lines repeat") + " an earlier line in every column; kept: was a file read twice?");
  if (const std::uint64_t n = lines_after(today))
    result.push_back(count(n, " line is", " lines are") + " dated after today (" + to_text(today) + "), the last on " + to_text(last_) +
                     "; kept: give 'end' to leave later days out");
  std::uint64_t unmatched = 0;
  for (const double u : unmatched_) unmatched += u > 0 ? 1 : 0;
  if (unmatched)
    result.push_back(count(unmatched, " customer has", " customers have") + " credit notes above all earlier purchases; see unmatched_credit");
  if (first_ == last_ && kept_ > 1) result.push_back("all lines are of one day, " + to_text(first_) + ": nothing can be said about timing");
  return result;
}

}  // namespace guanxi::ledger
