#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/ordered_logit.hpp>
#include <guanxi/relation/panel.hpp>

namespace guanxi::relation::detail {

/// exp(log density - largest over states) of every distinct value of a column, and that largest.
struct density_table {
  std::vector<double> scaled;   // distinct x states
  std::vector<double> largest;  // distinct
};

[[nodiscard]] inline density_table tabulate(const emission& e, const coded& column, std::size_t states,
                                            unsigned threads) {
  density_table t;
  t.scaled.resize(column.value.size() * states);
  t.largest.resize(column.value.size());
  parallel_blocks(
      column.value.size(), 4096,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t d = begin; d < end; ++d) {
          double* out = t.scaled.data() + d * states;
          double most = -std::numeric_limits<double>::infinity();
          for (std::size_t s = 0; s < states; ++s)
            most = std::max(most, out[s] = log_density(e, s, column.value[d], column.length(d)));
          const bool possible = std::isfinite(most);
          t.largest[d] = possible ? most : 0.0;
          for (std::size_t s = 0; s < states; ++s) out[s] = possible ? std::exp(out[s] - most) : 0.0;
        }
      },
      threads);
  return t;
}

/// What one pass over the book gives: log-likelihood and the expected counts that the M-step needs.
struct expectations {
  double log_likelihood = 0.0;
  std::vector<double> initial;             // states
  std::vector<double> moves;               // states x states
  std::vector<double> xi;                  // rows x states x states, only with covariates: move into the row
  std::vector<std::vector<moments>> sums;  // a column: states
  std::vector<std::vector<double>>
      histogram;                          // a column: distinct x states, or empty where moments were summed directly
  std::vector<std::uint32_t> impossible;  // expanded rows that no state can give
};

/// Parameters of the chain as the kernel wants them.
struct chain_view {
  std::span<const double> initial;
  std::span<const double> moves;          // states x states; unused with covariates
  const ordered_moves* driven = nullptr;  // with covariates
  std::span<const density_table> tables;
};

inline constexpr std::size_t histogram_limit = 2048;

[[nodiscard]] inline bool by_histogram(const emission& e, const coded& column) {
  return column.value.size() <= histogram_limit || e.kind == family::negative_binomial || e.kind == family::ordinal;
}

template <std::size_t S>
class chain {
 public:
  using vec = std::array<double, S>;
  using mat = std::array<vec, S>;

  chain(const prepared& rows, std::span<const emission> laws, const chain_view& view)
      : rows_(rows), laws_(laws), view_(view) {
    for (std::size_t s = 0; s < S; ++s) initial_[s] = view.initial[s];
    if (view.driven == nullptr) {
      for (std::size_t i = 0; i < S; ++i) {
        for (std::size_t j = 0; j < S; ++j) fixed_[i][j] = view.moves[i * S + j], fixed_turned_[j][i] = fixed_[i][j];
      }
    }
    for (std::size_t c = 0; c < laws.size(); ++c) direct_.push_back(!by_histogram(laws[c], rows.columns[c]));
  }

  /// Densities of a row scaled to at most 1 in the best state; gives the log of the scale.
  double densities(std::size_t row, vec& e) const {
    double scale = 0.0;
    bool any = false;
    for (std::size_t c = 0; c < laws_.size(); ++c) {
      const std::uint32_t code = rows_.columns[c].code[row];
      if (code == coded::missing) continue;
      const double* f = view_.tables[c].scaled.data() + code * S;
      if (!any) {
        for (std::size_t s = 0; s < S; ++s) e[s] = f[s];
      } else {
        for (std::size_t s = 0; s < S; ++s) e[s] *= f[s];
      }
      any = true;
      scale += view_.tables[c].largest[code];
    }
    if (!any) {
      e.fill(1.0);
      return 0.0;
    }
    if (laws_.size() > 1) {
      double most = 0.0;
      for (const double x : e) most = std::max(most, x);
      if (most < 1e-120) return in_logs(row, e);
    }
    return scale;
  }

