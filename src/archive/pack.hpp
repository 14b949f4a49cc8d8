#pragma once
// Files as they were loaded: all plain facts of a customer in one row, until the first write that touches the customer.
// Facts in a pack hold from `vf` on, open end, and are believed since `tf`. Who holds what is kept in lists by field
// and value.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store.hpp"

namespace guanxi::archive {

void put_varint(std::string& out, std::uint64_t x);
/// False at the end or when the bytes are damaged.
bool take_varint(std::string_view& from, std::uint64_t& x);

/// One fact of a pack; texts are views into it.
struct packed_fact {
  std::int64_t field = 0;
  std::size_t kind = 0;
  std::int64_t whole = 0;  // also truths and days
  double number = 0;
  std::string_view text;
  [[nodiscard]] guanxi::archive::value value() const;
};

void pack_fact(std::string& body, const packed_fact& f);
/// The next fact; false at the end. Fails with errc::bad_format when the bytes are damaged.
bool next_fact(std::string_view& body, packed_fact& f);

/// Lists of customers by field and value, collected while loading and written once.
class posting_lists {
 public:
  void add(const packed_fact& f, std::int64_t subject);
  void write(connection& db) const;
  static constexpr std::size_t longest = 40;  // bytes of a text that is listed

 private:
  struct list {
    std::string ids;
    std::int64_t last = 0;
  };
  std::unordered_map<std::string, list> lists_;  // by field, kind and value as packed
  std::string key_;
};

}  // namespace guanxi::archive
