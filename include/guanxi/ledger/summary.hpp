#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::ledger {

/// One row a customer with at least one purchase up to `end`, in the order of customer codes.
struct summary {
  buffer<std::uint32_t> customer;
  buffer<std::uint32_t> frequency;  // purchase days after the first
  buffer<double> recency;           // first to last purchase day, in units
  buffer<double> age;               // first purchase day to `end`, in units
  buffer<double> spend;             // mean net money per purchase day after the first; NaN when there is none
  buffer<day> first;
  buffer<day> last;
  buffer<double> log_gaps;          // sum of ln(days between purchases in units); 0 when there is one purchase
  day end = 0;
  guanxi::unit unit = unit::weeks;

  [[nodiscard]] std::size_t rows() const noexcept { return customer.size(); }
};

namespace detail {
/// ln of 1..n days in units, or computed where a gap is longer than the table.
class log_of_days {
 public:
  log_of_days(std::size_t longest, unit u) : shift_(std::log(days_in(u))) {
    table_.resize(std::min<std::size_t>(longest, 4096) + 1);
    for (std::size_t d = 1; d < table_.size(); ++d) table_[d] = std::log(static_cast<double>(d)) - shift_;
  }
  [[nodiscard]] double operator()(std::int64_t days) const noexcept {
    const auto d = static_cast<std::size_t>(days);
    return d < table_.size() ? table_[d] : std::log(static_cast<double>(days)) - shift_;
  }

 private:
  double shift_;
  std::vector<double> table_;
};
}  // namespace detail

/// Frequency, recency, age and spend of every customer who bought up to `end`.
///
/// Takes   purchase days; end: inclusive, later days are not looked at (their amounts must already be net of credits known
///         at `end`: see Ledger::days(end)); u: the unit of recency, age and gaps, with the precision of days.
/// Gives   one row a customer with a purchase up to end.
/// Fails   errc::empty when there is no purchase; errc::out_of_domain when end lies before the first.
/// Costs   one pass over the days, threads over blocks of customers.
/// Source  Fader and Hardie (2005), Marketing Science 24, 275-284: x, t_x, T; spend as in their gamma-gamma note (2013).
[[nodiscard]] inline summary summarise(const purchase_days& days, day end, unit u = unit::weeks, unsigned threads = 0) {
  if (days.rows() == 0) throw error(errc::empty, "Ledger.summary: there is no purchase to summarise");
  constexpr std::size_t block = 4096;
  const std::size_t n = days.customers();
  const auto bought = [&](std::size_t c) { return days.start[c] < days.start[c + 1] && days.date[days.start[c]] <= end; };
  std::vector<std::size_t> place((n + block - 1) / block + 1);
  std::vector<day> earliest(place.size(), std::numeric_limits<day>::max());
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t stop, std::size_t number) {
    for (std::size_t c = begin; c < stop; ++c) {
      if (days.start[c] < days.start[c + 1]) earliest[number] = std::min(earliest[number], days.date[days.start[c]]);
      place[number + 1] += bought(c) ? 1 : 0;
    }
  }, threads);
  for (std::size_t b = 1; b < place.size(); ++b) place[b] += place[b - 1];
  const std::size_t rows = place.back();
  if (rows == 0)
    throw error(errc::out_of_domain, "Ledger.summary: 'end' " + to_text(end) + " lies before the first purchase on " +
                                         to_text(*std::min_element(earliest.begin(), earliest.end())));
  summary s{buffer<std::uint32_t>(rows), buffer<std::uint32_t>(rows), buffer<double>(rows), buffer<double>(rows),
            buffer<double>(rows), buffer<day>(rows), buffer<day>(rows), buffer<double>(rows), end, u};
  const double unit_days = days_in(u);
  const detail::log_of_days log_gap(4096, u);
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t stop, std::size_t number) {
    std::size_t row = place[number];
    for (std::size_t c = begin; c < stop; ++c) {
      if (!bought(c)) continue;
      const auto from = static_cast<std::size_t>(days.start[c]);
      const auto to = static_cast<std::size_t>(days.start[c + 1]);
      const day first = days.date[from];
      day last = first;
      running_sum money;
      double logs = 0;
      std::size_t at = from + 1;
      for (; at < to && days.date[at] <= end; ++at) {
        logs += log_gap(std::int64_t{days.date[at]} - last);
        last = days.date[at];
        money.add(days.amount[at]);
      }
      const std::size_t repeats = at - from - 1;
      s.customer[row] = static_cast<std::uint32_t>(c);
      s.frequency[row] = static_cast<std::uint32_t>(repeats);
      s.recency[row] = static_cast<double>(std::int64_t{last} - first) / unit_days;
      s.age[row] = static_cast<double>(std::int64_t{end} - first) / unit_days;
      s.spend[row] = repeats ? money.value() / static_cast<double>(repeats) : unknown;
      s.first[row] = first;
      s.last[row] = last;
      s.log_gaps[row] = logs;
      ++row;
    }
  }, threads);
  return s;
}

}  // namespace guanxi::ledger
