#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/archive/value.hpp>

// What was decided and done: runs of the review as they were, and the chain that shows who changed what.
namespace guanxi::archive {

/// One row of the audit chain. `subject` is a customer's number ("#17"), never its name.
struct audit_row {
  std::int64_t number = 0;
  instant at = 0;
  std::string what, subject, detail, hash;
};

struct verification {
  bool ok = true;
  std::int64_t rows = 0;
  std::int64_t first_bad = 0;  // number of the first row that does not fit; rows + 1 when the tail was cut
  std::string tail;            // hash of the last row, to be written down outside
};

/// A run of the review as it was: its name, when, the hashes of its inputs, and its tables as JSON text.
struct run {
  std::int64_t id = 0;
  std::string name, user;
  instant at = 0;
  std::vector<std::pair<std::string, std::string>> inputs;  // name, hash
  std::string result;
};

}  // namespace guanxi::archive
