// expect: conversion from .std::vector<double>. to non-scalar type .std::span<const int>.
// Days and amounts are columns of unlike kinds: one cannot stand for the other.
#include <span>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/ledger/purchase_days.hpp>

int main() {
  std::vector<guanxi::day> day{1, 2};
  std::vector<double> amount{1.0, 2.0};
  (void)amount;
#ifdef GUANXI_RIGHT
  std::span<const guanxi::day> column = day;
#else
  std::span<const guanxi::day> column = amount;
#endif
  return static_cast<int>(column.size()) - 2;
}
