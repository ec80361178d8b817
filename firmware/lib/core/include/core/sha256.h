#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tinyhost {

using Sha256Digest = std::array<uint8_t, 32>;

/// SHA-256 (FIPS 180-4) of data that come in pieces.
class Sha256 {
 public:
  Sha256();
  void Update(const void* data, size_t n_bytes);
  /// The digest of all data; the object must not be used after that.
  Sha256Digest Finish();

  /// The digest of one range of bytes.
  static Sha256Digest Of(const void* data, size_t n_bytes);

 private:
  void Compress(const uint8_t* block);

  std::array<uint32_t, 8> state_;
  uint64_t n_bytes_ = 0;
  std::array<uint8_t, 64> block_{};
};

}  // namespace tinyhost
