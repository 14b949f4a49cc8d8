#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/dictionary.hpp>
#include <guanxi/ledger/id_table.hpp>
#include <guanxi/ledger/order_lines.hpp>

namespace guanxi::ledger {

/// A column of ids as ranks into its sorted distinct values. `code` looks at `own`, or at the caller's ranks uncopied.
struct encoded_column {
  std::span<const std::uint32_t> code;
  Dictionary dictionary;
  buffer<std::uint32_t> own;
};

namespace detail {

inline constexpr std::size_t encode_block = std::size_t{1} << 16;

/// Order of the ids by value. Texts are compared by eight bytes after what all of them begin with, and in full only then.
[[nodiscard]] inline std::vector<std::uint32_t> sorted_order(const std::vector<std::int64_t>& ids) {
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
  return order;
}
[[nodiscard]] inline std::vector<std::uint32_t> sorted_order(const std::vector<std::string_view>& ids) {
  std::size_t common = ids.empty() ? 0 : ids[0].size();
  for (const std::string_view id : ids) {
    std::size_t same = 0;
    while (same < std::min(common, id.size()) && id[same] == ids[0][same]) ++same;
    common = same;
  }
  struct entry {
    std::uint64_t head;
    std::uint32_t at;
  };
  std::vector<entry> entries(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::uint64_t head = 0;
    for (std::size_t k = 0; k < 8; ++k)
      head = head << 8 | (common + k < ids[i].size() ? static_cast<std::uint8_t>(ids[i][common + k]) : 0u);
    entries[i] = {head, static_cast<std::uint32_t>(i)};
  }
  std::sort(entries.begin(), entries.end(),
            [&](const entry& a, const entry& b) { return a.head != b.head ? a.head < b.head : ids[a.at] < ids[b.at]; });
  std::vector<std::uint32_t> order(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) order[i] = entries[i].at;
  return order;
}

/// Gives every part's ids their number among the ids of all parts; `keys` holds those of the first part and gets the rest.
template <class Part, class Key, class Cell>
void join(std::vector<Part>& found, std::vector<Key>& keys, Cell) {
  id_table<Cell> all(found.size() > 1 ? 2 * keys.size() : 0);
  for (std::size_t p = 0; p < found.size(); ++p) {
    Part& mine = found[p];
    mine.rank.resize(mine.key.size());
    if (found.size() == 1) std::iota(mine.rank.begin(), mine.rank.end(), 0u);
    for (std::size_t k = 0; found.size() > 1 && k < mine.key.size(); ++k) {
      const Cell cell(mine.key[k]);
      const auto next = static_cast<std::uint32_t>(p == 0 ? k : keys.size());
      mine.rank[k] = all.insert(cell, cell.hash(), next, [&](std::uint32_t v) { return keys[v] == mine.key[k]; });
      if (p > 0 && mine.rank[k] == keys.size()) keys.push_back(mine.key[k]);
    }
  }
}

/// Codes of n ids through hash tables; get(i, id) gives the id, or false where it is missing. The distinct ids go to `sorted`.
/// Each part numbers its ids as they come; the parts' ids are then joined and sorted, and the numbers replaced by ranks.
/// The slots of a few dozen ids are asked for ahead, so that the waits for memory overlap.
template <class Cell, class Key, class Get>
[[nodiscard]] buffer<std::uint32_t> encode_by_hash(std::size_t n, Get&& get, std::vector<Key>& sorted, unsigned threads) {
  constexpr std::size_t few = 32;
  buffer<std::uint32_t> code(n);
  const std::size_t part = std::max(encode_block, (n + thread_count(threads) - 1) / thread_count(threads));
  struct part_ids {
    std::vector<Key> key;
    std::vector<std::uint32_t> rank;
  };
  std::vector<part_ids> found((n + part - 1) / part);
  parallel_blocks(n, part, [&](std::size_t begin, std::size_t end, std::size_t number) {
    part_ids mine;
    id_table<Cell> seen((end - begin) / 32);
    std::array<Cell, few> cell;
    std::array<Key, few> key;
    std::array<std::uint64_t, few> hash;
    std::array<bool, few> known;
    for (std::size_t from = begin; from < end; from += few) {
      const std::size_t count = std::min(few, end - from);
      for (std::size_t k = 0; k < count; ++k) {
        known[k] = get(from + k, key[k]);
        if (!known[k]) continue;
        cell[k] = Cell(key[k]);
        hash[k] = cell[k].hash();
        seen.prefetch(hash[k]);
      }
      for (std::size_t k = 0; k < count; ++k) {
        std::uint32_t& here = code[from + k] = no_code;
        if (!known[k]) continue;
        here = seen.insert(cell[k], hash[k], static_cast<std::uint32_t>(mine.key.size()), [&](std::uint32_t v) { return mine.key[v] == key[k]; });
        if (here == mine.key.size()) mine.key.push_back(key[k]);
      }
    }
    found[number] = std::move(mine);
  }, threads);
  std::vector<Key> keys;
  if (!found.empty()) keys = found[0].key;
  join(found, keys, Cell{});
  const std::vector<std::uint32_t> order = sorted_order(keys);
  std::vector<std::uint32_t> rank(keys.size());
  sorted.resize(keys.size());
  for (std::size_t r = 0; r < order.size(); ++r) {
    rank[order[r]] = static_cast<std::uint32_t>(r);
    sorted[r] = keys[order[r]];
  }
  for (part_ids& mine : found)
    for (std::uint32_t& r : mine.rank) r = rank[r];
  parallel_blocks(n, part, [&](std::size_t begin, std::size_t end, std::size_t number) {
    const std::vector<std::uint32_t>& mine = found[number].rank;
    for (std::size_t i = begin; i < end; ++i)
      if (code[i] != no_code) code[i] = mine[code[i]];
  }, threads);
  return code;
}

/// Codes of numbers in a small range through a table of ranks; nothing when the range is wide.
template <class T>
[[nodiscard]] std::optional<encoded_column> encode_by_table(std::span<const T> ids, const id_column& column, unsigned threads) {
  const std::size_t n = ids.size();
  struct ends {
    std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = std::numeric_limits<std::int64_t>::min();
  };
  std::vector<ends> found((n + encode_block - 1) / encode_block);
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t number) {
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
    if (column.valid) {
      for (std::size_t i = begin; i < end; ++i)
        if (column.is_valid(i)) low = std::min(low, ids[i]), high = std::max(high, ids[i]);
    } else {
      for (std::size_t i = begin; i < end; ++i) low = std::min(low, ids[i]), high = std::max(high, ids[i]);
    }
    if (low <= high) found[number] = {low, high};
  }, threads);
  ends all;
  for (const ends& e : found) all = {std::min(all.low, e.low), std::max(all.high, e.high)};
  encoded_column result;
  if (all.low > all.high) {  // nothing but missing ids
    result.dictionary = Dictionary::of(std::vector<std::int64_t>{});
    result.own = buffer<std::uint32_t>(n);
    std::fill(result.own.begin(), result.own.end(), no_code);
    result.code = result.own;
    return result;
  }
  const std::uint64_t range = static_cast<std::uint64_t>(all.high) - static_cast<std::uint64_t>(all.low);
  if (range >= std::max<std::uint64_t>(2 * n, 1u << 16) || range >= (1u << 30)) return std::nullopt;
  const std::size_t wide = static_cast<std::size_t>(range) + 1;
  std::vector<std::uint8_t> seen(wide);
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!column.is_valid(i)) continue;
      const auto at = static_cast<std::size_t>(static_cast<std::uint64_t>(ids[i]) - static_cast<std::uint64_t>(all.low));
      std::atomic_ref(seen[at]).store(1, std::memory_order_relaxed);
    }
  }, threads);
  std::vector<std::int64_t> sorted;
  std::vector<std::uint32_t> rank(wide);
  for (std::size_t at = 0; at < wide; ++at) {
    if (!seen[at]) continue;
    rank[at] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(all.low + static_cast<std::int64_t>(at));
  }
  result.dictionary = Dictionary::of(std::move(sorted));
  result.own = buffer<std::uint32_t>(n);
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i)
      result.own[i] = column.is_valid(i)
          ? rank[static_cast<std::size_t>(static_cast<std::uint64_t>(ids[i]) - static_cast<std::uint64_t>(all.low))]
          : no_code;
  }, threads);
  result.code = result.own;
  return result;
}

