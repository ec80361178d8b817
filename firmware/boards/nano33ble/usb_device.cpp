// The USB device of the nRF52840: Product Specification 1.7, section 6.35. What it answers is in lib/usb; here is how.
//
// Everything that touches the peripheral runs in its interrupt (and in that of its power, of the same priority), so
// that EasyDMA never has two transfers, which is not allowed (section 6.35.10). The program puts bytes into a ring and
// pends the interrupt. The code waits for a transfer of 64 bytes: it takes some microseconds.
//
// Errata of the nRF52840 are in docs/reference/nano33ble.md; here they are named where code works around them.
#include "boards/nano33ble/usb_device.h"

#include <algorithm>
#include <atomic>
#include <initializer_list>

#include "boards/nano33ble/clock.h"
#include "boards/nano33ble/interrupts.h"
#include "boards/nrf52840/cortex_m4.h"
#include "drivers/byte_ring.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "usb/descriptors.h"
#include "usb/serial_device.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;
using usb::kDataEndpoint;
using usb::kIn;
using usb::kPacketBytes;

constexpr uint32_t kInterrupts = kUsbReset | kEp0DataDone | kUsbEvent | kEp0Setup | kEpData;
constexpr uint32_t kDmaPolls = 2'000;   // a transfer takes less than 20 of them
constexpr uint32_t kDetachUs = 10'000;  // a host sees that a device is gone after 2.5 us: USB 2.0, section 7.1.7.3
constexpr uint32_t kDataIn = 1u << kDataEndpoint;          // EPDATASTATUS, EPINEN
constexpr uint32_t kDataOut = 1u << (16 + kDataEndpoint);  // EPDATASTATUS
constexpr uint32_t kControl = 1u << 0;                     // EPINEN, EPOUTEN

// Registers that the specification does not have, from the errata.
Register& Undocumented(uintptr_t address) { return *reinterpret_cast<Register*>(address); }
constexpr uintptr_t kErrataKey = 0x4006EC00;
constexpr uintptr_t kErratum171 = 0x4006EC14;
constexpr uintptr_t kErratum187 = 0x4006ED14;
constexpr uintptr_t kErratum199 = 0x40027C1C;

/// Errata 171 and 187: the peripheral may not become ready after it was enabled.
void WriteErratum(uintptr_t address, uint32_t value) {
  constexpr uint32_t kKey = 0x9375;
  const bool is_locked = Undocumented(kErrataKey) == 0;
  if (is_locked) Undocumented(kErrataKey) = kKey;
  Undocumented(address) = value;
  if (is_locked) Undocumented(kErrataKey) = kKey;
}

/// Moves one packet between a buffer in RAM and an endpoint. Returns false if the transfer did not end.
bool Transfer(UsbdDma& dma, Register& start, Register& ended, uint32_t buffer, uint32_t n) {
  dma.PTR = buffer;
  dma.MAXCNT = n;
  ended = 0;
  Undocumented(kErratum199) = 0x82;  // tasks during a transfer would be lost
  start = kTrigger;
  uint32_t n_polls = 0;
  while (ended == 0 && ++n_polls < kDmaPolls) {
  }
  Undocumented(kErratum199) = 0;
  const bool has_ended = ended != 0;
  ended = 0;
  return has_ended;
}

/// Bytes of the packet that waits at an OUT endpoint. It must be read before the transfer: after it, the next packet
/// may already be there.
uint32_t PacketSize(uint8_t endpoint) {
  const uint32_t n = USBD->SIZE_EPOUT[endpoint];
  return std::min<uint32_t>(n, kPacketBytes);
}

class HardwareEndpoints final : public usb::Endpoints {
 public:
  void Open(bool is_configured) override;
  bool IsHalted(uint8_t address) const override {
    const uint8_t number = address & 0x7F;
    return ((address & kIn) != 0 ? USBD->HALTED_EPIN[number] : USBD->HALTED_EPOUT[number]) != 0;
  }
  void Halt(uint8_t address, bool halt) override;
};

