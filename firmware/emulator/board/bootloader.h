#pragma once

#include <array>
#include <string>
#include <vector>

#include "emulator/peripherals/flash_controller.h"
#include "emulator/usb/serial_port.h"

namespace tinyhost::emulator {

/// A model of the bootloader that Arduino ships on the board, for when its binary is not available: SAM-BA with
/// Arduino's extensions, as host/tinyhost/boards/bootloader/protocol.py describes it. It changes the chip's flash in
/// the time that the NVMC takes, and has its own USB device, whose packets are not modelled.
class Bootloader final : public Component {
 public:
  Bootloader(System system, FlashController& flash, SerialPort& port, std::string unique_id);

  /// What it does after a reset for these reasons (RESETREAS) with this value in GPREGRET.
  enum class Decision : uint8_t { kStartProgram, kServe, kAwaitSecondTap };
  Decision Decide(uint32_t reset_reasons, uint32_t retained);
  /// Begins to serve; the board appears on USB.
  void Serve();
  /// Begins to wait for a second tap of the reset button; Tick() ends the wait.
  void AwaitSecondTap();
  /// The chip was reset: it forgets everything except a first tap.
  void Reset() override;

  uint64_t NextEvent() const override { return next_; }
  void Tick() override;
  /// True once when the program must be started.
  bool TakeStart();
  /// True once when the chip must be restarted.
  bool TakeRestart();
  bool is_serving() const { return state_ == State::kServing; }

  static constexpr uint32_t kStayMagic = 0xb0;  // of GPREGRET, from a touch with 1200 baud
  static constexpr size_t kCommandBytes = 64;
  static constexpr size_t kBufferBytes = 8192;
  static constexpr size_t kChecksumBytes = 4096;

 private:
  enum class State : uint8_t { kOff, kAwaitingTap, kAppearing, kServing, kHung };
  struct Write {
    bool is_under_way = false;
    uint32_t begin = 0;
    uint32_t n_bytes = 0;
    uint32_t n_erased = 0;
    uint32_t n_written = 0;
  };

  void Take(uint8_t byte);
  void Store(size_t offset, uint8_t byte);
  uint32_t Number(size_t column) const;
  void Execute();
  void StartWrite(uint32_t address, uint32_t length);
  void ContinueWrite();
  void Checksum(uint32_t address, uint32_t length);
  void Answer(const std::string& text);
  void WakeIn(uint64_t us);
  static bool IsFlash(uint32_t begin, uint32_t length);
  bool HasProgram();

  System system_;
  FlashController& flash_;
  SerialPort& port_;
  const std::string unique_id_;
  State state_ = State::kOff;
  bool has_first_tap_ = false;
  bool wants_start_ = false;
  bool wants_restart_ = false;
  uint64_t next_ = kNever;
  /// The command, the data and the bytes for checksums are adjacent, and nothing keeps a command within its bounds.
  std::vector<uint8_t> ram_;
  size_t n_command_ = 0;
  uint32_t load_at_ = 0;
  uint32_t n_pending_ = 0;
  uint32_t source_ = 0;
  Write write_;
};

}  // namespace tinyhost::emulator
