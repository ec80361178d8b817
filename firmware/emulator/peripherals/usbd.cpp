#include "emulator/peripherals/usbd.h"

#include <algorithm>
#include <cstring>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStartEpIn = 0x004, kStartEpOut = 0x028, kPastEpOut = 0x048;
constexpr uint32_t kEp0RcvOut = 0x04c, kEp0Status = 0x050, kEp0Stall = 0x054;
constexpr uint32_t kUsbReset = 0x100, kStarted = 0x104, kEndEpIn = 0x108, kEp0DataDone = 0x128, kEndEpOut = 0x130;
constexpr uint32_t kSof = 0x154, kUsbEvent = 0x158, kEp0Setup = 0x15c, kEpData = 0x160;
constexpr uint32_t kEventCause = 0x400, kHaltedIn = 0x420, kHaltedOut = 0x444, kEpStatus = 0x468, kEpDataStatus = 0x46c;
constexpr uint32_t kUsbAddress = 0x470, kRequestType = 0x480, kSizeOut = 0x4a0, kEnable = 0x500, kPullUp = 0x504;
constexpr uint32_t kDataToggle = 0x50c, kEpInEnable = 0x510, kEpOutEnable = 0x514, kEpStall = 0x518;
constexpr uint32_t kFrameCounter = 0x520, kLowPower = 0x52c, kEpIn = 0x600, kEpOut = 0x700, kEndpointStride = 0x14;
constexpr uint32_t kAbortAddress = 0x800, kAbortValue = 0x804;

constexpr int kDataDoneStartsIn = 0, kDataDoneStartsOut = 1, kDataDoneStatus = 2, kEndOutStatus = 3,
              kEndOutReceives = 4;
constexpr uint32_t kSuspended = 8, kResumed = 9, kReady = 11;  // bits of EVENTCAUSE
constexpr uint32_t kInBit = 0x80;

constexpr uint64_t kReadyCycles = 30 * Clock::kCyclesPerUs;
constexpr uint64_t kDmaCycles = 64;   // and two for each byte: EasyDMA moves some 32 bits each 16 MHz clock
constexpr uint8_t kUntouched = 0xdb;  // a buffer holds this if it is read before EasyDMA has ended

}  // namespace

Usbd::Usbd(System system, ClockPower& power, ErrataRegisters& errata)
    : Peripheral(system, "USBD", 0x40027000,
                 {{0x004, Access::kTask, 23},
                  {0x100, Access::kEvent, 25},
                  {0x200, Access::kReadWrite},
                  {0x300, Access::kReadWrite, 3},
                  {0x400, Access::kOneClears},
                  {0x420, Access::kRead, 8},
                  {0x444, Access::kRead, 8},
                  {0x468, Access::kOneClears, 2},
                  {0x470, Access::kRead},
                  {0x480, Access::kRead, 8},
                  {0x4a0, Access::kReadWrite, 9},
                  {0x500, Access::kReadWrite, 3},
                  {0x50c, Access::kReadWrite},
                  {0x510, Access::kReadWrite, 2, 1},
                  {0x518, Access::kWrite},
                  {0x51c, Access::kReadWrite},
                  {0x520, Access::kRead},
                  {0x52c, Access::kReadWrite, 2},
                  {0x600, Access::kReadWrite, 9, 0, 0x14},
                  {0x604, Access::kReadWrite, 9, 0, 0x14},
                  {0x608, Access::kRead, 9, 0, 0x14},
                  {0x700, Access::kReadWrite, 9, 0, 0x14},
                  {0x704, Access::kReadWrite, 9, 0, 0x14},
                  {0x708, Access::kRead, 9, 0, 0x14},
                  {0x800, Access::kReadWrite, 2}}),
      power_(power),
      errata_(errata) {}

void Usbd::Reset() {
  Peripheral::Reset();
  endpoints_ = {};
  transfer_ = {};
  ready_at_ = kNever;
  is_pulled_up_ = is_status_allowed_ = is_control_stalled_ = is_set_address_ = false;
}

bool Usbd::is_attached() const { return is_pulled_up_ && power_.is_usb_powered() && at(kEnable) == 1; }

bool Usbd::is_awake() const { return is_attached() && at(kLowPower) == 0; }

bool Usbd::is_enabled(bool is_in, int endpoint) const {
  return (at(is_in ? kEpInEnable : kEpOutEnable) >> endpoint & 1) != 0;
}