enum class Stage : uint8_t { kIdle, kSending, kReceiving };

// The program uses the other end of each ring. All else belongs to the interrupt.
ByteRing<1024> to_host;
ByteRing<1024> from_host;

struct Device {
  HardwareEndpoints endpoints;
  usb::SerialDevice serial{&endpoints};
  Stage stage = Stage::kIdle;
  const uint8_t* control_data = nullptr;  // what is still to be sent
  uint16_t n_control = 0;                 // bytes left to send, or received so far
  uint16_t n_expected = 0;                // bytes to receive
  bool needs_empty_packet = false;        // the last packet is full, and the host wanted more
  bool is_powered = false;
  bool is_suspended = false;
  bool is_sending = false;    // a packet waits for the host
  bool was_full = false;      // the last packet was full: then an empty one ends the host's transfer
  bool has_received = false;  // a packet waits for room in the ring
};
Device device;

alignas(4) uint8_t control_packet[kPacketBytes];
alignas(4) uint8_t packet_in[kPacketBytes];
alignas(4) uint8_t packet_out[kPacketBytes];

std::atomic<bool> is_open{false};

void UpdateOpen() {
  const bool now_open = device.is_powered && !device.is_suspended && device.serial.is_open();
  if (!device.serial.is_open()) to_host.Discard();  // nobody would read them
  is_open.store(now_open, std::memory_order_relaxed);
}

void HardwareEndpoints::Halt(uint8_t address, bool halt) {
  USBD->EPSTALL = address | (halt ? kStall : 0);
  if (halt) return;
  USBD->DTOGGLE = address | kToggleData0;
  // The endpoint may receive unless a packet is already there: section 6.35.11.2.
  if (address == kDataEndpoint && !device.has_received) USBD->SIZE_EPOUT[kDataEndpoint] = 0;
}

void HardwareEndpoints::Open(bool is_configured) {
  USBD->EPINEN = kControl | (is_configured ? kDataIn | 1u << usb::kNotificationEndpoint : 0);
  USBD->EPOUTEN = kControl | (is_configured ? 1u << kDataEndpoint : 0);
  if (!is_configured) return;
  for (const uint8_t address :
       {kDataEndpoint, uint8_t{kIn | kDataEndpoint}, uint8_t{kIn | usb::kNotificationEndpoint}}) {
    Halt(address, false);
  }
}

void PowerUp() {
  if (device.is_powered) return;
  device.is_powered = true;
  USBD->EVENTCAUSE = kReady;
  WriteErratum(kErratum187, 3);
  WriteErratum(kErratum171, 0xC0);
  USBD->INTENSET = kInterrupts;
  USBD->ENABLE = kEnabled;
}

void Forget() {
  device.serial.Reset();
  device.stage = Stage::kIdle;
  device.is_suspended = device.is_sending = device.was_full = device.has_received = false;
  UpdateOpen();
}

void PowerDown() {
  USBD->USBPULLUP = 0;
  USBD->INTENCLR = ~0u;
  USBD->ENABLE = 0;
  device.is_powered = false;
  Forget();
}

/// The pull-up announces the device to the host, once the peripheral is ready and its supply is stable. Section 6.35.4.
void ConnectIfPossible(bool is_ready) {
  static bool was_ready = false;
  was_ready = is_ready || (was_ready && device.is_powered);
  if (was_ready && (POWER->USBREGSTATUS & kOutputReady) != 0) USBD->USBPULLUP = kEnabled;
}

/// After a transfer that does not end, restarts the peripheral, unless it has just lost its supply.
void BeginAnew() {
  PowerDown();
  if ((POWER->USBREGSTATUS & kVbusDetect) != 0) PowerUp();
}

void SendControlPacket() {
  const auto n = static_cast<uint16_t>(std::min<size_t>(device.n_control, kPacketBytes));
  std::copy_n(device.control_data, n, control_packet);
  device.control_data += n;
  device.n_control = static_cast<uint16_t>(device.n_control - n);
  if (n < kPacketBytes) device.needs_empty_packet = false;
  if (!Transfer(USBD->EPIN[0], USBD->TASKS_STARTEPIN[0], USBD->EVENTS_ENDEPIN[0],
                reinterpret_cast<uint32_t>(control_packet), n)) {
    BeginAnew();
  }
}

