#include "emulator/machine.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tinyhost::emulator {
namespace {

constexpr char kFlashFile[] = "flash.bin";
constexpr uint64_t kPollCycles = Clock::kCyclesPerMs / 2;
constexpr uint32_t kMpuControl = 0x04, kMpuRegion = 0x0c, kMpuAttributes = 0x10;

std::vector<uint8_t> ReadFile(const std::string& path, size_t max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot open");
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.empty() || bytes.size() > max) {
    throw std::runtime_error(path + ": expected 1 to " + std::to_string(max) + " bytes, got " +
                             std::to_string(bytes.size()));
  }
  return bytes;
}

std::string HexId(uint64_t id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIX64, id);
  return text;
}

}  // namespace

Machine::Machine(const Options& options)
    : clock_(options.errors, options.wrap_in_s),
      log_(clock_, options.is_strict),
      memory_(log_, kFlashFile),
      system_{clock_, log_, memory_, exceptions_, execution_},
      control_(system_, exceptions_),
      power_(system_),
      flash_(system_, options.seed),
      port0_(system_, "P0", 0x50000000),
      port1_(system_, "P1", 0x50000300),
      i2s_(system_),
      board_(system_, options.board, port0_, port1_, i2s_),
      twim0_(system_, "TWIM0", 0x40003000, board_),
      twim1_(system_, "TWIM1", 0x40004000, board_),
      pdm_(system_, board_.microphone()),
      usbd_(system_, power_, errata_),
      watchdog_(system_),
      bus_(system_, errata_),
      processor_(system_, bus_, exceptions_, control_, flash_),
      serial_(log_),
      host_(system_, usbd_, serial_, options.token_us),
      bootloader_(system_, flash_, serial_, HexId(options.unique_id)),
      pacer_(options.is_fast),
      has_bootloader_file_(!options.bootloader.empty()),
      seconds_(options.seconds) {
  log_.SetTrace(options.trace);
  Attach();
  LoadImages(options);
  FillInformation(options);
  memory_.ScrambleRam(options.seed);
}

void Machine::Attach() {
  constexpr struct {
    const char* name;
    uint32_t base;
    uint32_t n_channels;
  } kTimers[] = {{"TIMER0", 0x40008000, 4},
                 {"TIMER1", 0x40009000, 4},
                 {"TIMER2", 0x4000a000, 4},
                 {"TIMER3", 0x4001a000, 6},
                 {"TIMER4", 0x4001b000, 6}},
    kRtcs[] = {{"RTC0", 0x4000b000, 3}, {"RTC1", 0x40011000, 4}, {"RTC2", 0x40024000, 4}};
  for (const auto& timer : kTimers) {
    simple_.push_back(std::make_unique<Timer>(system_, timer.name, timer.base, timer.n_channels));
  }
  for (const auto& rtc : kRtcs) {
    simple_.push_back(std::make_unique<Rtc>(system_, rtc.name, rtc.base, rtc.n_channels, power_));
  }
  simple_.push_back(std::make_unique<Rng>(system_));
  simple_.push_back(std::make_unique<Uarte>(system_, "UARTE0", 0x40002000));
  simple_.push_back(std::make_unique<Uarte>(system_, "UARTE1", 0x40028000));
  peripherals_ = {&power_, &flash_, &i2s_, &twim0_, &twim1_, &pdm_, &usbd_, &watchdog_};
  for (const auto& peripheral : simple_) peripherals_.push_back(peripheral.get());
  for (Peripheral* peripheral : peripherals_) bus_.Attach(peripheral);
  bus_.AttachPorts(&port0_, &port1_);
  components_.assign(peripherals_.begin(), peripherals_.end());
  components_.insert(components_.end(), {&control_, &host_, &bootloader_});
  flash_.SetCodeListener([this](uint32_t address, uint32_t n) { processor_.ForgetCode(address, n); });
  processor_.SetWriteListener([this] {
    board_.Follow();
    const bool must_stop = execution_.stalled_until > clock_.cycles() || execution_.is_reset_wanted ||
                           execution_.is_power_cut || log_.must_stop();
    execution_.next_event = must_stop ? 0 : NextEvent();
  });
}

