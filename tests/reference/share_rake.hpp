#pragma once
// Raking as one would write it on a blackboard, and the worst subset of rows by trying all of them.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace guanxi::reference {

inline std::vector<double> rake(std::vector<double> x, const std::vector<double>& row,
                                const std::vector<double>& column, int sweeps) {
  const std::size_t n = row.size(), m = column.size();
  for (int k = 0; k < sweeps; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < m; ++j) sum += x[i * m + j];
      for (std::size_t j = 0; j < m; ++j) x[i * m + j] *= sum > 0 ? row[i] / sum : 0.0;
    }
    for (std::size_t j = 0; j < m; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += x[i * m + j];
      for (std::size_t i = 0; i < n; ++i) x[i * m + j] *= sum > 0 ? column[j] / sum : 0.0;
    }
  }
  return x;
}

inline double worst_subset(const std::vector<double>& row, const std::vector<double>& column,
                           const std::vector<std::size_t>& start, const std::vector<std::uint32_t>& cells) {
  double worst = 0.0;
  for (std::size_t set = 0; set < (std::size_t{1} << row.size()); ++set) {
    double wanted = 0.0, given = 0.0;
    std::vector<bool> used(column.size(), false);
    for (std::size_t i = 0; i < row.size(); ++i)
      if ((set >> i) & 1) {
        wanted += row[i];
        for (std::size_t e = start[i]; e < start[i + 1]; ++e) used[cells[e]] = true;
      }
    for (std::size_t j = 0; j < column.size(); ++j)
      if (used[j]) given += column[j];
    if (wanted - given > worst) worst = wanted - given;
  }
  return worst;
}

}  // namespace guanxi::reference
