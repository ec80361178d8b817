#include "emulator/peripherals/pdm.h"

#include <algorithm>
#include <cmath>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kStop = 0x004, kStarted = 0x100, kStopped = 0x104, kEnd = 0x108;
constexpr uint32_t kEnable = 0x500, kClockControl = 0x504, kMode = 0x508, kGainLeft = 0x518, kRatio = 0x520;
constexpr uint32_t kPointer = 0x560, kMaxCount = 0x564;
constexpr uint32_t kDefaultGain = 0x28, kMaxGain = 0x50;
/// The gain at which a scene's full scale is the full scale of the samples: the firmware's, +10 dB.
constexpr int kSceneGain = 60;

struct Frequency {
  uint32_t value;
  uint64_t divider;  // of 32 MHz
};
constexpr Frequency kFrequencies[] = {{0x08000000, 32}, {0x08400000, 31}, {0x08800000, 30},
                                      {0x09800000, 26}, {0x0a000000, 25}, {0x0a800000, 24}};

}  // namespace

Pdm::Pdm(System system, SoundSource& source)
    : Peripheral(system, "PDM", 0x4001d000,
                 {{0x000, Access::kTask, 2},
                  {0x100, Access::kEvent, 3},
                  {0x300, Access::kReadWrite, 3},
                  {0x500, Access::kReadWrite},
                  {0x504, Access::kReadWrite, 1, 0x08400000},
                  {0x508, Access::kReadWrite},
                  {0x518, Access::kReadWrite, 2, kDefaultGain},
                  {0x520, Access::kReadWrite},
                  {0x540, Access::kReadWrite, 2, 0xffffffff},
                  {0x560, Access::kReadWrite, 2}}),
      source_(source) {}

void Pdm::Reset() {
  Peripheral::Reset();
  if (due_ != kNever) source_.StopSound();
  due_ = kNever;
}

uint64_t Pdm::CyclesPerSample() const {
  uint64_t divider = 31;
  for (const Frequency& frequency : kFrequencies) {
    if (frequency.value == at(kClockControl)) divider = frequency.divider;
  }
  return 2 * divider * ((at(kRatio) & 1) != 0 ? 80 : 64);
}

double Pdm::Gain() const {
  const int half_db = static_cast<int>(std::min(at(kGainLeft) & 0x7f, kMaxGain)) - kSceneGain;
  return std::pow(10.0, half_db / 2.0 / 20.0);
}

/// SAMPLE.PTR and MAXCNT are double-buffered: they may be written again once STARTED has come (6.15.5).
void Pdm::Latch() {
  pointer_ = at(kPointer);
  n_samples_ = at(kMaxCount) & 0x7fff;
  due_ = block_begin_ + std::max<uint64_t>(n_samples_, 1) * CyclesPerSample();
  Raise(kStarted);
}

void Pdm::Start() {
  if ((at(kEnable) & 1) == 0) return system_.log.Defect("PDM: started while ENABLE is 0");
  if ((at(kMode) & 1) == 0) system_.log.Defect("PDM: stereo; this board has one microphone");
  if (!system_.clock.is_crystal()) system_.log.Say("PDM: started on the RC oscillator; it jitters (6.15.2)");
  source_.StartSound();
  start_ns_ = system_.clock.TrueNs();
  block_begin_ = system_.clock.cycles();
  Latch();
}

void Pdm::OnTask(uint32_t offset) {
  if (offset == kStart && due_ == kNever) Start();
  if (offset != kStop) return;
  if (due_ != kNever) source_.StopSound();
  due_ = kNever;
  Raise(kStopped);
}

void Pdm::Tick() {
  if (due_ == kNever || system_.clock.cycles() < due_) return;
  uint8_t* bytes = system_.memory.Dma(pointer_, n_samples_ * 2, "PDM");
  const double gain = Gain();
  const uint64_t period = CyclesPerSample();
  for (uint32_t i = 0; i < n_samples_; ++i) {
    const uint64_t ns = system_.clock.TrueNsAt(block_begin_ + i * period);
    const double level = source_.SoundAt(static_cast<double>(ns - std::min(ns, start_ns_)) / 1e9) * gain * 32768;
    const auto sample = static_cast<int16_t>(std::clamp(std::lround(level), -32768L, 32767L));
    bytes[2 * i] = static_cast<uint8_t>(sample & 0xff);
    bytes[2 * i + 1] = static_cast<uint8_t>(sample >> 8 & 0xff);
  }
  block_begin_ = due_;
  Raise(kEnd);
  Latch();
}

}  // namespace tinyhost::emulator
