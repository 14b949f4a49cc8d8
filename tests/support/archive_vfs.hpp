#pragma once
// A file system between SQLite and the disk that remembers every write and sync, so that a power cut can be played at
// any moment: what was synced is there, of what was not any part may be missing, down to sectors of 512 bytes. It can
// also be full, or answer with errors.
#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>

namespace guanxi::archive {

struct recorded_disk {
  enum class what { write, truncate, sync, remove, acknowledged, noted };
  struct step {
    what kind;
    std::string file;
    sqlite3_int64 at = 0;
    std::string bytes;
  };
  std::vector<step> steps;
  bool recording = false;
  sqlite3_int64 room = -1;  // bytes that may still be written; -1: no end
  int failing_syncs = 0;    // so many syncs answer with an error
  static recorded_disk& the() {
    static recorded_disk disk;
    return disk;
  }
  void acknowledge() { steps.push_back({what::acknowledged, {}, 0, {}}); }
};

namespace shim {

struct file {
  sqlite3_file base;
  char name[512];
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
inline file* as(sqlite3_file* f) { return reinterpret_cast<file*>(f); }
inline sqlite3_vfs*& real_vfs() {
  static sqlite3_vfs* v = nullptr;
  return v;
}

inline int close(sqlite3_file* f) { return as(f)->real()->pMethods->xClose(as(f)->real()); }
inline int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return as(f)->real()->pMethods->xRead(as(f)->real(), to, n, at);
}
inline int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  recorded_disk& disk = recorded_disk::the();
  if (disk.room >= 0) {
    if (disk.room < n) return SQLITE_FULL;
    disk.room -= n;
  }
  if (disk.recording)
    disk.steps.push_back({recorded_disk::what::write, as(f)->name, at,
                          std::string(static_cast<const char*>(from), static_cast<std::size_t>(n))});
  return as(f)->real()->pMethods->xWrite(as(f)->real(), from, n, at);
}
inline int truncate(sqlite3_file* f, sqlite3_int64 n) {
  recorded_disk& disk = recorded_disk::the();
  if (disk.recording) disk.steps.push_back({recorded_disk::what::truncate, as(f)->name, n, {}});
  return as(f)->real()->pMethods->xTruncate(as(f)->real(), n);
}
inline int sync(sqlite3_file* f, int flags) {
  recorded_disk& disk = recorded_disk::the();
  if (disk.failing_syncs > 0) {
    --disk.failing_syncs;
    return SQLITE_IOERR_FSYNC;
  }
  if (disk.recording) disk.steps.push_back({recorded_disk::what::sync, as(f)->name, 0, {}});
  return as(f)->real()->pMethods->xSync(as(f)->real(), flags);
}
inline int size(sqlite3_file* f, sqlite3_int64* n) { return as(f)->real()->pMethods->xFileSize(as(f)->real(), n); }
inline int lock(sqlite3_file* f, int l) { return as(f)->real()->pMethods->xLock(as(f)->real(), l); }
inline int unlock(sqlite3_file* f, int l) { return as(f)->real()->pMethods->xUnlock(as(f)->real(), l); }
inline int reserved(sqlite3_file* f, int* out) {
  return as(f)->real()->pMethods->xCheckReservedLock(as(f)->real(), out);
}
inline int control(sqlite3_file* f, int op, void* arg) {
  return as(f)->real()->pMethods->xFileControl(as(f)->real(), op, arg);
}
inline int sector(sqlite3_file*) { return 512; }
inline int traits(sqlite3_file*) { return 0; }  // no promise beyond what POSIX gives
inline int shm_map(sqlite3_file* f, int page, int n, int extend, void volatile** to) {
  return as(f)->real()->pMethods->xShmMap(as(f)->real(), page, n, extend, to);
}
inline int shm_lock(sqlite3_file* f, int at, int n, int flags) {
  return as(f)->real()->pMethods->xShmLock(as(f)->real(), at, n, flags);
}
inline void shm_barrier(sqlite3_file* f) { as(f)->real()->pMethods->xShmBarrier(as(f)->real()); }
inline int shm_unmap(sqlite3_file* f, int remove) { return as(f)->real()->pMethods->xShmUnmap(as(f)->real(), remove); }

inline const sqlite3_io_methods methods{2,        close,       read,      write,   truncate, sync,   size,
                                        lock,     unlock,      reserved,  control, sector,   traits, shm_map,
                                        shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

inline int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out) {
  auto* mine = as(f);
  mine->base.pMethods = nullptr;
  std::strncpy(mine->name, name == nullptr ? "" : name, sizeof mine->name - 1);
  mine->name[sizeof mine->name - 1] = '\0';
  const int code = real_vfs()->xOpen(real_vfs(), name, mine->real(), flags, out);
  if (mine->real()->pMethods != nullptr) mine->base.pMethods = &methods;
  return code;
}
inline int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  recorded_disk& disk = recorded_disk::the();
  if (disk.recording) disk.steps.push_back({recorded_disk::what::remove, name, 0, {}});
  return real_vfs()->xDelete(real_vfs(), name, sync_folder);
}

}  // namespace shim

