// The frontend on a virtual board, without the rest of the firmware: computes the raw features of sound.bin, or its
// cepstral coefficients, into features.bin, and prints what it cost. sound.bin: eight uint32, a FrontendConfig's
// fields, then int16 samples.
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

int8_t coefficients[tinyhost::kMaxFrontendCoefficients];

/// Takes samples, and of a stride its coefficients, which are a part of its cost.
__attribute__((noipa)) size_t Take(const int16_t* samples, size_t n, bool has_coefficients, bool* is_complete) {
  const size_t n_taken = frontend.Take(samples, n, is_complete);
  if (*is_complete && has_coefficients) frontend.Features(coefficients);
  return n_taken;
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

FrontendConfig ConfigOf(const uint32_t fields[8]) {
  return {fields[0],
          static_cast<uint16_t>(fields[1]),
          static_cast<uint16_t>(fields[2]),
          static_cast<uint16_t>(fields[3]),
          static_cast<uint16_t>(fields[4]),
          static_cast<uint8_t>(fields[5]),
          static_cast<FrontendVariant>(fields[6]),
          static_cast<uint8_t>(fields[7])};
}

bool FeaturesOfFile(int sound, int features, Cost* cost) {
  static int16_t piece[kPieceSamples];
  const bool has_coefficients = frontend.n_features() != frontend.n_channels();
  const void* const row = has_coefficients ? static_cast<const void*>(coefficients) : frontend.raw();
  const size_t row_bytes = has_coefficients ? frontend.n_features() : frontend.n_channels() * sizeof(uint16_t);
  for (;;) {
    const size_t n = host::ReceiveFile(sound, piece, sizeof piece) / sizeof piece[0];
    if (n == 0) return true;
    for (size_t done = 0; done < n;) {
      bool is_complete;
      cost->Begin();
      done += Take(piece + done, n - done, has_coefficients, &is_complete);
      cost->End();
      if (!is_complete) continue;
      cost->CompleteStride();
      if (!host::SendFile(features, row, row_bytes)) return false;
    }
  }
}

}  // namespace

int main() {
  const int sound = host::OpenFile("sound.bin");
  const int features = host::CreateFile("features.bin");
  uint32_t fields[8];
  if (sound < 0 || features < 0 || host::ReceiveFile(sound, fields, sizeof fields) != sizeof fields) return 1;
  if (frontend.Configure(ConfigOf(fields)) != Status::kOk) return 1;
  Cost cost;
  if (!FeaturesOfFile(sound, features, &cost)) return 1;
  cost.Print();
  return 0;
}
