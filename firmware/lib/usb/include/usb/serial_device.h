#pragma once

#include <cstddef>
#include <cstdint>

#include "usb/setup.h"

namespace tinyhost::usb {

constexpr size_t kLineCodingBytes = 7;

/// The answers of a serial port (CDC ACM) at endpoint 0, and the state that the host sets there. A host may send any
/// request: those that do not conform to the specifications are stalled.
class SerialDevice {
 public:
  explicit SerialDevice(Endpoints* endpoints) : endpoints_(endpoints) {}
  /// serial: kSerialDigits characters, which must stay valid.
  void Begin(const char* serial) { serial_ = serial; }

  /// Sets the state after power-up and after a reset of the bus.
  void Reset();
  Answer OnSetup(const Setup& setup);
  /// Takes the bytes that an answer asked for. Returns false if they are refused.
  bool OnReceived(const uint8_t* data, size_t n);

  bool is_configured() const { return configuration_ != 0; }
  /// Whether a program has the port open: DTR of a configured device.
  bool is_open() const { return is_configured() && has_dtr_; }
  /// Whether the rate that means "start the bootloader" was set, and the port was closed.
  bool is_touched() const;

 private:
  Answer OnClass(const Setup& setup);
  Answer OnEndpoint(const Setup& setup);
  Answer OnInterface(const Setup& setup);
  Answer OnDevice(const Setup& setup);
  Answer Reply(const uint8_t* data, size_t n, const Setup& setup) const;

  Endpoints* endpoints_;
  const char* serial_ = nullptr;
  uint8_t configuration_ = 0;
  bool has_dtr_ = false;
  uint8_t line_coding_[kLineCodingBytes] = {};
  uint8_t reply_[2] = {};
};

}  // namespace tinyhost::usb
