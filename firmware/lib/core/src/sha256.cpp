#include "core/sha256.h"

#include <cstring>

namespace tinyhost {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kLengthBytes = 8;

// FIPS 180-4, 4.2.2: first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr uint32_t RotateRight(uint32_t value, int bits) { return (value >> bits) | (value << (32 - bits)); }

uint32_t LoadBigEndian(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 |
         p[3];
}

}  // namespace

// FIPS 180-4, 5.3.3: first 32 bits of the fractional parts of the square roots of the first 8 primes.
Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::Update(const void* data, size_t n_bytes) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  while (n_bytes > 0) {
    const size_t filled = n_bytes_ % kBlockBytes;
    size_t take = kBlockBytes - filled;
    if (filled == 0 && n_bytes >= kBlockBytes) {
      Compress(bytes);
    } else {
      if (take > n_bytes) take = n_bytes;
      std::memcpy(block_.data() + filled, bytes, take);
      if (filled + take == kBlockBytes) Compress(block_.data());
    }
    bytes += take;
    n_bytes -= take;
    n_bytes_ += take;
  }
}

Sha256Digest Sha256::Finish() {
  const uint64_t n_bits = n_bytes_ * 8;
  constexpr uint8_t kEnd = 0x80;
  constexpr uint8_t kZero = 0;
  Update(&kEnd, 1);
  while (n_bytes_ % kBlockBytes != kBlockBytes - kLengthBytes) Update(&kZero, 1);
  uint8_t length[kLengthBytes];
  for (size_t i = 0; i < kLengthBytes; ++i) length[i] = static_cast<uint8_t>(n_bits >> (56 - 8 * i));
  Update(length, kLengthBytes);
  Sha256Digest digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

Sha256Digest Sha256::Of(const void* data, size_t n_bytes) {
  Sha256 hash;
  hash.Update(data, n_bytes);
  return hash.Finish();
}

// FIPS 180-4, 6.2.2. The message schedule lives in a ring of 16 words.
void Sha256::Compress(const uint8_t* block) {
  std::array<uint32_t, 16> w;
  for (size_t i = 0; i < w.size(); ++i) w[i] = LoadBigEndian(block + 4 * i);
  auto [a, b, c, d, e, f, g, h] = state_;
  for (size_t i = 0; i < kRound.size(); ++i) {
    if (i >= 16) {
      const uint32_t w15 = w[(i - 15) % 16];
      const uint32_t w2 = w[(i - 2) % 16];
      const uint32_t s0 = RotateRight(w15, 7) ^ RotateRight(w15, 18) ^ (w15 >> 3);
      const uint32_t s1 = RotateRight(w2, 17) ^ RotateRight(w2, 19) ^ (w2 >> 10);
      w[i % 16] += s0 + w[(i - 7) % 16] + s1;
    }
    const uint32_t sum1 = RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25);
    const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i % 16];
    const uint32_t sum0 = RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22);
    const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<uint32_t, 8> out = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < out.size(); ++i) state_[i] += out[i];
}

}  // namespace tinyhost
