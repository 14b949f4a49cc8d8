#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/share/rake.hpp>

namespace guanxi::share {

/// A raked matrix: cells like the prior's, and how it was found.
struct raked_matrix {
  std::vector<double> value;
  rake_result found;
};

namespace detail {

/// Takes a known amount out of a margin; a margin that is smaller than what is known is a finding.
inline void take_known(std::vector<double>& margin, std::span<const double> known, const char* what,
                       std::string& violated) {
  for (std::size_t i = 0; i < margin.size(); ++i) {
    if (known[i] == 0) continue;
    const double left = margin[i] - known[i];
    if (left < -1e-9 * known[i]) {
      if (!violated.empty()) violated.append("; ");
      violated.append(std::string(what) + " " + std::to_string(i) + ": total " + short_number(margin[i]) +
                      " below the " + short_number(known[i]) + " already known");
    }
    margin[i] = left > 1e-12 * known[i] ? left : 0.0;
  }
}

template <class Rake>
raked_matrix rake_rest(std::vector<double>& prior, std::span<const double> known, std::vector<double> rows,
                       std::vector<double> columns, const std::vector<double>& known_row,
                       const std::vector<double>& known_column, Rake&& call) {
  std::string violated;
  take_known(rows, known_row, "row", violated);
  take_known(columns, known_column, "column", violated);
  for (std::size_t e = 0; e < prior.size(); ++e)
    if (known[e] == known[e]) prior[e] = 0.0;
  raked_matrix out{{}, call(rows, columns)};
  if (!violated.empty()) {
    out.found.converged = false;
    out.found.violated = out.found.violated.empty() ? violated : violated + "; " + out.found.violated;
  }
  return out;
}

}  // namespace detail

/// Writes row_factor[i] prior[i, j] column_factor[j] to memory of the caller's: each cell is touched once.
inline void write_raked(dense_matrix prior, const rake_result& found, std::span<double> out, unsigned threads = 0) {
  if (out.size() != prior.value.size())
    throw error(errc::size_mismatch, "share::write_raked: 'out' has " + std::to_string(out.size()) +
                                         " cells, 'prior' has " + std::to_string(prior.value.size()));
  const double* c = found.column_factor.data();
  parallel_blocks(
      prior.rows, 128,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const double r = found.row_factor[i];
          const double* p = prior.value.data() + i * prior.columns;
          double* to = out.data() + i * prior.columns;
          for (std::size_t j = 0; j < prior.columns; ++j) to[j] = r * p[j] * c[j];
        }
      },
      threads);
}

/// The same on compressed rows: one value a stored cell.
inline void write_raked(sparse_matrix prior, const rake_result& found, std::span<double> out, unsigned threads = 0) {
  if (out.size() != prior.value.size())
    throw error(errc::size_mismatch, "share::write_raked: 'out' has " + std::to_string(out.size()) +
                                         " cells, 'prior' has " + std::to_string(prior.value.size()));
  parallel_blocks(
      prior.rows(), 4096,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i)
          for (std::size_t e = prior.start[i]; e < prior.start[i + 1]; ++e)
            out[e] = found.row_factor[i] * prior.value[e] * found.column_factor[prior.column[e]];
      },
      threads);
}

/// rake, and the matrix written out: row_factor[i] prior[i, j] column_factor[j].
[[nodiscard]] inline raked_matrix rake_all(dense_matrix prior, std::span<const double> rows,
                                           std::span<const double> columns, const rake_settings& settings = {}) {
  raked_matrix out{{}, rake(prior, rows, columns, settings)};
  out.value.resize(prior.value.size());
  write_raked(prior, out.found, out.value, settings.threads);
  return out;
}

/// The same on compressed rows: one value a stored cell.
[[nodiscard]] inline raked_matrix rake_all(sparse_matrix prior, std::span<const double> rows,
                                           std::span<const double> columns, const rake_settings& settings = {}) {
  raked_matrix out{{}, rake(prior, rows, columns, settings)};
  out.value.resize(prior.value.size());
  write_raked(prior, out.found, out.value, settings.threads);
  return out;
}