/// While it lives, every file that SQLite opens goes through the recorded disk.
class recorded_files {
 public:
  recorded_files() {
    shim::real_vfs() = sqlite3_vfs_find(nullptr);
    vfs_ = *shim::real_vfs();
    vfs_.szOsFile = static_cast<int>(sizeof(shim::file)) + shim::real_vfs()->szOsFile;
    vfs_.zName = "recorded";
    vfs_.xOpen = shim::open;
    vfs_.xDelete = shim::remove;
    sqlite3_vfs_register(&vfs_, 1);
    recorded_disk::the() = {};
  }
  ~recorded_files() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(shim::real_vfs(), 1);
    recorded_disk::the() = {};
  }
  recorded_files(const recorded_files&) = delete;
  recorded_files& operator=(const recorded_files&) = delete;

 private:
  sqlite3_vfs vfs_{};
};

/// What may lie on the disk when the power goes after `moment` steps.
class after_power_cut {
 public:
  after_power_cut(const std::vector<recorded_disk::step>& steps, std::size_t moment, random_stream& draw) {
    using what = recorded_disk::what;
    for (std::size_t i = 0; i < moment; ++i) {
      const auto& s = steps[i];
      if (s.kind == what::acknowledged) {
        ++acknowledged;
      } else if (s.kind == what::noted) {
        noted = true;
      } else if (s.kind == what::sync) {
        for (const std::size_t j : pending_[s.file]) apply(steps[j]);
        pending_[s.file].clear();
      } else if (s.kind == what::remove) {
        pending_[s.file].clear();
        files.erase(s.file);
      } else {
        pending_[s.file].push_back(i);
      }
    }
    const auto mode = draw.index(4);  // 0: nothing that was not synced, 1: all of it, else: any part of it, torn
    for (const auto& [name, left] : pending_)
      for (const std::size_t j : left) {
        if (mode == 0 || (mode > 1 && draw.bernoulli(0.5))) continue;
        recorded_disk::step part = steps[j];
        if (mode > 1 && part.kind == what::write && draw.bernoulli(0.3)) {  // torn between sectors
          const std::size_t sectors = part.bytes.size() / 512;
          part.bytes.resize(512 * draw.index(sectors + 1));
        }
        apply(part);
      }
  }
  std::map<std::string, std::string> files;
  std::size_t acknowledged = 0;
  bool noted = false;

  /// Lays the files down under new names: `from` in the path becomes `to`.
  void write(const std::string& from, const std::string& to) const {
    for (const auto& [name, bytes] : files) {
      std::string path = name;
      if (const auto at = path.find(from); at != std::string::npos) path.replace(at, from.size(), to);
      std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }

 private:
  void apply(const recorded_disk::step& s) {
    std::string& bytes = files[s.file];
    if (s.kind == recorded_disk::what::truncate) {
      bytes.resize(static_cast<std::size_t>(s.at));
      return;
    }
    const auto end = static_cast<std::size_t>(s.at) + s.bytes.size();
    if (bytes.size() < end) bytes.resize(end);
    std::memcpy(bytes.data() + s.at, s.bytes.data(), s.bytes.size());
  }
  std::map<std::string, std::vector<std::size_t>> pending_;
};

}  // namespace guanxi::archive