  /// Forward recursion of one customer: filter into a (rows of it x S), scaled densities, 1 / c. Gives the
  /// log-likelihood.
  double forward(std::size_t begin, std::size_t end, vec* a, vec* e, double* inverse, mat* moves,
                 std::vector<std::uint32_t>& impossible) const {
    double log_likelihood = 0.0, product = 1.0;
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t t = row - begin;
      double scale = densities(row, e[t]);
      vec u;
      if (t == 0) {
        u = initial_;
      } else {
        const mat& q = moves == nullptr ? fixed_ : moves[t];
        u = times(a[t - 1], q);
      }
      vec w;
      double c = 0.0;
      for (std::size_t s = 0; s < S; ++s) w[s] = u[s] * e[t][s];
      for (std::size_t s = 0; s < S; ++s) c += w[s];
      if (!(c > 0.0) || !std::isfinite(c)) {  // no state can give this row: it counts as missing
        impossible.push_back(static_cast<std::uint32_t>(row));
        e[t].fill(1.0);
        w = u, c = 0.0, scale = 0.0;
        for (std::size_t s = 0; s < S; ++s) c += w[s];
      }
      inverse[t] = 1.0 / c;
      for (std::size_t s = 0; s < S; ++s) a[t][s] = w[s] * inverse[t];
      log_likelihood += scale;
      product *= c;
      if (product < 1e-150 || c < 1e-150) log_likelihood += std::log(product), product = 1.0;
    }
    return log_likelihood + std::log(product);
  }

  /// Transition matrices into rows begin + 1 .. end - 1.
  void drive(std::size_t begin, std::size_t end, mat* moves) const {
    const std::size_t p = rows_.covariates;
    for (std::size_t row = begin + 1; row < end; ++row) {
      const std::span<const double> z(rows_.z.data() + (row - 1) * p, p);
      for (std::size_t s = 0; s < S; ++s) view_.driven->row(s, z, moves[row - begin][s].data());
    }
  }

  struct scratch {
    std::vector<vec> a, e;
    std::vector<double> inverse;
    std::vector<mat> moves;
    void fit(std::size_t length, bool driven) {
      if (a.size() < length) a.resize(length), e.resize(length), inverse.resize(length);
      if (driven && moves.size() < length) moves.resize(length);
    }
  };

  struct part {
    double log_likelihood = 0.0;
    vec initial{};
    mat moves{};
    std::vector<std::vector<moments>> sums;
    std::vector<std::vector<double>> histogram;
    std::vector<std::uint32_t> impossible;
  };

  /// Forward and backward for customers [from, to); per-row moves go to xi when there are covariates.
  void expect(std::size_t from, std::size_t to, part& out, double* xi, scratch& work) const {
    const std::size_t columns = laws_.size();
    out.sums.assign(columns, std::vector<moments>(S));
    out.histogram.resize(columns);
    for (std::size_t c = 0; c < columns; ++c) {
      if (!direct_[c]) out.histogram[c].assign(rows_.columns[c].value.size() * S, 0.0);
    }
    mat outer{};
    for (std::size_t customer = from; customer < to; ++customer) {
      const std::size_t begin = rows_.start[customer], end = rows_.start[customer + 1];
      work.fit(end - begin, view_.driven != nullptr);
      mat* moves = view_.driven == nullptr ? nullptr : work.moves.data();
      if (moves != nullptr) drive(begin, end, moves);
      out.log_likelihood +=
          forward(begin, end, work.a.data(), work.e.data(), work.inverse.data(), moves, out.impossible);
      vec b;
      b.fill(1.0);
      for (std::size_t row = end; row-- > begin;) {
        const std::size_t t = row - begin;
        vec gamma;
        for (std::size_t s = 0; s < S; ++s) gamma[s] = work.a[t][s] * b[s];
        collect(row, gamma, out);
        if (t == 0) {
          for (std::size_t s = 0; s < S; ++s) out.initial[s] += gamma[s];
          break;
        }
        vec w;
        for (std::size_t s = 0; s < S; ++s) w[s] = work.e[t][s] * b[s] * work.inverse[t];
        const vec& before = work.a[t - 1];
        if (moves == nullptr) {
          for (std::size_t i = 0; i < S; ++i) {
            for (std::size_t j = 0; j < S; ++j) outer[i][j] += before[i] * w[j];
          }
          b = times(w, fixed_turned_);
        } else {
          for (std::size_t i = 0; i < S; ++i) {
            double sum = 0.0;
            for (std::size_t j = 0; j < S; ++j) {
              const double flow = moves[t][i][j] * w[j];
              sum += flow;
              xi[(row * S + i) * S + j] = before[i] * flow;
              out.moves[i][j] += before[i] * flow;
            }
            b[i] = sum;
          }
        }
      }
    }
    if (view_.driven == nullptr) {
      for (std::size_t i = 0; i < S; ++i) {
        for (std::size_t j = 0; j < S; ++j) out.moves[i][j] = outer[i][j] * fixed_[i][j];
      }
    }
  }

  /// Filter and, when `smoothed` is given, smoother of customers [from, to), rows x S each.
  double trace(std::size_t from, std::size_t to, double* filtered, double* smoothed, scratch& work,
               std::vector<std::uint32_t>& impossible) const {
    double total = 0.0;
    for (std::size_t customer = from; customer < to; ++customer) {
      const std::size_t begin = rows_.start[customer], end = rows_.start[customer + 1];
      work.fit(end - begin, view_.driven != nullptr);
      mat* moves = view_.driven == nullptr ? nullptr : work.moves.data();
      if (moves != nullptr) drive(begin, end, moves);
      total += forward(begin, end, work.a.data(), work.e.data(), work.inverse.data(), moves, impossible);
      for (std::size_t row = begin; row < end; ++row)
        std::copy(work.a[row - begin].begin(), work.a[row - begin].end(), filtered + row * S);
      if (smoothed == nullptr) continue;
      vec b;
      b.fill(1.0);
      for (std::size_t row = end; row-- > begin;) {
        const std::size_t t = row - begin;
        for (std::size_t s = 0; s < S; ++s) smoothed[row * S + s] = work.a[t][s] * b[s];
        if (t == 0) break;
        vec w, next{};
        for (std::size_t s = 0; s < S; ++s) w[s] = work.e[t][s] * b[s] * work.inverse[t];
        const mat& q = moves == nullptr ? fixed_ : moves[t];
        for (std::size_t i = 0; i < S; ++i) {
          for (std::size_t j = 0; j < S; ++j) next[i] += q[i][j] * w[j];
        }
        b = next;
      }
    }
    return total;
  }

 private:
  /// a M as sums of rows, which compilers turn into one register a row.
  static vec times(const vec& a, const mat& m) {
    vec out;
    for (std::size_t j = 0; j < S; ++j) out[j] = a[0] * m[0][j];
    for (std::size_t i = 1; i < S; ++i) {
      for (std::size_t j = 0; j < S; ++j) out[j] += a[i] * m[i][j];
    }
    return out;
  }

  double in_logs(std::size_t row, vec& e) const {
    vec logs{};
    for (std::size_t c = 0; c < laws_.size(); ++c) {
      const std::uint32_t code = rows_.columns[c].code[row];
      if (code == coded::missing) continue;
      for (std::size_t s = 0; s < S; ++s)
        logs[s] += log_density(laws_[c], s, rows_.columns[c].value[code], rows_.columns[c].length(code));
    }
    double most = -std::numeric_limits<double>::infinity();
    for (const double x : logs) most = std::max(most, x);
    for (std::size_t s = 0; s < S; ++s) e[s] = std::isfinite(most) ? std::exp(logs[s] - most) : 0.0;
    return std::isfinite(most) ? most : 0.0;
  }

  void collect(std::size_t row, const vec& gamma, part& out) const {
    for (std::size_t c = 0; c < laws_.size(); ++c) {
      const std::uint32_t code = rows_.columns[c].code[row];
      if (code == coded::missing) continue;
      if (!direct_[c]) {
        double* h = out.histogram[c].data() + code * S;
        for (std::size_t s = 0; s < S; ++s) h[s] += gamma[s];
        continue;
      }
      const auto f =
          feature(laws_[c].kind, rows_.columns[c].centre, rows_.columns[c].value[code], rows_.columns[c].length(code));
      for (std::size_t s = 0; s < S; ++s) {
        moments& m = out.sums[c][s];
        m.zero += gamma[s] * f[0], m.one += gamma[s] * f[1], m.rest += gamma[s] * f[2];
        m.first += gamma[s] * f[3], m.second += gamma[s] * f[4];
      }
    }
  }

  const prepared& rows_;
  std::span<const emission> laws_;
  chain_view view_;
  vec initial_{};
  mat fixed_{}, fixed_turned_{};
  std::vector<bool> direct_;
};

