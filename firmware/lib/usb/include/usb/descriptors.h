#pragma once

#include <cstddef>
#include <cstdint>

/// How the device describes itself: USB 2.0 specification, section 9.6; Class Definitions for Communications Devices
/// 1.2, section 5.2; Subclass Specification for PSTN Devices 1.2, section 5.3.
namespace tinyhost::usb {

constexpr size_t kPacketBytes = 64;  // of control and bulk endpoints, at full speed

constexpr uint8_t kNotificationEndpoint = 1;
constexpr uint8_t kDataEndpoint = 2;  // of either direction
constexpr uint8_t kInterfaces = 2;
constexpr uint8_t kIn = 0x80;  // in an endpoint's address

constexpr size_t kSerialDigits = 16;

struct Descriptor {
  const uint8_t* data;  // null if there is none
  uint16_t n;
};

/// The descriptor for value and index of GET_DESCRIPTOR. serial: kSerialDigits characters. Strings are made again with
/// each call.
Descriptor FindDescriptor(uint16_t value, uint16_t index, const char* serial);

}  // namespace tinyhost::usb