/// rake with some cells known: they keep their value, the others share what is left of the margins.
///
/// Takes   known: as many entries as prior, NaN where a cell is unknown. Margins include the known cells.
/// Gives   the full matrix. Known cells come back unchanged, bit for bit.
/// Fails   as rake; errc::out_of_domain for a negative known cell. Costs one copy of the prior more.
[[nodiscard]] inline raked_matrix rake_known(dense_matrix prior, std::span<const double> known,
                                             std::span<const double> rows, std::span<const double> columns,
                                             const rake_settings& settings = {}) {
  if (known.size() != prior.value.size() || prior.value.size() != prior.rows * prior.columns)
    throw error(errc::size_mismatch, "share::rake_known: 'known' has " + std::to_string(known.size()) +
                                         " cells, 'prior' has " + std::to_string(prior.value.size()));
  if (rows.size() != prior.rows || columns.size() != prior.columns) return {{}, rake(prior, rows, columns, settings)};
  std::vector<double> p(prior.value.begin(), prior.value.end()), known_row(prior.rows, 0.0),
      known_column(prior.columns, 0.0);
  for (std::size_t e = 0; e < known.size(); ++e) {
    if (known[e] < 0)
      throw error(errc::out_of_domain, "share::rake_known: 'known' has " + std::to_string(known[e]) + " in cell " +
                                           std::to_string(e) + ", it must be at least 0");
    if (known[e] != known[e]) continue;
    known_row[e / prior.columns] += known[e];
    known_column[e % prior.columns] += known[e];
  }
  raked_matrix out =
      detail::rake_rest(p, known, {rows.begin(), rows.end()}, {columns.begin(), columns.end()}, known_row, known_column,
                        [&](std::span<const double> r, std::span<const double> c) {
                          return rake(dense_matrix{p, prior.rows, prior.columns}, r, c, settings);
                        });
  out.value.resize(p.size());
  for (std::size_t e = 0; e < p.size(); ++e)
    out.value[e] = known[e] == known[e]
                       ? known[e]
                       : out.found.row_factor[e / prior.columns] * p[e] * out.found.column_factor[e % prior.columns];
  return out;
}

/// The same on compressed rows; known: one entry a stored cell.
[[nodiscard]] inline raked_matrix rake_known(sparse_matrix prior, std::span<const double> known,
                                             std::span<const double> rows, std::span<const double> columns,
                                             const rake_settings& settings = {}) {
  if (known.size() != prior.value.size())
    throw error(errc::size_mismatch, "share::rake_known: 'known' has " + std::to_string(known.size()) +
                                         " cells, 'prior' has " + std::to_string(prior.value.size()));
  if (rows.size() != prior.rows() || columns.size() != prior.columns) return {{}, rake(prior, rows, columns, settings)};
  std::vector<double> p(prior.value.begin(), prior.value.end()), known_row(prior.rows(), 0.0),
      known_column(prior.columns, 0.0);
  for (std::size_t i = 0; i < prior.rows(); ++i)
    for (std::size_t e = prior.start[i]; e < prior.start[i + 1]; ++e) {
      if (known[e] < 0)
        throw error(errc::out_of_domain, "share::rake_known: 'known' has " + std::to_string(known[e]) + " in cell " +
                                             std::to_string(e) + ", it must be at least 0");
      if (known[e] != known[e]) continue;
      known_row[i] += known[e];
      known_column[prior.column[e]] += known[e];
    }
  raked_matrix out =
      detail::rake_rest(p, known, {rows.begin(), rows.end()}, {columns.begin(), columns.end()}, known_row, known_column,
                        [&](std::span<const double> r, std::span<const double> c) {
                          return rake(sparse_matrix{prior.start, prior.column, p, prior.columns}, r, c, settings);
                        });
  out.value.resize(p.size());
  for (std::size_t i = 0; i < prior.rows(); ++i)
    for (std::size_t e = prior.start[i]; e < prior.start[i + 1]; ++e)
      out.value[e] =
          known[e] == known[e] ? known[e] : out.found.row_factor[i] * p[e] * out.found.column_factor[prior.column[e]];
  return out;
}

}  // namespace guanxi::share