bool Usbd::is_stalled(bool is_in, int endpoint) const {
  return at((is_in ? kHaltedIn : kHaltedOut) + 4 * static_cast<uint32_t>(endpoint)) != 0;
}

uint64_t Usbd::NextEvent() const { return std::min(ready_at_, transfer_.due); }

void Usbd::Tick() {
  const uint64_t now = system_.clock.cycles();
  if (now >= ready_at_) {
    ready_at_ = kNever;
    power_.SetUsbEnabled(true);
    RaiseCause(kReady);
  }
  if (now >= transfer_.due) EndTransfer();
}

void Usbd::RaiseCause(uint32_t bit) {
  at(kEventCause) |= 1u << bit;
  Raise(kUsbEvent);
}

void Usbd::RaiseData(uint32_t bit) {
  at(kEpDataStatus) |= 1u << bit;
  Raise(kEpData);
}

// What the program does.

void Usbd::Enable(bool is_on) {
  at(kEnable) = is_on ? 1 : 0;
  if (is_on && ready_at_ == kNever) {
    if (!power_.has_vbus()) system_.log.Defect("USBD: enabled without VBUS (6.35.4)");
    if (!errata_.is_187_applied()) system_.log.Defect("USBD: erratum 187: enabled without its workaround");
    if (!errata_.is_171_applied()) system_.log.Defect("USBD: erratum 171: enabled without its workaround");
    ready_at_ = system_.clock.cycles() + kReadyCycles;
  }
  if (!is_on) {
    ready_at_ = kNever;
    power_.SetUsbEnabled(false);
    is_pulled_up_ = false;
    endpoints_ = {};
  }
}

void Usbd::PullUp(bool is_on) {
  at(kPullUp) = is_on ? 1 : 0;
  if (is_on && !is_pulled_up_) {
    if (!system_.clock.is_crystal()) system_.log.Defect("USBD: pull-up while HFXO does not run (6.35.4)");
    if (!power_.is_usb_powered()) system_.log.Defect("USBD: pull-up before USBPWRRDY (6.35.4)");
    if (at(kEnable) != 1 || ready_at_ != kNever) system_.log.Defect("USBD: pull-up before the READY event (6.35.4)");
  }
  is_pulled_up_ = is_on;
}

void Usbd::OnTask(uint32_t offset) {
  if (transfer_.due != kNever && !errata_.is_199_applied()) {
    system_.log.Defect("USBD: erratum 199: task 0x%03x while EasyDMA of endpoint %d is under way", offset,
                       transfer_.endpoint);
  }
  if (offset >= kStartEpIn && offset < kStartEpIn + 4 * kEndpoints) {
    return StartTransfer(true, static_cast<int>(offset - kStartEpIn) / 4);
  }
  if (offset >= kStartEpOut && offset < kPastEpOut) {
    return StartTransfer(false, static_cast<int>(offset - kStartEpOut) / 4);
  }
  if (offset == kEp0RcvOut) endpoints_[0].is_out_allowed = true;
  if (offset == kEp0Status) is_status_allowed_ = true;
  if (offset == kEp0Stall) is_control_stalled_ = true;
}

void Usbd::StartTransfer(bool is_in, int endpoint) {
  const uint32_t base = (is_in ? kEpIn : kEpOut) + kEndpointStride * static_cast<uint32_t>(endpoint);
  const char* direction = is_in ? "in" : "out";
  Endpoint& state = endpoints_[static_cast<size_t>(endpoint)];
  if (transfer_.due != kNever) {
    system_.log.Defect("USBD: EasyDMA of endpoint %d %s started before that of endpoint %d has ended (6.35.8)",
                       endpoint, direction, transfer_.endpoint);
    EndTransfer();
  }
  if (!is_enabled(is_in, endpoint)) system_.log.Defect("USBD: endpoint %d %s is not enabled", endpoint, direction);
  uint32_t n = at(base + 4) & 0x7f;
  if (n > kMaxPacket) system_.log.Defect("USBD: MAXCNT of endpoint %d %s is %u", endpoint, direction, n);
  n = std::min<uint32_t>(n, kMaxPacket);
  if (is_in && state.is_in_full) {
    system_.log.Defect("USBD: endpoint %d in started while its packet still waits for the host", endpoint);
  }
  if (!is_in && !state.is_out_full) {
    system_.log.Defect("USBD: endpoint %d out started although no packet has come", endpoint);
  }
  if (!is_in) n = std::min<uint32_t>(n, static_cast<uint32_t>(state.n_out));
  transfer_ = {system_.clock.cycles() + kDmaCycles + 2 * n, is_in, endpoint, at(base), n};
  uint8_t* bytes = system_.memory.Dma(transfer_.pointer, n, "USBD");
  if (!is_in && n != 0) std::memset(bytes, kUntouched, n);
  at(kEpStatus) |= 1u << (endpoint + (is_in ? 0 : 16));
  Raise(kStarted);
}