template <class T>
[[nodiscard]] encoded_column encode_integers(std::span<const T> ids, const id_column& column, unsigned threads) {
  if (auto done = encode_by_table(ids, column, threads)) return std::move(*done);
  encoded_column result;
  std::vector<std::int64_t> sorted;
  result.own = encode_by_hash<number_cell>(
      ids.size(), [&](std::size_t i, std::int64_t& id) { return id = ids[i], column.is_valid(i); }, sorted, threads);
  result.dictionary = Dictionary::of(std::move(sorted));
  result.code = result.own;
  return result;
}

/// Ranks in place of positions in an unsorted dictionary: only the ids that occur are kept.
[[nodiscard]] inline encoded_column encode_positions(const id_column& column, std::string_view argument, unsigned threads) {
  const Dictionary& names = *column.names;
  const std::size_t n = column.codes.size();
  std::vector<std::uint8_t> seen(names.size());
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t code = column.codes[i];
      if (code == no_code || !column.is_valid(i)) continue;
      if (code >= names.size())
        throw error(errc::out_of_domain, "Ledger: '" + std::string(argument) + "' has code " + std::to_string(code) +
                                             " in line " + std::to_string(i) + ", its dictionary has " +
                                             std::to_string(names.size()) + " ids");
      std::atomic_ref(seen[code]).store(1, std::memory_order_relaxed);
    }
  }, threads);
  std::vector<std::uint32_t> rank(names.size(), no_code);
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> numbers;
  std::uint32_t next = 0;
  for (std::size_t code = 0; code < names.size(); ++code) {
    if (!seen[code]) continue;
    rank[code] = next++;
    if (names.of_kind() == Dictionary::kind::text) texts.push_back(names.text(code));
    else numbers.push_back(names.of_kind() == Dictionary::kind::integers ? names.numbers()[code] : static_cast<std::int64_t>(code));
  }
  encoded_column result;
  result.dictionary = names.of_kind() == Dictionary::kind::text ? Dictionary::of(texts) : Dictionary::of(std::move(numbers));
  result.own = buffer<std::uint32_t>(n);
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i)
      result.own[i] = column.codes[i] == no_code || !column.is_valid(i) ? no_code : rank[column.codes[i]];
  }, threads);
  result.code = result.own;
  return result;
}

