#include "emulator/peripherals/uarte.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStopRx = 0x004, kStartTx = 0x008, kStopTx = 0x00c;
constexpr uint32_t kTxReady = 0x11c, kEndTx = 0x120, kReceiverTimeout = 0x144, kTxStarted = 0x150, kTxStopped = 0x158;
constexpr uint32_t kTxPtr = 0x544, kTxMax = 0x548, kTxAmount = 0x54c;

}  // namespace

Uarte::Uarte(System system, const char* name, uint32_t base)
    : Peripheral(system, name, base,
                 {{0x000, Access::kTask, 4},
                  {0x02c, Access::kTask},
                  {0x100, Access::kEvent, 3},
                  {0x110, Access::kEvent},
                  {0x11c, Access::kEvent, 3},
                  {0x144, Access::kEvent},
                  {0x14c, Access::kEvent, 2},
                  {0x158, Access::kEvent},
                  {0x200, Access::kReadWrite},
                  {0x300, Access::kReadWrite, 3},
                  {0x480, Access::kOneClears},
                  {0x500, Access::kReadWrite},
                  {0x508, Access::kReadWrite, 4, 0xffffffff},
                  {0x524, Access::kReadWrite, 1, 0x04000000},
                  {0x534, Access::kReadWrite, 2},
                  {0x53c, Access::kRead},
                  {0x544, Access::kReadWrite, 2},
                  {0x54c, Access::kRead},
                  {0x56c, Access::kReadWrite}}) {}

void Uarte::OnTask(uint32_t offset) {
  if (offset == kStopRx) Raise(kReceiverTimeout);
  if (offset == kStopTx) Raise(kTxStopped);
  if (offset != kStartTx) return;
  const uint32_t n = at(kTxMax) & 0xffff;
  const uint8_t* bytes = system_.memory.Dma(at(kTxPtr), n, name());
  for (uint32_t i = 0; i < n; ++i) {
    if (bytes[i] != '\n') {
      line_ += static_cast<char>(bytes[i]);
      continue;
    }
    system_.log.Say("%s: %s", name(), line_.c_str());
    line_.clear();
  }
  at(kTxAmount) = n;
  for (const uint32_t event : {kTxStarted, kTxReady, kEndTx}) Raise(event);
}

}  // namespace tinyhost::emulator
