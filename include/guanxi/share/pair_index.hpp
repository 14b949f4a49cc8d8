#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/ledger/deliveries.hpp>

namespace guanxi::share {

/// Who bought from whom at all: the distinct (customer, supplier) pairs, customer-sorted, and the deliveries by period.
///
/// Rows with a negative or unknown amount are left out and counted.
/// Costs O(rows log suppliers of one customer), 16 bytes a row.
class pair_index {
 public:
  explicit pair_index(const ledger::deliveries& seen) : start_(seen.customers + 1) {
    std::vector<std::uint32_t> pair_of(seen.rows());
    std::vector<std::uint32_t> mine;
    std::size_t row = 0;
    for (std::size_t c = 0; c < seen.customers; ++c) {
      start_[c] = supplier.size();
      const std::size_t begin = row;
      while (row < seen.rows() && seen.customer[row] == c) ++row;
      mine.assign(seen.supplier.begin() + begin, seen.supplier.begin() + row);
      std::sort(mine.begin(), mine.end());
      mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
      for (std::size_t i = begin; i < row; ++i) {
        const auto at = std::lower_bound(mine.begin(), mine.end(), seen.supplier[i]) - mine.begin();
        pair_of[i] = static_cast<std::uint32_t>(supplier.size() + static_cast<std::size_t>(at));
      }
      supplier.insert(supplier.end(), mine.begin(), mine.end());
    }
    start_[seen.customers] = supplier.size();
    by_period(seen, pair_of);
  }

  std::vector<std::uint32_t> supplier;  // of each pair
  std::size_t refused = 0;              // rows with an amount that is negative, infinite or NaN
  std::size_t first_refused = 0;

  [[nodiscard]] std::size_t pairs() const noexcept { return supplier.size(); }
  [[nodiscard]] std::size_t customers() const noexcept { return start_.size() - 1; }
  [[nodiscard]] std::size_t begin(std::size_t customer) const noexcept { return start_[customer]; }
  [[nodiscard]] std::size_t end(std::size_t customer) const noexcept { return start_[customer + 1]; }

  /// One delivery: the pair and the money. The cells of a period are sorted by pair.
  struct cell {
    std::uint32_t pair;
    double amount;
  };
  [[nodiscard]] const cell* period_begin(std::size_t t) const noexcept { return cells_.data() + period_start_[t]; }
  [[nodiscard]] const cell* period_end(std::size_t t) const noexcept { return cells_.data() + period_start_[t + 1]; }
  /// First cell of period t that belongs to customer c or a later one.
  [[nodiscard]] const cell* customer_cells(std::size_t t, std::size_t c) const {
    return std::lower_bound(period_begin(t), period_end(t), start_[c],
                            [](const cell& x, std::size_t pair) { return x.pair < pair; });
  }

 private:
  void by_period(const ledger::deliveries& seen, const std::vector<std::uint32_t>& pair_of) {
    period_start_.assign(seen.periods + 1, 0);
    const auto good = [&](std::size_t i) { return seen.amount[i] >= 0 && seen.amount[i] - seen.amount[i] == 0; };
    for (std::size_t i = 0; i < seen.rows(); ++i) {
      if (good(i)) {
        ++period_start_[seen.period[i] + 1];
      } else if (refused++ == 0) {
        first_refused = i;
      }
    }
    for (std::size_t t = 0; t < seen.periods; ++t) period_start_[t + 1] += period_start_[t];
    cells_.resize(period_start_[seen.periods]);
    std::vector<std::size_t> next(period_start_.begin(), period_start_.end() - 1);
    for (std::size_t i = 0; i < seen.rows(); ++i)
      if (good(i)) cells_[next[seen.period[i]]++] = {pair_of[i], seen.amount[i]};
  }

  std::vector<std::size_t> start_, period_start_;
  std::vector<cell> cells_;
};

}  // namespace guanxi::share
