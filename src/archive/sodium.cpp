#include "sodium.hpp"

#include <cstring>

#include <guanxi/archive/archive.hpp>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace guanxi::archive {
namespace {

constexpr std::size_t nonce_size = 24, tag_size = 16;

/// The few functions of libsodium that are used; their signatures have been the same since 1.0.12.
struct functions {
  int (*init)() = nullptr;
  void (*random)(void*, std::size_t) = nullptr;
  int (*encrypt)(unsigned char*, unsigned long long*, const unsigned char*, unsigned long long, const unsigned char*,
                 unsigned long long, const unsigned char*, const unsigned char*, const unsigned char*) = nullptr;
  int (*decrypt)(unsigned char*, unsigned long long*, unsigned char*, const unsigned char*, unsigned long long,
                 const unsigned char*, unsigned long long, const unsigned char*, const unsigned char*) = nullptr;
  int (*hash)(unsigned char*, std::size_t, const unsigned char*, unsigned long long, const unsigned char*,
              std::size_t) = nullptr;
  bool ready = false;
};

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

functions load() {
  functions f;
  for (const char* name : {"libsodium.so.23", "libsodium.so.26", "libsodium.dylib", "libsodium.dll",
#ifdef GUANXI_SODIUM_HINT
                           GUANXI_SODIUM_HINT,
#endif
                           "libsodium.so"}) {
    void* library = open_library(name);
    if (library == nullptr) continue;
    if (take(library, "sodium_init", f.init) && take(library, "randombytes_buf", f.random) &&
        take(library, "crypto_aead_xchacha20poly1305_ietf_encrypt", f.encrypt) &&
        take(library, "crypto_aead_xchacha20poly1305_ietf_decrypt", f.decrypt) &&
        take(library, "crypto_generichash", f.hash) && f.init() >= 0) {
      f.ready = true;
      break;
    }
  }
  return f;
}

const functions& library() {
  static const functions f = load();
  return f;
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void wipe_bytes(void* at, std::size_t size) noexcept {
  volatile auto* p = static_cast<volatile unsigned char*>(at);  // not optimised away
  for (std::size_t i = 0; i < size; ++i) p[i] = 0;
}

}  // namespace

bool can_seal() { return sodium::found(); }

void secret::wipe() noexcept { wipe_bytes(bytes_.data(), bytes_.size()); }

namespace sodium {

bool found() { return library().ready; }

void want() {
  if (!found())
    throw error(errc::io,
                "archive: personal values need libsodium to be sealed, and it was not found; install libsodium23 "
                "(Debian) or libsodium. They are never stored unsealed");
}

void random(unsigned char* out, std::size_t size) {
  want();
  library().random(out, size);
}

std::string seal(std::string_view plain, std::string_view with, const secret& key) {
  want();
  std::string out(nonce_size + plain.size() + tag_size, '\0');
  library().random(out.data(), nonce_size);
  unsigned long long size = 0;
  library().encrypt(bytes(out) + nonce_size, &size, bytes(plain), plain.size(), bytes(with), with.size(), nullptr,
                    bytes(out), key.data());
  return out;
}

std::optional<std::string> unseal(std::string_view sealed, std::string_view with, const secret& key) {
  want();
  if (sealed.size() < nonce_size + tag_size) return std::nullopt;
  std::string out(sealed.size() - nonce_size - tag_size, '\0');
  unsigned long long size = 0;
  unsigned char none = 0;
  if (library().decrypt(out.empty() ? &none : bytes(out), &size, nullptr, bytes(sealed) + nonce_size,
                        sealed.size() - nonce_size, bytes(with), with.size(), bytes(sealed), key.data()) != 0)
    return std::nullopt;
  return out;
}

std::string keyed_hash(std::string_view text, const secret& key) {
  want();
  std::array<unsigned char, 16> out{};
  library().hash(out.data(), out.size(), bytes(text), text.size(), key.data(), secret::size);
  constexpr std::string_view digit = "0123456789abcdef";
  std::string hex;
  for (const unsigned char b : out) {
    hex += digit[b >> 4];
    hex += digit[b & 15];
  }
  return hex;
}

void wipe(std::string& text) noexcept { wipe_bytes(text.data(), text.size()); }

}  // namespace sodium
}  // namespace guanxi::archive
