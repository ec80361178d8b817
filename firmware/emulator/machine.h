#pragma once

#include <memory>
#include <vector>

#include "emulator/board/board.h"
#include "emulator/board/bootloader.h"
#include "emulator/cpu/bus.h"
#include "emulator/cpu/processor.h"
#include "emulator/options.h"
#include "emulator/pacer.h"
#include "emulator/peripherals/clock_power.h"
#include "emulator/peripherals/flash_controller.h"
#include "emulator/peripherals/rng.h"
#include "emulator/peripherals/rtc.h"
#include "emulator/peripherals/timer.h"
#include "emulator/peripherals/twim.h"
#include "emulator/peripherals/uarte.h"
#include "emulator/peripherals/usbd.h"
#include "emulator/peripherals/watchdog.h"
#include "emulator/system/time_note.h"
#include "emulator/usb/host.h"

namespace tinyhost::emulator {

/// Why a run has ended.
enum class End : int {
  kAsked = 0,
  kDefect = 70,  ///< in strict mode
  kLockup = 71,
};

/// The board, its cable, and the computer at the other end.
class Machine {
 public:
  explicit Machine(const Options& options);

  /// Runs until `must_end` returns true, or until it cannot go on. `poll` is called every half millisecond of virtual
  /// time.
  End Run(const std::function<bool()>& must_end, const std::function<void()>& poll);

  void PressReset() { Request(ClockPower::kByPin); }
  void SetVbus(bool is_on);
  /// Ends this process at once, as a power cut ends the chip.
  void CutPower();
  void InjectBusFault() { wants_bus_fault_ = true; }
  /// Statistics of the run so far, as JSON.
  std::string Statistics() const;

  Board& board() { return board_; }
  FlashController& flash() { return flash_; }
  UsbHost& host() { return host_; }
  Log& log() { return log_; }

 private:
  void Attach();
  void LoadImages(const Options& options);
  void FillInformation(const Options& options);
  void Request(uint32_t reason);
  void Restart(uint32_t reasons);
  void PowerOn();
  void StartProgram();
  void Enter(Bootloader::Decision decision);
  void LeaveAsBootloader();
  void Tick();
  uint64_t NextEvent() const;
  bool Step();

  Clock clock_;
  Log log_;
  Memory memory_;
  Exceptions exceptions_;
  Execution execution_;
  System system_;
  ErrataRegisters errata_;
  SystemControl control_;
  ClockPower power_;
  FlashController flash_;
  Gpio port0_;
  Gpio port1_;
  I2s i2s_;
  Board board_;
  Twim twim0_;
  Twim twim1_;
  Pdm pdm_;
  Usbd usbd_;
  Watchdog watchdog_;
  std::vector<std::unique_ptr<Peripheral>> simple_;  // timers, counters, UARTs
  Bus bus_;
  Processor processor_;
  SerialPort serial_;
  UsbHost host_;
  Bootloader bootloader_;
  Pacer pacer_;
  TimeNote time_note_;
  std::vector<Component*> components_;
  std::vector<Peripheral*> peripherals_;
  const bool has_bootloader_file_;
  const double seconds_;
  bool is_program_running_ = false;
  bool wants_bus_fault_ = false;
  uint32_t n_resets_ = 0;
  uint32_t deepest_stack_ = 0;  // of earlier starts
};

}  // namespace tinyhost::emulator
