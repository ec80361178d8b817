// Runs many small models on the processor itself, for tests/oracle/m4_batch.py: reads cases.bin, writes outputs.bin.
// A case is a CaseHeader, the model image, the inputs; what is written for it is Load's status, then the outputs.

#include <cstdint>

#include "boards/virtual/host_file.h"
#include "engine/engine.h"

namespace tinyhost {
namespace {

struct CaseHeader {
  uint32_t image_bytes;
  uint32_t n_inputs;
};

constexpr size_t kImageBytes = 1 << 20;
constexpr size_t kArenaBytes = 1 << 20;
alignas(16) uint8_t image[kImageBytes];
alignas(16) uint8_t arena[kArenaBytes];

bool Receive(int file, void* data, size_t n) { return host::ReceiveFile(file, data, n) == n; }

bool RunCase(int cases, int outputs, const CaseHeader& header) {
  Engine engine;
  if (header.image_bytes > kImageBytes || !Receive(cases, image, header.image_bytes)) return false;
  const uint32_t status = static_cast<uint32_t>(engine.Load(image, header.image_bytes, arena, kArenaBytes));
  if (!host::SendFile(outputs, &status, sizeof(status)) || status != 0) return false;
  for (uint32_t i = 0; i < header.n_inputs; ++i) {
    engine.Reset();
    const TensorView input = engine.input(), output = engine.output();
    if (!Receive(cases, input.data, input.n_bytes) || engine.Invoke() != Status::kOk ||
        !host::SendFile(outputs, output.data, output.n_bytes)) {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace tinyhost

int main() {
  using namespace tinyhost;
  const int cases = host::OpenFile("cases.bin");
  const int outputs = host::CreateFile("outputs.bin");
  if (cases < 0 || outputs < 0) host::Exit(host::kExitFault);
  CaseHeader header;
  while (Receive(cases, &header, sizeof(header))) {
    if (!RunCase(cases, outputs, header)) host::Exit(host::kExitFault);
  }
  host::Exit(host::kExitPowerOff);
}
