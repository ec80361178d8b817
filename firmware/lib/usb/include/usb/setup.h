#pragma once

#include <cstdint>

namespace tinyhost::usb {

/// A request of the host: USB 2.0 specification, section 9.3.
struct Setup {
  uint8_t request_type;
  uint8_t request;
  uint16_t value;
  uint16_t index;
  uint16_t length;

  bool is_in() const { return (request_type & 0x80) != 0; }
};

/// The device's action.
struct Answer {
  enum class Kind : uint8_t {
    kStall,    // the request is refused
    kDone,     // there is nothing to send or to receive: the status stage follows
    kSend,     // these bytes are sent
    kReceive,  // n bytes are to be received
    kSilent,   // the hardware answers by itself
  };

  Kind kind;
  const uint8_t* data = nullptr;
  uint16_t n = 0;
};

/// The endpoints of the hardware. An address is a number, plus 0x80 for the direction to the host.
class Endpoints {
 public:
  /// Opens the endpoints of the configuration, with data toggles as after a reset, or closes them.
  virtual void Open(bool is_configured) = 0;
  virtual bool IsHalted(uint8_t address) const = 0;
  /// Halts an endpoint, or lets it start with DATA0: section 9.4.5.
  virtual void Halt(uint8_t address, bool halt) = 0;

 protected:
  ~Endpoints() = default;
};

}  // namespace tinyhost::usb
