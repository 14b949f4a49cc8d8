#include "keys.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace guanxi::archive {
namespace {

constexpr std::string_view magic{"guanxi-keys-1\n\0\0", 16};
constexpr std::size_t header_size = 256, id_size = 32, record_size = 96;
constexpr std::size_t sealed_key = 24 + 32 + 16;
constexpr std::uint32_t live = 1, destroyed = 2;

[[noreturn]] void fail_io(const std::string& path, const char* doing) {
  throw error(errc::io, "archive: the key file '" + path + "': " + doing + ": " + std::strerror(errno));
}

std::int64_t place(std::int64_t id) {
  return static_cast<std::int64_t>(header_size) + (id - 1) * static_cast<std::int64_t>(record_size);
}

/// The whole of a small file of 32 bytes into a secret.
bool read_key(const std::string& path, secret& out) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    fail_io(path, "opening the master key");
  }
  unsigned char extra = 0;
  const bool good =
      ::read(fd, out.data(), secret::size) == static_cast<ssize_t>(secret::size) && ::read(fd, &extra, 1) == 0;
  ::close(fd);
  if (!good) throw error(errc::bad_format, "archive: the master key '" + path + "' must be a file of 32 bytes");
  return true;
}

void sync_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

int make_file(const std::string& path, const char* what) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail_io(path, what);
  return fd;
}

}  // namespace

void key_file::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string key_file::bound(std::int64_t id) const { return "person " + std::to_string(id) + " of " + id_; }

void key_file::sync() {
  if (::fsync(fd_) != 0) fail_io(path_, "writing to disk");
}

void key_file::write(const std::string& bytes, std::int64_t at, bool wait) {
  if (::pwrite(fd_, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) fail_io(path_, "writing");
  if (wait) sync();
}

void key_file::read_master(const archive_options& options, const std::string& archive_path, bool make) {
  if (!options.key.empty()) {
    if (options.key.size() != secret::size)
      throw error(errc::size_mismatch,
                  "archive: the master key has " + std::to_string(options.key.size()) + " bytes, it must have 32");
    std::memcpy(master_.data(), options.key.data(), secret::size);
    return;
  }
  const std::string path = options.key_path.empty() ? archive_path + ".master" : options.key_path;
  if (read_key(path, master_)) return;
  if (!make) throw error(errc::io, "archive: the master key '" + path + "' is not there; personal values stay sealed");
  const int fd = make_file(path, "making the master key");
  sodium::random(master_.data(), secret::size);
  const bool good = ::write(fd, master_.data(), secret::size) == static_cast<ssize_t>(secret::size) && ::fsync(fd) == 0;
  ::close(fd);
  if (!good) fail_io(path, "writing the master key");
  sync_folder(path);
}

bool key_file::open(const std::string& path, const archive_options& options, const std::string& archive_path,
                    const std::string& archive_id, bool make) {
  if (is_open()) return true;
  sodium::want();
  path_ = path;
  id_ = archive_id;
  const int mode = options.read_only ? O_RDONLY : O_RDWR;
  int fd = ::open(path.c_str(), mode | O_CLOEXEC);
  if (fd < 0 && errno != ENOENT) fail_io(path, "opening");
  if (fd < 0 && !make) return false;
  struct stat seen{};
  const bool fresh = fd < 0 || (::fstat(fd, &seen) == 0 && seen.st_size < static_cast<off_t>(header_size));
  if (fresh && !make) {
    ::close(fd);
    return false;
  }
  try {
    read_master(options, archive_path, fresh);
    if (fresh) {  // also one that a kill left without its header: it holds no key yet
      if (fd < 0) fd = make_file(path, "making");
      fd_ = fd;
      sodium::random(search_.data(), secret::size);
      std::string plain(reinterpret_cast<const char*>(search_.data()), secret::size);
      std::string header = std::string(magic) + id_;
      header.resize(magic.size() + id_size, ' ');
      header += sodium::seal(plain, "header of " + id_, master_);
      sodium::wipe(plain);
      header.resize(header_size, '\0');
      write(header, 0);
      sync_folder(path);
      return true;
    }
    std::string header(header_size, '\0');
    if (::pread(fd, header.data(), header_size, 0) != static_cast<ssize_t>(header_size)) fail_io(path, "reading");
    if (std::string_view(header).substr(0, magic.size()) != magic)
      throw error(errc::bad_format, "archive: '" + path + "' is not a key file of a guanxi archive");
    if (header.compare(magic.size(), id_.size(), id_) != 0)
      throw error(errc::bad_format, "archive: the key file '" + path + "' belongs to another archive");
    auto plain = sodium::unseal(std::string_view(header).substr(magic.size() + id_size, sealed_key), "header of " + id_,
                                master_);
    if (!plain) throw error(errc::bad_format, "archive: the master key does not open the key file '" + path + "'");
    std::memcpy(search_.data(), plain->data(), secret::size);
    sodium::wipe(*plain);
    fd_ = fd;
    return true;
  } catch (...) {
    if (fd >= 0) ::close(fd);
    fd_ = -1;
    throw;
  }
}

std::int64_t key_file::size() const {
  struct stat seen{};
  if (::fstat(fd_, &seen) != 0) fail_io(path_, "reading");
  const auto beyond = static_cast<std::int64_t>(seen.st_size) - static_cast<std::int64_t>(header_size);
  return (beyond + static_cast<std::int64_t>(record_size) - 1) / static_cast<std::int64_t>(record_size);
}

namespace {
std::string record(std::int64_t id, std::uint32_t state, std::string_view wrapped) {
  std::string out(record_size, '\0');
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::memcpy(out.data(), &id, sizeof id);
  std::memcpy(out.data() + 8, &state, sizeof state);
  std::memcpy(out.data() + 16, &at, sizeof at);
  std::memcpy(out.data() + 24, wrapped.data(), sealed_key);
  return out;
}
}  // namespace

void key_file::make(std::int64_t id, bool wait) {
  std::string key(secret::size, '\0');
  sodium::random(reinterpret_cast<unsigned char*>(key.data()), key.size());
  write(record(id, live, sodium::seal(key, bound(id), master_)), place(id), wait);
  sodium::wipe(key);
}

std::optional<secret> key_file::get(std::int64_t id) const {
  std::string bytes(record_size, '\0');
  if (::pread(fd_, bytes.data(), record_size, place(id)) != static_cast<ssize_t>(record_size)) return std::nullopt;
  std::int64_t whose = 0;
  std::uint32_t state = 0;
  std::memcpy(&whose, bytes.data(), sizeof whose);
  std::memcpy(&state, bytes.data() + 8, sizeof state);
  if (whose != id || state != live) return std::nullopt;
  auto plain = sodium::unseal(std::string_view(bytes).substr(24, sealed_key), bound(id), master_);
  if (!plain)
    throw error(errc::bad_format, "archive: the key file '" + path_ + "' is damaged at person " + std::to_string(id));
  secret key;
  std::memcpy(key.data(), plain->data(), secret::size);
  sodium::wipe(*plain);
  return key;
}

void key_file::destroy(std::int64_t id) {
  std::string noise(sealed_key, '\0');
  sodium::random(reinterpret_cast<unsigned char*>(noise.data()), noise.size());
  write(record(id, destroyed, noise), place(id));
}

}  // namespace guanxi::archive
