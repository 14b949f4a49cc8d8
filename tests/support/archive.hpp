#pragma once
// What the archive's tests share: a folder a test, short words for values, sentences of errors, bytes of files.
#include <guanxi/archive/archive.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::archive {

namespace fs = std::filesystem;

namespace on_server {
inline void exec(const std::string& server, const std::string& sql) {
  const std::string command = "psql -q '" + server + "' -c '" + sql + "' >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) ADD_FAILURE() << "psql: " << sql;
}
}  // namespace on_server

/// A folder of its own for each test, gone afterwards.
class in_folder : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / ("guanxi_" + std::string(info->test_suite_name()) + "_" +
                                           std::string(info->name()) + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string file(const std::string& name = "customers.db") const { return (folder_ / name).string(); }
  /// Where this test keeps its archive: a file, or a schema of its own on the server of GUANXI_ARCHIVE_SERVER.
  [[nodiscard]] std::string place(const std::string& name = "customers.db") const {
    const char* server = std::getenv("GUANXI_ARCHIVE_SERVER");
    if (server == nullptr) return file(name);
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string schema = (std::string(info->test_suite_name()) + "_" + info->name() + "_" + name).substr(0, 60);
    on_server::exec(std::string(server), "create schema if not exists \"" + schema + "\"");
    return std::string(server) + "?options=-csearch_path%3D%22" + schema + "%22";
  }
  [[nodiscard]] archive_options options(bool power_safe = true) const {
    archive_options o{false, power_safe, 5000};
    if (std::getenv("GUANXI_ARCHIVE_SERVER") != nullptr) o.keys = file("keys");
    return o;
  }
  fs::path folder_;
};

inline std::vector<field_value> one(const char* field, value x) { return {{field, std::move(x)}}; }
inline value whole(std::int64_t n) { return n; }
inline value text(const char* t) { return std::string(t); }
inline instant on(std::int32_t year, std::uint32_t month, std::uint32_t dom) {
  return midnight(to_day({year, month, dom}));
}

template <class Call>
void says(errc code, const std::string& sentence, Call&& call) {
  try {
    call();
    ADD_FAILURE() << "no error: " << sentence;
  } catch (const error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_EQ(std::string(e.what()), sentence);
  }
}

inline std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How often `needle` stands in the files of a folder, whatever their names.
inline std::size_t copies(const fs::path& folder, const std::string& needle) {
  std::size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string all = bytes_of(entry.path());
    for (auto at = all.find(needle); at != std::string::npos; at = all.find(needle, at + 1)) ++found;
  }
  return found;
}

inline std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* set = std::getenv(name);
  return set == nullptr ? otherwise : static_cast<std::size_t>(std::stoul(set));
}

}  // namespace guanxi::archive
