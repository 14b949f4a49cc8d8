#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/ledger/dictionary.hpp>
#include <guanxi/ledger/encode.hpp>
#include <guanxi/ledger/order_lines.hpp>

namespace guanxi::ledger {

/// Length of a period.
enum class every { month, quarter, half_year, year };

/// Length from its letter: "M", "Q", "H" or "Y". Fails with errc::unknown_name.
[[nodiscard]] inline every to_every(std::string_view letter) {
  if (letter == "M") return every::month;
  if (letter == "Q") return every::quarter;
  if (letter == "H") return every::half_year;
  if (letter == "Y") return every::year;
  throw error(errc::unknown_name, "every: '" + std::string(letter) + "' is not one of M, Q, H, Y");
}
[[nodiscard]] constexpr std::int64_t months_in(every e) noexcept {
  return e == every::month ? 1 : e == every::quarter ? 3 : e == every::half_year ? 6 : 12;
}
/// Number of the period that a day lies in, counted from the year 0. Costs O(1).
[[nodiscard]] constexpr std::int64_t period_of(day d, every e) noexcept {
  const date c = to_date(d);
  return (std::int64_t{c.year} * 12 + c.month - 1) / months_in(e);
}
/// First day of a period counted from the year 0.
[[nodiscard]] constexpr day first_day_of(std::int64_t period, every e) noexcept {
  const std::int64_t month = period * months_in(e);
  return to_day({static_cast<std::int32_t>(month / 12), static_cast<std::uint32_t>(month % 12) + 1, 1});
}

/// What suppliers delivered to customers, as columns that somebody else owns, in any order.
struct delivery_lines {
  id_column customer;
  id_column supplier;
  std::span<const day> date;               // one of date and period; no_day where missing
  std::span<const std::int64_t> period;    // whole numbers that count periods themselves (years, 202401 is not one)
  std::span<const double> amount;          // money; negative: a credit, netted within its cell
  std::span<const double> orders;          // optional: number of orders or order lines
  every length = every::month;             // of the periods that dates are put into
  std::span<const rejected_line> refused;  // lines that a reader has refused already, by rising line number

  [[nodiscard]] std::size_t size() const noexcept { return amount.size(); }
};

/// A cell whose net money is not positive: left out, and listed.
struct dropped_cell {
  std::uint32_t customer = 0, supplier = 0, period = 0;
  double net = 0;
};

/// Deliveries checked, encoded, summed to one row a customer, period and supplier, and sorted in that order.
///
/// Takes   borrowed lines; customers: names to share (those of a Ledger), so that codes mean the same customers. Customers
///         that the ledger does not know are appended after its own, in the order of their ids: prospects. Ids of both
///         kinds are joined by the decimal text of the number.
/// Gives   the view that other rooms take (view()). Every line is kept or listed in rejected(): empty customer or supplier,
///         no date, amount NaN, infinite or above 1e15, orders negative. Credits are netted within their cell; a cell whose
///         net is not positive is left out and listed in dropped(). Periods are 0..periods()-1 from the first that is seen.
/// Fails   errc::size_mismatch, errc::empty without lines, errc::out_of_domain when periods span more than 100,000.
/// Costs   O(n log n) for n lines.
class Deliveries {
 public:
  explicit Deliveries(const delivery_lines& lines, const Dictionary* customers = nullptr, unsigned threads = 0) {
    build(lines, customers, threads);
  }

