#pragma once
#include <cstdint>
#include <vector>

namespace guanxi::reference {

/// The archive without cases: a log of writes. The answer at (valid, known) is the last write with known <= k that
/// covers v.
struct archive_log {
  struct write {
    std::int64_t from, to, known;
    int value;  // 0: taken back
  };
  std::vector<write> writes;

  [[nodiscard]] int ask(std::int64_t valid, std::int64_t known) const {
    int answer = 0;
    for (const write& w : writes)  // in order of known; the later of equal ones wins
      if (w.known <= known && w.from <= valid && valid < w.to) answer = w.value;
    return answer;
  }
};

}  // namespace guanxi::reference
