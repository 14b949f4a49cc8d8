#pragma once
// Small made-up records of deliveries, the same for every test of the topic.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/share/merge_periods.hpp>

namespace guanxi::testing {

/// Row order (customer, period, supplier) is the contract, so rows are simply appended in that order.
inline void add(share::delivery_columns& d, std::uint32_t customer, std::uint32_t period, std::uint32_t supplier,
                double amount) {
  d.customer.push_back(customer);
  d.period.push_back(period);
  d.supplier.push_back(supplier);
  d.amount.push_back(amount);
}

/// Customers with a steady habit drawn from Dirichlet(alpha), `orders` independent orders a period of `size` money
/// each. `truth` gets the habits, customer by customer.
inline share::delivery_columns steady(std::size_t customers, std::size_t periods, const std::vector<double>& alpha,
                                      int orders, double size, std::uint64_t seed,
                                      std::vector<double>* truth = nullptr) {
  share::delivery_columns d;
  d.customers = customers;
  d.suppliers = alpha.size();
  d.periods = periods;
  std::vector<double> habit(alpha.size());
  for (std::size_t c = 0; c < customers; ++c) {
    random_stream stream(seed, c);
    stream.dirichlet(alpha, habit);
    if (truth != nullptr) truth->insert(truth->end(), habit.begin(), habit.end());
    for (std::size_t t = 0; t < periods; ++t) {
      std::vector<int> won(alpha.size(), 0);
      for (int k = 0; k < orders; ++k) ++won[stream.categorical(habit)];
      for (std::size_t j = 0; j < alpha.size(); ++j)
        if (won[j] > 0)
          add(d, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(j),
              size * won[j]);
    }
  }
  return d;
}

}  // namespace guanxi::testing
