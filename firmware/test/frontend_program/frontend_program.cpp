// The frontend on a virtual board, without the rest of the firmware: computes the raw features of sound.bin into
// features.bin, and prints what it cost. sound.bin: seven uint32, a FrontendConfig's fields, then int16 samples.
#include <cstdio>

#include "boards/virtual/host_file.h"
#include "frontend/frontend.h"
#include "hal/clock.h"

namespace {

using tinyhost::Frontend;
using tinyhost::FrontendConfig;
using tinyhost::FrontendVariant;
using tinyhost::Status;
namespace hal = tinyhost::hal;
namespace host = tinyhost::host;

constexpr size_t kPieceSamples = 250;  // not a stride's divisor

Frontend frontend;

__attribute__((noipa)) size_t Take(const int16_t* samples, size_t n, bool* is_complete) {
  return frontend.Take(samples, n, is_complete);
}

/// Ticks of strides, without those that measuring takes.
class Cost {
 public:
  Cost() {
    const uint64_t start = hal::Ticks();
    empty_ = hal::Ticks() - start;
  }
  void Begin() { start_ = hal::Ticks(); }
  void End() { stride_ += hal::Ticks() - start_ - empty_; }
  void CompleteStride() {
    if (n_ > 0) total_ += stride_;  // the first one takes a whole window
    if (n_ > 0 && stride_ > max_) max_ = stride_;
    stride_ = 0;
    ++n_;
  }
  void Print() const {
    const unsigned mean = n_ > 1 ? static_cast<unsigned>(total_ / (n_ - 1)) : 0;
    std::printf("strides %u mean %u max %u unit %s state_bytes %u\n", n_, mean, static_cast<unsigned>(max_),
                hal::TickUnit(), static_cast<unsigned>(sizeof(Frontend)));
  }

 private:
  uint64_t empty_ = 0, start_ = 0, stride_ = 0, total_ = 0, max_ = 0;
  unsigned n_ = 0;
};

FrontendConfig ConfigOf(const uint32_t fields[7]) {
  return {fields[0],
          static_cast<uint16_t>(fields[1]),
          static_cast<uint16_t>(fields[2]),
          static_cast<uint16_t>(fields[3]),
          static_cast<uint16_t>(fields[4]),
          static_cast<uint8_t>(fields[5]),
          static_cast<FrontendVariant>(fields[6])};
}

bool FeaturesOfFile(int sound, int features, Cost* cost) {
  static int16_t piece[kPieceSamples];
  for (;;) {
    const size_t n = host::ReceiveFile(sound, piece, sizeof piece) / sizeof piece[0];
    if (n == 0) return true;
    for (size_t done = 0; done < n;) {
      bool is_complete;
      cost->Begin();
      done += Take(piece + done, n - done, &is_complete);
      cost->End();
      if (!is_complete) continue;
      cost->CompleteStride();
      if (!host::SendFile(features, frontend.raw(), frontend.n_channels() * sizeof(uint16_t))) return false;
    }
  }
}

}  // namespace

int main() {
  const int sound = host::OpenFile("sound.bin");
  const int features = host::CreateFile("features.bin");
  uint32_t fields[7];
  if (sound < 0 || features < 0 || host::ReceiveFile(sound, fields, sizeof fields) != sizeof fields) return 1;
  if (frontend.Configure(ConfigOf(fields)) != Status::kOk) return 1;
  Cost cost;
  if (!FeaturesOfFile(sound, features, &cost)) return 1;
  cost.Print();
  return 0;
}
