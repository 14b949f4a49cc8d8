#include <guanxi/share/rake_known.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/random.hpp>

#include "reference/share_rake.hpp"

namespace guanxi::share {
namespace {

struct problem {
  std::size_t rows, columns;
  std::vector<double> prior, row, column;
  [[nodiscard]] dense_matrix view() const { return {prior, rows, columns}; }
};

/// A prior with some zeros and the margins of a matrix with the same zeros.
problem make(std::size_t rows, std::size_t columns, std::uint64_t seed, double zeros = 0.3) {
  problem p{rows, columns, std::vector<double>(rows * columns), std::vector<double>(rows, 0.0),
            std::vector<double>(columns, 0.0)};
  random_stream stream(seed);
  for (std::size_t e = 0; e < p.prior.size(); ++e) {
    if (stream.uniform() < zeros) continue;
    p.prior[e] = stream.exponential();
    const double x = stream.exponential() * 5;
    p.row[e / columns] += x;
    p.column[e % columns] += x;
  }
  return p;
}

TEST(Rake, EqualsTheLoopInTheOpen) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const problem p = make(23, 17, seed);
    const auto want = reference::rake(p.prior, p.row, p.column, 5000);
    const rake_result got = rake(p.view(), p.row, p.column, {.tol = 1e-13});
    ASSERT_TRUE(got.converged);
    for (std::size_t e = 0; e < p.prior.size(); ++e)
      EXPECT_NEAR(got.row_factor[e / 17] * p.prior[e] * got.column_factor[e % 17], want[e], 1e-9);
  }
}

struct compressed {
  std::vector<std::size_t> start{0};
  std::vector<std::uint32_t> column;
  std::vector<double> value;
  explicit compressed(const problem& p) {
    for (std::size_t i = 0; i < p.rows; ++i) {
      for (std::size_t j = 0; j < p.columns; ++j)
        if (p.prior[i * p.columns + j] > 0) {
          column.push_back(static_cast<std::uint32_t>(j));
          value.push_back(p.prior[i * p.columns + j]);
        }
      start.push_back(column.size());
    }
  }
};

TEST(Rake, SparseEqualsDense) {
  const problem p = make(60, 31, 4, 0.7);
  const compressed s(p);
  const rake_result dense = rake(p.view(), p.row, p.column, {.tol = 1e-12});
  const rake_result sparse = rake(sparse_matrix{s.start, s.column, s.value, 31}, p.row, p.column, {.tol = 1e-12});
  ASSERT_TRUE(dense.converged && sparse.converged);
  for (std::size_t e = 0; e < p.prior.size(); ++e)
    EXPECT_NEAR(dense.row_factor[e / 31] * p.prior[e] * dense.column_factor[e % 31],
                sparse.row_factor[e / 31] * p.prior[e] * sparse.column_factor[e % 31], 1e-9);
}

TEST(Rake, MarginsHoldAndOddsRatiosStay) {
  const problem p = make(8, 9, 5, 0.0);
  const raked_matrix m = rake_known(p.view(), std::vector<double>(72, unknown), p.row, p.column, {.tol = 1e-12});
  for (std::size_t i = 0; i < 8; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 9; ++j) sum += m.value[i * 9 + j];
    EXPECT_NEAR(sum, p.row[i], 1e-9);
  }
  const auto odds = [](const std::vector<double>& x) { return x[0] * x[10] / (x[1] * x[9]); };
  EXPECT_NEAR(odds(m.value), odds(p.prior), 1e-10 * odds(p.prior));
}

TEST(Rake, SameBitsForAnyThreads) {
  const problem p = make(500, 40, 6);
  const auto one = rake(p.view(), p.row, p.column, {.threads = 1});
  const auto many = rake(p.view(), p.row, p.column, {.threads = 6});
  EXPECT_EQ(one.row_factor, many.row_factor);
  EXPECT_EQ(one.column_factor, many.column_factor);
}

TEST(Rake, EverythingKnownComesBackUnchanged) {
  const problem p = make(6, 5, 7);
  std::vector<double> truth = reference::rake(p.prior, p.row, p.column, 3000), row(6, 0.0), column(5, 0.0);
  for (std::size_t e = 0; e < truth.size(); ++e) row[e / 5] += truth[e], column[e % 5] += truth[e];
  const raked_matrix all = rake_known(p.view(), truth, row, column);
  EXPECT_EQ(all.value, truth);
  EXPECT_TRUE(all.found.converged) << all.found.violated;
  std::vector<double> some = truth;
  some[0] = some[7] = some[13] = some[19] = unknown;
  const raked_matrix part = rake_known(p.view(), some, row, column, {.tol = 1e-12});
  for (std::size_t e = 0; e < truth.size(); ++e) {
    if (some[e] == some[e])
      EXPECT_EQ(part.value[e], truth[e]);
    else
      EXPECT_NEAR(part.value[e], truth[e], 1e-6);
  }
}

