#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <guanxi/archive/value.hpp>

// What leaves the customer files: rules of expiry and their report, the certificate of an erasure.
namespace guanxi::archive {

/// A rule of expiry. Due when the end of `since` plus years, months and days is not after the moment of the run.
struct expiry_rule {
  enum class end { valid_to, known_to };  // the fact ceased to hold; the version was corrected
  std::string name;
  std::string field;    // "*" is every field
  std::string country;  // only customers whose field "country" is this now; empty: all
  end since = end::valid_to;
  int years = 0, days = 0;  // years by the calendar (29 February becomes the 28th), days exact
  std::string basis{};      // why, in words
  std::string group{};      // only fields of this group (field_rule); empty: all
};

struct expired_row {
  std::string customer, field;
  instant valid_from = 0, valid_to = 0, known_from = 0, known_to = 0;
  std::string rule, basis;
};

/// What expires, what a hold keeps back, and a token that a run may ask for.
struct expiry_report {
  std::vector<expired_row> rows, held;
  std::string token;
  bool done = false;  // false: a preview, nothing was changed
};

/// What an erasure did; `hash` is that of the row `audit_row` of the audit chain.
struct certificate {
  instant at = 0;
  std::string subject;  // "#17": the customer's number in this archive
  std::vector<std::string> fields;
  std::int64_t keys = 0, versions = 0, audit_row = 0;
  std::string hash;
  bool id_forgotten = false;
  bool compacted = false;  // false: others were reading; call compact() when they are not
};

}  // namespace guanxi::archive
