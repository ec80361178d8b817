// The board's PDM microphone (MP34DT05 or MP34DT06) on the nRF52840's PDM peripheral, whose EasyDMA writes straight
// into the ring. nRF52840 Product Specification 1.7, section 6.15.
#include "hal/microphone.h"

#include <algorithm>

#include "boards/nano33ble_shared/parts.h"
#include "boards/nano33ble_shared/pins.h"
#include "boards/nrf52840/cortex_m4.h"
#include "drivers/block_ring.h"
#include "drivers/settling.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr size_t kBlockSamples = 256;
constexpr size_t kBlocks = 34;  // 2 are being filled: 512 ms for a late reader
constexpr uint32_t kBlockUs = kBlockSamples * 1'000'000 / kMicrophoneHz;
constexpr uint8_t kIrqPriority = 5;  // above USB's
constexpr uint64_t kSilenceUs = 1'000'000;
constexpr uint32_t kGain = 60;  // +10 dB, half a dB a step from 40: speech at arm's length in the upper bits

alignas(4) int16_t storage[kBlocks * kBlockSamples];
BlockRing ring(storage, kBlockSamples, kBlocks);
Settling settling;
bool is_on = false;
uint64_t first_position = 0;  // of the ring: the first after settling
uint64_t first_lost = 0;
uint32_t n_blocks_received = 0;
uint64_t heard_us = 0;
volatile bool has_begun = false;
volatile uint64_t begun_us = 0;  // when the first block began; written once, before has_begun

void Connect() {
  kMicrophonePower.Drive(true);
  kMicrophonePower.Configure(kOutput);
  kMicrophoneClock.Drive(false);
  kMicrophoneClock.Configure(kOutput);
  kMicrophoneData.Configure(kInput);
  PDM->PSEL_CLK = kMicrophoneClock.number;
  PDM->PSEL_DIN = kMicrophoneData.number;
}

void StartPeripheral() {
  PDM->PDMCLKCTRL = k1280KHz;
  PDM->RATIO = kRatio80;  // 1.28 MHz / 80 = 16 kHz
  PDM->MODE = kMonoLeftFalling;
  PDM->GAINL = kGain;
  PDM->GAINR = kGain;
  PDM->SAMPLE_PTR = reinterpret_cast<uint32_t>(ring.Block(0));
  PDM->SAMPLE_MAXCNT = kBlockSamples;
  PDM->EVENTS_STARTED = 0;
  PDM->EVENTS_END = 0;
  PDM->INTENSET = kPdmStarted | kPdmEnd;
  cortex_m4::EnableInterrupt(kPdmIrq, kIrqPriority);
  PDM->ENABLE = kEnabled;
  PDM->TASKS_START = 1;
}

// The end of a block and the start of the next one come together, in either order. Only after both has the peripheral
// taken the address that it was given, and needs the next one.
void OnInterrupt() {
  static bool has_started = false;
  static bool has_ended = false;
  const uint64_t now_us = MicrosNow();
  if (PDM->EVENTS_STARTED != 0) {
    PDM->EVENTS_STARTED = 0;
    has_started = true;
    if (!has_begun) {
      begun_us = now_us;
      has_begun = true;
      has_ended = false;
      has_started = false;
      PDM->SAMPLE_PTR = reinterpret_cast<uint32_t>(ring.Block(1));
    }
  }
  if (PDM->EVENTS_END != 0 && has_begun) {
    PDM->EVENTS_END = 0;
    has_ended = true;
    ring.OnEnded(BlocksEnded(now_us - begun_us, kBlockUs, ring.n_ended()));
  }
  if (has_started && has_ended) {
    has_started = has_ended = false;
    PDM->SAMPLE_PTR = reinterpret_cast<uint32_t>(ring.Block(ring.n_ended() + 1));
  }
  (void)PDM->EVENTS_END;  // makes sure that the clearing has reached the peripheral before the handler ends
}

/// Discards what the microphone gives before it has settled, and the rest of that piece; returns true once it has.
bool HasSettled(int16_t* samples, size_t max) {
  while (!settling.is_settled()) {
    const size_t n = ring.Read(samples, max);
    if (n == 0) return false;
    settling.Discard(samples, n);
    first_position = ring.position();
    first_lost = ring.lost();
  }
  return true;
}

}  // namespace

bool MicrophoneIsOn() { return is_on; }
void OnPdmInterrupt() { OnInterrupt(); }

Status DescribeMicrophone(SensorDescription* description) {
  *description = {"MP34DT05", {kMicrophoneHz * 1000, 1.0f / 32768, 1}};
  return Status::kOk;
}

Status StartMicrophone(Sampling* sampling) {
  StopMicrophone();
  ring.Start();
  settling.Start();
  has_begun = false;
  first_position = first_lost = 0;
  n_blocks_received = 0;
  Connect();
  heard_us = MicrosNow();
  StartPeripheral();
  is_on = true;
  *sampling = {kMicrophoneHz * 1000, 1.0f / 32768.0f, 1};
  return Status::kOk;
}

void StopMicrophone() {
  cortex_m4::DisableInterrupt(kPdmIrq);
  PDM->TASKS_STOP = 1;
  PDM->INTENCLR = kPdmStarted | kPdmEnd;
  PDM->ENABLE = 0;
  is_on = false;
}

Status ReadMicrophone(int16_t* samples, size_t max, SampleBlock* block) {
  if (!is_on) return Status::kBadState;
  const uint64_t now_us = MicrosNow();
  const uint32_t n_ended = ring.n_ended();
  if (n_ended != n_blocks_received) {
    n_blocks_received = n_ended;
    heard_us = now_us;
  } else if (now_us - heard_us > kSilenceUs) {
    return Status::kSensorTimeout;
  }
  *block = {0, 0, now_us, 0, 0};
  if (max == 0 || !HasSettled(samples, max)) return Status::kOk;
  const size_t n = ring.Read(samples, max);
  const uint64_t position = ring.position() - n;
  block->n_samples = n;
  block->position = position - first_position;
  block->timestamp_us = begun_us + position * 1'000'000 / kMicrophoneHz;
  block->lost = static_cast<uint32_t>(ring.lost() - first_lost);
  block->n_waiting = ring.n_waiting();
  return Status::kOk;
}

}  // namespace tinyhost::hal