TEST(Rake, SoftMarginsLieBetweenPriorAndHard) {
  const problem p = make(7, 6, 8, 0.0);
  const auto sum_of_row = [&](const rake_result& r, std::size_t i) {
    double sum = 0;
    for (std::size_t j = 0; j < 6; ++j) sum += r.row_factor[i] * p.prior[i * 6 + j] * r.column_factor[j];
    return sum;
  };
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<double> none_r(7, 0.0), none_c(6, 0.0), all_r(7, infinite), all_c(6, infinite), some_r(7, 2.0),
      some_c(6, 2.0);
  const auto prior = rake(p.view(), p.row, p.column, {.row_weight = none_r, .column_weight = none_c});
  const auto soft = rake(p.view(), p.row, p.column, {.tol = 1e-13, .row_weight = some_r, .column_weight = some_c});
  const auto hard = rake(p.view(), p.row, p.column, {.tol = 1e-12, .row_weight = all_r, .column_weight = all_c});
  const auto plain = rake(p.view(), p.row, p.column, {.tol = 1e-12});
  EXPECT_EQ(hard.row_factor, plain.row_factor);
  ASSERT_TRUE(soft.converged);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(prior.row_factor[i], 1.0);
    EXPECT_NEAR(sum_of_row(hard, i), p.row[i], 1e-8);
    // first order condition: ln r = -lambda ln(row sum / wanted)
    EXPECT_NEAR(std::log(soft.row_factor[i]), -2.0 * std::log(sum_of_row(soft, i) / p.row[i]), 1e-8);
  }
}

TEST(Rake, ContradictionsAreNamed) {
  const std::vector<double> prior{1, 1, 0, 0, 1, 0, 0, 1, 1};  // rows 1 and 2 ...
  const std::vector<double> row{10, 300, 20}, column{15, 40, 275};
  const rake_result r = rake(dense_matrix{prior, 3, 3}, row, column);
  EXPECT_FALSE(r.converged);
  EXPECT_EQ(r.violated, "margins inconsistent: row 1 wants 260 more than column 1 can give");
  EXPECT_EQ(r.hall.rows, std::vector<std::uint32_t>{1});
  EXPECT_NEAR(r.hall.missing, 260, 1e-9);
  const std::vector<double> empty{1, 1, 0, 0};
  EXPECT_EQ(rake(dense_matrix{empty, 2, 2}, std::vector<double>{5, 310}, std::vector<double>{200, 115}).violated,
            "row 1 wants 310 but its prior is all zero");
  const std::vector<double> full{1, 1, 1, 1};
  const auto uneven = rake(dense_matrix{full, 2, 2}, std::vector<double>{5, 5}, std::vector<double>{10, 10});
  EXPECT_TRUE(uneven.converged);
  EXPECT_EQ(uneven.violated, "rows sum to 10, columns to 20; the columns were scaled");
  const auto below = rake_known(dense_matrix{full, 2, 2}, std::vector<double>{7, unknown, unknown, unknown},
                                std::vector<double>{5, 5}, std::vector<double>{7, 3});
  EXPECT_EQ(below.found.violated.substr(0, 41), "row 0: total 5 below the 7 already known;");
}

TEST(Rake, HallSetAgreesWithEverySubset) {
  random_stream stream(12);
  int infeasible = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> row(8, 0.0), column(8, 0.0);
    std::vector<std::size_t> start{0};
    std::vector<std::uint32_t> cells;
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::uint32_t j = 0; j < 8; ++j)
        if (stream.uniform() < 0.25) cells.push_back(j);
      start.push_back(cells.size());
    }
    double total = 0;
    for (double& x : row) total += x = static_cast<double>(stream.index(20));
    for (int k = 0; k < static_cast<int>(total); ++k) column[stream.index(8)] += 1.0;
    const double worst = reference::worst_subset(row, column, start, cells);
    const hall_set h = find_hall_set(row, column, start, cells);
    EXPECT_NEAR(h.missing, worst, 1e-9);
    infeasible += worst > 0 ? 1 : 0;
  }
  EXPECT_GT(infeasible, 50);
}

TEST(Rake, BadInputIsASentence) {
  const std::vector<double> prior{1, 1, 1, 1};
  const auto sentence = [&](std::vector<double> r, std::vector<double> c, double cell) -> std::string {
    auto p = prior;
    p[2] = cell;
    try {
      (void)rake(dense_matrix{p, 2, 2}, r, c);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(sentence({1}, {1, 1}, 1), "share::rake: 'rows' has 1 entries, the prior has 2");
  EXPECT_EQ(sentence({1, -1}, {1, 1}, 1), "share::rake: 'rows' has -1.000000 at 1, it must be at least 0 and finite");
  EXPECT_EQ(sentence({1, 1}, {1, unknown}, 1).substr(0, 30), "share::rake: 'columns' has nan");
  EXPECT_EQ(sentence({1, 1}, {1, 1}, -2), "share::rake: 'prior' has -2.000000 at 2, it must be at least 0 and finite");
  EXPECT_EQ(sentence({0, 0}, {0, 0}, 1), "no error");
  EXPECT_TRUE(rake(dense_matrix{}, {}, {}).converged);
}

}  // namespace
}  // namespace guanxi::share