void Usbd::EndTransfer() {
  const Transfer transfer = transfer_;
  transfer_ = {};
  const auto index = static_cast<uint32_t>(transfer.endpoint);
  Endpoint& state = endpoints_[index];
  uint8_t* bytes = system_.memory.Dma(transfer.pointer, transfer.n, "USBD");
  at((transfer.is_in ? kEpIn : kEpOut) + kEndpointStride * index + 8) = transfer.n;
  if (transfer.is_in) {
    std::memcpy(state.in.data(), bytes, transfer.n);
    state.n_in = transfer.n;
    state.is_in_full = true;
    return Raise(kEndEpIn + 4 * index);
  }
  std::memcpy(bytes, state.out.data(), transfer.n);
  state.is_out_full = false;
  state.is_out_allowed = transfer.endpoint != 0;  // bulk: the next packet may come; control: EP0RCVOUT asks for it
  Raise(kEndEpOut + 4 * index);
}

/// Shortcuts, as if their tasks were triggered.
void Usbd::OnEvent(uint32_t offset) {
  if (offset == kEp0DataDone) {
    if (has_short(kDataDoneStatus)) is_status_allowed_ = true;
    if (has_short(kDataDoneStartsIn)) StartTransfer(true, 0);
    if (has_short(kDataDoneStartsOut)) StartTransfer(false, 0);
  }
  if (offset == kEndEpOut) {
    if (has_short(kEndOutStatus)) is_status_allowed_ = true;
    if (has_short(kEndOutReceives)) endpoints_[0].is_out_allowed = true;
  }
}

void Usbd::SetStall(uint32_t value) {
  const uint32_t halted = ((value & kInBit) != 0 ? kHaltedIn : kHaltedOut) + 4 * (value & 7);
  at(halted) = value >> 8 & 1;
}

/// DTOGGLE: 1 asks for DATA0 next, 2 for DATA1; 0 chooses the endpoint whose toggle is read.
void Usbd::SetToggle(uint32_t value) {
  at(kDataToggle) = value;
  const uint32_t next = value >> 8 & 3;
  if (next == 0) return;
  Endpoint& state = endpoints_[value & 7];
  ((value & kInBit) != 0 ? state.in_toggle : state.out_toggle) = next == 2 ? 1 : 0;
}

void Usbd::OnWrite(uint32_t offset, uint32_t value) {
  if (offset >= kSizeOut && offset < kSizeOut + 4 * kEndpoints) {  // any write: the endpoint may receive
    Endpoint& state = endpoints_[(offset - kSizeOut) / 4];
    state.is_out_allowed = true;
    state.is_out_full = false;
    at(offset) = 0;
    return;
  }
  switch (offset) {
    case kEnable:
      return Enable((value & 1) != 0);
    case kPullUp:
      return PullUp((value & 1) != 0);
    case kEpStall:
      return SetStall(value);
    case kDataToggle:
      return SetToggle(value);
    case kAbortValue: {  // how Nordic's driver takes a packet back that the host has not fetched
      const uint32_t endpoint = (at(kAbortAddress) - 0x7b4) / 2;
      if (endpoint < kEndpoints && (value & 6) != 0) endpoints_[endpoint].is_in_full = false;
      at(offset) = value;
      return;
    }
    default:
      at(offset) = value;
  }
}

uint32_t Usbd::OnRead(uint32_t offset) {
  if (offset != kDataToggle) return at(offset);
  const uint32_t chosen = at(kDataToggle);
  const Endpoint& state = endpoints_[chosen & 7];
  const int toggle = (chosen & kInBit) != 0 ? state.in_toggle : state.out_toggle;
  return (chosen & 0x87) | (toggle != 0 ? 2u : 1u) << 8;
}

