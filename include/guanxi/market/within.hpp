#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>

namespace guanxi::market::detail {

/// Rows in the order of one effect (runs), the levels of the other effects stacked behind one another.
///
/// Regression on effects is done in the space of their levels: the effect of the runs is eliminated, the others are found
/// by conjugate gradients with the diagonal as preconditioner. One product is one pass over the rows, for all columns at
/// once. Runs are cut into blocks that depend on the data alone, so sums have the same bits for any number of threads.
struct effect_rows {
  std::size_t n = 0, others = 0, levels = 0;  // rows, effects besides the runs, their levels in all
  std::vector<std::uint32_t> run;             // start of each run, runs + 1
  std::vector<std::uint32_t> other;           // n x others: stacked level
  std::vector<std::uint32_t> block;           // first run of each block, blocks + 1
  unsigned threads = 0;

  [[nodiscard]] std::size_t runs() const noexcept { return run.size() - 1; }
  [[nodiscard]] std::size_t blocks() const noexcept { return block.size() - 1; }

  void cut() {
    const std::size_t want = std::clamp<std::size_t>(std::min(n / 16384, n / std::max<std::size_t>(1, 2 * levels)), 1, 16);
    block.assign(1, 0);
    for (std::size_t r = 0; r < runs(); ++r)
      if (run[r] >= n * block.size() / want && block.size() < want && r > block.back()) block.push_back(static_cast<std::uint32_t>(r));
    block.push_back(static_cast<std::uint32_t>(runs()));
  }

  /// body(first run, last run, block) for each block, over the threads.
  template <class Body>
  void each_block(Body&& body) const {
    parallel_blocks(blocks(), 1, [&](std::size_t b, std::size_t, std::size_t) { body(block[b], block[b + 1], b); }, threads);
  }
};

/// What a projection needs between passes; made once a fit.
struct effect_work {
  std::size_t k = 0;                      // columns
  std::vector<double> weight_run;         // sum of weights of each run
  std::vector<double> diagonal;           // and of each stacked level
  std::vector<double> right, product, residual, direction, part;
  std::vector<double> level;              // levels x k: solution, and the start of the next solve
  std::vector<double> first;              // runs x k
  std::vector<double> gram, within;       // k x k: products of the columns less their effects, and less the runs' means alone
  std::size_t passes = 0;

  effect_work(const effect_rows& rows, std::size_t columns) : k(columns), weight_run(rows.runs()), diagonal(rows.levels) {
    for (auto* v : {&right, &product, &residual, &direction, &level}) v->assign(rows.levels * k, 0.0);
    part.assign(rows.blocks() * rows.levels * (k + 1), 0.0);
    first.assign(rows.runs() * k, 0.0);
    gram.assign(k * k, 0.0);
    within = gram;
  }
};

/// A few numbers that stay in registers when their count is known to the compiler.
template <int Fixed>
struct scratch {
  double here[Fixed > 0 ? Fixed : 1];
  std::vector<double> more;
  explicit scratch(int k) {
    if constexpr (Fixed <= 1) more.resize(static_cast<std::size_t>(k));
  }
  [[nodiscard]] double* data() noexcept {
    if constexpr (Fixed <= 1) return more.data();
    return here;
  }
};

template <int Fixed>
class effect_kernel {
 public:
  effect_kernel(const effect_rows& rows, effect_work& work) : r_(rows), s_(work), k_(Fixed > 0 ? Fixed : static_cast<int>(work.k)) {}

