// Two clocks. Ticks() counts instructions: with `-icount shift=7` each one advances QEMU's virtual time by 128 ns, and
// FPGAIO counts that time at 25 MHz, 3.2 counts per instruction. MicrosNow() is the host's clock, because the program
// at the other end of the link uses it, while virtual time runs far ahead of it in a busy program.
#include "hal/clock.h"

#include "boards/m4/semihost.h"

namespace tinyhost::hal {
namespace {

struct Fpgaio {
  volatile uint32_t clk100hz, counter;
};
Fpgaio& Fpga() { return *reinterpret_cast<Fpgaio*>(0x40028014); }
constexpr uint32_t kCountsPer100Hz = 250'000;

/// The counter, which wraps after 1.34 G instructions, extended by the slow one, which wraps after 3.4e14.
uint64_t Counts() {
  const uint64_t coarse = static_cast<uint64_t>(Fpga().clk100hz) * kCountsPer100Hz;
  const uint32_t fine = Fpga().counter;
  return coarse +
         static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(fine - static_cast<uint32_t>(coarse))));
}

}  // namespace

// Every interval between two calls is rounded on its own. It is exact, because its count is off by less than one, a
// third of an instruction.
__attribute__((noipa)) uint64_t Ticks() {
  static uint64_t last = 0;
  static uint64_t instructions = 0;
  const uint64_t now = Counts();
  instructions += ((now - last) * 10 + 16) >> 5;
  last = now;
  return instructions;
}

const char* TickUnit() { return "instructions"; }
uint32_t TickHz() { return 0; }

uint64_t MicrosNow() { return semihost::HostNanoseconds() / 1000; }

}  // namespace tinyhost::hal