inline void finish_moments(std::span<const emission> laws, const prepared& rows, std::size_t states,
                           expectations& out) {
  for (std::size_t c = 0; c < laws.size(); ++c) {
    if (out.histogram[c].empty()) continue;
    const coded& column = rows.columns[c];
    for (std::size_t s = 0; s < states; ++s) {
      running_sum zero, one, rest, first, second;
      for (std::size_t d = 0; d < column.value.size(); ++d) {
        const double w = out.histogram[c][d * states + s];
        const auto f = feature(laws[c].kind, column.centre, column.value[d], column.length(d));
        zero.add(w * f[0]), one.add(w * f[1]), rest.add(w * f[2]), first.add(w * f[3]), second.add(w * f[4]);
      }
      out.sums[c][s] = {zero.value(), one.value(), rest.value(), first.value(), second.value()};
    }
  }
}

/// One E-step over blocks of customers of a fixed size; the sums are added in the order of the blocks.
template <std::size_t S>
[[nodiscard]] expectations expect(const prepared& rows, std::span<const emission> laws, const chain_view& view,
                                  std::vector<double>&& room, unsigned threads) {
  const std::size_t n = rows.customers(), block = std::max<std::size_t>(64, (n + 63) / 64),
                    blocks = (n + block - 1) / block;
  const chain<S> kernel(rows, laws, view);
  expectations out;
  if (view.driven != nullptr) {
    out.xi = std::move(room);
    out.xi.resize(rows.rows() * S * S);
  }
  std::vector<typename chain<S>::part> part(blocks);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        typename chain<S>::scratch work;
        kernel.expect(begin, end, part[number], out.xi.data(), work);
      },
      threads);
  out.initial.assign(S, 0.0), out.moves.assign(S * S, 0.0);
  out.sums.assign(laws.size(), std::vector<moments>(S));
  out.histogram.resize(laws.size());
  running_sum total;
  for (const auto& one : part) {
    total.add(one.log_likelihood);
    for (std::size_t i = 0; i < S; ++i) {
      out.initial[i] += one.initial[i];
      for (std::size_t j = 0; j < S; ++j) out.moves[i * S + j] += one.moves[i][j];
    }
    for (std::size_t c = 0; c < laws.size(); ++c) {
      if (!one.histogram[c].empty()) {
        if (out.histogram[c].empty()) out.histogram[c].assign(one.histogram[c].size(), 0.0);
        for (std::size_t d = 0; d < one.histogram[c].size(); ++d) out.histogram[c][d] += one.histogram[c][d];
      } else {
        for (std::size_t s = 0; s < S; ++s) {
          moments& m = out.sums[c][s];
          const moments& o = one.sums[c][s];
          m.zero += o.zero, m.one += o.one, m.rest += o.rest, m.first += o.first, m.second += o.second;
        }
      }
    }
    out.impossible.insert(out.impossible.end(), one.impossible.begin(), one.impossible.end());
  }
  out.log_likelihood = total.value();
  finish_moments(laws, rows, S, out);
  return out;
}

