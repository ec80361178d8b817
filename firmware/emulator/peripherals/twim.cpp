#include "emulator/peripherals/twim.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStartRx = 0x000, kStartTx = 0x008, kStop = 0x014;  // RESUME does nothing: nothing is ever suspended
constexpr uint32_t kStopped = 0x104, kError = 0x124, kRxStarted = 0x14c, kTxStarted = 0x150;
constexpr uint32_t kLastRx = 0x15c, kLastTx = 0x160;
constexpr uint32_t kErrorSource = 0x4c4, kEnable = 0x500, kPselScl = 0x508, kPselSda = 0x50c, kFrequency = 0x524;
constexpr uint32_t kRxPtr = 0x534, kRxMax = 0x538, kRxAmount = 0x53c;
constexpr uint32_t kTxPtr = 0x544, kTxMax = 0x548, kTxAmount = 0x54c, kAddress = 0x588;
constexpr int kLastTxStartRx = 7, kLastTxStop = 9, kLastRxStartTx = 10, kLastRxStop = 12;
constexpr uint32_t kEnabled = 6;
constexpr uint32_t kAddressNack = 2;
constexpr uint32_t k100kHz = 0x01980000, k250kHz = 0x04000000, k400kHz = 0x06400000;
constexpr uint64_t kBitsPerByte = 9;
constexpr uint64_t kStopCycles = 5 * Clock::kCyclesPerUs;

}  // namespace

Twim::Twim(System system, const char* name, uint32_t base, I2cBus& bus)
    : Peripheral(system, name, base,
                 {{0x000, Access::kTask},
                  {0x008, Access::kTask},
                  {0x014, Access::kTask},
                  {0x01c, Access::kTask, 2},
                  {0x104, Access::kEvent},
                  {0x124, Access::kEvent},
                  {0x148, Access::kEvent, 3},
                  {0x15c, Access::kEvent, 2},
                  {0x200, Access::kReadWrite},
                  {0x300, Access::kReadWrite, 3},
                  {0x4c4, Access::kOneClears},
                  {0x500, Access::kReadWrite},
                  {0x508, Access::kReadWrite, 2, 0xffffffff},
                  {0x524, Access::kReadWrite, 1, k250kHz},
                  {0x534, Access::kReadWrite, 2},
                  {0x53c, Access::kRead},
                  {0x540, Access::kReadWrite},
                  {0x544, Access::kReadWrite, 2},
                  {0x54c, Access::kRead},
                  {0x550, Access::kReadWrite},
                  {0x588, Access::kReadWrite}}),
      bus_(bus) {}

void Twim::Reset() {
  Peripheral::Reset();
  step_ = Step::kIdle;
  due_ = kNever;
}

uint64_t Twim::CyclesPerByte() const {
  const uint64_t hz = at(kFrequency) == k100kHz ? 100'000 : at(kFrequency) == k250kHz ? 250'000 : 400'000;
  return kBitsPerByte * Clock::kHz / hz;
}

I2cDevice* Twim::Device() { return bus_.Find(at(kPselScl), at(kPselSda), static_cast<uint8_t>(at(kAddress) & 0x7f)); }

bool Twim::CanStart() {
  if (at(kEnable) == kEnabled) return true;
  system_.log.Defect("%s: started while ENABLE is %u", name(), at(kEnable));
  return false;
}

void Twim::Begin(Step step, uint64_t n_bytes) {
  step_ = step;
  due_ = system_.clock.cycles() + CyclesPerByte() * (n_bytes + 1);  // and the address
}

void Twim::StartSending() {
  if (!CanStart()) return;
  Raise(kTxStarted);
  at(kTxAmount) = 0;
  if (Device() == nullptr) return Begin(Step::kNotAcknowledged, 0);
  Begin(Step::kSending, at(kTxMax));
}

void Twim::StartReceiving() {
  if (!CanStart()) return;
  Raise(kRxStarted);
  at(kRxAmount) = 0;
  if (Device() == nullptr) return Begin(Step::kNotAcknowledged, 0);
  Begin(Step::kReceiving, at(kRxMax));
}

void Twim::Stop() {
  step_ = Step::kStopping;
  due_ = system_.clock.cycles() + kStopCycles;
}

void Twim::Tick() {
  const Step step = step_;
  step_ = Step::kIdle;
  due_ = kNever;
  I2cDevice* device = Device();
  if (step == Step::kStopping) return Raise(kStopped);
  if (step == Step::kIdle) return;
  if (step == Step::kNotAcknowledged || device == nullptr) {  // it may have been pulled meanwhile
    if (system_.log.traces("i2c")) system_.log.Say("%s: nobody at 0x%02x", name(), at(kAddress));
    at(kErrorSource) |= kAddressNack;
    return Raise(kError);
  }
  const bool is_sending = step == Step::kSending;
  const uint32_t n = at(is_sending ? kTxMax : kRxMax) & 0xffff;
  uint8_t* bytes = system_.memory.Dma(at(is_sending ? kTxPtr : kRxPtr), n, name());
  if (is_sending) device->Begin();
  const uint8_t first = device->pointer();
  for (uint32_t i = 0; i < n; ++i) {
    if (is_sending) {
      device->Take(bytes[i]);
    } else {
      bytes[i] = device->Give();
    }
  }
  if (system_.log.traces("i2c")) {
    system_.log.Say("%s: 0x%02x %s %s (pointer 0x%02x)", name(), at(kAddress), is_sending ? "<-" : "->",
                    Hex(bytes, n).c_str(), first);
  }
  at(is_sending ? kTxAmount : kRxAmount) = n;
  Raise(is_sending ? kLastTx : kLastRx);
  if (has_short(is_sending ? kLastTxStop : kLastRxStop)) return Stop();
  if (is_sending && has_short(kLastTxStartRx)) return StartReceiving();
  if (!is_sending && has_short(kLastRxStartTx)) return StartSending();
}

void Twim::OnTask(uint32_t offset) {
  if (offset == kStartTx) StartSending();
  if (offset == kStartRx) StartReceiving();
  if (offset == kStop) Stop();
}

void Twim::OnWrite(uint32_t offset, uint32_t value) {
  if (offset == kFrequency && value == k400kHz) {
    system_.log.Defect("%s: 400 kHz: erratum 219, the clock is low for less than I2C asks for", name());
  }
  at(offset) = value;
}

}  // namespace tinyhost::emulator
