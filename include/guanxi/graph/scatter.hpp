#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>

namespace guanxi::graph::detail {

/// Memory that is written once and not filled with zeros first.
template <class T>
struct unfilled : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = unfilled<U>;
  };
  using std::allocator<T>::allocator;
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }
};
template <class T>
using column_of = std::vector<T, unfilled<T>>;

inline void running_total(std::vector<std::uint64_t>& start) noexcept {
  std::uint64_t sum = 0;
  for (std::uint64_t& x : start) sum += std::exchange(x, sum);
}

/// A stable counting sort of n entries by key(entry) < keys: put(entry, slot) is called once each; start gets the first slots.
///
/// Cut into at most `threads` pieces with a histogram of their own, so the slots are the same for any number of threads.
/// walk(begin, end, body) calls body(entry) for the entries of that piece in their order.
/// Costs   two passes; memory keys x pieces counters.
template <class Walk, class Key, class Put>
void counting_sort(std::size_t n, std::size_t keys, std::vector<std::uint64_t>& start, const Walk& walk, const Key& key, const Put& put, unsigned threads) {
  const std::size_t pieces = std::max<std::size_t>(1, std::min<std::size_t>(thread_count(threads), std::min(n / 200'000, n / std::max<std::size_t>(1, keys))));
  start.assign(keys + 1, 0);
  const auto bound = [&](std::size_t p) { return n / pieces * p + std::min(p, n % pieces); };
  if (pieces == 1) {
    walk(std::size_t{0}, n, [&](const auto& e) { ++start[key(e)]; });
    running_total(start);
    std::vector<std::uint64_t> next(start.begin(), start.end() - 1);
    walk(std::size_t{0}, n, [&](const auto& e) { put(e, next[key(e)]++); });
    return;
  }
  std::vector<std::vector<std::uint64_t>> count(pieces);
  parallel_blocks(
      pieces, 1,
      [&](std::size_t p, std::size_t, std::size_t) {
        std::vector<std::uint64_t>& mine = count[p];
        mine.assign(keys, 0);
        walk(bound(p), bound(p + 1), [&](const auto& e) { ++mine[key(e)]; });
      },
      threads);
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < keys; ++k) {
    start[k] = sum;
    for (auto& c : count) sum += std::exchange(c[k], sum);
  }
  start[keys] = sum;
  parallel_blocks(
      pieces, 1,
      [&](std::size_t p, std::size_t, std::size_t) {
        std::uint64_t* next = count[p].data();
        walk(bound(p), bound(p + 1), [&](const auto& e) { put(e, next[key(e)]++); });
      },
      threads);
}

}  // namespace guanxi::graph::detail