// What the host does.

void Usbd::BusReset() {
  for (Endpoint& endpoint : endpoints_) endpoint = Endpoint();
  is_status_allowed_ = is_control_stalled_ = false;
  for (uint32_t i = 0; i < kEndpoints; ++i) at(kHaltedIn + 4 * i) = at(kHaltedOut + 4 * i) = 0;
  at(kUsbAddress) = at(kEpStatus) = at(kEpDataStatus) = 0;
  at(kEpInEnable) = at(kEpOutEnable) = 1;
  Raise(kUsbReset);
}

void Usbd::Suspend() { RaiseCause(kSuspended); }

void Usbd::Resume() { RaiseCause(kResumed); }

void Usbd::StartFrame(uint16_t number) {
  at(kFrameCounter) = number & 0x7ff;
  if (at(kLowPower) == 0) Raise(kSof);
}

Handshake Usbd::Setup(const SetupPacket& packet) {
  if (!is_awake()) return Handshake::kNothing;
  for (uint32_t i = 0; i < packet.size(); ++i) at(kRequestType + 4 * i) = packet[i];
  endpoints_[0] = Endpoint();
  is_status_allowed_ = is_control_stalled_ = false;
  is_set_address_ = packet[0] == 0 && packet[1] == 5;
  if (is_set_address_) at(kUsbAddress) = packet[2] & 0x7f;  // the peripheral answers by itself: 6.35.9
  Raise(kEp0Setup);
  return Handshake::kAck;
}

Handshake Usbd::In(int endpoint, std::vector<uint8_t>* data, int* toggle) {
  Endpoint& state = endpoints_[static_cast<size_t>(endpoint)];
  if (!is_awake() || !is_enabled(true, endpoint)) return Handshake::kNothing;
  if (is_stalled(true, endpoint) || (endpoint == 0 && is_control_stalled_)) return Handshake::kStall;
  if (!state.is_in_full) return Handshake::kNak;
  data->assign(state.in.begin(), state.in.begin() + static_cast<ptrdiff_t>(state.n_in));
  *toggle = state.in_toggle;
  state.in_toggle ^= 1;
  state.is_in_full = false;
  if (endpoint == 0) {
    Raise(kEp0DataDone);
  } else {
    RaiseData(static_cast<uint32_t>(endpoint));
  }
  return Handshake::kAck;
}

Handshake Usbd::Out(int endpoint, const uint8_t* data, size_t n, int toggle) {
  Endpoint& state = endpoints_[static_cast<size_t>(endpoint)];
  if (!is_awake() || !is_enabled(false, endpoint)) return Handshake::kNothing;
  if (is_stalled(false, endpoint) || (endpoint == 0 && is_control_stalled_)) return Handshake::kStall;
  if (!state.is_out_allowed || state.is_out_full) return Handshake::kNak;
  if (endpoint != 0 && toggle != state.out_toggle) return Handshake::kAck;  // taken for a repetition, and dropped
  state.out_toggle ^= 1;
  std::copy(data, data + n, state.out.begin());
  state.n_out = n;
  state.is_out_full = true;
  state.is_out_allowed = false;
  at(kSizeOut + 4 * static_cast<uint32_t>(endpoint)) = static_cast<uint32_t>(n);
  if (endpoint == 0) {
    Raise(kEp0DataDone);
  } else {
    RaiseData(16 + static_cast<uint32_t>(endpoint));
  }
  return Handshake::kAck;
}

Handshake Usbd::Status() {
  if (!is_awake()) return Handshake::kNothing;
  if (is_control_stalled_) return Handshake::kStall;
  if (!is_status_allowed_ && !is_set_address_) return Handshake::kNak;
  is_status_allowed_ = is_set_address_ = false;
  return Handshake::kAck;
}

bool Usbd::HasPacket(int endpoint) const {
  return is_awake() && (endpoints_[static_cast<size_t>(endpoint)].is_in_full || is_stalled(true, endpoint));
}

bool Usbd::HasRoom(int endpoint) const {
  const Endpoint& state = endpoints_[static_cast<size_t>(endpoint)];
  return is_awake() && ((state.is_out_allowed && !state.is_out_full) || is_stalled(false, endpoint));
}

}  // namespace tinyhost::emulator
