#include "emulator/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace tinyhost::emulator {
namespace {

constexpr char kPath[] = "control";
constexpr int kWaiting = 8;
constexpr size_t kMaxLine = 140'000;  // a request with 65,535 bytes, as hex digits

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// Returns false unless these are whole bytes in hex.
bool ParseHex(const std::string& text, std::vector<uint8_t>* bytes) {
  if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return false;
  for (size_t i = 0; i < text.size(); i += 2) {
    bytes->push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return true;
}

/// Returns -1 if it is not a count.
int64_t Count(const std::string& text) {
  const bool is_count = !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == std::string::npos;
  return is_count ? std::stoll(text) : -1;
}

}  // namespace

Control::Control(Machine& machine) : machine_(machine) {
  ::unlink(kPath);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kPath, sizeof kPath);
  const bool is_bound = listener_ >= 0 &&
                        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                        ::listen(listener_, kWaiting) == 0;
  if (!is_bound) throw std::runtime_error(std::string(kPath) + ": no socket: " + std::strerror(errno));
}

Control::~Control() {
  for (const Client& client : clients_) ::close(client.file);
  ::close(listener_);
  ::unlink(kPath);
}

void Control::Poll() {
  Accept();
  for (size_t i = 0; i < clients_.size();) {
    if (Read(clients_[i])) {
      ++i;
    } else {
      ::close(clients_[i].file);
      clients_.erase(clients_.begin() + static_cast<ptrdiff_t>(i));
    }
  }
}

void Control::Accept() {
  const int file = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (file >= 0) clients_.push_back({file, ""});
}

/// Returns false if the client has gone.
bool Control::Read(Client& client) {
  char bytes[4096];
  const ssize_t n = ::recv(client.file, bytes, sizeof bytes, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) || client.line.size() > kMaxLine) return false;
  if (n > 0) client.line.append(bytes, static_cast<size_t>(n));
  for (size_t end; !client.awaits_usb && (end = client.line.find('\n')) != std::string::npos;) {
    const std::string line = client.line.substr(0, end);
    client.line.erase(0, end + 1);
    Obey(client, line);
  }
  return true;
}

void Control::Reply(int file, const std::string& text) {
  const std::string line = text + "\n";
  (void)!::send(file, line.data(), line.size(), MSG_NOSIGNAL);  // a client that does not read is not waited for
}

void Control::Obey(Client& client, const std::string& line) {
  const std::vector<std::string> words = Words(line);
  if (words.size() >= 3 && words[0] == "usb" && words[1] == "raw") return SendRaw(client, words);
  const std::string text = words.empty() ? "" : Command(words);
  Reply(client.file, text.empty() ? "error unknown command: " + line : text);
}

/// The reply; "" for an unknown command.
std::string Control::Command(const std::vector<std::string>& words) {
  const std::string& name = words[0];
  const std::string argument = words.size() > 1 ? words[1] : "";
  const bool is_on = argument == "on" || argument == "plug";
  const bool is_off = argument == "off" || argument == "pull";
  if (name == "stats") return "ok " + machine_.Statistics();
  if (name == "reset") return machine_.PressReset(), "ok";
  if (name == "power-cut") return machine_.CutPower(), "ok";
  if (name == "cut-at") return CutCommand(words);
  if (name == "usb") return UsbCommand(words);
  if (name == "vbus" && (is_on || is_off)) return machine_.SetVbus(is_on), "ok";
  if (name == "camera" && (is_on || is_off)) return machine_.board().PlugCamera(is_on), "ok";
  if (name == "motion" && (is_on || is_off)) return machine_.board().PlugMotionSensor(is_on), "ok";
  if (name == "fault" && argument == "bus") return machine_.InjectBusFault(), "ok";
  if (name == "trace") return machine_.log().SetTrace(argument), "ok";
  return "";
}

std::string Control::CutCommand(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[1] == "off") return machine_.flash().CutNowhere(), "ok";
  if (words.size() < 3 || (words[1] != "write" && words[1] != "erase")) return "";
  const int64_t n = Count(words[2]);
  const bool is_inside = words.size() >= 4 && words[3] == "inside";
  const int64_t seed = words.size() == 5 ? Count(words[4]) : 0;
  if (n < 1 || seed < 0 || words.size() > 5 || (words.size() >= 4 && !is_inside)) return "";
  const auto change = words[1] == "write" ? FlashController::Change::kWrite : FlashController::Change::kErase;
  machine_.flash().CutAt(change, static_cast<uint64_t>(n), is_inside, static_cast<uint32_t>(seed));
  return "ok";
}

std::string Control::UsbCommand(const std::vector<std::string>& words) {
  UsbHost& host = machine_.host();
  const std::string action = words.size() > 1 ? words[1] : "";
  const std::string argument = words.size() > 2 ? words[2] : "";
  if (action == "suspend") return host.Suspend(), "ok";
  if (action == "resume") return host.Resume(), "ok";
  if (action == "reset") return host.is_attached() ? (host.ResetBus(), "ok") : "error nothing is attached";
  if (action == "read" && (argument == "on" || argument == "off")) return host.SetReading(argument == "on"), "ok";
  const int64_t us = Count(argument);
  if (action == "pace" && us > 0 && us < 1'000'000) return host.SetPace(static_cast<uint32_t>(us)), "ok";
  return "";
}

/// `usb raw SETUP [DATA]`: the eight bytes of the setup packet, and the data that follow it towards the device.
void Control::SendRaw(Client& client, const std::vector<std::string>& words) {
  std::vector<uint8_t> setup;
  ControlTransfer transfer;
  const bool is_good = words.size() <= 4 && ParseHex(words[2], &setup) && setup.size() == transfer.setup.size() &&
                       (words.size() < 4 || ParseHex(words[3], &transfer.out));
  if (!is_good) return Reply(client.file, "error expected: usb raw SETUP [DATA], in hex");
  if (!machine_.host().is_attached()) return Reply(client.file, "error nothing is attached");
  std::copy(setup.begin(), setup.end(), transfer.setup.begin());
  client.awaits_usb = true;
  const int file = client.file;
  transfer.done = [this, file](ControlTransfer::Result result, const std::vector<uint8_t>& data) {
    const auto at = std::find_if(clients_.begin(), clients_.end(), [file](auto& each) { return each.file == file; });
    if (at == clients_.end()) return;
    at->awaits_usb = false;
    const std::string bytes = data.empty() ? "" : " " + Hex(data.data(), data.size());
    Reply(file, result == ControlTransfer::Result::kDone    ? "ok" + bytes
                : result == ControlTransfer::Result::kStall ? "ok stall"
                                                            : "ok timeout");
  };
  machine_.host().QueueControl(std::move(transfer));
}

}  // namespace tinyhost::emulator
