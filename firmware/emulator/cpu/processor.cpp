#include "emulator/cpu/processor.h"

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace tinyhost::emulator {
namespace {

// In 256ths. The header says how accurate this is.
constexpr uint32_t kCyclesPerHalfword = 215;
constexpr uint32_t kBusCycles = 2;  // of an access to a peripheral

constexpr uint32_t kEndOfMemory = 0xfffffffe;
constexpr uint32_t kPrivateBegin = 0xe0000000;
constexpr uint32_t kPrivateBytes = 0x10000;
constexpr uint32_t kRomTableBegin = 0xf0000000;  // what tells the chip's revision to code that asks for it
constexpr uint32_t kRomTableBytes = 0x1000;

constexpr uint32_t kStackPaint = 0xc5c5c5c5;
constexpr uint32_t kFrameBytes = 0x20;
constexpr uint32_t kFloatFrameBytes = 0x68;
constexpr uint32_t kXpsrAligned = 0x200;
constexpr uint32_t kXpsrThumb = 0x01000000;
constexpr uint32_t kControlFloat = 4;

// Unicorn's numbers for what the processor cannot do itself.
constexpr uint32_t kUndefined = 1;
constexpr uint32_t kSupervisorCall = 2;
constexpr uint32_t kBreakpoint = 7;
constexpr uint32_t kExceptionExit = 8;
constexpr uint32_t kNoCoprocessor = 17;
constexpr uint32_t kInvalidState = 18;

// CFSR: ARMv7-M Architecture Reference Manual, B3.2.15.
constexpr uint32_t kInstructionViolation = 1u << 0;
constexpr uint32_t kDataViolation = 1u << 1 | 1u << 7;
constexpr uint32_t kStackingViolation = 1u << 4;
constexpr uint32_t kStackingBus = 1u << 12;
constexpr uint32_t kInstructionBus = 1u << 8;
constexpr uint32_t kPreciseData = 1u << 9 | 1u << 15;
constexpr uint32_t kUndefinedInstruction = 1u << 16;
constexpr uint32_t kInvalidStateBit = 1u << 17;
constexpr uint32_t kNoCoprocessorBit = 1u << 19;
constexpr uint32_t kForced = 1u << 30;  // HFSR

constexpr uint16_t kWfi = 0xbf30;
constexpr uint16_t kWfe = 0xbf20;

constexpr int kFrameRegisters[] = {UC_ARM_REG_R0, UC_ARM_REG_R1,  UC_ARM_REG_R2,
                                   UC_ARM_REG_R3, UC_ARM_REG_R12, UC_ARM_REG_LR};

void Check(uc_err error, const char* what) {
  if (error != UC_ERR_OK) throw std::runtime_error(std::string("Unicorn: ") + what + ": " + uc_strerror(error));
}

}  // namespace

struct Processor::Callbacks {
  static Processor& Of(void* processor) { return *static_cast<Processor*>(processor); }

  static void Block(uc_engine*, uint64_t address, uint32_t n_bytes, void* processor) {
    Of(processor).OnBlock(static_cast<uint32_t>(address), n_bytes);
  }

  static void Interrupt(uc_engine*, uint32_t number, void* processor) {
    Of(processor).exception_number_ = number;
    Of(processor).Stop();
  }

  static bool Unmapped(uc_engine*, uc_mem_type type, uint64_t address, int, int64_t, void* processor) {
    Processor& self = Of(processor);
    self.has_memory_fault_ = true;
    const auto where = static_cast<uint32_t>(address);
    if (type == UC_MEM_FETCH_PROT) {
      self.memory_fault_ = {kMemManage, kInstructionViolation, where, "code where none may run"};
    } else if (type == UC_MEM_FETCH_UNMAPPED) {
      self.memory_fault_ = {kBusFault, kInstructionBus, where, "code where there is no memory"};
    } else {
      self.memory_fault_ = {kBusFault, kPreciseData, where, "no memory there"};
    }
    return false;
  }

  static bool Forbidden(uc_engine*, uc_mem_type type, uint64_t address, int n_bytes, int64_t value, void* processor) {
    return Of(processor).OnForbidden(static_cast<uint32_t>(address), static_cast<uint32_t>(n_bytes),
                                     static_cast<uint32_t>(value), type == UC_MEM_WRITE_PROT);
  }

  template <uint32_t kBegin>
  static uint64_t ReadBus(uc_engine*, uint64_t offset, unsigned n_bytes, void* processor) {
    Processor& self = Of(processor);
    self.SettleStores();
    const uint32_t value = self.bus_.Read(kBegin + static_cast<uint32_t>(offset), n_bytes);
    self.system_.clock.Advance(kBusCycles);
    return value;
  }

  template <uint32_t kBegin>
  static void WriteBus(uc_engine*, uint64_t offset, unsigned n_bytes, uint64_t value, void* processor) {
    Processor& self = Of(processor);
    self.SettleStores();
    self.bus_.Write(kBegin + static_cast<uint32_t>(offset), n_bytes, static_cast<uint32_t>(value));
    self.system_.clock.Advance(kBusCycles);
    if (self.on_write_) self.on_write_();
  }

  static uint64_t ReadPrivate(uc_engine*, uint64_t offset, unsigned n_bytes, void* processor) {
    return Of(processor).control_.Read(static_cast<uint32_t>(offset), n_bytes);
  }

  static void WritePrivate(uc_engine*, uint64_t offset, unsigned n_bytes, uint64_t value, void* processor) {
    Processor& self = Of(processor);
    self.control_.Write(static_cast<uint32_t>(offset), n_bytes, static_cast<uint32_t>(value));
    if (self.on_write_) self.on_write_();
  }

  static uint64_t ReadRomTable(uc_engine*, uint64_t offset, unsigned, void*) {
    return offset == 0xfe0 ? 8 : 0;  // CoreSight's part number, lower byte: nRF52840
  }
};

Processor::Processor(System system, Bus& bus, Exceptions& exceptions, SystemControl& control, FlashWriter& flash)
    : system_(system), bus_(bus), exceptions_(exceptions), control_(control), flash_(flash) {
  Check(uc_open(UC_ARCH_ARM, static_cast<uc_mode>(UC_MODE_THUMB | UC_MODE_MCLASS), &unicorn_), "open");
  Check(uc_ctl_set_cpu_model(unicorn_, UC_CPU_ARM_CORTEX_M4), "Cortex-M4");
  MapMemories();
  AddHooks();
  control_.on_protection = [this] { is_protection_new_ = true; };
}

Processor::~Processor() {
  control_.on_protection = nullptr;
  uc_close(unicorn_);
}

/// Flash is mapped without write permission, so that each store comes to OnForbidden(): a hook on all stores would slow
/// all of them down.
void Processor::MapMemories() {
  Memory& memory = system_.memory;
  Check(uc_mem_map_ptr(unicorn_, 0, kFlashBytes, UC_PROT_READ | UC_PROT_EXEC, memory.flash()), "flash");
  Check(uc_mem_map_ptr(unicorn_, kRamBegin, kRamBytes, UC_PROT_ALL, memory.ram()), "RAM");
  page_rights_.fill(UC_PROT_ALL);
  Check(uc_mem_map_ptr(unicorn_, kFicrBegin, kInfoBytes, UC_PROT_READ, memory.ficr()), "FICR");
  Check(uc_mem_map_ptr(unicorn_, kUicrBegin, kInfoBytes, UC_PROT_READ, memory.uicr()), "UICR");
  Check(uc_mmio_map(unicorn_, Bus::kApbBegin, Bus::kApbBytes, Callbacks::ReadBus<Bus::kApbBegin>, this,
                    Callbacks::WriteBus<Bus::kApbBegin>, this),
        "APB");
  Check(uc_mmio_map(unicorn_, Bus::kGpioBegin, Bus::kGpioBytes, Callbacks::ReadBus<Bus::kGpioBegin>, this,
                    Callbacks::WriteBus<Bus::kGpioBegin>, this),
        "GPIO");
  Check(
      uc_mmio_map(unicorn_, kPrivateBegin, kPrivateBytes, Callbacks::ReadPrivate, this, Callbacks::WritePrivate, this),
      "private peripherals");
  Check(uc_mmio_map(unicorn_, kRomTableBegin, kRomTableBytes, Callbacks::ReadRomTable, this, nullptr, nullptr),
        "ROM table");
}

void Processor::AddHooks() {
  uc_hook hook = 0;
  const auto add = [&](int type, auto function) {
    Check(uc_hook_add(unicorn_, &hook, type, reinterpret_cast<void*>(function), this, 1, 0), "hook");
  };
  add(UC_HOOK_BLOCK, Callbacks::Block);
  add(UC_HOOK_INTR, Callbacks::Interrupt);
  add(UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_FETCH_PROT, Callbacks::Unmapped);
  add(UC_HOOK_MEM_WRITE_PROT | UC_HOOK_MEM_READ_PROT, Callbacks::Forbidden);
}

/// Unicorn discards translated code when rights change, and a system with tasks writes to the MPU thousands of times a
/// second, so only real changes are passed on.
void Processor::Protect() {
  is_protection_new_ = false;
  if (control_.protection == protection_) return;
  protection_ = control_.protection;
  Protect(kRamBegin, kRamBytes);
}

/// Gives each page of RAM the rights of its weakest part; OnForbidden() distinguishes the parts.
void Processor::Protect(uint32_t begin, uint32_t n) {
  if (n > kPageBytes && protection_.Divides(begin, n)) {
    Protect(begin, n / 2);
    Protect(begin + n / 2, n / 2);
    return;
  }
  const Protection::Rights rights = protection_.OfAll(begin, n);
  const uint32_t flags = UC_PROT_READ | (rights.write ? UC_PROT_WRITE : 0) | (rights.execute ? UC_PROT_EXEC : 0);
  const auto page = page_rights_.begin() + (begin - kRamBegin) / kPageBytes;
  const auto end = page + n / kPageBytes;
  if (std::all_of(page, end, [=](uint32_t present) { return present == flags; })) return;
  std::fill(page, end, flags);
  Check(uc_mem_protect(unicorn_, begin, n, flags), "protect");
}

uint32_t Processor::Get(int reg) const {
  uint32_t value = 0;
  uc_reg_read(unicorn_, reg, &value);
  return value;
}

void Processor::Set(int reg, uint32_t value) { uc_reg_write(unicorn_, reg, &value); }

uint32_t Processor::stack_used() const {
  uint32_t n_painted = 0;
  bool has_paint = false;
  for (uint32_t at = 0; at + 4 <= std::min(stack_bytes(), kRamBytes); at += 4) {
    const bool is_paint = LoadWord(system_.memory.ram() + at) == kStackPaint;
    has_paint = has_paint || is_paint;
    if (is_paint && n_painted == at) n_painted += 4;
  }
  const uint32_t lowest = has_paint ? std::min(lowest_stack_, kRamBegin + n_painted) : lowest_stack_;
  return initial_stack_ - lowest;
}

uint32_t Processor::pc() const { return Get(UC_ARM_REG_PC); }

void Processor::Start(uint32_t vector_table) {
  const uint8_t* vectors = system_.memory.flash() + vector_table;
  control_.vector_table = vector_table;
  is_asleep_ = waits_for_event_ = is_masked_pending_ = false;
  uc_ctl_flush_tb(unicorn_);
  Set(UC_ARM_REG_IPSR, 0);
  Set(UC_ARM_REG_XPSR, kXpsrThumb);
  for (const int reg : {UC_ARM_REG_CONTROL, UC_ARM_REG_PRIMASK, UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK}) Set(reg, 0);
  Set(UC_ARM_REG_MSP, LoadWord(vectors));
  Set(UC_ARM_REG_SP, LoadWord(vectors));
  Set(UC_ARM_REG_LR, 0xffffffff);
  Set(UC_ARM_REG_PC, LoadWord(vectors + 4));
  initial_stack_ = lowest_stack_ = LoadWord(vectors);
}

int Processor::ExecutionPriority() const {
  int priority = exceptions_.ActivePriority();
  const auto base = static_cast<int>(Get(UC_ARM_REG_BASEPRI) & 0xe0);
  if (base != 0 && base < priority) priority = base;
  if ((Get(UC_ARM_REG_PRIMASK) & 1) != 0 && priority > 0) priority = 0;
  if ((Get(UC_ARM_REG_FAULTMASK) & 1) != 0 && priority > -1) priority = -1;
  return priority;
}

/// Exception entry: B1.5.6.
bool Processor::Enter(int exception, uint32_t return_address) {
  const uint32_t control = Get(UC_ARM_REG_CONTROL);
  const bool has_float = (control & kControlFloat) != 0;
  if (has_float && (control_.cpacr >> 20 & 0xf) != 0xf) {
    system_.log.Defect("the FPU was used while CPACR keeps it off (pc 0x%08x)", return_address);
  }
  const bool is_thread = Get(UC_ARM_REG_IPSR) == 0;
  const bool is_process_stack = is_thread && (control & 2) != 0;
  const uint32_t stack = Get(UC_ARM_REG_SP);
  const uint32_t frame = (stack - (has_float ? kFloatFrameBytes : kFrameBytes)) & ~7u;
  uint8_t* bytes = frame < kRamBegin ? nullptr : system_.memory.At(frame, stack - frame);
  if (bytes != nullptr && control_.protection.At(frame).write) {
    StackFrame(bytes, return_address, has_float, (stack & 4) != 0);
  } else {
    exception = FailToStack(exception, frame, bytes != nullptr, return_address);
  }
  Set(UC_ARM_REG_SP, frame);
  if (!is_process_stack && frame < lowest_stack_) lowest_stack_ = frame;
  uint32_t exc_return = is_thread ? (is_process_stack ? 0xfffffffd : 0xfffffff9) : 0xfffffff1;
  if (has_float) exc_return &= ~0x10u;
  Set(UC_ARM_REG_CONTROL, control & 1);
  Set(UC_ARM_REG_XPSR, (Get(UC_ARM_REG_XPSR) & 0xf80f0000) | kXpsrThumb | static_cast<uint32_t>(exception));
  Set(UC_ARM_REG_IPSR, static_cast<uint32_t>(exception));
  Set(UC_ARM_REG_LR, exc_return);
  const uint8_t* vector = system_.memory.At(control_.vector_table + 4 * static_cast<uint32_t>(exception), 4);
  const uint32_t handler = vector == nullptr ? 0 : LoadWord(vector);
  if ((handler & 1) == 0) {
    system_.log.Defect("the vector of %s is 0x%08x: lockup", ExceptionName(exception), handler);
    return false;
  }
  Set(UC_ARM_REG_PC, handler);
  exceptions_.Enter(exception);
  if (system_.log.traces("exceptions")) {
    system_.log.Say("%s begins at 0x%08x, returns to 0x%08x", ExceptionName(exception), handler, return_address);
  }
  return true;
}

/// A derived exception replaces one whose frame cannot be stacked, and finds nothing on the stack: B1.5.15.
int Processor::FailToStack(int exception, uint32_t frame, bool is_memory, uint32_t pc) {
  system_.log.Say("stacking for %s at 0x%08x fails (pc 0x%08x)", ExceptionName(exception), frame, pc);
  control_.cfsr |= is_memory ? kStackingViolation : kStackingBus;
  const Exception derived = is_memory ? kMemManage : kBusFault;
  const bool has_handler = (control_.shcsr >> (16 + derived - kMemManage) & 1) != 0;
  if (exception == kHardFault || exception == kNmi) return exception;
  if (!has_handler) control_.hfsr |= kForced;
  return has_handler ? derived : kHardFault;
}

void Processor::StackFrame(uint8_t* frame, uint32_t return_address, bool has_float, bool is_aligned_down) {
  for (int i = 0; i < 6; ++i) StoreWord(frame + 4 * i, Get(kFrameRegisters[i]));
  StoreWord(frame + 24, return_address & ~1u);
  StoreWord(frame + 28, (Get(UC_ARM_REG_XPSR) & ~kXpsrAligned) | kXpsrThumb | (is_aligned_down ? kXpsrAligned : 0));
  if (!has_float) return;
  for (int i = 0; i < 8; ++i) {
    uint64_t value = 0;
    uc_reg_read(unicorn_, UC_ARM_REG_D0 + i, &value);
    std::memcpy(frame + 32 + 8 * i, &value, sizeof value);
  }
  StoreWord(frame + 96, Get(UC_ARM_REG_FPSCR));
  StoreWord(frame + 100, 0);
}

/// Exception return: B1.5.8.
bool Processor::Return() {
  const uint32_t exc_return = Get(UC_ARM_REG_PC) | 1;
  const auto exception = static_cast<int>(Get(UC_ARM_REG_IPSR) & 0x1ff);
  if (exception == 0) {
    system_.log.Defect("exception return 0x%08x while no exception is active: lockup", exc_return);
    return false;
  }
  exceptions_.Leave(exception);
  if (exception != kNmi) Set(UC_ARM_REG_FAULTMASK, 0);
  const bool is_to_thread = (exc_return & 8) != 0;
  const bool is_process_stack = (exc_return & 4) != 0;
  const bool has_float = (exc_return & 0x10) == 0;
  const uint32_t frame = Get(is_process_stack ? UC_ARM_REG_PSP : UC_ARM_REG_MSP);
  const uint32_t n_bytes = has_float ? kFloatFrameBytes : kFrameBytes;
  const uint8_t* bytes = system_.memory.At(frame, n_bytes);
  if (bytes == nullptr) {
    system_.log.Defect("unstacking of %s at 0x%08x fails: lockup", ExceptionName(exception), frame);
    return false;
  }
  const uint32_t xpsr = LoadWord(bytes + 28);
  for (int i = 0; has_float && i < 8; ++i) {
    uint64_t value = 0;
    std::memcpy(&value, bytes + 32 + 8 * i, sizeof value);
    uc_reg_write(unicorn_, UC_ARM_REG_D0 + i, &value);
  }
  if (has_float) Set(UC_ARM_REG_FPSCR, LoadWord(bytes + 96));
  const uint32_t stack = (frame + n_bytes) | ((xpsr & kXpsrAligned) != 0 ? 4u : 0u);
  const uint32_t number = is_to_thread ? 0 : xpsr & 0x1ff;
  Set(UC_ARM_REG_XPSR, (xpsr & ~kXpsrAligned & ~0x1ffu) | number);
  Set(UC_ARM_REG_IPSR, number);
  Set(is_process_stack ? UC_ARM_REG_PSP : UC_ARM_REG_MSP, stack);
  const uint32_t privilege = Get(UC_ARM_REG_CONTROL) & 1;
  Set(UC_ARM_REG_CONTROL, privilege | (is_to_thread && is_process_stack ? 2 : 0) | (has_float ? kControlFloat : 0));
  for (int i = 0; i < 6; ++i) Set(kFrameRegisters[i], LoadWord(bytes + 4 * i));
  Set(UC_ARM_REG_PC, LoadWord(bytes + 24) | 1);
  if (system_.log.traces("exceptions")) {
    system_.log.Say("%s ends, returns to 0x%08x", ExceptionName(exception), LoadWord(bytes + 24));
  }
  return true;
}

/// Takes a fault, as a HardFault if it has no handler of its own: B1.5.13, B1.5.14.
bool Processor::Take(const Fault& fault, uint32_t pc) {
  system_.log.Say("%s at pc 0x%08x, address 0x%08x, lr 0x%08x: %s", ExceptionName(fault.kind), pc, fault.address,
                  Get(UC_ARM_REG_LR), fault.why);
  control_.cfsr |= fault.cfsr;
  if (fault.cfsr == kDataViolation) control_.mmfar = fault.address;
  if (fault.cfsr == kPreciseData) control_.bfar = fault.address;
  const int priority = ExecutionPriority();
  const int enable_bit = 16 + fault.kind - kMemManage;  // of SHCSR
  const bool has_handler = fault.kind >= kMemManage && fault.kind <= kUsageFault &&
                           (control_.shcsr >> enable_bit & 1) != 0 && exceptions_.priority(fault.kind) < priority;
  if (has_handler) return Enter(fault.kind, pc);
  control_.hfsr |= kForced;
  if (priority <= -1) {
    system_.log.Defect("a fault in the handler of faults, pc 0x%08x: lockup", pc);
    return false;
  }
  return Enter(kHardFault, pc);
}

bool Processor::InjectBusFault() {
  is_asleep_ = false;
  return Take({kBusFault, kPreciseData, 0x30000000, "injected"}, pc());
}

void Processor::ForgetCode(uint32_t address, uint32_t n) {
  uc_ctl_remove_cache(unicorn_, address, static_cast<uint64_t>(address) + n);
}

void Processor::Stop() {
  is_stopped_ = true;
  uc_emu_stop(unicorn_);
}

void Processor::OnBlock(uint32_t address, uint32_t n_bytes) {
  if (!stores_.empty()) SettleStores();
  if (is_protection_new_) Protect();
  system_.execution.block = address;
  const uint32_t n = n_bytes / 2;
  n_halfwords_ += n;
  system_.clock.Advance(n * kCyclesPerHalfword >> 8);
  if (system_.clock.cycles() >= system_.execution.next_event || exceptions_.has_news()) return Stop();
  if (!is_masked_pending_ || (Get(UC_ARM_REG_PRIMASK) & 1) != 0) return;
  if (exceptions_.priority(exceptions_.Best()) < ExecutionPriority()) Stop();
}

/// Handles a load or store that Unicorn's map of rights forbids. Returns true if it was done here, or may continue.
bool Processor::OnForbidden(uint32_t address, uint32_t n_bytes, uint32_t value, bool is_store) {
  const bool in_faults = control_.protection.applies_to_faults() || exceptions_.ActivePriority() >= 0;
  const Protection::Rights rights = in_faults ? control_.protection.At(address) : Protection::Rights{true, true, true};
  const bool is_flash = address < kFlashBytes || address - kUicrBegin < kInfoBytes;
  uint8_t* bytes = system_.memory.At(address, n_bytes);
  const bool is_writable = is_store && (is_flash || bytes != nullptr);  // the FICR is not
  if (!is_writable || !rights.write) {
    has_memory_fault_ = true;
    memory_fault_ = {is_writable ? kMemManage : kBusFault, is_writable ? kDataViolation : kPreciseData, address,
                     "forbidden there"};
    return false;
  }
  if (is_flash) {
    SettleStores();
    flash_.StoreFromProcessor(address, n_bytes, value);
    uint8_t* stored = address < kFlashBytes ? bytes : system_.memory.uicr() + (address - kUicrBegin);
    stores_.push_back({stored, n_bytes, {}});
    std::copy_n(stored, n_bytes, stores_.back().bytes.begin());
    if (on_write_) on_write_();
  } else {
    for (uint32_t i = 0; i < n_bytes; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  }
  return true;
}

/// Unicorn completes a store that was allowed, whatever happened to it here: this restores what the NVMC made of it.
void Processor::SettleStores() {
  for (const Store& store : stores_) std::copy_n(store.bytes.begin(), store.n, store.where);
  stores_.clear();
}

/// Lets time pass until something happens. WFE may end without a reason, as the architecture allows: B1.5.18.
bool Processor::Sleep() {
  const uint64_t now = system_.clock.cycles();
  const uint64_t until = system_.execution.next_event;
  if (until > now) {
    system_.clock.AdvanceTo(until);
    control_.OnSleep(until - now);
    n_slept_ += until - now;
  }
  if (waits_for_event_) is_asleep_ = false;
  return true;
}

bool Processor::Run() {
  exceptions_.ForgetNews();
  const int best = exceptions_.Best();
  is_masked_pending_ = false;
  if (best >= 0) {
    is_asleep_ = false;
    if (exceptions_.priority(best) < ExecutionPriority()) return Enter(best, pc());
    is_masked_pending_ = true;
  }
  if (is_asleep_) return Sleep();
  if (system_.execution.next_event <= system_.clock.cycles()) return true;
  exception_number_ = 0;
  has_memory_fault_ = is_stopped_ = false;
  const uc_err error = uc_emu_start(unicorn_, pc() | 1, kEndOfMemory, 0, 0);
  SettleStores();
  return AfterStop(error);
}

bool Processor::AfterStop(int error) {
  const uint32_t now = pc();
  if (exception_number_ != 0) return OnProcessorException(exception_number_, now);
  if (has_memory_fault_) return Take(memory_fault_, now);
  const uint8_t* last = system_.memory.At(now - 2, 2);
  const uint32_t instruction = last == nullptr ? 0 : static_cast<uint32_t>(last[0] | last[1] << 8);
  const bool is_wait = instruction == kWfi || instruction == kWfe;
  if (is_wait && !is_stopped_ && (error == UC_ERR_OK || error == UC_ERR_INSN_INVALID)) {
    is_asleep_ = true;
    waits_for_event_ = instruction == kWfe;
    return true;
  }
  if (error == UC_ERR_OK) return true;
  return Take({kUsageFault, kUndefinedInstruction, now, uc_strerror(static_cast<uc_err>(error))}, now);
}

bool Processor::OnProcessorException(uint32_t number, uint32_t pc) {
  switch (number) {
    case kExceptionExit:
      return Return();
    case kSupervisorCall:
      if (exceptions_.priority(kSvCall) < ExecutionPriority()) return Enter(kSvCall, pc);
      return Take({kHardFault, 0, pc, "SVC at too high a priority"}, pc);
    case kBreakpoint:
      return Take({kHardFault, 0, pc, "a breakpoint without a debugger"}, pc);
    case kUndefined:
      return Take({kUsageFault, kUndefinedInstruction, pc, "an undefined instruction"}, pc);
    case kNoCoprocessor:
      return Take({kUsageFault, kNoCoprocessorBit, pc, "no such coprocessor"}, pc);
    case kInvalidState:
      return Take({kUsageFault, kInvalidStateBit, pc, "a jump to no Thumb code"}, pc);
    default:
      return Take({kUsageFault, kUndefinedInstruction, pc, "an exception of the processor"}, pc);
  }
}

}  // namespace tinyhost::emulator
