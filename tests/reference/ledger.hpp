#pragma once
// The slow, obvious ledger: maps from customer and day, one line after the other.
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/unit.hpp>

namespace guanxi::reference {

struct customer_row {
  std::uint32_t frequency = 0;
  double recency = 0, age = 0, spend = 0, log_gaps = 0;
  day first = 0, last = 0;
};

struct plain_ledger {
  std::map<std::int64_t, std::map<day, double>> sold, credit;
  std::map<std::int64_t, double> unmatched;

  void add(std::int64_t customer, day d, double amount) {
    if (amount >= 0) sold[customer][d] += amount;
    else credit[customer][d] -= amount;
  }
  /// Net purchase days up to `end`.
  std::map<std::int64_t, std::map<day, double>> net(day end) {
    std::map<std::int64_t, std::map<day, double>> result;
    unmatched.clear();
    for (const auto& [customer, days] : sold)
      for (const auto& [d, amount] : days)
        if (d <= end) result[customer][d] = amount;
    for (const auto& [customer, days] : credit) {
      for (const auto& [d, amount] : days) {
        if (d > end) continue;
        double left = amount;
        auto& mine = result[customer];
        for (auto row = mine.rbegin(); row != mine.rend() && left > 0; ++row) {
          if (row->first > d) continue;
          const double taken = std::min(left, row->second);
          row->second -= taken;
          left -= taken;
        }
        unmatched[customer] += left;
      }
    }
    return result;
  }
  std::map<std::int64_t, customer_row> summary(day end, unit u) {
    std::map<std::int64_t, customer_row> result;
    for (const auto& [customer, days] : net(end)) {
      if (days.empty()) continue;
      customer_row r;
      r.first = days.begin()->first;
      r.last = days.rbegin()->first;
      r.frequency = static_cast<std::uint32_t>(days.size() - 1);
      r.recency = (r.last - r.first) / days_in(u);
      r.age = (end - r.first) / days_in(u);
      double money = 0;
      day before = r.first;
      for (const auto& [d, amount] : days) {
        if (d == r.first) continue;
        money += amount;
        r.log_gaps += std::log((d - before) / days_in(u));
        before = d;
      }
      r.spend = money / r.frequency;
      result[customer] = r;
    }
    return result;
  }
};

}  // namespace guanxi::reference