  /// Weights of the levels, the right-hand side of the normal equations for columns v (n x k), means and products within runs.
  void load(const double* w, const double* v) {
    const std::size_t wide = static_cast<std::size_t>(k()) + 1, square = static_cast<std::size_t>(k()) * k();
    std::vector<double> within(r_.blocks() * square);
    r_.each_block([&](std::size_t from, std::size_t to, std::size_t b) {
      double* part = s_.part.data() + b * r_.levels * wide;
      std::fill(part, part + r_.levels * wide, 0.0);
      scratch<Fixed> mean_of(k()), x_of(k());
      scratch<Fixed * Fixed> gram_of(k() * k());
      double *mean = mean_of.data(), *x = x_of.data(), *gram = gram_of.data();
      for (int c = 0; c < k() * k(); ++c) gram[c] = 0;
      for (std::size_t run = from; run < to; ++run) {
        for (int c = 0; c < k(); ++c) mean[c] = 0;
        double sum = 0;
        const std::size_t first = r_.run[run], last = r_.run[run + 1];
        for (std::size_t i = first; i < last; ++i) {
          sum += w[i];
          for (int c = 0; c < k(); ++c) mean[c] += w[i] * v[i * k() + c];
        }
        s_.weight_run[run] = sum;
        for (int c = 0; c < k(); ++c) s_.first[run * k() + c] = mean[c] = sum > 0 ? mean[c] / sum : 0;
        for (std::size_t i = first; i < last; ++i) {
          const double t = w[i];
          for (int c = 0; c < k(); ++c) x[c] = v[i * k() + c] - mean[c];
          for (int c = 0; c < k(); ++c)
            for (int d = 0; d <= c; ++d) gram[c * k() + d] += t * x[c] * x[d];
          for (std::size_t e = 0; e < r_.others; ++e) {
            double* out = part + r_.other[i * r_.others + e] * wide;
            for (int c = 0; c < k(); ++c) out[c] += t * x[c];
            out[k()] += t;
          }
        }
      }
      std::copy(gram, gram + square, within.data() + b * square);
    });
    std::fill(s_.within.begin(), s_.within.end(), 0.0);
    for (std::size_t b = 0; b < r_.blocks(); ++b)
      for (std::size_t c = 0; c < square; ++c) s_.within[c] += within[b * square + c];
    scratch<Fixed + 1> sum_of(static_cast<int>(wide));
    double* sum = sum_of.data();
    for (std::size_t l = 0; l < r_.levels; ++l) {
      for (std::size_t c = 0; c < wide; ++c) sum[c] = 0;
      for (std::size_t b = 0; b < r_.blocks(); ++b)
        for (std::size_t c = 0; c < wide; ++c) sum[c] += s_.part[(b * r_.levels + l) * wide + c];
      for (int c = 0; c < k(); ++c) s_.right[l * k() + c] = sum[c];
      s_.diagonal[l] = sum[k()];
    }
  }

  /// work.gram from the solution alone, without a pass: its error is the square of the solution's.
  void products() {
    for (int c = 0; c < k(); ++c)
      for (int d = 0; d <= c; ++d) s_.gram[c * k() + d] = s_.within[c * k() + d];
    for (std::size_t l = 0; l < r_.levels; ++l) {
      const double *x = s_.level.data() + l * k(), *right = s_.right.data() + l * k(), *rest = s_.residual.data() + l * k();
      for (int c = 0; c < k(); ++c)
        for (int d = 0; d <= c; ++d) s_.gram[c * k() + d] -= x[c] * right[d] + x[d] * rest[c];
    }
    for (int c = 0; c < k(); ++c)
      for (int d = 0; d < c; ++d) s_.gram[d * k() + c] = s_.gram[c * k() + d];
  }

  /// Solves for the stacked levels; stops for each column when its residual is below tol of its right-hand side.
  void solve(const double* w, double tol, std::size_t most = 3000) {
    const std::size_t size = r_.levels * k();
    if (size == 0) return;
    std::vector<double> rho(k()), stop(k()), alpha(k()), beta(k());
    std::vector<char> done(k());
    apply(w, s_.level.data());
    for (std::size_t i = 0; i < size; ++i) s_.residual[i] = s_.right[i] - s_.product[i];
    for (std::size_t l = 0; l < r_.levels; ++l)
      for (int c = 0; c < k(); ++c) {
        const double inverse = s_.diagonal[l] > 0 ? 1 / s_.diagonal[l] : 0, x = s_.residual[l * k() + c], y = s_.right[l * k() + c];
        s_.direction[l * k() + c] = x * inverse;
        rho[c] += x * x * inverse;
        stop[c] += y * y * inverse;
      }
    bool all = true;
    for (int c = 0; c < k(); ++c) stop[c] *= tol * tol, done[c] = rho[c] <= stop[c] || rho[c] < 1e-300, all = all && done[c];
    for (std::size_t pass = 0; pass < most && !all; ++pass) {
      apply(w, s_.direction.data());
      std::fill(alpha.begin(), alpha.end(), 0.0);
      for (std::size_t l = 0; l < r_.levels; ++l)
        for (int c = 0; c < k(); ++c) alpha[c] += s_.direction[l * k() + c] * s_.product[l * k() + c];
      for (int c = 0; c < k(); ++c) alpha[c] = done[c] || !(alpha[c] > 0) ? 0 : rho[c] / alpha[c];
      std::vector<double> next(k());
      for (std::size_t l = 0; l < r_.levels; ++l) {
        const double inverse = s_.diagonal[l] > 0 ? 1 / s_.diagonal[l] : 0;
        for (int c = 0; c < k(); ++c) {
          const std::size_t i = l * k() + c;
          s_.level[i] += alpha[c] * s_.direction[i];
          s_.residual[i] -= alpha[c] * s_.product[i];
          next[c] += s_.residual[i] * s_.residual[i] * inverse;
        }
      }
      all = true;
      for (int c = 0; c < k(); ++c) {
        beta[c] = rho[c] > 0 ? next[c] / rho[c] : 0;
        rho[c] = next[c];
        if (!done[c] && (rho[c] <= stop[c] || alpha[c] == 0)) done[c] = 1;
        all = all && done[c];
      }
      for (std::size_t l = 0; l < r_.levels; ++l) {
        const double inverse = s_.diagonal[l] > 0 ? 1 / s_.diagonal[l] : 0;
        for (int c = 0; c < k(); ++c) {
          const std::size_t i = l * k() + c;
          s_.direction[i] = s_.residual[i] * inverse + beta[c] * s_.direction[i];
        }
      }
    }
  }

