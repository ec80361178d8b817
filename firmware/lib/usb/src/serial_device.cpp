// USB 2.0 specification, section 9.4, and PSTN Devices 1.2, section 6.3.
#include "usb/serial_device.h"

#include <algorithm>
#include <cstring>

#include "usb/descriptors.h"

namespace tinyhost::usb {
namespace {

constexpr uint8_t kInitialLineCoding[kLineCodingBytes] = {0x00, 0xC2, 0x01, 0x00, 0, 0, 8};  // 115200 baud, 8N1
constexpr uint32_t kTouchRate = 1200;
constexpr uint8_t kDtr = 0x01;

// bmRequestType without the direction.
enum Target : uint8_t { kToDevice = 0x00, kToInterface = 0x01, kToEndpoint = 0x02, kToClassInterface = 0x21 };

enum Request : uint8_t {
  kGetStatus = 0,
  kClearFeature = 1,
  kSetFeature = 3,
  kSetAddress = 5,
  kGetDescriptor = 6,
  kGetConfiguration = 8,
  kSetConfiguration = 9,
  kGetInterface = 10,
  kSetInterface = 11,
  kSetLineCoding = 0x20,
  kGetLineCoding = 0x21,
  kSetControlLineState = 0x22,
};

constexpr Answer kRefused{Answer::Kind::kStall};
constexpr Answer kAccepted{Answer::Kind::kDone};

/// Whether it is a request without data that sets something in the device.
bool Commands(const Setup& setup) { return !setup.is_in() && setup.length == 0; }

bool IsEndpoint(uint16_t address) {
  return address == kDataEndpoint || address == (kIn | kDataEndpoint) || address == (kIn | kNotificationEndpoint);
}

}  // namespace

void SerialDevice::Reset() {
  configuration_ = 0;
  has_dtr_ = false;
  std::memcpy(line_coding_, kInitialLineCoding, sizeof line_coding_);
}

bool SerialDevice::is_touched() const {
  const uint32_t rate =
      line_coding_[0] | line_coding_[1] << 8 | line_coding_[2] << 16 | static_cast<uint32_t>(line_coding_[3]) << 24;
  return is_configured() && !has_dtr_ && rate == kTouchRate;
}

Answer SerialDevice::OnSetup(const Setup& setup) {
  switch (setup.request_type & 0x7F) {
    case kToDevice:
      return OnDevice(setup);
    case kToInterface:
      return OnInterface(setup);
    case kToEndpoint:
      return OnEndpoint(setup);
    case kToClassInterface:
      return OnClass(setup);
    default:
      return kRefused;
  }
}

Answer SerialDevice::Reply(const uint8_t* data, size_t n, const Setup& setup) const {
  return {Answer::Kind::kSend, data, static_cast<uint16_t>(std::min<size_t>(n, setup.length))};
}

Answer SerialDevice::OnDevice(const Setup& setup) {
  if (setup.request == kSetAddress && !setup.is_in()) return {Answer::Kind::kSilent};
  if (setup.request == kSetConfiguration && Commands(setup)) {
    if (setup.value > 1 || setup.index != 0) return kRefused;
    configuration_ = static_cast<uint8_t>(setup.value);
    if (configuration_ == 0) has_dtr_ = false;
    endpoints_->Open(is_configured());
    return kAccepted;
  }
  if (!setup.is_in()) return kRefused;  // no remote wake-up, no test modes, no descriptors to set
  if (setup.request == kGetDescriptor) {
    const Descriptor found = FindDescriptor(setup.value, setup.index, serial_);
    return found.data == nullptr ? kRefused : Reply(found.data, found.n, setup);
  }
  if (setup.value != 0 || setup.index != 0) return kRefused;
  if (setup.request == kGetStatus) {
    reply_[0] = reply_[1] = 0;  // powered by the bus
    return Reply(reply_, 2, setup);
  }
  if (setup.request == kGetConfiguration) return Reply(&configuration_, 1, setup);
  return kRefused;
}

Answer SerialDevice::OnInterface(const Setup& setup) {
  if (!is_configured() || setup.index >= kInterfaces || setup.value != 0) return kRefused;
  reply_[0] = reply_[1] = 0;
  if (setup.request == kGetStatus && setup.is_in()) return Reply(reply_, 2, setup);
  if (setup.request == kGetInterface && setup.is_in()) return Reply(reply_, 1, setup);
  if (setup.request == kSetInterface && Commands(setup)) return kAccepted;  // the one setting that there is
  return kRefused;
}

Answer SerialDevice::OnEndpoint(const Setup& setup) {
  const bool is_control = setup.index == 0 || setup.index == kIn;
  // For GET_STATUS the value is 0; for the others it is ENDPOINT_HALT, the only feature of an endpoint, which is also
  // 0.
  if (setup.value != 0 || !(is_control || (is_configured() && IsEndpoint(setup.index)))) return kRefused;
  const auto address = static_cast<uint8_t>(setup.index);
  if (setup.request == kGetStatus && setup.is_in()) {
    reply_[0] = !is_control && endpoints_->IsHalted(address) ? 1 : 0;
    reply_[1] = 0;
    return Reply(reply_, 2, setup);
  }
  if (is_control || !Commands(setup)) return kRefused;
  if (setup.request != kSetFeature && setup.request != kClearFeature) return kRefused;
  endpoints_->Halt(address, setup.request == kSetFeature);
  return kAccepted;
}

Answer SerialDevice::OnClass(const Setup& setup) {
  if (!is_configured() || setup.index != 0) return kRefused;
  if (setup.request == kGetLineCoding && setup.is_in() && setup.value == 0) {
    return Reply(line_coding_, sizeof line_coding_, setup);
  }
  if (setup.request == kSetLineCoding && !setup.is_in() && setup.value == 0 && setup.length == kLineCodingBytes) {
    return {Answer::Kind::kReceive, nullptr, kLineCodingBytes};
  }
  if (setup.request == kSetControlLineState && Commands(setup)) {
    has_dtr_ = (setup.value & kDtr) != 0;
    return kAccepted;
  }
  return kRefused;
}

bool SerialDevice::OnReceived(const uint8_t* data, size_t n) {
  if (n != kLineCodingBytes) return false;
  std::memcpy(line_coding_, data, n);
  return true;
}

}  // namespace tinyhost::usb
