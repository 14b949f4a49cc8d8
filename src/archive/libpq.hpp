#pragma once
// The few functions of libpq that are used, looked for when the program runs: a build needs neither its headers nor its
// library. Signatures and numbers are those of PostgreSQL 10 and later; pipelines came with 14.
#include <string>

namespace guanxi::archive::pq {

struct conn;
struct result;

struct functions {
  conn* (*connect)(const char*) = nullptr;
  int (*status)(const conn*) = nullptr;
  const char* (*error)(const conn*) = nullptr;
  void (*finish)(conn*) = nullptr;
  int (*server_version)(const conn*) = nullptr;
  result* (*exec)(conn*, const char*) = nullptr;
  void (*clear)(result*) = nullptr;
  int (*result_status)(const result*) = nullptr;
  char* (*error_field)(const result*, int) = nullptr;
  char* (*result_error)(const result*) = nullptr;
  result* (*prepare)(conn*, const char*, const char*, int, const unsigned*) = nullptr;
  result* (*describe)(conn*, const char*) = nullptr;
  int (*nparams)(const result*) = nullptr;
  unsigned (*param_type)(const result*, int) = nullptr;
  int (*rows)(const result*) = nullptr;
  unsigned (*type)(const result*, int) = nullptr;
  char* (*value)(const result*, int, int) = nullptr;
  int (*length)(const result*, int, int) = nullptr;
  int (*is_null)(const result*, int, int) = nullptr;
  char* (*changed)(result*) = nullptr;
  result* (*run)(conn*, const char*, int, const char* const*, const int*, const int*, int) = nullptr;
  int (*send)(conn*, const char*, int, const char* const*, const int*, const int*, int) = nullptr;
  result* (*next)(conn*) = nullptr;
  void (*notices)(conn*, void (*)(void*, const char*), void*) = nullptr;
  int (*enter_pipeline)(conn*) = nullptr;  // null before libpq 14
  int (*exit_pipeline)(conn*) = nullptr;
  int (*sync)(conn*) = nullptr;
  bool ready = false;
};

inline constexpr int connection_ok = 0;
inline constexpr int command_ok = 1, tuples_ok = 2, pipeline_sync = 10, pipeline_aborted = 11;
inline constexpr int field_sqlstate = 'C', field_message = 'M';
inline constexpr unsigned type_bool = 16, type_bytes = 17, type_int8 = 20, type_int2 = 21, type_int4 = 23,
                          type_float8 = 701;

[[nodiscard]] const functions& the();
/// Where to look first; before the first use.
void look_at(const std::string& path);

}  // namespace guanxi::archive::pq