void EndControl(bool is_accepted) {
  device.stage = Stage::kIdle;
  (is_accepted ? USBD->TASKS_EP0STATUS : USBD->TASKS_EP0STALL) = kTrigger;
  UpdateOpen();
  if (device.serial.is_touched()) EnterBootloaderSoon();
}

void ReceiveControlPacket() {
  const uint32_t n = PacketSize(0);
  if (!Transfer(USBD->EPOUT[0], USBD->TASKS_STARTEPOUT[0], USBD->EVENTS_ENDEPOUT[0],
                reinterpret_cast<uint32_t>(control_packet), n)) {
    return BeginAnew();
  }
  static_assert(usb::kLineCodingBytes <= kPacketBytes, "what is received is one packet");
  EndControl(n == device.n_expected && device.serial.OnReceived(control_packet, n));
}

void OnSetup() {
  const usb::Setup setup = {static_cast<uint8_t>(USBD->BMREQUESTTYPE), static_cast<uint8_t>(USBD->BREQUEST),
                            static_cast<uint16_t>(USBD->WVALUEL | USBD->WVALUEH << 8),
                            static_cast<uint16_t>(USBD->WINDEXL | USBD->WINDEXH << 8),
                            static_cast<uint16_t>(USBD->WLENGTHL | USBD->WLENGTHH << 8)};
  const usb::Answer answer = device.serial.OnSetup(setup);
  device.stage = Stage::kIdle;
  switch (answer.kind) {
    case usb::Answer::Kind::kSilent:
      return;
    case usb::Answer::Kind::kStall:
      return EndControl(false);
    case usb::Answer::Kind::kDone:
      return EndControl(true);
    case usb::Answer::Kind::kReceive:
      device.stage = Stage::kReceiving;
      device.n_expected = answer.n;
      USBD->TASKS_EP0RCVOUT = kTrigger;
      return;
    case usb::Answer::Kind::kSend:
      if (setup.length == 0) return EndControl(true);
      device.stage = Stage::kSending;
      device.control_data = answer.data;
      device.n_control = answer.n;
      device.needs_empty_packet = answer.n < setup.length;
      return SendControlPacket();
  }
}

void OnControlData() {
  if (device.stage == Stage::kReceiving) return ReceiveControlPacket();
  if (device.stage != Stage::kSending) return;
  if (device.n_control > 0 || device.needs_empty_packet) return SendControlPacket();
  EndControl(true);
}

/// Fetches the waiting packet if the ring has room for a full one; otherwise the host has to wait.
void FetchPacket() {
  if (!device.has_received || from_host.room() < kPacketBytes) return;
  device.has_received = false;
  const uint32_t n = PacketSize(kDataEndpoint);
  if (n == 0) {
    USBD->SIZE_EPOUT[kDataEndpoint] = 0;
    return;
  }
  if (!Transfer(USBD->EPOUT[kDataEndpoint], USBD->TASKS_STARTEPOUT[kDataEndpoint], USBD->EVENTS_ENDEPOUT[kDataEndpoint],
                reinterpret_cast<uint32_t>(packet_out), n)) {
    return BeginAnew();
  }
  from_host.Write(packet_out, n);
}

void SendPacket() {
  if (device.is_sending || !is_open.load(std::memory_order_relaxed)) return;
  const size_t n = to_host.Read(packet_in, kPacketBytes);
  if (n == 0 && !device.was_full) return;
  device.was_full = n == kPacketBytes;
  device.is_sending = true;
  if (!Transfer(USBD->EPIN[kDataEndpoint], USBD->TASKS_STARTEPIN[kDataEndpoint], USBD->EVENTS_ENDEPIN[kDataEndpoint],
                reinterpret_cast<uint32_t>(packet_in), n)) {
    BeginAnew();
  }
}