  [[nodiscard]] deliveries view() const noexcept {
    return {customer_, supplier_, period_, amount_, orders_, customers_, suppliers_.size(), periods_};
  }
  [[nodiscard]] std::size_t customers() const noexcept { return customers_; }
  /// Customers with smaller codes are the ledger's; the rest are prospects.
  [[nodiscard]] std::size_t known_customers() const noexcept { return known_; }
  [[nodiscard]] std::size_t periods() const noexcept { return periods_; }
  [[nodiscard]] std::uint64_t lines() const noexcept { return kept_; }
  [[nodiscard]] std::uint64_t read() const noexcept { return kept_ + rejected_.size(); }
  [[nodiscard]] const Dictionary& suppliers() const noexcept { return suppliers_; }
  /// Ids of the prospects: customer code known_customers() + i has the name prospects().name(i).
  [[nodiscard]] const Dictionary& prospects() const noexcept { return prospects_; }
  /// First day of a period, for deliveries that were given by date.
  [[nodiscard]] day start_of(std::size_t period) const noexcept { return first_day_of(first_period_ + static_cast<std::int64_t>(period), length_); }
  /// The caller's number of a period, for deliveries that were given by period; else counted from the year 0.
  [[nodiscard]] std::int64_t number_of(std::size_t period) const noexcept { return first_period_ + static_cast<std::int64_t>(period); }
  [[nodiscard]] bool by_date() const noexcept { return by_date_; }
  [[nodiscard]] every length() const noexcept { return length_; }
  [[nodiscard]] std::span<const rejected_line> rejected() const noexcept { return rejected_; }
  [[nodiscard]] std::span<const dropped_cell> dropped() const noexcept { return dropped_; }

 private:
  struct row {
    std::uint32_t customer, period, supplier;
    double amount, orders;
  };

  void build(const delivery_lines& lines, const Dictionary* names, unsigned threads) {
    const std::size_t n = lines.size();
    const auto same_size = [n](std::size_t size, const char* column) {
      if (size != n)
        throw error(errc::size_mismatch, std::string("Deliveries: '") + column + "' has " + std::to_string(size) + " entries, 'amount' has " +
                                             std::to_string(n));
    };
    same_size(lines.customer.size(), "customer");
    same_size(lines.supplier.size(), "supplier");
    same_size(lines.period.empty() ? lines.date.size() : lines.period.size(), "period");
    if (!lines.orders.empty()) same_size(lines.orders.size(), "orders");
    if (n == 0) throw error(errc::empty, "Deliveries: there are no lines");

    encoded_column customer = encode(lines.customer, "customer", threads);
    encoded_column supplier = encode(lines.supplier, "supplier", threads);
    suppliers_ = std::move(supplier.dictionary);
    const std::vector<std::uint32_t> code = join(customer.dictionary, names);
    by_date_ = lines.period.empty();
    length_ = lines.length;
    const auto period = [&](std::size_t i) { return by_date_ ? period_of(lines.date[i], length_) : lines.period[i]; };

    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
    std::vector<bool> bad(n);
    std::size_t told = 0;
    for (std::size_t i = 0; i < n; ++i) {
      while (told < lines.refused.size() && lines.refused[told].line < i) ++told;
      if (told < lines.refused.size() && lines.refused[told].line == i) rejected_.push_back(lines.refused[told]);
      else if (customer.code[i] == no_code) rejected_.push_back({i, "customer", "the customer is empty"});
      else if (supplier.code[i] == no_code) rejected_.push_back({i, "supplier", "the supplier is empty"});
      else if (by_date_ && lines.date[i] == no_day) rejected_.push_back({i, "period", "the date is empty"});
      else if (by_date_ && (lines.date[i] < to_day({1, 1, 1}) || lines.date[i] > to_day({9999, 12, 31})))
        rejected_.push_back({i, "period", "the date lies outside the years 1 to 9999"});
      else if (!by_date_ && lines.period[i] == std::numeric_limits<std::int64_t>::min()) rejected_.push_back({i, "period", "the period is empty"});
      else if (std::isnan(lines.amount[i])) rejected_.push_back({i, "amount", "the amount is empty or NaN"});
      else if (std::isinf(lines.amount[i])) rejected_.push_back({i, "amount", "the amount is infinite"});
      else if (std::fabs(lines.amount[i]) > 1e15) rejected_.push_back({i, "amount", "the amount is larger than 1e15"});
      else if (!lines.orders.empty() && !(lines.orders[i] >= 0 && lines.orders[i] <= 1e15))
        rejected_.push_back({i, "orders", std::isnan(lines.orders[i]) ? "the number of orders is empty or NaN" : "the number of orders is negative or infinite"});
      else {
        first = std::min(first, period(i));
        last = std::max(last, period(i));
        continue;
      }
      bad[i] = true;
    }
    kept_ = n - rejected_.size();
    if (kept_ == 0) return;
    if (static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) >= 100'000)
      throw error(errc::out_of_domain, "Deliveries: 'period' runs from " + std::to_string(first) + " to " + std::to_string(last) +
                                           "; give consecutive whole numbers or dates");
    first_period_ = first;
    periods_ = static_cast<std::size_t>(last - first) + 1;

    std::vector<row> rows;
    rows.reserve(kept_);
    for (std::size_t i = 0; i < n; ++i)
      if (!bad[i])
        rows.push_back({code[customer.code[i]], static_cast<std::uint32_t>(period(i) - first), supplier.code[i], lines.amount[i],
                        lines.orders.empty() ? 0.0 : lines.orders[i]});
    std::sort(rows.begin(), rows.end(), [](const row& a, const row& b) {
      if (a.customer != b.customer) return a.customer < b.customer;
      if (a.period != b.period) return a.period < b.period;
      if (a.supplier != b.supplier) return a.supplier < b.supplier;
      return a.amount != b.amount ? a.amount < b.amount : a.orders < b.orders;
    });
    for (auto p = rows.begin(); p != rows.end();) {
      running_sum money, orders;
      auto q = p;
      for (; q != rows.end() && q->customer == p->customer && q->period == p->period && q->supplier == p->supplier; ++q) {
        money.add(q->amount);
        orders.add(q->orders);
      }
      if (money.value() > 0) {
        customer_.push_back(p->customer);
        supplier_.push_back(p->supplier);
        period_.push_back(p->period);
        amount_.push_back(money.value());
        if (!lines.orders.empty()) orders_.push_back(orders.value());
      } else {
        dropped_.push_back({p->customer, p->supplier, p->period, money.value()});
      }
      p = q;
    }
  }

