#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace guanxi {

/// What kind of contract was broken. The sentence in error::what() says the rest.
enum class errc {
  size_mismatch,    // columns of unlike length
  out_of_domain,    // a value outside what the function accepts
  not_finite,       // NaN or infinity where a number is needed
  unknown_name,     // a name (column, account, supplier, unit) that does not exist
  duplicate,        // a key given twice
  infeasible,       // constraints that no plan can meet
  empty,            // nothing to work on
  unlike_currency,  // two currencies without a dated rate
  bad_format,       // text or memory layout that cannot be read
  not_fitted,       // a result was asked for before fit
  out_of_order,     // a time before one already stored
  io,               // a file that cannot be opened, read or written
};

/// The code as a word, the same in C++ and Python ("size_mismatch").
[[nodiscard]] constexpr std::string_view name(errc code) noexcept {
  switch (code) {
    case errc::size_mismatch:
      return "size_mismatch";
    case errc::out_of_domain:
      return "out_of_domain";
    case errc::not_finite:
      return "not_finite";
    case errc::unknown_name:
      return "unknown_name";
    case errc::duplicate:
      return "duplicate";
    case errc::infeasible:
      return "infeasible";
    case errc::empty:
      return "empty";
    case errc::unlike_currency:
      return "unlike_currency";
    case errc::bad_format:
      return "bad_format";
    case errc::not_fitted:
      return "not_fitted";
    case errc::out_of_order:
      return "out_of_order";
    case errc::io:
      return "io";
  }
  return "unknown";
}

/// A broken contract: a code, and one sentence that names the argument, what it was and what was wanted.
///
/// Data that is merely wrong is not an error: readers list refused rows with reasons, fits return a status.
class error : public std::runtime_error {
 public:
  error(errc code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  [[nodiscard]] errc code() const noexcept { return code_; }

 private:
  errc code_;
};

}  // namespace guanxi
