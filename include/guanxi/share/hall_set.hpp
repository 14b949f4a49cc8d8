#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace guanxi::share {

/// Rows that want more than all columns they can use may give.
struct hall_set {
  std::vector<std::uint32_t> rows, columns;
  double missing = 0.0;  // wanted by the rows beyond what the columns have; 0: the margins can be met
};

namespace detail {

/// Largest flow from rows to columns over allowed cells (Dinic 1970), on compressed rows.
class transport_flow {
 public:
  transport_flow(std::span<const double> supply, std::span<const double> demand, std::span<const std::size_t> start,
                 std::span<const std::uint32_t> column)
      : rows_(supply.size()), columns_(demand.size()), start_(start), column_(column) {
    left_.assign(supply.begin(), supply.end());
    room_.assign(demand.begin(), demand.end());
    flow_.assign(column.size(), 0.0);
    double total = 0.0;
    for (const double x : supply) total += x;
    tiny_ = 1e-12 * std::max(total, 1e-300);
    back_start_.assign(columns_ + 1, 0);
    for (const std::uint32_t j : column) ++back_start_[j + 1];
    for (std::size_t j = 0; j < columns_; ++j) back_start_[j + 1] += back_start_[j];
    back_.resize(column.size());
    back_row_.resize(column.size());
    std::vector<std::size_t> next(back_start_.begin(), back_start_.end() - 1);
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t e = start[i]; e < start[i + 1]; ++e) {
        back_row_[next[column[e]]] = static_cast<std::uint32_t>(i);
        back_[next[column[e]]++] = e;
      }
  }

  /// Pushes until no path is left. Afterwards rows and columns that are reached are the violated set.
  void run() {
    while (levels()) {
      at_row_.assign(start_.begin(), start_.end() - 1);
      at_column_.assign(back_start_.begin(), back_start_.end() - 1);
      for (std::size_t i = 0; i < rows_; ++i)
        while (left_[i] > tiny_) {
          const double sent = from_row(i, left_[i]);
          if (sent <= 0) break;
          left_[i] -= sent;
        }
    }
  }
  [[nodiscard]] bool row_reached(std::size_t i) const { return row_level_[i] >= 0; }
  [[nodiscard]] bool column_reached(std::size_t j) const { return column_level_[j] >= 0; }

 private:
  /// Breadth first from rows with supply left; true when a column with room was reached.
  bool levels() {
    row_level_.assign(rows_, -1);
    column_level_.assign(columns_, -1);
    std::vector<std::size_t> queue;  // rows as i, columns as rows_ + j
    for (std::size_t i = 0; i < rows_; ++i)
      if (left_[i] > tiny_) row_level_[i] = 0, queue.push_back(i);
    bool found = false;
    for (std::size_t q = 0; q < queue.size(); ++q) {
      if (queue[q] < rows_) {
        const std::size_t i = queue[q];
        for (std::size_t e = start_[i]; e < start_[i + 1]; ++e)
          if (column_level_[column_[e]] < 0) {
            column_level_[column_[e]] = row_level_[i] + 1;
            found = found || room_[column_[e]] > tiny_;
            queue.push_back(rows_ + column_[e]);
          }
      } else {
        const std::size_t j = queue[q] - rows_;
        for (std::size_t e = back_start_[j]; e < back_start_[j + 1]; ++e)
          if (flow_[back_[e]] > tiny_ && row_level_[back_row_[e]] < 0) {
            row_level_[back_row_[e]] = column_level_[j] + 1;
            queue.push_back(back_row_[e]);
          }
      }
    }
    return found;
  }

  // Depth is bounded by the number of levels, at most 2 min(rows, columns).
  double from_row(std::size_t i, double most) {
    for (std::size_t& e = at_row_[i]; e < start_[i + 1]; ++e) {
      const std::uint32_t j = column_[e];
      if (column_level_[j] != row_level_[i] + 1) continue;
      const double sent = from_column(j, most);
      if (sent > 0) {
        flow_[e] += sent;
        return sent;
      }
    }
    return 0.0;
  }
  double from_column(std::size_t j, double most) {
    if (room_[j] > tiny_) {
      const double sent = std::min(most, room_[j]);
      room_[j] -= sent;
      return sent;
    }
    for (std::size_t& e = at_column_[j]; e < back_start_[j + 1]; ++e) {
      const std::uint32_t i = back_row_[e];
      double& flow = flow_[back_[e]];
      if (flow <= tiny_ || row_level_[i] != column_level_[j] + 1) continue;
      const double sent = from_row(i, std::min(most, flow));
      if (sent > 0) {
        flow -= sent;
        return sent;
      }
    }
    return 0.0;
  }

  std::size_t rows_, columns_;
  std::span<const std::size_t> start_;
  std::span<const std::uint32_t> column_;
  std::vector<double> left_, room_, flow_;
  std::vector<std::size_t> back_start_, back_, at_row_, at_column_;
  std::vector<std::uint32_t> back_row_;
  std::vector<int> row_level_, column_level_;
  double tiny_ = 0.0;
};

}  // namespace detail

/// Can these margins be met at all by a matrix with entries only where cells are allowed? If not, who is to blame.
///
/// Takes   row and column totals, >= 0, with equal sums; the allowed cells as compressed rows (start: rows + 1).
/// Gives   missing = 0, or rows A, the columns N(A) that they may use, and total(A) - total(N(A)).
/// Costs   a maximum flow: fast in practice, O(rows^2 cells) at worst.
/// Source  Hall (1935); the minimum cut of Dinic's (1970) flow.
[[nodiscard]] inline hall_set find_hall_set(std::span<const double> rows, std::span<const double> columns,
                                            std::span<const std::size_t> start, std::span<const std::uint32_t> column) {
  detail::transport_flow flow(rows, columns, start, column);
  flow.run();
  hall_set out;
  double wanted = 0.0, given = 0.0, total = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    total += rows[i];
    if (!flow.row_reached(i)) continue;
    wanted += rows[i];
    out.rows.push_back(static_cast<std::uint32_t>(i));
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (!flow.column_reached(j)) continue;
    given += columns[j];
    out.columns.push_back(static_cast<std::uint32_t>(j));
  }
  out.missing = wanted - given;
  if (!(out.missing > 1e-9 * total)) return {};
  return out;
}

}  // namespace guanxi::share
