#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// An output that takes as many bytes as fit, and may be closed at any time: USB CDC.
class PacketPort {
 public:
  virtual bool is_open() const = 0;
  /// Returns how many of `n` bytes were taken, at once.
  virtual size_t Send(const uint8_t* data, size_t n) = 0;
  virtual uint64_t NowUs() const = 0;

 protected:
  ~PacketPort() = default;
};

/// The packet size of USB at full speed: USB 2.0 specification, section 5.8.3.
constexpr size_t kPacketBytes = 64;

/// Sends bytes until all are taken, the port is closed, or it took none for `timeout_ms`; returns how many were taken.
/// The last packet is never a full one: after a full packet the host's transfer continues, and the reading program does
/// not get its bytes before another packet comes (section 5.8.3; Linux's cdc_acm asks for two packets at a time). The
/// core sends no empty packet to end it.
inline size_t SendPackets(PacketPort* port, const uint8_t* data, size_t n, uint32_t timeout_ms) {
  size_t n_sent = 0;
  uint64_t taken_us = port->NowUs();
  while (n_sent < n && port->is_open()) {
    const size_t n_left = n - n_sent;
    const size_t n_taken = port->Send(data + n_sent, n_left == kPacketBytes ? n_left - 1 : n_left);
    n_sent += n_taken;
    const uint64_t now_us = port->NowUs();
    if (n_taken > 0) taken_us = now_us;
    if (now_us - taken_us > uint64_t{timeout_ms} * 1000) break;
  }
  return n_sent;
}

}  // namespace tinyhost
