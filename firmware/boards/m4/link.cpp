// The link is the CMSDK UART 0 (Arm DDI 0479, chapter 4.3). It has no FIFO and needs none: QEMU holds further bytes
// back until `data` is read. That limits it to 25 kB/s. A faster host therefore puts its bytes into the FIFO `link.rx`
// and sends only a doorbell through the UART: one byte b says that b + 1 bytes are there
// (host/tinyhost/boards/feed.py). Output then uses semihosting, too, and goes to the standard output to which the UART
// would write byte by byte.
#include "hal/link.h"

#include "boards/m4/link.h"
#include "boards/m4/semihost.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

struct Uart {
  volatile uint32_t data, state, control, interrupt, baud_divider;
};
struct SysTick {
  volatile uint32_t control, reload, value;
};

constexpr uint32_t kTxFull = 1, kRxFull = 2;
constexpr uint32_t kTxEnable = 1, kRxEnable = 2, kRxInterrupt = 8;
constexpr uint32_t kRxPending = 2;
constexpr uint32_t kSysTickOn = 7;  // processor clock, interrupt, enable
constexpr uint32_t kSysTickHz = 25'000'000;
constexpr uint32_t kSysTickMaxMs = 600;  // 24 bits
constexpr uint32_t kClearSysTick = 1u << 25;

Uart& Uart0() { return *reinterpret_cast<Uart*>(0x40004000); }
SysTick& Timer() { return *reinterpret_cast<SysTick*>(0xE000E010); }
volatile uint32_t& NvicEnable() { return *reinterpret_cast<volatile uint32_t*>(0xE000E100); }
volatile uint32_t& NvicClearPending() { return *reinterpret_cast<volatile uint32_t*>(0xE000E280); }
volatile uint32_t& InterruptControl() { return *reinterpret_cast<volatile uint32_t*>(0xE000ED04); }

int fifo = -1;
int32_t output = -1;
size_t announced = 0;  // bytes in the FIFO that the doorbell announced

bool HasByte() { return (Uart0().state & kRxFull) != 0; }

size_t ReadFifo(uint8_t* data, size_t max) {
  size_t n = 0;
  while (n < max && (announced > 0 || HasByte())) {
    if (announced == 0) announced = Uart0().data + 1;
    const size_t got = host::ReceiveFile(fifo, data + n, announced < max - n ? announced : max - n);
    if (got == 0) break;
    announced -= got;
    n += got;
  }
  return n;
}

size_t ReadUart(uint8_t* data, size_t max) {
  size_t n = 0;
  while (n < max && HasByte()) data[n++] = static_cast<uint8_t>(Uart0().data);
  return n;
}

size_t WriteUart(const uint8_t* data) {
  if ((Uart0().state & kTxFull) != 0) return 0;
  Uart0().data = *data;
  return 1;
}

}  // namespace

void LinkBegin() {
  fifo = host::OpenFile("link.rx");
  if (fifo >= 0) output = semihost::OpenOutput();
  Uart0().baud_divider = 16;  // the smallest that is allowed
  Uart0().control = kTxEnable | kRxEnable | kRxInterrupt;
  NvicEnable() = 1;
}

size_t LinkRead(uint8_t* data, size_t max) { return fifo < 0 ? ReadUart(data, max) : ReadFifo(data, max); }

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  size_t sent = 0;
  uint64_t stalled_us = 0;  // since when the host has taken nothing; 0: it takes bytes
  while (sent < n) {
    const size_t taken = output < 0 ? WriteUart(data + sent) : semihost::WriteSome(output, data + sent, n - sent);
    sent += taken;
    if (taken > 0) {
      stalled_us = 0;
      continue;
    }
    const uint64_t now_us = MicrosNow();
    if (stalled_us == 0) stalled_us = now_us;
    if (now_us - stalled_us > uint64_t{timeout_ms} * 1000) break;
  }
  return sent;
}

// PRIMASK is set all the time: an interrupt ends the wfi, and no handler runs.
void WaitForLink(uint32_t timeout_ms) {
  if (timeout_ms > kSysTickMaxMs) timeout_ms = kSysTickMaxMs;
  if (timeout_ms == 0 || announced > 0) return;
  Uart0().interrupt = kRxPending;
  NvicClearPending() = 1;
  Timer().reload = kSysTickHz / 1000 * timeout_ms;
  Timer().value = 0;
  Timer().control = kSysTickOn;
  if (!HasByte()) __asm__ volatile("dsb\n wfi" ::: "memory");
  Timer().control = 0;
  InterruptControl() = kClearSysTick;
}

}  // namespace tinyhost::hal
