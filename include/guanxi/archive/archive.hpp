#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/archive/expiry.hpp>
#include <guanxi/archive/run.hpp>
#include <guanxi/archive/value.hpp>

// The customer files: one SQLite file, facts with two times. Needs guanxi::store at link time.
namespace guanxi::archive {

/// A role of the server and a customer that it may see; an empty customer is the whole book.
struct right {
  std::string role, customer;
  bool may_write = false;
};

struct archive_options {
  bool read_only = false;
  bool power_safe = true;  // synchronous=FULL: an acknowledged write survives a power cut; else it may lose the last
  int busy_ms = 5000;      // how long a write waits for another process
  std::string key{};       // the master key, 32 bytes; empty: from the file key_path
  std::string key_path{};  // a file of 32 bytes; empty: "<path>.master", made at the first personal write (mode 0600)
  std::string keys{};      // where the keys of persons are kept; empty: "<path>.keys"
  int cache_mb = 64;       // pages kept in memory
};

/// SHA-256 of bytes as 64 hexadecimal letters; FIPS 180-4.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// Whether an archive can be kept on a server: libpq was found when the program ran. `library`: where to look first,
/// before the first use.
[[nodiscard]] bool can_use_server(const std::string& library = {});

/// Whether personal values can be sealed here: libsodium (1.0.12 or newer) was found when the program ran.
[[nodiscard]] bool can_seal();

/// The store: a file of SQLite, or on a server of PostgreSQL when `path` begins with "postgresql://". One object may be
/// used from several threads (calls take turns); several processes may open one file, many readers beside one writer.
/// Every write is one transaction: there in full, or not at all. After fork() the child must open the file itself.
///
/// Fails   errc::io (cannot be opened, read-only, disk full, another process holds the write lock, no libsodium or no
///         key for personal values), errc::bad_format (not an archive, damaged, a newer schema, a value of another kind
///         than the field's, plain and personal values mixed), errc::out_of_order (known_at before the newest known
///         time of that fact, or a changed archive at expiry), errc::out_of_domain (valid_to not after valid_from,
///         known_at in the future), errc::unknown_name (a customer or field that is not there).
/// Costs   a look-up is one descent of the tree and a walk over the versions of that fact.
class archive {
 public:
  explicit archive(const std::string& path, const archive_options& options = {});
  ~archive();
  archive(archive&&) noexcept;
  archive& operator=(archive&&) noexcept;

  // ---- writing ------------------------------------------------------------------------------------------------------

  /// Says what a field is. May be said again; `many` and `personal` only as long as the field has no value.
  void define(const field_rule& rule);
  [[nodiscard]] std::vector<field_rule> fields() const;

  /// Writes facts of one customer; overwrites nothing that was believed before. Gives the known time.
  instant put(std::string_view customer, std::span<const field_value> fields, const when& times = {},
              const origin& from = {}, const privacy& sealed = {});
  /// Writes one entry of a field with many values; the entry is known by its key. A first add makes the field one of
  /// many values. A value of nothing takes the entry back, as drop does.
  instant add(std::string_view customer, std::string_view field, std::string_view key, const value& x,
              const when& times = {}, const origin& from = {}, const privacy& sealed = {});
  instant drop(std::string_view customer, std::string_view field, std::string_view key, const when& times = {},
               const origin& from = {}, const privacy& sealed = {});

  /// Many files at once, all or nothing. Rows that cannot be taken (no customer, a number that is not finite, a text
  /// with a zero byte, times that contradict) are left out and listed.
  /// Costs   about 1 us a fact when the customers are new.
  load_report load(std::span<const load_batch> batches, const when& times = {}, const origin& from = {});

  // ---- asking -------------------------------------------------------------------------------------------------------

