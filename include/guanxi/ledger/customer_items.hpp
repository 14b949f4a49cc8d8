#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/dictionary.hpp>

namespace guanxi::ledger {

/// Totals of each customer and item (a product, country or supplier), compressed rows: customer c has the entries
/// start[c] .. start[c + 1] - 1, in the order of item codes.
struct item_totals {
  std::vector<std::uint64_t> start;
  std::vector<std::uint32_t> item;
  std::vector<double> amount;         // net of credit lines; may be negative
  std::vector<std::uint32_t> lines;
};

/// Lines summed to one row a customer, item and day, sorted in that order; lines without an item are left out.
class customer_items {
 public:
  customer_items() = default;

  /// Takes   columns of equal length; keep(i): whether line i counts. Costs O(n log(lines of a customer)), threads over
  /// customers. Gives the same bits for any order of lines.
  template <class Keep>
  customer_items(std::span<const std::uint32_t> customer, std::span<const std::uint32_t> item, std::span<const day> date,
                 std::span<const double> amount, std::size_t customers, Keep&& keep, unsigned threads) {
    std::vector<std::uint64_t> place(customers + 1);
    for (std::size_t i = 0; i < customer.size(); ++i)
      if (keep(i) && item[i] != no_code) ++place[customer[i] + 1];
    for (std::size_t c = 0; c < customers; ++c) place[c + 1] += place[c];
    std::vector<line> lines(place.back());
    std::vector<std::uint64_t> next(place.begin(), place.end() - 1);
    for (std::size_t i = 0; i < customer.size(); ++i)
      if (keep(i) && item[i] != no_code) lines[next[customer[i]]++] = {item[i], date[i], amount[i]};
    std::vector<std::uint64_t> rows(customers + 1);
    const auto same = [](const line& a, const line& b) { return a.item == b.item && a.date == b.date; };
    parallel_blocks(customers, 1024, [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t c = begin; c < end; ++c) {
        line* const first = lines.data() + place[c];
        line* const last = lines.data() + place[c + 1];
        std::sort(first, last, [](const line& a, const line& b) {
          return a.item != b.item ? a.item < b.item : a.date != b.date ? a.date < b.date : a.amount < b.amount;
        });
        for (const line* p = first; p != last; ++p) rows[c + 1] += p == first || !same(p[-1], *p) ? 1 : 0;
      }
    }, threads);
    for (std::size_t c = 0; c < customers; ++c) rows[c + 1] += rows[c];
    item_.resize(rows.back());
    date_.resize(rows.back());
    amount_.resize(rows.back());
    lines_.resize(rows.back());
    parallel_blocks(customers, 1024, [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t c = begin; c < end; ++c) {
        std::uint64_t at = rows[c];
        for (std::uint64_t p = place[c]; p < place[c + 1]; ++at) {
          running_sum sum;
          std::uint64_t q = p;
          for (; q < place[c + 1] && same(lines[p], lines[q]); ++q) sum.add(lines[q].amount);
          item_[at] = lines[p].item;
          date_[at] = lines[p].date;
          amount_[at] = sum.value();
          lines_[at] = static_cast<std::uint32_t>(q - p);
          p = q;
        }
      }
    }, threads);
    start_ = std::move(rows);
  }

  [[nodiscard]] bool empty() const noexcept { return start_.empty(); }
  [[nodiscard]] std::span<const std::uint64_t> start() const noexcept { return start_; }
  [[nodiscard]] std::span<const std::uint32_t> item() const noexcept { return item_; }
  [[nodiscard]] std::span<const day> date() const noexcept { return date_; }
  [[nodiscard]] std::span<const double> amount() const noexcept { return amount_; }
  [[nodiscard]] std::span<const std::uint32_t> lines() const noexcept { return lines_; }

  /// Totals over lines dated from .. end. Costs one pass over the rows.
  [[nodiscard]] item_totals totals(day from, day end) const {
    item_totals t;
    t.start.assign(start_.empty() ? 1 : start_.size(), 0);
    for (std::size_t c = 0; c + 1 < start_.size(); ++c) {
      for (std::uint64_t p = start_[c]; p < start_[c + 1];) {
        running_sum sum;
        std::uint32_t lines = 0;
        const std::uint32_t mine = item_[p];
        for (; p < start_[c + 1] && item_[p] == mine; ++p) {
          if (date_[p] < from || date_[p] > end) continue;
          sum.add(amount_[p]);
          lines += lines_[p];
        }
        if (lines == 0) continue;
        t.item.push_back(mine);
        t.amount.push_back(sum.value());
        t.lines.push_back(lines);
      }
      t.start[c + 1] = t.item.size();
    }
    return t;
  }

  /// Item of most lines of each customer up to `end`; the smallest code among equals; no_code where there is none.
  [[nodiscard]] std::vector<std::uint32_t> most_frequent(day end) const {
    const item_totals t = totals(std::numeric_limits<day>::min(), end);
    std::vector<std::uint32_t> result(t.start.size() - 1, no_code);
    for (std::size_t c = 0; c < result.size(); ++c) {
      std::uint32_t most = 0;
      for (std::uint64_t p = t.start[c]; p < t.start[c + 1]; ++p)
        if (t.lines[p] > most) most = t.lines[p], result[c] = t.item[p];
    }
    return result;
  }

  /// The rows dated from .. end.
  [[nodiscard]] customer_items between(day from, day end) const {
    customer_items part;
    if (empty()) return part;
    part.start_.assign(start_.size(), 0);
    for (std::size_t c = 0; c + 1 < start_.size(); ++c) {
      for (std::uint64_t p = start_[c]; p < start_[c + 1]; ++p) {
        if (date_[p] < from || date_[p] > end) continue;
        part.item_.push_back(item_[p]);
        part.date_.push_back(date_[p]);
        part.amount_.push_back(amount_[p]);
        part.lines_.push_back(lines_[p]);
      }
      part.start_[c + 1] = part.item_.size();
    }
    return part;
  }

 private:
  struct line {
    std::uint32_t item = 0;
    day date = 0;
    double amount = 0;
  };
  std::vector<std::uint64_t> start_;
  std::vector<std::uint32_t> item_;
  std::vector<day> date_;
  std::vector<double> amount_;
  std::vector<std::uint32_t> lines_;
};

}  // namespace guanxi::ledger
