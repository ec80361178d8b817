// The link is the CMSDK UART 0 (Arm DDI 0479, chapter 4.3). It has no FIFO and needs none: QEMU holds further bytes back until DATA is read.
#include "hal/link.h"

#include "boards/m4/link.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

volatile uint32_t& At(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

volatile uint32_t& data_register = At(0x40004000);
volatile uint32_t& state = At(0x40004004);
volatile uint32_t& control = At(0x40004008);
volatile uint32_t& interrupt = At(0x4000400C);
volatile uint32_t& baud_divider = At(0x40004010);
volatile uint32_t& systick_control = At(0xE000E010);
volatile uint32_t& systick_reload = At(0xE000E014);
volatile uint32_t& systick_value = At(0xE000E018);
volatile uint32_t& nvic_enable = At(0xE000E100);
volatile uint32_t& nvic_clear_pending = At(0xE000E280);
volatile uint32_t& interrupt_control = At(0xE000ED04);

constexpr uint32_t kTxFull = 1, kRxFull = 2;
constexpr uint32_t kTxEnable = 1, kRxEnable = 2, kRxInterrupt = 8;
constexpr uint32_t kRxPending = 2;
constexpr uint32_t kSysTickOn = 7;  // processor clock, interrupt, enable
constexpr uint32_t kSysTickHz = 25'000'000;
constexpr uint32_t kSysTickMaxMs = 600;  // 24 bits
constexpr uint32_t kClearSysTick = 1u << 25;

}  // namespace

void LinkBegin() {
  baud_divider = 16;  // the least that is allowed
  control = kTxEnable | kRxEnable | kRxInterrupt;
  nvic_enable = 1;
}

size_t LinkRead(uint8_t* data, size_t max) {
  size_t n = 0;
  while (n < max && (state & kRxFull) != 0) data[n++] = static_cast<uint8_t>(data_register);
  return n;
}

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  for (size_t sent = 0; sent < n; ++sent) {
    if ((state & kTxFull) != 0) {
      const uint64_t start_us = MicrosNow();
      while ((state & kTxFull) != 0) {
        if (MicrosNow() - start_us > uint64_t{timeout_ms} * 1000) return sent;
      }
    }
    data_register = data[sent];
  }
  return n;
}

// PRIMASK is set all the time: an interrupt ends the wfi, and no handler runs.
void WaitForLink(uint32_t timeout_ms) {
  if (timeout_ms > kSysTickMaxMs) timeout_ms = kSysTickMaxMs;
  if (timeout_ms == 0) return;
  interrupt = kRxPending;
  nvic_clear_pending = 1;
  systick_reload = kSysTickHz / 1000 * timeout_ms;
  systick_value = 0;
  systick_control = kSysTickOn;
  if ((state & kRxFull) == 0) __asm__ volatile("dsb\n wfi" ::: "memory");
  systick_control = 0;
  interrupt_control = kClearSysTick;
}

}  // namespace tinyhost::hal