  /// All facts that hold, sorted by field and key; empty when nothing is known.
  [[nodiscard]] std::vector<fact> file(std::string_view customer, const as_seen& seen = {}) const;
  /// The same as pairs, without the keys.
  [[nodiscard]] std::vector<field_value> get(std::string_view customer, const as_seen& seen = {}) const;
  /// One field of one value; nothing (monostate) when it is not known.
  [[nodiscard]] value get(std::string_view customer, std::string_view field, const as_seen& seen = {}) const;
  /// One field of many customers, in one snapshot.
  [[nodiscard]] std::vector<value> get(std::span<const std::string_view> customers, std::string_view field,
                                       const as_seen& seen = {}) const;
  /// Every version ever believed, by field, key, known_from, valid_from; an empty field is all fields.
  [[nodiscard]] std::vector<version> history(std::string_view customer, std::string_view field = {}) const;
  /// Customers for whom every condition holds and, when `text` is given, one of whose searchable texts has all its
  /// words (each word as part of the text, letters of either case). Sorted; no condition gives all customers with any
  /// fact then. A condition on a field with many values is met by an entry of that key. Personal fields cannot be
  /// asked.
  [[nodiscard]] std::vector<std::string> find(std::span<const field_value> conditions, const as_seen& seen = {},
                                              std::string_view text = {}) const;
  /// One row a customer, sorted; fields of one value (all that are not personal when none are named).
  [[nodiscard]] table columns(std::span<const std::string> fields = {}, const as_seen& seen = {}) const;
  /// Grows when another process has written: look again then.
  [[nodiscard]] std::int64_t data_version() const;

  // ---- what leaves --------------------------------------------------------------------------------------------------

  /// Keeps a customer's facts from expiring until then.
  void hold(std::string_view customer, const std::string& reason, instant until, const std::string& user = {});
  /// What falls due at `at`. dry_run changes nothing; a run with the token of a preview is refused when the list
  /// differs. Among rules that meet a row the one that keeps it longest wins; a hold beats every rule.
  expiry_report expire(std::span<const expiry_rule> rules, instant at, bool dry_run = true,
                       const std::string& token = {}, const std::string& user = {});
  /// Destroys the keys of a customer's personal values (of one named person, when given) and then the sealed values. A
  /// kill between any two steps is finished when the archive is next opened for writing. forget_id also replaces the
  /// customer's id by "erased #17".
  certificate erase(std::string_view customer, const std::string& reason, const std::string& user = {},
                    const std::string& person = {}, bool forget_id = false);

  // ---- runs, audit, care --------------------------------------------------------------------------------------------

  /// Stores a run; gives its number.
  std::int64_t add_run(const run& what);
  [[nodiscard]] std::vector<run> runs() const;  // without their results
  [[nodiscard]] run get_run(std::int64_t id) const;

  [[nodiscard]] std::vector<audit_row> audit() const;
  /// Walks the chain of hashes; `tail` is one that was written down earlier (empty: none).
  [[nodiscard]] verification verify(const std::string& tail = {}) const;
  /// Whether the file's pages and indices agree: "ok", or what SQLite found.
  [[nodiscard]] std::string check() const;

  /// A copy while others read and write, as a file. It holds sealed values but no keys.
  void backup(const std::string& path) const;
  /// All of it into a new file or a new archive on a server ("postgresql://..."): the way from one to the other. The
  /// key file goes on being used with both.
  void copy_to(const std::string& where) const;

  // ---- rights on rows: an archive on a server alone -----------------------------------------------------------------

  /// Lets a role of the server see these customers (none named: all of them), and write to them when `may_write`. Who
  /// makes a customer may see and write it. Only the owner of the tables may say so.
  void allow(const std::string& role, std::span<const std::string_view> customers, bool may_write = true);
  /// Takes that back (none named: all of the role's rights).
  void disallow(const std::string& role, std::span<const std::string_view> customers);
  /// Who may see what, by role and customer.
  [[nodiscard]] std::vector<right> rights() const;

  /// Gives free pages back and writes every page anew (needs a moment when nobody else reads).
  void compact();
  void close();

 private:
  struct store;
  std::unique_ptr<store> store_;
};

}  // namespace guanxi::archive