void Machine::LoadImages(const Options& options) {
  if (has_bootloader_file_) {
    const std::vector<uint8_t> image = ReadFile(options.bootloader, kProgramBegin);
    std::copy(image.begin(), image.end(), memory_.flash());
    log_.ForgiveCodeBefore(kProgramBegin, execution_.block);
  }
  if (options.program.empty()) return;
  const std::vector<uint8_t> image = ReadFile(options.program, kFlashBytes - kProgramBegin);
  uint8_t* program = memory_.flash() + kProgramBegin;
  if (!std::equal(image.begin(), image.end(), program)) std::copy(image.begin(), image.end(), program);
}

/// FICR (product specification, 4.4.1) and UICR (4.5.1) as on the board.
void Machine::FillInformation(const Options& options) {
  const auto set_ficr = [this](uint32_t offset, uint32_t value) { StoreWord(memory_.ficr() + offset, value); };
  set_ficr(0x010, kFlashPageBytes);                           // CODEPAGESIZE
  set_ficr(0x014, kFlashBytes / kFlashPageBytes);             // CODESIZE
  set_ficr(0x060, static_cast<uint32_t>(options.unique_id));  // DEVICEID
  set_ficr(0x064, static_cast<uint32_t>(options.unique_id >> 32));
  set_ficr(0x0a4, static_cast<uint32_t>(options.unique_id));  // DEVICEADDR
  set_ficr(0x0a8, static_cast<uint32_t>(options.unique_id >> 32));
  set_ficr(0x100, 0x52840);     // INFO.PART
  set_ficr(0x104, 0x41414430);  // INFO.VARIANT: AAD0
  set_ficr(0x108, 0x2004);      // INFO.PACKAGE: QI
  set_ficr(0x10c, kRamBytes / 1024);
  set_ficr(0x110, kFlashBytes / 1024);
  set_ficr(0x130, 8);  // what code asks for the chip and its revision
  set_ficr(0x134, 2);
  StoreWord(memory_.uicr() + 0x200, 18);  // PSELRESET: P0.18
  StoreWord(memory_.uicr() + 0x204, 18);
  StoreWord(memory_.uicr() + 0x20c,
            0xfffffffe);  // NFCPINS: P0.09 and P0.10 are no antenna, as Mbed's start-up wants it
}

void Machine::SetVbus(bool is_on) {
  if (power_.has_vbus() == is_on) return;
  log_.Say("VBUS %s", is_on ? "on" : "off");
  power_.SetVbus(is_on);
  if (!is_on) {
    host_.Forget("cable pulled");
    if (bootloader_.is_serving()) serial_.Detach();
  } else if (bootloader_.is_serving()) {
    bootloader_.Serve();
  }
}

void Machine::Request(uint32_t reason) {
  execution_.is_reset_wanted = true;
  execution_.reset_reason = reason;
}

void Machine::PowerOn() {
  power_.PowerOn();
  Restart(0);
}

/// Resets the chip (product specification, 5.3.7): everything except RAM and GPREGRET, and the watchdog if the reset
/// came from software.
void Machine::Restart(uint32_t reasons) {
  deepest_stack_ = std::max(deepest_stack_, processor_.stack_used());
  execution_.is_reset_wanted = false;
  host_.Forget("reset");
  exceptions_.Reset();
  control_.Reset();
  errata_.Reset();
  if (reasons != ClockPower::kBySoftware) watchdog_.Stop();
  for (Peripheral* peripheral : peripherals_) {
    if (peripheral != &power_) peripheral->Reset();
  }
  port0_.Reset();
  port1_.Reset();
  bootloader_.Reset();
  power_.ResetBecause(reasons);
  board_.Follow();
  is_program_running_ = false;
  ++n_resets_;
  log_.Say("start %u, reset reason 0x%x", n_resets_, reasons);
  if (has_bootloader_file_) {
    is_program_running_ = true;
    processor_.Start(0);
    return;
  }
  const Bootloader::Decision decision = bootloader_.Decide(reasons, power_.retained());
  power_.set_retained(0);
  Enter(decision);
}

void Machine::Enter(Bootloader::Decision decision) {
  switch (decision) {
    case Bootloader::Decision::kServe:
      return bootloader_.Serve();
    case Bootloader::Decision::kAwaitSecondTap:
      return bootloader_.AwaitSecondTap();
    case Bootloader::Decision::kStartProgram:
      return StartProgram();
  }
}

void Machine::StartProgram() {
  LeaveAsBootloader();
  is_program_running_ = true;
  processor_.Start(kProgramBegin);
}

