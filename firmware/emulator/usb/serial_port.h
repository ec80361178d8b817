#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "emulator/system/log.h"

namespace tinyhost::emulator {

/// What a host learns about a USB device when it enumerates it.
struct UsbIdentity {
  uint16_t vid = 0;
  uint16_t pid = 0;
  std::string serial;
  std::string product;
  std::string manufacturer;
};

/// The host's serial port of a CDC ACM device: a pseudo terminal, made for each attachment, which programs open.
/// usb.json in the working directory says what is attached, and where.
class SerialPort {
 public:
  explicit SerialPort(Log& log) : log_(log) {}
  ~SerialPort() { Detach(); }
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  void Attach(const UsbIdentity& identity);
  void Detach();
  /// Checks who has opened the terminal, at which rate, and what was written; writes the bytes that are waiting.
  void Poll();

  bool is_attached() const { return master_ >= 0; }
  /// Whether a program has it open.
  bool is_open() const { return is_open_; }
  /// Whether a program has it open, or bytes of one that has closed it are still to be taken: DTR.
  bool is_in_use() const { return is_open_ || !from_program_.empty(); }
  /// True once after a program has closed it and all that it wrote was taken, just as closing a terminal first drains
  /// it.
  bool TakeClosed() { return from_program_.empty() && std::exchange(was_closed_, false); }
  uint32_t baud() const { return baud_; }
  std::deque<uint8_t>& from_program() { return from_program_; }
  /// Whether there is room for more bytes to the program.
  bool has_room() const { return to_program_.size() < kBufferBytes; }
  void Send(const uint8_t* data, size_t n) { to_program_.insert(to_program_.end(), data, data + n); }

 private:
  static constexpr size_t kBufferBytes = 4096;

  void ReadTerminal();
  void WriteTerminal();

  Log& log_;
  int master_ = -1;
  bool is_open_ = false;
  bool was_closed_ = false;
  uint32_t baud_ = 9600;
  std::deque<uint8_t> from_program_;
  std::deque<uint8_t> to_program_;
};

}  // namespace tinyhost::emulator
