#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "emulator/cpu/bus.h"
#include "emulator/cpu/exceptions.h"
#include "emulator/cpu/system_control.h"

struct uc_struct;

namespace tinyhost::emulator {

/// Decides what a store to flash does: the NVMC.
class FlashWriter {
 public:
  virtual ~FlashWriter() = default;
  virtual void StoreFromProcessor(uint32_t address, uint32_t n_bytes, uint32_t value) = 0;
};

/// The Cortex-M4F. Unicorn runs its instructions; exceptions, sleep and time are ours.
///
/// Time: each halfword of code takes kCyclesPerHalfword, which was fitted to the Cortex-M4 Technical Reference Manual's
/// timings on loops of this firmware: right to the order of magnitude, not to the per cent. Interrupts are taken
/// between blocks of code.
class Processor {
 public:
  Processor(System system, Bus& bus, Exceptions& exceptions, SystemControl& control, FlashWriter& flash);
  ~Processor();
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;

  /// Called after each write to a peripheral, which may change what happens next.
  void SetWriteListener(std::function<void()> listener) { on_write_ = std::move(listener); }

  /// Starts the program whose vectors lie at this address.
  void Start(uint32_t vector_table);
  /// Runs until execution.next_event, or until an exception was taken. Returns false if the processor has locked up.
  bool Run();
  /// Raises a bus fault, for tests of the fault handler. Returns false if the processor has locked up.
  bool InjectBusFault();
  /// Discards the translation of changed code.
  void ForgetCode(uint32_t address, uint32_t n);

  uint32_t pc() const;
  uint64_t n_instruction_halfwords() const { return n_halfwords_; }
  uint64_t n_slept_cycles() const { return n_slept_; }
  /// The size of the main stack if it lies at the bottom of RAM, in bytes; 0 before a program has started.
  uint32_t stack_bytes() const { return initial_stack_ < kRamBegin ? 0 : initial_stack_ - kRamBegin; }
  /// The most of it that was used since the start: where the program's paint is gone
  /// (firmware/boards/nano33ble/startup.cpp), or as far as the stack pointer was seen if it paints nothing.
  uint32_t stack_used() const;

 private:
  static constexpr uint32_t kPageBytes = 4096;
  static constexpr uint32_t kRamPages = kRamBytes / kPageBytes;

  struct Callbacks;  // Unicorn's, which are plain functions
  struct Fault {
    Exception kind;
    uint32_t cfsr;
    uint32_t address;
    const char* why;
  };

  struct Store {  // to flash: what it holds by rights
    uint8_t* where;
    uint32_t n;
    std::array<uint8_t, 8> bytes;
  };

  void MapMemories();
  void AddHooks();
  void Protect();
  void Protect(uint32_t begin, uint32_t n);
  uint32_t Get(int reg) const;
  void Set(int reg, uint32_t value);
  int ExecutionPriority() const;
  bool Enter(int exception, uint32_t return_address);
  void StackFrame(uint8_t* frame, uint32_t return_address, bool has_float, bool is_aligned_down);
  int FailToStack(int exception, uint32_t frame, bool is_memory, uint32_t pc);
  bool Return();
  bool Take(const Fault& fault, uint32_t pc);
  bool AfterStop(int error);
  bool OnProcessorException(uint32_t number, uint32_t pc);
  void SettleStores();
  bool Sleep();
  void OnBlock(uint32_t address, uint32_t n_bytes);
  bool OnForbidden(uint32_t address, uint32_t n_bytes, uint32_t value, bool is_store);
  void Stop();

  System system_;
  Bus& bus_;
  Exceptions& exceptions_;
  SystemControl& control_;
  FlashWriter& flash_;
  std::function<void()> on_write_;
  uc_struct* unicorn_ = nullptr;
  bool is_asleep_ = false;
  bool waits_for_event_ = false;
  bool is_masked_pending_ = false;
  bool is_stopped_ = false;
  uint32_t exception_number_ = 0;  // Unicorn's
  bool has_memory_fault_ = false;
  Fault memory_fault_ = {};
  std::vector<Store> stores_;
  /// The MPU was written to. Its new settings apply from the next block of code on, as on the chip after a barrier.
  bool is_protection_new_ = false;
  Protection protection_;                             // as Unicorn knows it
  std::array<uint32_t, kRamPages> page_rights_ = {};  // Unicorn's, of RAM
  uint64_t n_halfwords_ = 0;
  uint64_t n_slept_ = 0;
  uint32_t initial_stack_ = 0;
  uint32_t lowest_stack_ = 0;
};

}  // namespace tinyhost::emulator
