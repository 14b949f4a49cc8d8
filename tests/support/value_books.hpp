#pragma once
// Books for the tests of value: the published CDNOW summary, and simulated purchase days with known truth.
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/customer_rows.hpp>

namespace guanxi::support {

struct summary_columns {
  std::vector<double> x, t, age;
  [[nodiscard]] value::customer_rows rows() const { return {x, t, age}; }
};

/// The published summary of the CDNOW sample (frequency, recency, T in weeks); 2,357 customers.
inline summary_columns cdnow() {
  summary_columns out;
  std::ifstream file(std::string(GUANXI_TEST_DATA) + "/cdnow_summary_published.csv");
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#' || line[0] == 'I') continue;
    std::stringstream cells(line);
    std::string cell;
    std::vector<double> v;
    while (std::getline(cells, cell, ',')) v.push_back(std::stod(cell));
    out.x.push_back(v[1]), out.t.push_back(v[2]), out.age.push_back(v[3]);
  }
  return out;
}

struct day_columns {
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  [[nodiscard]] ledger::purchase_days days() const { return {start, date, amount}; }
};

/// Customers of MBG/CNBD-k who arrive over the first `arrivals` days and are watched to day `length`, with gamma spend.
inline day_columns simulated_days(std::size_t customers, unsigned k, std::int32_t arrivals, std::int32_t length, std::uint64_t seed,
                                  double a = 0.5, double b = 6.0) {
  day_columns out;
  for (std::size_t c = 0; c < customers; ++c) {
    random_stream random(seed, c);
    const double rate = random.gamma(1.2) / 40.0 * k, stop = random.beta(a, b), mean = 50 * random.gamma(2.0);
    double at = random.uniform() * arrivals;
    std::int32_t last = std::numeric_limits<std::int32_t>::min();
    while (at < length) {
      const auto d = static_cast<std::int32_t>(at);
      if (d != last) {
        out.date.push_back(last = d);
        out.amount.push_back(1 + mean * random.gamma(3.0) / 3);
      }
      if (random.uniform() < stop) break;
      at += random.gamma(k) / rate;
    }
    out.start.push_back(out.date.size());
  }
  return out;
}

}  // namespace guanxi::support