/// Plain ranks are taken as they are, uncopied; the dictionary is 0..largest.
[[nodiscard]] inline encoded_column encode_ranks(const id_column& column, std::string_view argument, unsigned threads) {
  const std::size_t n = column.codes.size();
  std::vector<std::uint32_t> most((n + encode_block - 1) / encode_block);  // largest code + 1
  parallel_blocks(n, encode_block, [&](std::size_t begin, std::size_t end, std::size_t number) {
    std::uint32_t largest = 0;
    for (std::size_t i = begin; i < end; ++i) largest = std::max(largest, column.codes[i] + 1);  // no_code + 1 is 0
    most[number] = largest;
  }, threads);
  const std::size_t size = most.empty() ? 0 : *std::max_element(most.begin(), most.end());
  if (size > std::max<std::size_t>(8 * n, 1u << 20))
    throw error(errc::out_of_domain, "Ledger: '" + std::string(argument) + "' has code " + std::to_string(size - 1) + " in " +
                                         std::to_string(n) + " lines; codes must be ranks 0, 1, 2, ...: give ids as 64-bit integers");
  encoded_column result;
  result.dictionary = Dictionary::positions(size);
  result.code = column.codes;
  return result;
}

}  // namespace detail

/// Ids as codes: the rank of each id among the sorted distinct ids, no_code where it is missing.
///
/// Takes   ids in any layout of id_column; `argument` names the column in messages; threads 0 = all.
/// Gives   codes that do not depend on the order of rows or the number of threads; ranks come back uncopied.
/// Fails   errc::out_of_domain when a code lies outside its dictionary.
/// Costs   numbers in a range below twice the rows: two passes and one table; else two passes through hash tables.
[[nodiscard]] inline encoded_column encode(const id_column& column, std::string_view argument, unsigned threads = 0) {
  if (!column.narrow.empty()) return detail::encode_integers(column.narrow, column, threads);
  if (!column.wide.empty()) return detail::encode_integers(column.wide, column, threads);
  if (!column.codes.empty())
    return column.names ? detail::encode_positions(column, argument, threads) : detail::encode_ranks(column, argument, threads);
  encoded_column result;
  std::vector<std::string_view> sorted;
  result.own = detail::encode_by_hash<detail::text_cell>(
      column.text.size(),
      [&](std::size_t i, std::string_view& id) {
        id = column.text[i];
        return column.is_valid(i) && id.find_first_not_of(" \t") != std::string_view::npos;
      },
      sorted, threads);
  result.dictionary = Dictionary::of(sorted);
  result.code = result.own;
  return result;
}

}  // namespace guanxi::ledger
