#include "emulator/peripherals/gpio.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kOut = 0x504, kOutSet = 0x508, kOutClr = 0x50c, kIn = 0x510;
constexpr uint32_t kDir = 0x514, kDirSet = 0x518, kDirClr = 0x51c, kPinConfig = 0x700;
constexpr uint32_t kInputDisconnected = 2;
constexpr uint32_t kPullUp = 3;
constexpr uint16_t kPins = 32;

}  // namespace

Gpio::Gpio(System system, const char* name, uint32_t base)
    : Peripheral(system, name, base,
                 {{0x504, Access::kReadWrite, 3},
                  {0x510, Access::kRead},
                  {0x514, Access::kReadWrite, 3},
                  {0x520, Access::kReadWrite, 2},
                  {0x700, Access::kReadWrite, kPins, kInputDisconnected}}) {}

void Gpio::Reset() {
  Peripheral::Reset();
  out_ = direction_ = connected_ = pulled_up_ = 0;
  if (on_output_) on_output_();
}

bool Gpio::IsPulledUp(uint32_t pin) const { return (pulled_up_ >> pin & 1) != 0; }

uint32_t Gpio::Levels() const {
  const PinLevels outside = outside_ ? outside_() : PinLevels{};
  uint32_t levels = pulled_up_ & ~outside.driven;
  levels |= outside.levels & outside.driven;
  levels = (levels & ~direction_) | (out_ & direction_);
  return levels & connected_;
}

uint32_t Gpio::OnRead(uint32_t offset) {
  switch (offset) {
    case kIn:
      return Levels();
    case kOut:
    case kOutSet:
    case kOutClr:
      return out_;
    case kDir:
    case kDirSet:
    case kDirClr:
      return direction_;
    default:
      return at(offset);
  }
}

void Gpio::OnWrite(uint32_t offset, uint32_t value) {
  switch (offset) {
    case kOut:
      out_ = value;
      break;
    case kOutSet:
      out_ |= value;
      break;
    case kOutClr:
      out_ &= ~value;
      break;
    case kDir:
      direction_ = value;
      break;
    case kDirSet:
      direction_ |= value;
      break;
    case kDirClr:
      direction_ &= ~value;
      break;
    default:
      at(offset) = value;
  }
  if (offset >= kPinConfig) {
    const uint32_t pin = 1u << ((offset - kPinConfig) / 4);
    direction_ = (value & 1) != 0 ? direction_ | pin : direction_ & ~pin;
    connected_ = (value & kInputDisconnected) == 0 ? connected_ | pin : connected_ & ~pin;
    pulled_up_ = (value >> 2 & 3) == kPullUp ? pulled_up_ | pin : pulled_up_ & ~pin;
  }
  if (on_output_) on_output_();
}

}  // namespace tinyhost::emulator
