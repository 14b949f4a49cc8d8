#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/buffer.hpp>

namespace guanxi::ledger {

/// A credit note: what a customer got back on a day.
struct credit_note {
  std::uint32_t customer = 0;
  day date = 0;
  double amount = 0;  // positive
};

/// Lines of a ledger summed to one row a customer and day.
struct day_records {
  buffer<std::uint64_t> start;       // customers + 1
  buffer<day> date;                  // days with a line of amount >= 0, rising inside a customer
  buffer<double> sold;               // sum of those lines
  std::vector<credit_note> credits;  // one a customer and day, sorted so
  std::uint64_t repeated = 0;        // lines whose customer, day and amount equal those of an earlier line
};

namespace detail {

struct keyed_amount {
  std::uint64_t key = 0;  // customer within its part, then day since the first
  double amount = 0;
};

/// Sum of amounts that does not depend on their order; sorts them. Few terms: compensated in rising order.
[[nodiscard]] inline double sum_any_order(keyed_amount* first, keyed_amount* last, std::uint64_t& repeated) {
  const auto n = static_cast<std::size_t>(last - first);
  if (n == 1) return first->amount;
  if (n == 2) {
    repeated += first[0].amount == first[1].amount ? 1 : 0;
    return first[0].amount + first[1].amount;
  }
  std::sort(first, last, [](const keyed_amount& a, const keyed_amount& b) { return a.amount < b.amount; });
  for (const keyed_amount* p = first + 1; p != last; ++p) repeated += p[0].amount == p[-1].amount ? 1 : 0;
  const double largest = std::max(std::fabs(first->amount), std::fabs(last[-1].amount));
  if (largest * static_cast<double>(n) < 2e18 && n > 32) {
    exact_sum sum;
    for (const keyed_amount* p = first; p != last; ++p) sum.add(p->amount);
    return sum.value();
  }
  running_sum sum;
  for (const keyed_amount* p = first; p != last; ++p) sum.add(p->amount);
  return sum.value();
}

/// Sorts by key, stable: least significant digits first, digits of equal width.
inline void sort_by_key(keyed_amount* rows, std::size_t n, unsigned bits, std::vector<keyed_amount>& spare) {
  if (n < 2) return;
  if (n < 256) {
    std::sort(rows, rows + n, [](const keyed_amount& a, const keyed_amount& b) { return a.key < b.key; });
    return;
  }
  const unsigned passes = std::max(1u, (bits + 10) / 11);
  const unsigned width = (bits + passes - 1) / passes;
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  if (spare.size() < n) spare.resize(n);
  std::vector<std::uint32_t> count(std::size_t{1} << width);
  keyed_amount* from = rows;
  keyed_amount* to = spare.data();
  for (unsigned pass = 0; pass < passes; ++pass, std::swap(from, to)) {
    const unsigned shift = pass * width;
    std::fill(count.begin(), count.end(), 0u);
    for (std::size_t i = 0; i < n; ++i) ++count[from[i].key >> shift & mask];
    std::uint32_t at = 0;
    for (std::uint32_t& c : count) at += std::exchange(c, at);
    for (std::size_t i = 0; i < n; ++i) to[count[from[i].key >> shift & mask]++] = from[i];
  }
  if (from != rows) std::copy(from, from + n, rows);
}

}  // namespace detail

/// Sums lines to one row a customer and day, on several threads.
///
/// Takes   customer codes below `customers`, days, finite amounts, and keep(i): whether line i counts. first, last: the ends of the days kept.
/// Gives   day records; the same bits for any order of lines and any number of threads.
/// Costs   a partition by customer and a radix sort of each part in cache: about 10 nanoseconds a line and core.
template <class Keep>
[[nodiscard]] day_records sum_days(std::span<const std::uint32_t> customer, std::span<const day> date,
                                   std::span<const double> amount, std::size_t customers, day first, day last, Keep&& keep,
                                   unsigned threads) {
  using detail::keyed_amount;
  const std::size_t n = customer.size();
  constexpr std::size_t block = std::size_t{1} << 18;
  const auto day_bits = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(std::int64_t{last} - first)));
  const std::size_t wanted = std::clamp<std::size_t>(n / 32768, 1, 1024);
  unsigned shift = 0;
  while ((customers >> shift) > wanted) ++shift;
  const std::size_t parts = customers == 0 ? 0 : ((customers - 1) >> shift) + 1;
  const std::uint64_t inside = (std::uint64_t{1} << shift) - 1;
  const auto key = [&](std::size_t i) {
    return (customer[i] & inside) << day_bits | static_cast<std::uint64_t>(std::int64_t{date[i]} - first);
  };

  // Where each part's lines go: blocks in order, so the partition is stable.
  const std::size_t blocks = (n + block - 1) / block;
  std::vector<std::uint64_t> place(blocks * parts);
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t end, std::size_t number) {
    std::uint64_t* mine = place.data() + number * parts;
    for (std::size_t i = begin; i < end; ++i)
      if (keep(i)) ++mine[customer[i] >> shift];
  }, threads);
  std::vector<std::uint64_t> part_start(parts + 1);
  std::uint64_t kept = 0;
  for (std::size_t p = 0; p < parts; ++p) {
    part_start[p] = kept;
    for (std::size_t b = 0; b < blocks; ++b) kept += std::exchange(place[b * parts + p], kept);
  }
  part_start[parts] = kept;

  buffer<keyed_amount> rows(kept);
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t end, std::size_t number) {
    std::uint64_t* mine = place.data() + number * parts;
    for (std::size_t i = begin; i < end; ++i)
      if (keep(i)) rows[mine[customer[i] >> shift]++] = {key(i), amount[i]};
  }, threads);

  // Each part in cache: sort, then sum runs of one customer and day in place.
  struct part_result {
    std::uint64_t days = 0;
    std::uint64_t repeated = 0;
    std::vector<credit_note> credits;
  };
  std::vector<part_result> done(parts);
  const unsigned bits = day_bits + shift;
  const std::uint64_t day_mask = (std::uint64_t{1} << day_bits) - 1;
  parallel_blocks(parts, 1, [&](std::size_t p, std::size_t, std::size_t) {
    thread_local std::vector<keyed_amount> spare;
    keyed_amount* const begin = rows.data() + part_start[p];
    keyed_amount* const end = rows.data() + part_start[p + 1];
    detail::sort_by_key(begin, static_cast<std::size_t>(end - begin), bits, spare);
    keyed_amount* out = begin;
    part_result& mine = done[p];
    for (keyed_amount* run = begin; run != end;) {
      keyed_amount* next = run + 1;
      while (next != end && next->key == run->key) ++next;
      const std::uint64_t run_key = run->key;
      keyed_amount* split = std::partition(run, next, [](const keyed_amount& r) { return r.amount < 0; });
      if (split != run)
        mine.credits.push_back({static_cast<std::uint32_t>((p << shift) + (run_key >> day_bits)),
                                static_cast<day>(first + static_cast<std::int64_t>(run_key & day_mask)),
                                -detail::sum_any_order(run, split, mine.repeated)});
      if (split != next) *out++ = {run_key, detail::sum_any_order(split, next, mine.repeated)};
      run = next;
    }
    mine.days = static_cast<std::uint64_t>(out - begin);
    if (spare.size() > (std::size_t{1} << 20)) spare = {};
  }, threads);

  std::vector<std::uint64_t> out_start(parts + 1);
  std::size_t credits = 0;
  for (std::size_t p = 0; p < parts; ++p) {
    out_start[p + 1] = out_start[p] + done[p].days;
    credits += done[p].credits.size();
  }
  day_records result;
  result.start = buffer<std::uint64_t>(customers + 1);
  result.date = buffer<day>(out_start[parts]);
  result.sold = buffer<double>(out_start[parts]);
  result.credits.reserve(credits);
  for (const part_result& part : done) {
    result.credits.insert(result.credits.end(), part.credits.begin(), part.credits.end());
    result.repeated += part.repeated;
  }
  result.start[customers] = out_start[parts];
  parallel_blocks(parts, 1, [&](std::size_t p, std::size_t, std::size_t) {
    std::size_t c = p << shift;
    const std::size_t end_customer = std::min(customers, (p + 1) << shift);
    const keyed_amount* from = rows.data() + part_start[p];
    for (std::uint64_t at = out_start[p]; at < out_start[p + 1]; ++at, ++from) {
      const std::size_t mine = (p << shift) + (from->key >> day_bits);
      while (c <= mine) result.start[c++] = at;
      result.date[at] = static_cast<day>(first + static_cast<std::int64_t>(from->key & day_mask));
      result.sold[at] = from->amount;
    }
    while (c < end_customer) result.start[c++] = out_start[p + 1];
  }, threads);
  return result;
}

}  // namespace guanxi::ledger
