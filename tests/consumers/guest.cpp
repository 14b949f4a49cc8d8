// A guest of guanxi: the base, the ledger's columns and, where asked for, Boost by name.
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#if defined(GUEST_WANTS_EVERYTHING)
#include <guanxi.hpp>
#endif

int first(std::span<const guanxi::day> column);
int first(std::span<const guanxi::day> column) { return column.empty() ? 0 : static_cast<int>(column.front()); }

int main() {
  const std::vector<std::uint64_t> start{0, 2};
  const std::vector<guanxi::day> date{0, 7};
  const std::vector<double> amount{10.0, 20.0};
  const guanxi::ledger::purchase_days book{start, date, amount};
  const bool right = guanxi::to_text(book.date[1]) == "1970-01-08" && book.customers() == 1 && first(book.date) == 0;
  return right ? 0 : 1;
}