/// What the bootloader, which is built on Mbed, may leave switched on: the MPU, with code read-only and RAM not
/// executable.
void Machine::LeaveAsBootloader() {
  constexpr uint32_t kCode512M = 6u << 24 | 28u << 1 | 1;            // read-only
  constexpr uint32_t kRam512M = 1u << 28 | 3u << 24 | 28u << 1 | 1;  // execute never, full access
  constexpr uint32_t kValid = 0x10;
  Protection& mpu = control_.protection;
  mpu.Write(kMpuRegion, 0x00000000 | kValid | 0);
  mpu.Write(kMpuAttributes, kCode512M);
  mpu.Write(kMpuRegion, kRamBegin | kValid | 1);
  mpu.Write(kMpuAttributes, kRam512M);
  mpu.Write(kMpuControl, 5);  // on, with the default map for privileged code elsewhere
  if (control_.on_protection) control_.on_protection();
}

uint64_t Machine::NextEvent() const {
  uint64_t next = kNever;
  for (const Component* component : components_) next = std::min(next, component->NextEvent());
  return next;
}

void Machine::Tick() {
  const uint64_t now = clock_.cycles();
  for (Component* component : components_) {
    if (component->NextEvent() <= now) component->Tick();
  }
  if (bootloader_.TakeStart()) StartProgram();
  if (bootloader_.TakeRestart()) Request(ClockPower::kBySoftware);
}

/// Ends this process, as if the chip had lost its power; flash.bin stays as it is.
void Machine::CutPower() {
  log_.Say("power is off");
  ::kill(::getpid(), SIGKILL);
}

/// Lets the processor run, or only time pass, until something is due.
bool Machine::Step() {
  const uint64_t now = clock_.cycles();
  if (execution_.stalled_until > now) {
    clock_.AdvanceTo(std::min(execution_.next_event, execution_.stalled_until));
    return true;
  }
  if (!is_program_running_) {
    clock_.AdvanceTo(execution_.next_event);
    return true;
  }
  if (wants_bus_fault_) {
    wants_bus_fault_ = false;
    return processor_.InjectBusFault();
  }
  return processor_.Run();
}

End Machine::Run(const std::function<bool()>& must_end, const std::function<void()>& poll) {
  PowerOn();
  uint64_t next_poll = 0;
  while (!must_end()) {
    Tick();
    if (execution_.is_power_cut) CutPower();
    if (log_.must_stop()) return End::kDefect;
    if (execution_.is_reset_wanted) Restart(execution_.reset_reason);
    if (clock_.cycles() >= next_poll) {
      next_poll = clock_.cycles() + kPollCycles;
      serial_.Poll();
      host_.FollowPort();
      board_.Poll();
      poll();
      pacer_.Hold(clock_.TrueNs());
      time_note_.Write(clock_.TrueNs());
      if (seconds_ > 0 && static_cast<double>(clock_.TrueNs()) / 1e9 >= seconds_) return End::kAsked;
    }
    execution_.next_event = std::min(NextEvent(), next_poll);
    if (!Step()) return log_.must_stop() ? End::kDefect : End::kLockup;
  }
  return End::kAsked;
}

std::string Machine::Statistics() const {
  char text[1024];
  std::snprintf(text, sizeof text,
                "{\"virtual_s\": %.6f, \"wall_s\": %.6f, \"behind_s\": %.6f, \"slept_s\": %.6f, \"halfwords\": %" PRIu64
                ", \"starts\": %u, \"defects\": %u, \"words_written\": %" PRIu64 ", \"pages_erased\": %" PRIu64
                ", \"erase_commands\": %" PRIu64 ", \"usb_bytes_in\": %" PRIu64 ", \"usb_bytes_out\": %" PRIu64
                ", \"stack_bytes\": %u, \"stack_used\": %u, \"pc\": %u, \"program\": %s, \"configured\": %s}",
                static_cast<double>(clock_.TrueNs()) / 1e9, static_cast<double>(pacer_.wall_ns()) / 1e9,
                static_cast<double>(pacer_.behind_ns()) / 1e9,
                static_cast<double>(processor_.n_slept_cycles()) / static_cast<double>(Clock::kHz),
                processor_.n_instruction_halfwords(), n_resets_, log_.n_defects(), flash_.n_words(), flash_.n_erases(),
                flash_.n_erase_commands(), host_.n_bytes_in(), host_.n_bytes_out(), processor_.stack_bytes(),
                std::max(deepest_stack_, processor_.stack_used()), processor_.pc(),
                is_program_running_ ? "true" : "false", host_.is_configured() ? "true" : "false");
  return text;
}

}  // namespace tinyhost::emulator