  /// Our code of each of the deliveries' own customers: the ledger's where it knows them, else a prospect's.
  [[nodiscard]] std::vector<std::uint32_t> join(const Dictionary& own, const Dictionary* names) {
    std::vector<std::uint32_t> code(own.size());
    known_ = names ? names->size() : 0;
    std::vector<std::string_view> texts;
    std::vector<std::int64_t> numbers;
    const bool text = own.of_kind() == Dictionary::kind::text;
    std::uint32_t next = static_cast<std::uint32_t>(known_);
    for (std::size_t c = 0; c < own.size(); ++c) {
      const auto number = own.of_kind() == Dictionary::kind::integers ? own.numbers()[c] : static_cast<std::int64_t>(c);
      code[c] = !names ? no_code : text ? names->find(own.text(c)) : names->find(number);
      if (code[c] != no_code) continue;
      code[c] = next++;
      if (text) texts.push_back(own.text(c));
      else numbers.push_back(number);
    }
    prospects_ = text ? Dictionary::of(texts) : Dictionary::of(std::move(numbers));
    customers_ = next;
    return code;
  }

  std::vector<std::uint32_t> customer_, supplier_, period_;
  std::vector<double> amount_, orders_;
  std::size_t customers_ = 0, known_ = 0, periods_ = 0;
  std::int64_t first_period_ = 0;
  std::uint64_t kept_ = 0;
  bool by_date_ = true;
  every length_ = every::month;
  Dictionary suppliers_, prospects_;
  std::vector<rejected_line> rejected_;
  std::vector<dropped_cell> dropped_;
};

}  // namespace guanxi::ledger