void OnReset() {
  Forget();
  USBD->EPDATASTATUS = USBD->EPDATASTATUS;
  USBD->EPINEN = kControl;
  USBD->EPOUTEN = kControl;
}

void OnCause() {
  const uint32_t cause = USBD->EVENTCAUSE;
  USBD->EVENTCAUSE = cause;
  if ((cause & kReady) != 0) {
    WriteErratum(kErratum171, 0);
    WriteErratum(kErratum187, 0);
    ConnectIfPossible(true);
  }
  // If both are set, the bus has already woken up.
  if ((cause & (kSuspend | kResume)) != 0) device.is_suspended = (cause & kResume) == 0;
  UpdateOpen();
}

void OnData() {
  const uint32_t status = USBD->EPDATASTATUS;
  USBD->EPDATASTATUS = status;
  if ((status & kDataIn) != 0) device.is_sending = false;
  if ((status & kDataOut) != 0) device.has_received = true;
}

bool Take(Register& event) {
  if (event == 0) return false;
  event = 0;
  return event == 0;  // reading it back makes sure that it has reached the peripheral before the handler ends
}

}  // namespace

void UsbBegin() {
  if (USBD->ENABLE != 0) {
    PowerDown();
    const uint64_t start_us = MicrosNow();
    while (MicrosNow() - start_us < kDetachUs) {
    }
  }
  device.serial.Begin(UniqueId());
  Forget();
  POWER->EVENTS_USBDETECTED = POWER->EVENTS_USBREMOVED = POWER->EVENTS_USBPWRRDY = 0;
  POWER->INTENCLR = ~0u;
  POWER->INTENSET = kUsbDetected | kUsbRemoved | kUsbPowerReady;
  if ((POWER->USBREGSTATUS & kVbusDetect) != 0) PowerUp();
  cortex_m4::EnableInterrupt(kPowerClockIrq, kUsbPriority);
  cortex_m4::EnableInterrupt(kUsbdIrq, kUsbPriority);
}

bool UsbIsOpen() { return is_open.load(std::memory_order_relaxed); }

size_t UsbQueue(const uint8_t* data, size_t n) {
  const size_t n_taken = to_host.Write(data, n);
  if (n_taken > 0) cortex_m4::PendInterrupt(kUsbdIrq);
  return n_taken;
}

void UsbFlush(uint32_t timeout_ms) {
  const uint64_t start_us = MicrosNow();
  const auto is_done = [] {
    const volatile bool& is_sending = device.is_sending;
    return !UsbIsOpen() || (to_host.size() == 0 && !is_sending);
  };
  while (!is_done() && MicrosNow() - start_us < uint64_t{timeout_ms} * 1000) {
  }
}

bool UsbHasReceived() { return from_host.size() > 0; }

size_t UsbReceive(uint8_t* data, size_t max) {
  const size_t n = from_host.Read(data, max);
  if (n > 0) cortex_m4::PendInterrupt(kUsbdIrq);  // there is room again
  return n;
}

}  // namespace tinyhost::hal

extern "C" void UsbdHandler() {
  using namespace tinyhost::hal;
  if (Take(USBD->EVENTS_USBRESET)) OnReset();
  if (Take(USBD->EVENTS_USBEVENT)) OnCause();
  if (Take(USBD->EVENTS_EPDATA)) OnData();
  const bool has_control_data = Take(USBD->EVENTS_EP0DATADONE);
  if (Take(USBD->EVENTS_EP0SETUP)) {  // data of an earlier request no longer matters
    OnSetup();
  } else if (has_control_data) {
    OnControlData();
  }
  FetchPacket();
  SendPacket();
}

extern "C" void PowerClockHandler() {
  using namespace tinyhost::hal;
  Take(POWER->EVENTS_USBDETECTED);
  if (Take(POWER->EVENTS_USBREMOVED)) PowerDown();
  if ((POWER->USBREGSTATUS & kVbusDetect) != 0) PowerUp();  // power may already be back
  if (Take(POWER->EVENTS_USBPWRRDY)) ConnectIfPossible(false);
}
