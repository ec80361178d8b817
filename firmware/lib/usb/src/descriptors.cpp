#include "usb/descriptors.h"

#include <cstring>

namespace tinyhost::usb {
namespace {

// Arduino's ids for a sketch on this board, by which hosts recognize it (host/tinyhost/boards/usb_ports.py).
constexpr uint16_t kVendor = 0x2341;
constexpr uint16_t kProduct = 0x805A;
constexpr uint16_t kEnglish = 0x0409;
constexpr const char* kStrings[] = {"", "Arduino", "Nano 33 BLE"};  // and the serial number

enum Type : uint8_t {
  kDeviceType = 1,
  kConfigurationType = 2,
  kStringType = 3,
  kInterfaceType = 4,
  kEndpointType = 5,
  kClassInterfaceType = 0x24,
};

constexpr uint8_t Low(uint16_t word) { return static_cast<uint8_t>(word); }
constexpr uint8_t High(uint16_t word) { return static_cast<uint8_t>(word >> 8); }

constexpr uint8_t kDevice[] = {
    18,   kDeviceType,
    0x00,  // USB 2.00
    0x02,
    0x02,  // a communications device: CDC 1.2, section 4.1
    0,    0,           kPacketBytes, Low(kVendor), High(kVendor), Low(kProduct), High(kProduct),
    0x00,  // release 1.00
    0x01,
    1,  // strings
    2,    3,
    1,  // configuration
};

constexpr uint8_t kNotificationBytes = 16;
constexpr uint8_t kNotificationIntervalMs = 16;
constexpr uint16_t kConfigurationBytes = 9 + (9 + 5 + 5 + 4 + 5 + 7) + (9 + 7 + 7);

constexpr uint8_t kConfiguration[] = {
    9,
    kConfigurationType,
    Low(kConfigurationBytes),
    High(kConfigurationBytes),
    kInterfaces,
    1,     // its number
    0,     // no string
    0x80,  // powered by the bus, no remote wake-up
    250,   // 500 mA: the board's regulator feeds what is on its pins, too

    9,  // interface 0: communications, abstract control model, no protocol of commands
    kInterfaceType,
    0,
    0,
    1,
    0x02,
    0x02,
    0x00,
    0,
    5,  // header: CDC 1.20
    kClassInterfaceType,
    0x00,
    0x20,
    0x01,
    5,  // call management: none
    kClassInterfaceType,
    0x01,
    0x00,
    1,
    4,  // abstract control: line coding and control line state
    kClassInterfaceType,
    0x02,
    0x02,
    5,  // union of interfaces 0 and 1
    kClassInterfaceType,
    0x06,
    0,
    1,
    7,  // for notifications, of which none is ever sent
    kEndpointType,
    kIn | kNotificationEndpoint,
    0x03,
    kNotificationBytes,
    0,
    kNotificationIntervalMs,

    9,  // interface 1: data
    kInterfaceType,
    1,
    0,
    2,
    0x0A,
    0x00,
    0x00,
    0,
    7,
    kEndpointType,
    kDataEndpoint,
    0x02,
    kPacketBytes,
    0,
    0,
    7,
    kEndpointType,
    kIn | kDataEndpoint,
    0x02,
    kPacketBytes,
    0,
    0,
};
static_assert(sizeof kDevice == 18 && sizeof kConfiguration == kConfigurationBytes);

constexpr uint8_t kLanguages[] = {4, kStringType, Low(kEnglish), High(kEnglish)};

Descriptor StringDescriptor(const char* text, size_t n) {
  static uint8_t bytes[2 + 2 * kSerialDigits];
  bytes[0] = static_cast<uint8_t>(2 + 2 * n);
  bytes[1] = kStringType;
  for (size_t i = 0; i < n; ++i) {
    bytes[2 + 2 * i] = static_cast<uint8_t>(text[i]);
    bytes[3 + 2 * i] = 0;
  }
  return {bytes, bytes[0]};
}

Descriptor FindString(uint8_t number, uint16_t language, const char* serial) {
  if (number == 0) return {kLanguages, sizeof kLanguages};
  if (language != kEnglish) return {nullptr, 0};
  if (number == 3) return StringDescriptor(serial, kSerialDigits);
  if (number > 3) return {nullptr, 0};
  return StringDescriptor(kStrings[number], std::strlen(kStrings[number]));
}

}  // namespace

Descriptor FindDescriptor(uint16_t value, uint16_t index, const char* serial) {
  const auto number = static_cast<uint8_t>(value);
  switch (value >> 8) {
    case kDeviceType:
      if (number == 0) return {kDevice, sizeof kDevice};
      break;
    case kConfigurationType:
      if (number == 0) return {kConfiguration, sizeof kConfiguration};
      break;
    case kStringType:
      return FindString(number, index, serial);
    default:  // no qualifier, no other speed: this device is a full-speed one only (section 9.6.2)
      break;
  }
  return {nullptr, 0};
}

}  // namespace tinyhost::usb
