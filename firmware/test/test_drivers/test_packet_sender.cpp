// The link's back-pressure: packets of 64 bytes, one on its way, a host that reads when it likes.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "drivers/packet_sender.h"

namespace tinyhost {
namespace {

struct UsbCdc final : PacketPort {
  std::vector<uint8_t> received;  // by the host
  size_t n_read = 0;              // of these, by the program: what came up to the last short packet, or two full ones
  mutable uint64_t now_us = 5;
  uint64_t busy_until_us = 0;
  uint64_t packet_us = 100;
  uint64_t closes_us = UINT64_MAX;
  uint64_t sleeps_us = UINT64_MAX;  // the host reads no more from then on
  uint64_t wakes_us = UINT64_MAX;

  bool is_open() const override { return now_us < closes_us; }
  uint64_t NowUs() const override { return now_us += 3; }
  size_t Send(const uint8_t* data, size_t n) override {
    now_us += 2;
    const bool is_asleep = now_us >= sleeps_us && now_us < wakes_us;
    if (is_asleep || now_us < busy_until_us || now_us >= closes_us) return 0;
    const size_t n_taken = std::min<size_t>(n, 64);
    received.insert(received.end(), data, data + n_taken);
    if (n_taken < 64 || received.size() - n_read == 128) n_read = received.size();
    busy_until_us = now_us + packet_us;
    return n_taken;
  }
};

std::vector<uint8_t> Bytes(size_t n) {
  std::vector<uint8_t> bytes(n);
  std::iota(bytes.begin(), bytes.end(), uint8_t{7});
  return bytes;
}

TEST_CASE("all bytes get through in order, whatever their number") {
  for (size_t n = 0; n < 300; ++n) {
    UsbCdc usb;
    const auto bytes = Bytes(n);
    CHECK(SendPackets(&usb, bytes.data(), n, 10) == n);
    CHECK(usb.received == bytes);
    CHECK(usb.n_read == n);
  }
}

TEST_CASE("after every write the host's program has all of it, whatever was written before") {
  std::mt19937 random(3);
  UsbCdc usb;
  size_t n_written = 0;
  for (int i = 0; i < 2000; ++i) {
    const size_t n = random() % 4 == 0 ? 64 * (random() % 4) : random() % 200;
    n_written += SendPackets(&usb, Bytes(n).data(), n, 10);
    CHECK(usb.n_read == n_written);
  }
}

TEST_CASE("a host that reads slowly is waited for as long as it reads") {
  UsbCdc usb;
  usb.packet_us = 9'900;
  const auto bytes = Bytes(6400);
  CHECK(SendPackets(&usb, bytes.data(), bytes.size(), 10) == bytes.size());
  CHECK(usb.now_us > 980'000);
}

TEST_CASE("a host that stops to read ends the write after the timeout, and what was taken is told") {
  for (uint64_t sleeps_us = 5; sleeps_us < 2000; sleeps_us += 13) {
    UsbCdc usb;
    usb.sleeps_us = sleeps_us;
    const auto bytes = Bytes(2000);
    const size_t n_sent = SendPackets(&usb, bytes.data(), bytes.size(), 50);
    CHECK(n_sent == usb.received.size());
    CHECK(n_sent < bytes.size());
    CHECK(usb.now_us > sleeps_us + 49'000);
    CHECK(usb.now_us < sleeps_us + 51'000);
  }
}

TEST_CASE("a host that stops for less than the timeout gets everything") {
  UsbCdc usb;
  usb.sleeps_us = 700;
  usb.wakes_us = 40'700;
  const auto bytes = Bytes(2000);
  CHECK(SendPackets(&usb, bytes.data(), bytes.size(), 50) == bytes.size());
  CHECK(usb.received == bytes);
}

TEST_CASE("a cable that is pulled ends the write at once") {
  UsbCdc usb;
  usb.closes_us = 1000;
  const auto bytes = Bytes(5000);
  const size_t n_sent = SendPackets(&usb, bytes.data(), bytes.size(), 1000);
  CHECK(n_sent == 640);
  CHECK(n_sent == usb.received.size());
  CHECK(usb.now_us < 1100);
  CHECK(SendPackets(&usb, bytes.data(), bytes.size(), 1000) == 0);
}

}  // namespace
}  // namespace tinyhost