  /// Levels of the runs alone: work.first.
  void firsts(const double* w) {
    r_.each_block([&](std::size_t from, std::size_t to, std::size_t) {
      scratch<Fixed> mean_of(k());
      double* mean = mean_of.data();
      for (std::size_t run = from; run < to; ++run) {
        for (int c = 0; c < k(); ++c) mean[c] = 0;
        for (std::size_t i = r_.run[run]; i < r_.run[run + 1]; ++i)
          for (std::size_t e = 0; e < r_.others; ++e) {
            const double* level = s_.level.data() + static_cast<std::size_t>(r_.other[i * r_.others + e]) * k();
            for (int c = 0; c < k(); ++c) mean[c] += w[i] * level[c];
          }
        if (s_.weight_run[run] > 0)
          for (int c = 0; c < k(); ++c) s_.first[run * k() + c] -= mean[c] / s_.weight_run[run];
      }
    });
  }

  /// Levels of the runs, and the products of the columns less their effects: work.first, work.gram.
  void close(const double* w, const double* v) {
    std::vector<double> part(r_.blocks() * k() * k());
    r_.each_block([&](std::size_t from, std::size_t to, std::size_t b) {
      scratch<Fixed> x_of(k()), mean_of(k());
      scratch<Fixed * Fixed> gram_of(k() * k());
      double *x = x_of.data(), *mean = mean_of.data(), *gram = gram_of.data();
      for (int c = 0; c < k() * k(); ++c) gram[c] = 0;
      for (std::size_t run = from; run < to; ++run) {
        for (int c = 0; c < k(); ++c) mean[c] = 0;
        for (std::size_t i = r_.run[run]; i < r_.run[run + 1]; ++i) {
          less_others(v, i, x);
          for (int c = 0; c < k(); ++c) mean[c] += w[i] * x[c];
        }
        const double inverse = s_.weight_run[run] > 0 ? 1 / s_.weight_run[run] : 0;
        for (int c = 0; c < k(); ++c) s_.first[run * k() + c] = mean[c] *= inverse;
        for (std::size_t i = r_.run[run]; i < r_.run[run + 1]; ++i) {
          less_others(v, i, x);
          for (int c = 0; c < k(); ++c) x[c] -= mean[c];
          for (int c = 0; c < k(); ++c)
            for (int d = 0; d <= c; ++d) gram[c * k() + d] += w[i] * x[c] * x[d];
        }
      }
      std::copy(gram, gram + k() * k(), part.data() + b * k() * k());
    });
    std::fill(s_.gram.begin(), s_.gram.end(), 0.0);
    for (std::size_t b = 0; b < r_.blocks(); ++b)
      for (int c = 0; c < k() * k(); ++c) s_.gram[c] += part[b * k() * k() + c];
    for (int c = 0; c < k(); ++c)
      for (int d = 0; d < c; ++d) s_.gram[d * k() + c] = s_.gram[c * k() + d];
  }

 private:
  [[nodiscard]] constexpr int k() const noexcept { return Fixed > 0 ? Fixed : k_; }

  void less_others(const double* v, std::size_t i, double* x) const {
    for (int c = 0; c < k(); ++c) x[c] = v[i * k() + c];
    for (std::size_t e = 0; e < r_.others; ++e) {
      const double* level = s_.level.data() + static_cast<std::size_t>(r_.other[i * r_.others + e]) * k();
      for (int c = 0; c < k(); ++c) x[c] -= level[c];
    }
  }

