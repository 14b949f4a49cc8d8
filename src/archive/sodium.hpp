#pragma once
// Sealing by libsodium, which is looked for when the program runs: a build needs neither its headers nor its library.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guanxi::archive {

/// 32 secret bytes that are wiped when they are no longer needed.
class secret {
 public:
  secret() = default;
  ~secret() { wipe(); }
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  secret(secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  [[nodiscard]] unsigned char* data() noexcept { return bytes_.data(); }
  [[nodiscard]] const unsigned char* data() const noexcept { return bytes_.data(); }
  static constexpr std::size_t size = 32;

 private:
  void wipe() noexcept;
  std::array<unsigned char, 32> bytes_{};
};

namespace sodium {
/// Whether the library was found.
[[nodiscard]] bool found();
/// Fails with errc::io and one sentence when it was not.
void want();
void random(unsigned char* out, std::size_t size);
/// Nonce (24), sealed text, tag (16): XChaCha20-Poly1305. `with` is bound to it but not stored.
[[nodiscard]] std::string seal(std::string_view plain, std::string_view with, const secret& key);
/// Nothing when the key, `with` or a byte differs.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view with, const secret& key);
/// 32 hexadecimal letters: BLAKE2b-128 under a key.
[[nodiscard]] std::string keyed_hash(std::string_view text, const secret& key);
void wipe(std::string& text) noexcept;
}  // namespace sodium

}  // namespace guanxi::archive
