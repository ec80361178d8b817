// The link is USB CDC.
#include "hal/link.h"

#include "boards/nano33ble/usb_device.h"
#include "hal/clock.h"

namespace tinyhost::hal {

size_t LinkRead(uint8_t* data, size_t max) { return UsbReceive(data, max); }

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  size_t n_sent = 0;
  uint64_t taken_us = MicrosNow();
  while (n_sent < n && UsbIsOpen()) {
    const size_t n_taken = UsbQueue(data + n_sent, n - n_sent);
    n_sent += n_taken;
    const uint64_t now_us = MicrosNow();
    if (n_taken > 0) taken_us = now_us;
    if (now_us - taken_us > uint64_t{timeout_ms} * 1000) break;
  }
  return n_sent;
}

}  // namespace tinyhost::hal
