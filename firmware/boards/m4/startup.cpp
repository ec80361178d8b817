// Reset, the vector table and faults of a Cortex-M4F in QEMU.
#include <cstdint>

#include "boards/m4/semihost.h"

extern "C" {
extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
void __libc_init_array();
int main(int, char**);
void* __dso_handle = nullptr;  // crtbegin would define it
void _init() {}
void _fini() {}
void ResetHandler();
void FaultHandler();
}

namespace {

volatile uint32_t& Register(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

constexpr uintptr_t kCpacr = 0xE000ED88;
constexpr uintptr_t kCfsr = 0xE000ED28;
constexpr uintptr_t kHfsr = 0xE000ED2C;
constexpr uintptr_t kBfar = 0xE000ED38;

void AppendHex(char*& out, const char* name, uint32_t value) {
  while (*name != '\0') *out++ = *name++;
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(value >> shift) & 15];
}

struct StackFrame {
  uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

extern "C" [[noreturn]] void ReportFault(const StackFrame* frame) {
  char text[128];
  char* out = text;
  AppendHex(out, "fault: pc=0x", frame->pc);
  AppendHex(out, " lr=0x", frame->lr);
  AppendHex(out, " cfsr=0x", Register(kCfsr));
  AppendHex(out, " hfsr=0x", Register(kHfsr));
  AppendHex(out, " bfar=0x", Register(kBfar));
  *out++ = '\n';
  *out = '\0';
  tinyhost::semihost::Print(text);
  tinyhost::host::Exit(tinyhost::host::kExitFault);
}

using Handler = void (*)();

}  // namespace

// No interrupt has a handler: they are enabled only to end a wfi, with PRIMASK set (link.cpp). So no handler can ever
// run inside code whose instructions are counted.
__attribute__((section(".vectors"), used)) const Handler kVectors[] = {
    reinterpret_cast<Handler>(_estack),
    ResetHandler,
    FaultHandler,  // NMI
    FaultHandler,  // HardFault
    FaultHandler,  // MemManage
    FaultHandler,  // BusFault
    FaultHandler,  // UsageFault
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    FaultHandler,  // SVCall
    FaultHandler,  // DebugMonitor
    nullptr,
    FaultHandler,  // PendSV
    FaultHandler,  // SysTick
    FaultHandler,  // UART 0 receives
};

extern "C" __attribute__((naked)) void FaultHandler() {
  __asm__ volatile("tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n b ReportFault\n");
}

extern "C" void ResetHandler() {
  __asm__ volatile("cpsid i" ::: "memory");
  Register(kCpacr) |= 0xFu << 20;  // FPU on
  __asm__ volatile("dsb\n isb" ::: "memory");
  for (uint32_t *to = _sdata, *from = _sidata; to < _edata;) *to++ = *from++;
  for (uint32_t* to = _sbss; to < _ebss;) *to++ = 0;
  __libc_init_array();
  tinyhost::host::Exit(main(0, nullptr) == 0 ? tinyhost::host::kExitPowerOff : tinyhost::host::kExitFault);
}
