// The link is USB CDC. Arduino's Serial.write() waits for ever for a host that keeps the port open and does not read,
// so bytes go out through send_nb(), 64 at a time, one packet in flight.
#include "hal/link.h"

#include "boards/nano33ble/core.h"
#include "hal/clock.h"

namespace tinyhost::hal {

size_t LinkRead(uint8_t* data, size_t max) {
  size_t n = 0;
  while (n < max && _SerialUSB.available() > 0) data[n++] = static_cast<uint8_t>(_SerialUSB.read());
  return n;
}

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  size_t sent = 0;
  uint64_t taken_us = MicrosNow();
  while (sent < n && _SerialUSB.connected()) {
    uint32_t taken = 0;
    // send_nb() only reads: its argument lacks a const.
    _SerialUSB.send_nb(const_cast<uint8_t*>(data + sent), static_cast<uint32_t>(n - sent), &taken);
    sent += taken;
    const uint64_t now_us = MicrosNow();
    if (taken > 0) {
      taken_us = now_us;
    } else if (now_us - taken_us > uint64_t{timeout_ms} * 1000) {
      break;
    }
  }
  return sent;
}

void WaitForLink(uint32_t timeout_ms) {
  const uint64_t start_us = MicrosNow();
  while (_SerialUSB.available() == 0 && MicrosNow() - start_us < uint64_t{timeout_ms} * 1000) delay(1);
}

}  // namespace tinyhost::hal
