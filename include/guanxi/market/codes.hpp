#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/market/codes_table.hpp>
#include <guanxi/market/hs.hpp>

namespace guanxi::market {

/// A name as it is compared: letters and digits, small, Latin ones without marks, without "the"; other scripts stay.
/// Costs O(length).
[[nodiscard]] inline std::string fold_name(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto a = static_cast<unsigned char>(text[i]);
    if (a < 0x80) {
      if (a >= 'A' && a <= 'Z') out.push_back(static_cast<char>(a + 32));
      else if ((a >= 'a' && a <= 'z') || (a >= '0' && a <= '9')) out.push_back(static_cast<char>(a));
      ++i;
      continue;
    }
    const std::size_t size = std::min(text.size() - i, a >= 0xf0 ? std::size_t{4} : a >= 0xe0 ? std::size_t{3} : std::size_t{2});
    const auto low = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(text[i + k])) & 0x3fu; };
    const unsigned point = size == 2 ? ((a & 0x1fu) << 6) | low(1) : size == 3 ? ((a & 0x0fu) << 12) | (low(1) << 6) | low(2) : 0x10000u;
    if (point >= 0xc0 && point < 0x180) out += detail::plain_letters[point - 0xc0];
    else if (point >= 0x180 && !(point >= 0x2000 && point < 0x2070) && !(point >= 0x3000 && point < 0x3040) && !(point >= 0xff00 && point < 0xff10))
      out += text.substr(i, size);
    i += size;
  }
  if (out.size() > 6 && out.starts_with("the")) out.erase(0, 3);
  return out;
}

/// Place of a country in country_entries by ISO code (2, 3 letters, number) or name, English or Chinese; -1: no such name, -2: a
/// name that is no country ("Unspecified"). Never a guess: "Niger" is not Nigeria. Costs one binary search, no table is built.
[[nodiscard]] inline int find_country(std::string_view name) {
  const std::string key = fold_name(name);
  const auto at = std::lower_bound(std::begin(detail::country_keys), std::end(detail::country_keys), key,
                                   [](const detail::country_key& k, const std::string& want) { return k.key < want; });
  if (at == std::end(detail::country_keys) || at->key != key) return -1;
  return at->index == 0xffff ? -2 : static_cast<int>(at->index);
}

/// Number of single edits between two folded names (bytes), at most `limit` + 1.
[[nodiscard]] inline std::size_t name_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0], best = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t step = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1])});
      corner = std::exchange(row[j], step);
      best = std::min(best, step);
    }
    if (best > limit) return limit + 1;
  }
  return std::min(row.back(), limit + 1);
}

/// Countries with names near this one, the nearest first: for a person to choose from. Costs O(names x length^2).
[[nodiscard]] inline std::vector<const country_entry*> nearest_countries(std::string_view name, std::size_t most = 3) {
  const std::string key = fold_name(name);
  const std::size_t limit = std::max<std::size_t>(1, key.size() / 3);
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (const detail::country_key& k : detail::country_keys) {
    if (k.index == 0xffff || k.key.size() < 3) continue;
    const std::size_t d = name_distance(key, k.key, limit);
    if (d <= limit) found.emplace_back(d, k.index);
  }
  std::sort(found.begin(), found.end());
  std::vector<const country_entry*> out;
  for (const auto& [d, index] : found) {
    const country_entry* c = &country_entries[index];
    if (std::find(out.begin(), out.end(), c) == out.end()) out.push_back(c);
    if (out.size() == most) break;
  }
  return out;
}

/// The country of a code or name. Fails: errc::unknown_name with the nearest names, or with what came after a withdrawn country.
[[nodiscard]] inline const country_entry& country(std::string_view name) {
  const int at = find_country(name);
  if (at >= 0) return country_entries[at];
  std::string text = "market::country: '" + std::string(name) + "' is " + (at == -2 ? "an area that is no country" : "no country that we know");
  for (const withdrawn_country& w : withdrawn_countries)
    if (fold_name(w.name) == fold_name(name) || w.alpha3 == name || w.alpha4 == name)
      throw error(errc::unknown_name, "market::country: '" + std::string(name) + "' (" + std::string(w.name) + ") was withdrawn in " + std::string(w.until) +
                                          (w.successors.empty() ? "" : "; after it came " + std::string(w.successors)));
  std::string near;
  if (at == -1)
    for (const country_entry* c : nearest_countries(name)) near += (near.empty() ? "; near it: " : ", ") + std::string(c->name);
  throw error(errc::unknown_name, text + near);
}

/// The currency of an ISO 4217 code. Fails: errc::unknown_name.
[[nodiscard]] inline const currency_entry& currency(std::string_view code) {
  const auto at = std::lower_bound(std::begin(currency_entries), std::end(currency_entries), code, [](const currency_entry& c, std::string_view want) { return c.code < want; });
  if (at == std::end(currency_entries) || at->code != code) throw error(errc::unknown_name, "market::currency: '" + std::string(code) + "' is no code of ISO 4217");
  return *at;
}

}  // namespace guanxi::market
