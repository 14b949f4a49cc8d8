#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include <guanxi/base/sum.hpp>

namespace guanxi {

/// Threads that a call may use: what was asked for, or all of the machine's for 0.
[[nodiscard]] inline unsigned thread_count(unsigned asked) noexcept {
  return asked != 0 ? asked : std::max(1u, std::thread::hardware_concurrency());
}

/// Runs body(begin, end, number) for every block of `block` indices of 0..n-1, on several threads.
///
/// Blocks have a fixed size, so what is computed in a block never depends on the number of threads;
/// results that are combined in the order of `number` have the same bits everywhere.
/// Takes   block >= 1; threads 0 = all of the machine's. One block runs on the caller's thread.
/// Fails   with the first exception that a body throws; the other blocks may not have run.
/// Costs   about 20 microseconds a thread started, no pool: a library must not keep threads of its host.
template <class Body>
void parallel_blocks(std::size_t n, std::size_t block, Body&& body, unsigned threads = 0) {
  const std::size_t blocks = (n + block - 1) / block;
  const auto run = [&](std::size_t number) { body(number * block, std::min(n, (number + 1) * block), number); };
  const std::size_t workers = std::min<std::size_t>(thread_count(threads), blocks);
  if (workers <= 1) {
    for (std::size_t number = 0; number < blocks; ++number) run(number);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr first;
  const auto work = [&] {
    for (std::size_t number = next++; number < blocks && !failed; number = next++) {
      try {
        run(number);
      } catch (...) {
        if (!failed.exchange(true)) first = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> team;
    team.reserve(workers - 1);
    for (std::size_t i = 1; i < workers; ++i) team.emplace_back(work);
    work();
  }
  if (first) std::rethrow_exception(first);
}

/// Sum over 0..n-1 of term(begin, end), the part of one block; same bits for any number of threads.
template <class Term>
[[nodiscard]] double parallel_sum(std::size_t n, std::size_t block, Term&& term, unsigned threads = 0) {
  std::vector<double> part((n + block - 1) / block);
  parallel_blocks(
      n, block, [&](std::size_t begin, std::size_t end, std::size_t number) { part[number] = term(begin, end); },
      threads);
  running_sum total;
  for (const double p : part) total.add(p);
  return total.value();
}

}  // namespace guanxi
