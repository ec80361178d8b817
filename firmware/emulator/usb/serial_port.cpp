#include "emulator/usb/serial_port.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace tinyhost::emulator {
namespace {

constexpr char kRecord[] = "usb.json";
constexpr char kNewRecord[] = "usb.json.new";

struct Rate {
  speed_t speed;
  uint32_t baud;
};
constexpr Rate kRates[] = {{B1200, 1200},     {B2400, 2400},     {B4800, 4800},     {B9600, 9600},
                           {B19200, 19200},   {B38400, 38400},   {B57600, 57600},   {B115200, 115200},
                           {B230400, 230400}, {B460800, 460800}, {B921600, 921600}, {B1000000, 1000000}};

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return quoted + '"';
}

/// Writes the file in one piece: a reader sees the old one or the new one.
void WriteRecord(const UsbIdentity& identity, const std::string& port) {
  FILE* file = std::fopen(kNewRecord, "w");
  if (file == nullptr) return;
  std::fprintf(file,
               "{\"vid\": %u, \"pid\": %u, \"serial\": %s, \"product\": %s, \"manufacturer\": %s, \"port\": %s}\n",
               identity.vid, identity.pid, Quoted(identity.serial).c_str(), Quoted(identity.product).c_str(),
               Quoted(identity.manufacturer).c_str(), Quoted(port).c_str());
  std::fclose(file);
  std::rename(kNewRecord, kRecord);
}

}  // namespace

void SerialPort::Attach(const UsbIdentity& identity) {
  Detach();
  master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) {
    log_.Say("no pseudo terminal");
    return Detach();
  }
  const std::string name = ::ptsname(master_);
  const int slave = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings = {};
  if (slave < 0 || ::tcgetattr(slave, &settings) != 0) return Detach();
  ::cfmakeraw(&settings);
  ::cfsetspeed(&settings, B9600);
  ::tcsetattr(slave, TCSANOW, &settings);
  ::close(slave);  // once it was open and is not, the master sees a hang-up until a program opens it
  baud_ = 9600;
  WriteRecord(identity, name);
  log_.Say("USB: %04x:%04x \"%s\", serial %s, is %s", identity.vid, identity.pid, identity.product.c_str(),
           identity.serial.c_str(), name.c_str());
}

void SerialPort::Detach() {
  if (master_ >= 0) {
    std::remove(kRecord);
    ::close(master_);
    log_.Say("USB: gone");
  }
  master_ = -1;
  is_open_ = was_closed_ = false;
  from_program_.clear();
  to_program_.clear();
}

void SerialPort::Poll() {
  if (master_ < 0) return;
  pollfd state = {master_, POLLIN | POLLOUT, 0};
  ::poll(&state, 1, 0);
  const bool was_open = is_open_;
  is_open_ = (state.revents & POLLHUP) == 0;
  // Reads after a hang-up, too, because written bytes still arrive. What the next program writes waits until the device
  // knows that the previous one has closed the port.
  if ((state.revents & POLLIN) != 0 && !(is_open_ && was_closed_)) ReadTerminal();
  if (!is_open_) {
    was_closed_ = was_closed_ || was_open || !from_program_.empty();
    to_program_.clear();
    return;
  }
  termios settings = {};
  if (::tcgetattr(master_, &settings) == 0) {
    const speed_t speed = ::cfgetospeed(&settings);
    for (const Rate& rate : kRates) {
      if (rate.speed == speed) baud_ = rate.baud;
    }
  }
  if ((state.revents & POLLOUT) != 0) WriteTerminal();
}

void SerialPort::ReadTerminal() {
  if (from_program_.size() >= kBufferBytes) return;
  uint8_t bytes[kBufferBytes];
  const ssize_t n = ::read(master_, bytes, sizeof bytes);
  if (n > 0) from_program_.insert(from_program_.end(), bytes, bytes + n);
}

void SerialPort::WriteTerminal() {
  while (!to_program_.empty()) {
    const std::vector<uint8_t> bytes(to_program_.begin(), to_program_.end());
    const ssize_t n = ::write(master_, bytes.data(), bytes.size());
    if (n <= 0) return;
    to_program_.erase(to_program_.begin(), to_program_.begin() + n);
  }
}

}  // namespace tinyhost::emulator
