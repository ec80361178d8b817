// The ring between the program and an interrupt, and the counter that is made wide.
#include <doctest/doctest.h>

#include <algorithm>

#include "drivers/byte_ring.h"
#include "drivers/wide_counter.h"

namespace tinyhost {
namespace {

TEST_CASE("a ring gives back what it took, in order, and takes no more than it has room for") {
  ByteRing<8> ring;
  uint8_t next_in = 0;
  uint8_t next_out = 0;
  for (size_t n = 0; n < 1000; ++n) {
    uint8_t bytes[16];
    const size_t n_in = n % 11;
    const size_t room = ring.room();
    for (size_t i = 0; i < n_in; ++i) bytes[i] = static_cast<uint8_t>(next_in + i);
    const size_t n_taken = ring.Write(bytes, n_in);
    REQUIRE(n_taken == std::min(n_in, room));
    next_in = static_cast<uint8_t>(next_in + n_taken);
    const size_t n_out = ring.Read(bytes, n % 5);
    for (size_t i = 0; i < n_out; ++i) REQUIRE(bytes[i] == next_out++);
  }
  ring.Discard();
  CHECK(ring.size() == 0);
  CHECK(ring.room() == 8);
}

TEST_CASE("a wide counter never goes back over many periods, however late in a half it is kept") {
  WideCounter wide;
  uint64_t truth = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    truth += 0x0FEDCBA9;  // less than half a period of 2^32
    const auto now = static_cast<uint32_t>(truth);
    REQUIRE(wide.Now([now] { return now; }) == truth);
    if (i % 7 == 0) wide.Keep(now);
    if (i % 7 == 6) {
      wide.Keep(now);
      REQUIRE(wide.Now([now] { return now; }) == truth);
    }
  }
  CHECK((truth >> 32) > 6'000);
}

TEST_CASE("an interrupt between the halves and the counter does not make it jump") {
  WideCounter wide;
  wide.Keep(0x7FFFFFFF);
  const auto read = [&wide] {
    wide.Keep(0x80000005);  // the tick comes just then
    return 0x80000006u;
  };
  CHECK(wide.Now(read) == 0x80000006u);
  CHECK(wide.Now([] { return 0x80000007u; }) == 0x80000007u);
}

}  // namespace
}  // namespace tinyhost
