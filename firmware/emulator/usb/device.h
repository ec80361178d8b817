#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tinyhost::emulator {

/// The eight bytes that begin a control transfer: USB 2.0, 9.3.
using SetupPacket = std::array<uint8_t, 8>;

/// How a device answers a transaction: USB 2.0, 8.4.5. kNothing: it does not answer.
enum class Handshake : uint8_t { kAck, kNak, kStall, kNothing };

constexpr size_t kMaxPacket = 64;
constexpr int kEndpoints = 8;

/// A device as its host sees it, transaction by transaction.
class UsbDevice {
 public:
  virtual ~UsbDevice() = default;

  /// Whether its pull-up announces it to the host.
  virtual bool is_attached() const = 0;
  virtual void BusReset() = 0;
  virtual void Suspend() = 0;
  virtual void Resume() = 0;
  virtual void StartFrame(uint16_t number) = 0;

  virtual Handshake Setup(const SetupPacket& packet) = 0;
  /// Takes a packet from the device. kAck: `data` holds it, and `toggle` its data toggle.
  virtual Handshake In(int endpoint, std::vector<uint8_t>* data, int* toggle) = 0;
  virtual Handshake Out(int endpoint, const uint8_t* data, size_t n, int toggle) = 0;
  /// The last stage of a control transfer, towards the host or from it.
  virtual Handshake Status() = 0;

  /// Whether a token to this endpoint would be accepted, so that the host need not ask in vain.
  virtual bool HasPacket(int endpoint) const = 0;
  virtual bool HasRoom(int endpoint) const = 0;
};

}  // namespace tinyhost::emulator