/// Filtered (and smoothed) probabilities of every expanded row.
struct traces {
  std::vector<double> filtered, smoothed;
  double log_likelihood = 0.0;
  std::vector<std::uint32_t> impossible;
};

template <std::size_t S>
[[nodiscard]] traces trace(const prepared& rows, std::span<const emission> laws, const chain_view& view, bool smooth,
                           unsigned threads) {
  const std::size_t n = rows.customers(), block = std::max<std::size_t>(64, (n + 63) / 64),
                    blocks = (n + block - 1) / block;
  const chain<S> kernel(rows, laws, view);
  traces out;
  out.filtered.resize(rows.rows() * S);
  if (smooth) out.smoothed.resize(rows.rows() * S);
  std::vector<double> part(blocks);
  std::vector<std::vector<std::uint32_t>> impossible(blocks);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        typename chain<S>::scratch work;
        part[number] = kernel.trace(begin, end, out.filtered.data(), smooth ? out.smoothed.data() : nullptr, work,
                                    impossible[number]);
      },
      threads);
  running_sum total;
  for (const double x : part) total.add(x);
  for (const auto& rowset : impossible) out.impossible.insert(out.impossible.end(), rowset.begin(), rowset.end());
  out.log_likelihood = total.value();
  return out;
}

/// Calls f.template operator()<S>() for states = S in 1 .. 8.
template <class F>
decltype(auto) with_states(std::size_t states, F&& f) {
  switch (states) {
    case 1:
      return f.template operator()<1>();
    case 2:
      return f.template operator()<2>();
    case 3:
      return f.template operator()<3>();
    case 5:
      return f.template operator()<5>();
    case 6:
      return f.template operator()<6>();
    case 7:
      return f.template operator()<7>();
    case 8:
      return f.template operator()<8>();
    default:
      return f.template operator()<4>();
  }
}

}  // namespace guanxi::relation::detail
