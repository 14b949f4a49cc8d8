#pragma once
// What the parts of src/archive share: the open file, its clock, its names, and the rule by which facts are written.
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <guanxi/archive/archive.hpp>

#include "database.hpp"
#include "keys.hpp"

namespace guanxi::archive {

class sqlite_database;

inline constexpr std::int64_t application_id = 0x67786172;  // "gxar"
inline constexpr std::int64_t schema_version = 4;

[[nodiscard]] std::string_view kind_name(std::size_t kind);
/// "2024-03-01T09:30:00.000001", without the time at midnight.
[[nodiscard]] std::string time_text(instant t);
/// Parts joined so that no two lists of parts give the same text: each with its length.
[[nodiscard]] std::string join(std::initializer_list<std::string_view> parts);
[[nodiscard]] std::string audit_hash(const std::string& before, std::int64_t n, instant at, std::string_view what,
                                     std::string_view subject, std::string_view detail);
void want_text(std::string_view text, const char* argument);
/// A value as a key or a word: 8483, 0.5, true, 2024-02-29, the text itself.
[[nodiscard]] std::string value_text(const value& x);
[[nodiscard]] inline std::string number_text(std::int64_t customer) { return "#" + std::to_string(customer); }

struct archive::store {
  connection db;
  archive_options options;
  std::string path, id;
  bool on_server = false;           // PostgreSQL; else a file of SQLite
  sqlite_database* file = nullptr;  // the same as db, where it is a file
  bool bare = false;                // made as the target of a copy: without an id and a first row of the chain
  long process = 0;
  mutable std::mutex turn;
  mutable key_file keys;

  // ---- open.cpp
  void open();
  void open_file();
  void open_server();  // server.cpp
  [[nodiscard]] static std::string new_id();
  void busy(int ms);             // care.cpp
  [[nodiscard]] bool rewrite();  // all pages anew
  void create();
  void migrate(std::int64_t from);
  void finish_erasures();
  void want_same_process() const;
  [[nodiscard]] std::int64_t number(const char* sql);
  [[nodiscard]] std::optional<std::string> meta(const char* key);
  void set_meta(const char* key, std::string_view text);
  [[nodiscard]] static instant clock();
  [[nodiscard]] instant last_known();
  [[nodiscard]] instant next_known() { return std::max(clock(), last_known() + 1); }  // never twice the same
  [[nodiscard]] instant now() { return std::max(clock(), last_known()); }
  /// now(), without a look at the file as long as the clock was not set back since it was opened.
  [[nodiscard]] instant now_quick();
  instant clock_offset = 0;
  bool clock_behind = false;
  /// One row of the chain, and its hash as the tail, in the caller's transaction. Gives its number.
  std::int64_t log(std::string_view what, std::string_view subject, std::string_view detail);

  // ---- names.cpp
  struct field_info {
    std::int64_t id = 0, kind = 0;
    bool many = false, personal = false, searchable = false;
    std::string name, group;
  };
  std::unordered_map<std::string, field_info> fields_by_name;
  std::vector<std::string> fields_by_id;  // names
  std::int64_t fields_seen = -1;          // data_version of the cache
  void load_fields();
  void refresh_fields();  // inside a write: what other processes did counts
  [[nodiscard]] const field_info* find_field(std::string_view name);
  [[nodiscard]] const field_info* field_of(std::int64_t id);
  /// The field for a value that is to be written; its first value gives it its kind, which it keeps.
  [[nodiscard]] field_info field(std::string_view name, std::size_t kind, bool personal, bool many);
  [[nodiscard]] bool has_values(std::int64_t field);
  [[nodiscard]] std::int64_t find_customer(std::string_view ref);
  [[nodiscard]] std::int64_t customer(std::string_view ref);
  [[nodiscard]] std::string customer_ref(std::int64_t id);
  [[nodiscard]] std::int64_t origin_id(const origin& from);
  [[nodiscard]] std::int64_t find_item(std::string_view text);
  [[nodiscard]] std::int64_t item(std::string_view text);
  [[nodiscard]] std::string item_text(std::int64_t id);

  // ---- persons.cpp: sealing
  [[nodiscard]] bool open_keys(bool make) const;
  [[nodiscard]] std::int64_t person(std::int64_t customer, const std::string& label, bool wait = true);
  [[nodiscard]] std::string label_hash(std::int64_t customer, const std::string& label) const;
  struct shown {
    guanxi::archive::value value;
    std::string key;
  };
  struct place {
    std::int64_t subject = 0, field = 0, item = 0;
    instant vf = 0, tf = 0;
    std::int64_t person = 0;
  };
  [[nodiscard]] std::string seal(const place& at, const value& x, std::string_view key);
  /// The value, or why it cannot be shown.
  [[nodiscard]] shown unseal(const place& at, std::string_view bytes, bool gone) const;

  // ---- write.cpp: the rectangle rule
  struct rectangle {
    std::int64_t subject = 0, field = 0, item = 0;
    instant vf = 0, vt = 0;
    std::int64_t kind = 0, origin = 0, person = 0;
    value held;       // plain
    std::string key;  // of a personal entry
    std::string raw;  // the sealed bytes as they were read
    bool gone = false;
    bool searchable = false;
  };
  void insert(const rectangle& r, instant tf);
  void write(rectangle w, instant known);
  [[nodiscard]] std::vector<std::pair<rectangle, instant>> open_rows(const rectangle& w, instant from, instant to);
  void remove(const rectangle& r, instant tf);
  [[nodiscard]] instant newest(std::int64_t subject, std::int64_t field, std::int64_t item);
  struct moment {
    instant known, vf, vt;
  };
  [[nodiscard]] moment times(const when& asked, const char* call);

  // ---- pack.cpp: files as they were loaded
  void unpack(std::int64_t subject);
  [[nodiscard]] static bool packed_value(std::string_view body, std::int64_t field, value& out);
  [[nodiscard]] std::vector<std::int64_t> listed(const field_info& f, const value& x);

  // ---- text.cpp: words of searchable texts
  void add_words(std::int64_t subject, std::int64_t field, std::int64_t item, std::string_view text);
  void drop_words(std::int64_t subject, std::int64_t field, std::int64_t item, std::string_view text);
  [[nodiscard]] std::vector<std::int64_t> subjects_with(std::string_view words, instant v, instant k);

  // ---- find.cpp
  struct asked {
    instant v, k;
  };
  [[nodiscard]] asked question(const as_seen& seen, const char* call);
  [[nodiscard]] value one(std::string_view customer, const field_info& f, asked q);
  [[nodiscard]] value one_of(std::int64_t subject, const field_info& f, asked q);
};

inline void want_open(bool open) {
  if (!open) throw error(errc::io, "archive: it is closed");
}

/// The lock of an open store; every call begins with one.
class in_turn {
 public:
  template <class S>
  explicit in_turn(const S& store) : lock_(want(store)) {
    store->want_same_process();
  }

 private:
  template <class S>
  static std::mutex& want(const S& store) {
    want_open(store != nullptr);
    return store->turn;
  }
  std::lock_guard<std::mutex> lock_;
};

}  // namespace guanxi::archive