  /// product = (normal matrix of the stacked levels, runs eliminated) x p. One pass.
  void apply(const double* w, const double* p) {
    ++s_.passes;
    const std::size_t size = r_.levels * k();
    r_.each_block([&](std::size_t from, std::size_t to, std::size_t b) {
      double* q = s_.part.data() + b * size;
      std::fill(q, q + size, 0.0);
      scratch<Fixed> m_of(k()), t_of(k());
      double *m = m_of.data(), *t = t_of.data();
      for (std::size_t run = from; run < to; ++run) {
        const double total = s_.weight_run[run];
        if (!(total > 0)) continue;
        for (int c = 0; c < k(); ++c) m[c] = 0;
        const std::uint32_t first = r_.run[run], last = r_.run[run + 1];
        if (r_.others == 1) {
          for (std::uint32_t i = first; i < last; ++i) {
            const double* level = p + static_cast<std::size_t>(r_.other[i]) * k();
            for (int c = 0; c < k(); ++c) m[c] += w[i] * level[c];
          }
          for (int c = 0; c < k(); ++c) m[c] /= total;
          for (std::uint32_t i = first; i < last; ++i) {
            double* out = q + static_cast<std::size_t>(r_.other[i]) * k();
            for (int c = 0; c < k(); ++c) out[c] -= w[i] * m[c];
          }
          continue;
        }
        for (std::uint32_t i = first; i < last; ++i)
          for (std::size_t e = 0; e < r_.others; ++e) {
            const double* level = p + static_cast<std::size_t>(r_.other[i * r_.others + e]) * k();
            for (int c = 0; c < k(); ++c) m[c] += w[i] * level[c];
          }
        for (int c = 0; c < k(); ++c) m[c] /= total;
        for (std::uint32_t i = first; i < last; ++i) {
          for (int c = 0; c < k(); ++c) t[c] = -m[c];
          for (std::size_t e = 0; e < r_.others; ++e) {
            const double* level = p + static_cast<std::size_t>(r_.other[i * r_.others + e]) * k();
            for (int c = 0; c < k(); ++c) t[c] += level[c];
          }
          for (std::size_t e = 0; e < r_.others; ++e) {
            double* out = q + static_cast<std::size_t>(r_.other[i * r_.others + e]) * k();
            for (int c = 0; c < k(); ++c) out[c] += w[i] * t[c];
          }
        }
      }
    });
    for (std::size_t i = 0; i < size; ++i) {
      double sum = r_.others == 1 ? s_.diagonal[i / k()] * p[i] : 0.0;
      for (std::size_t b = 0; b < r_.blocks(); ++b) sum += s_.part[b * size + i];
      s_.product[i] = sum;
    }
  }

  const effect_rows& r_;
  effect_work& s_;
  int k_;
};

/// Calls body(kernel) with the kernel of the number of columns.
template <class Body>
void with_kernel(const effect_rows& rows, effect_work& work, Body&& body) {
  const auto go = [&]<int K>() {
    effect_kernel<K> kernel(rows, work);
    body(kernel);
  };
  switch (work.k) {
    case 1: return go.template operator()<1>();
    case 2: return go.template operator()<2>();
    case 3: return go.template operator()<3>();
    case 4: return go.template operator()<4>();
    case 5: return go.template operator()<5>();
    case 6: return go.template operator()<6>();
    default: return go.template operator()<0>();
  }
}

/// The same without the last pass: work.gram and work.level; work.first holds the means of the runs.
inline void project_quickly(const effect_rows& rows, effect_work& work, const double* w, const double* v, double tol) {
  with_kernel(rows, work, [&](auto& kernel) {
    kernel.load(w, v);
    kernel.solve(w, tol);
    kernel.products();
  });
}

/// Like project_quickly, but work.first holds the effects of the runs in the end.
inline void project_for_errors(const effect_rows& rows, effect_work& work, const double* w, const double* v, double tol) {
  with_kernel(rows, work, [&](auto& kernel) {
    kernel.load(w, v);
    kernel.solve(w, tol);
    kernel.products();
    kernel.firsts(w);
  });
}

/// Columns v (n x k, row by row) less their effects under the weights w: solves, then work.first, work.level, work.gram hold the answer.
inline void project_out(const effect_rows& rows, effect_work& work, const double* w, const double* v, double tol) {
  with_kernel(rows, work, [&](auto& kernel) {
    kernel.load(w, v);
    kernel.solve(w, tol);
    kernel.close(w, v);
  });
}

}  // namespace guanxi::market::detail
