#pragma once
// The keys of persons: one flat file of fixed records beside the archive, so that a key is overwritten where it lies.
#include <cstdint>
#include <optional>
#include <string>

#include <guanxi/archive/archive.hpp>

#include "sodium.hpp"

namespace guanxi::archive {

/// A header (the archive's id and the search key, wrapped by the master key) and one record of 96 bytes a person: state
/// and the person's key, wrapped. No journal, no log, no second copy. All writes happen under the archive's write lock.
class key_file {
 public:
  key_file() = default;
  ~key_file() { close(); }
  key_file(const key_file&) = delete;
  key_file& operator=(const key_file&) = delete;

  /// Opens the file (makes it and the master key when `make`); false when it is not there.
  bool open(const std::string& path, const archive_options& options, const std::string& archive_path,
            const std::string& archive_id, bool make);
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;

  /// Number of records, used or not.
  [[nodiscard]] std::int64_t size() const;
  /// Makes a new key for person `id`; waits until it is on disk, or leaves that to sync().
  void make(std::int64_t id, bool wait = true);
  void sync();
  /// The key, read anew each time; nothing when it was destroyed or never made.
  [[nodiscard]] std::optional<secret> get(std::int64_t id) const;
  /// Overwrites the key with random bytes where it lies, and waits until that is on disk.
  void destroy(std::int64_t id);
  [[nodiscard]] const secret& search_key() const noexcept { return search_; }

 private:
  [[nodiscard]] std::string bound(std::int64_t id) const;
  void write(const std::string& bytes, std::int64_t at, bool wait = true);
  void read_master(const archive_options& options, const std::string& archive_path, bool make);
  int fd_ = -1;
  std::string path_, id_;
  secret master_, search_;
};

}  // namespace guanxi::archive
