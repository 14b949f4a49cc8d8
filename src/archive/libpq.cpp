#include "libpq.hpp"

#include <vector>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace guanxi::archive::pq {
namespace {

#if defined(_WIN32)
void* open_library(const char* name) { return reinterpret_cast<void*>(LoadLibraryA(name)); }
void* symbol(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
#else
void* open_library(const char* name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
void* symbol(void* library, const char* name) { return dlsym(library, name); }
#endif

template <class F>
bool take(void* library, const char* name, F& into) {
  into = reinterpret_cast<F>(symbol(library, name));
  return into != nullptr;
}

std::string& first_place() {
  static std::string path;
  return path;
}

functions load() {
  functions f;
#ifdef GUANXI_NO_POSTGRES
  return f;
#endif
  std::vector<std::string> names;
  if (!first_place().empty()) names.push_back(first_place());
  for (const char* name : {"libpq.so.5", "libpq.5.dylib", "libpq.dll", "libpq.so"}) names.emplace_back(name);
  for (const std::string& name : names) {
    void* library = open_library(name.c_str());
    if (library == nullptr) continue;
    f.ready = take(library, "PQconnectdb", f.connect) && take(library, "PQstatus", f.status) &&
              take(library, "PQerrorMessage", f.error) && take(library, "PQfinish", f.finish) &&
              take(library, "PQserverVersion", f.server_version) && take(library, "PQexec", f.exec) &&
              take(library, "PQclear", f.clear) && take(library, "PQresultStatus", f.result_status) &&
              take(library, "PQresultErrorField", f.error_field) &&
              take(library, "PQresultErrorMessage", f.result_error) && take(library, "PQprepare", f.prepare) &&
              take(library, "PQdescribePrepared", f.describe) && take(library, "PQnparams", f.nparams) &&
              take(library, "PQparamtype", f.param_type) && take(library, "PQntuples", f.rows) &&
              take(library, "PQftype", f.type) && take(library, "PQgetvalue", f.value) &&
              take(library, "PQgetlength", f.length) && take(library, "PQgetisnull", f.is_null) &&
              take(library, "PQcmdTuples", f.changed) && take(library, "PQexecPrepared", f.run) &&
              take(library, "PQsendQueryPrepared", f.send) && take(library, "PQgetResult", f.next) &&
              take(library, "PQsetNoticeProcessor", f.notices);
    if (!f.ready) continue;
    if (!take(library, "PQenterPipelineMode", f.enter_pipeline) ||
        !take(library, "PQexitPipelineMode", f.exit_pipeline) || !take(library, "PQpipelineSync", f.sync))
      f.enter_pipeline = nullptr;
    break;
  }
  return f;
}

}  // namespace

void look_at(const std::string& path) { first_place() = path; }

const functions& the() {
  static const functions found = load();
  return found;
}

}  // namespace guanxi::archive::pq
