#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "../support/hex.h"
#include "core/boot_record.h"
#include "core/crc32.h"
#include "core/pattern.h"
#include "core/sha256.h"

namespace tinyhost {
namespace {

std::string HexOf(const Sha256Digest& digest) { return ToHex(digest.data(), digest.size()); }

}  // namespace

TEST_CASE("crc32 equals zlib's") {
  CHECK(Crc32("", 0) == 0);
  CHECK(Crc32("123456789", 9) == 0xCBF43926);  // the check value of CRC-32/ISO-HDLC
  CHECK(Crc32("6789", 4, Crc32("12345", 5)) == 0xCBF43926);
}

TEST_CASE("sha256 equals FIPS 180-4's examples") {
  CHECK(HexOf(Sha256::Of("", 0)) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(HexOf(Sha256::Of("abc", 3)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const char* two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  CHECK(HexOf(Sha256::Of(two_blocks, 56)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  CHECK(HexOf(Sha256::Of(million.data(), million.size())) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 does not depend on how the bytes are cut") {
  const std::string text(300, 'x');
  const Sha256Digest whole = Sha256::Of(text.data(), text.size());
  for (size_t step = 1; step < 130; ++step) {
    Sha256 hash;
    for (size_t i = 0; i < text.size(); i += step) hash.Update(text.data() + i, std::min(step, text.size() - i));
    CHECK(hash.Finish() == whole);
  }
}

TEST_CASE("starts are numbered on as long as the record keeps, and anew from a random number when it is lost") {
  BootRecord record = {0x12345678, 0x9ABCDEF0};  // RAM after power-on
  CHECK(NextBoot(&record, 500) == 500);
  CHECK(NextBoot(&record, 7) == 501);
  CHECK(NextBoot(&record, 7) == 502);
  record.number ^= 0x100;  // a bootloader that used this RAM
  CHECK(NextBoot(&record, 900) == 900);
  record = {};
  CHECK(NextBoot(&record, 0) == 1);
  record = {};
  CHECK(NextBoot(&record, 0xFFFFFFFF) == 0xFFFFFFFF);
  CHECK(NextBoot(&record, 7) == 1);  // never 0
}

TEST_CASE("the pattern is that of the schema's formula") {
  const uint8_t expected[8] = {107, 144, 100, 231, 216, 201, 162, 96};  // computed in Python
  uint8_t pattern[8];
  FillPattern(1, 0, pattern, sizeof(pattern));
  CHECK(std::memcmp(pattern, expected, sizeof(pattern)) == 0);
  uint8_t later[2];
  FillPattern(1, 2, later, sizeof(later));
  CHECK(std::memcmp(later, expected + 2, sizeof(later)) == 0);
}

}  // namespace tinyhost
