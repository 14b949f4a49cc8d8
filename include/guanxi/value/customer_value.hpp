#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/forecast.hpp>

namespace guanxi::value {

/// Forecast of what every customer will buy. (First form: a shrunk rate; the stack follows under the same interface.)
class CustomerValue {
 public:
  struct settings {
    double horizon = 26;
    unit u = unit::weeks;
    double level = 0.9;
    std::uint64_t seed = 0;
    unsigned threads = 0;
  };
  explicit CustomerValue(settings s) : settings_(s) {}
  CustomerValue& fit(const ledger::purchase_days& days, day end) {
    const std::size_t n = days.customers();
    const double h = settings_.horizon * days_in(settings_.u);
    out_ = {};
    for (auto* c : {&out_.p_alive, &out_.p_buy, &out_.purchases, &out_.purchases_median, &out_.purchases_low,
                    &out_.purchases_high, &out_.spend, &out_.value, &out_.value_median, &out_.value_low, &out_.value_high})
      c->assign(n, unknown);
    out_.next_order.assign(n, no_day);
    out_.reason.assign(n, "no purchase yet");
    for (std::size_t i = 0; i < n; ++i) {
      double count = 0, money = 0;
      day first = 0, last = 0;
      for (std::size_t j = days.start[i]; j < days.start[i + 1] && days.date[j] <= end; ++j) {
        if (count == 0) first = days.date[j];
        last = days.date[j];
        count += 1;
        money += days.amount[j];
      }
      if (count == 0) continue;
      const double rate = (0.5 + count - 1) / (60.0 + (end - first)), mean = rate * h, sd = std::sqrt(mean + mean * mean / (count + 0.5));
      out_.p_alive[i] = std::exp(-rate * 0.1 * (end - last));
      out_.p_buy[i] = 1 - std::exp(-mean);
      out_.purchases[i] = mean;
      out_.purchases_median[i] = std::floor(mean);
      out_.purchases_low[i] = std::floor(std::max(0.0, mean - 1.6 * sd));
      out_.purchases_high[i] = std::ceil(mean + 1.6 * sd);
      out_.spend[i] = money / count;
      out_.value[i] = mean * out_.spend[i];
      out_.value_median[i] = 0.9 * out_.value[i];
      out_.value_low[i] = out_.purchases_low[i] * out_.spend[i];
      out_.value_high[i] = out_.purchases_high[i] * out_.spend[i];
      out_.next_order[i] = end + 1 + static_cast<day>(std::min(3650.0, 0.69 / rate));
      out_.reason[i] = "rate since the first purchase";
    }
    status_ = "ready";
    return *this;
  }
  [[nodiscard]] forecast predict() const { return out_; }
  [[nodiscard]] const std::string& status() const { return status_; }

 private:
  settings settings_;
  forecast out_;
  std::string status_ = "not fitted";
};

}  // namespace guanxi::value
