#pragma once

#include <cstddef>
#include <cstdint>

#include "usb/setup.h"

namespace tinyhost::usb {

constexpr size_t kLineCodingBytes = 7;

/// What a serial port (CDC ACM) answers at endpoint 0, and what it has learnt there. Any host may ask for anything:
/// what is not as the specifications have it is stalled.
class SerialDevice {
 public:
  explicit SerialDevice(Endpoints* endpoints) : endpoints_(endpoints) {}
  /// serial: kSerialDigits characters, which stay there.
  void Begin(const char* serial) { serial_ = serial; }

  /// As after power-up and after a reset of the bus.
  void Reset();
  Answer OnSetup(const Setup& setup);
  /// The bytes that an answer asked for. False: they are refused.
  bool OnReceived(const uint8_t* data, size_t n);

  bool is_configured() const { return configuration_ != 0; }
  /// A program has the port open: DTR, of a configured device.
  bool is_open() const { return is_configured() && has_dtr_; }
  /// The rate that means "start the bootloader" was set, and the port was closed.
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
