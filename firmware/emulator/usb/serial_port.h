#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "emulator/system/log.h"

namespace tinyhost::emulator {

/// What discovery tells about a USB device.
struct UsbIdentity {
  uint16_t vid = 0;
  uint16_t pid = 0;
  std::string serial;
  std::string product;
  std::string manufacturer;
};

/// The host's serial port of a CDC ACM device: a pseudo terminal, made for each attachment, that programs open.
/// usb.json in the working directory says what is attached, and where.
class SerialPort {
 public:
  explicit SerialPort(Log& log) : log_(log) {}
  ~SerialPort() { Detach(); }
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  void Attach(const UsbIdentity& identity);
  void Detach();
  /// Looks at the terminal: who has opened it, at which rate, and what was written; writes what there is to write.
  void Poll();

  bool is_attached() const { return master_ >= 0; }
  /// Whether a program has it open.
  bool is_open() const { return is_open_; }
  /// Whether that is so, or bytes of one that has closed it already are still to be taken: DTR.
  bool is_in_use() const { return is_open_ || !from_program_.empty(); }
  /// True once after a program has closed it, and all that it wrote was taken: as a terminal that is closed drains
  /// first.
  bool TakeClosed() { return from_program_.empty() && std::exchange(was_closed_, false); }
  uint32_t baud() const { return baud_; }
  std::deque<uint8_t>& from_program() { return from_program_; }
  /// Whether more for the program fits.
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
