// The link is USB CDC. Arduino's Serial.write() waits without a limit for a host that keeps the port open and does not
// read, so bytes go out through send_nb(), 64 at a time, one packet in flight.
#include "hal/link.h"

#include "boards/nano33ble_arduino/arduino.h"
#include "drivers/packet_sender.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

struct UsbPort final : PacketPort {
  bool is_open() const override { return _SerialUSB.connected(); }
  size_t Send(const uint8_t* data, size_t n) override {
    uint32_t n_taken = 0;
    // send_nb() only reads: its argument lacks a const.
    _SerialUSB.send_nb(const_cast<uint8_t*>(data), static_cast<uint32_t>(n), &n_taken);
    return n_taken;
  }
  uint64_t NowUs() const override { return MicrosNow(); }
};

}  // namespace

size_t LinkRead(uint8_t* data, size_t max) {
  size_t n = 0;
  while (n < max && _SerialUSB.available() > 0) data[n++] = static_cast<uint8_t>(_SerialUSB.read());
  return n;
}

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  UsbPort port;
  return SendPackets(&port, data, n, timeout_ms);
}

void WaitForLink(uint32_t timeout_ms) {
  const uint64_t start_us = MicrosNow();
  while (_SerialUSB.available() == 0 && MicrosNow() - start_us < uint64_t{timeout_ms} * 1000) delay(1);
}

}  // namespace tinyhost::hal
