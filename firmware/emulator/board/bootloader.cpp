#include "emulator/board/bootloader.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "emulator/peripherals/clock_power.h"

namespace tinyhost::emulator {
namespace {

constexpr uint16_t kVid = 0x2341;
constexpr uint16_t kPid = 0x005a;
constexpr char kVersion[] = "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]";
constexpr char kChip[] = "nRF52840-QIAA";

constexpr uint64_t kSecondTapUs = 500'000;
constexpr uint64_t kAppearUs = 500'000;  // from the reset until the host has enumerated it
constexpr uint64_t kPacketUs = 64;       // of at most 64 bytes
constexpr size_t kPacketBytes = 64;
constexpr uint32_t kWordsAtOnce = 64;

constexpr size_t kDataOffset = Bootloader::kCommandBytes;
constexpr size_t kChecksumOffset = kDataOffset + Bootloader::kBufferBytes + 1;
constexpr size_t kModelBytes = kChecksumOffset + Bootloader::kChecksumBytes;
constexpr uint32_t kRamBehindData = 0x20040000 - 0x200018b8;  // from where its data lies to the end of RAM

/// CRC-16/XMODEM.
uint16_t Crc16(const uint8_t* bytes, size_t n) {
  uint16_t crc = 0;
  for (size_t i = 0; i < n; ++i) {
    crc = static_cast<uint16_t>(crc ^ bytes[i] << 8);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<uint16_t>((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

bool IsSpace(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

int HexDigit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

}  // namespace

Bootloader::Bootloader(System system, FlashController& flash, SerialPort& port, std::string unique_id)
    : system_(system), flash_(flash), port_(port), unique_id_(std::move(unique_id)), ram_(kModelBytes, 0) {}

void Bootloader::Reset() {
  if (state_ == State::kServing || state_ == State::kHung) port_.Detach();
  has_first_tap_ = state_ == State::kAwaitingTap;
  state_ = State::kOff;
  wants_start_ = wants_restart_ = false;
  next_ = kNever;
  n_command_ = 0;
  n_pending_ = source_ = load_at_ = 0;
  write_ = {};
}

bool Bootloader::HasProgram() {
  const uint8_t* vectors = system_.memory.flash() + kProgramBegin;
  return LoadWord(vectors) != 0xffffffff && LoadWord(vectors + 4) != 0xffffffff;
}

Bootloader::Decision Bootloader::Decide(uint32_t reset_reasons, uint32_t retained) {
  const bool is_second_tap = has_first_tap_ && (reset_reasons & ClockPower::kByPin) != 0;
  has_first_tap_ = false;
  if (retained == kStayMagic || is_second_tap || !HasProgram()) return Decision::kServe;
  return (reset_reasons & ClockPower::kByPin) != 0 ? Decision::kAwaitSecondTap : Decision::kStartProgram;
}

void Bootloader::AwaitSecondTap() {
  state_ = State::kAwaitingTap;
  WakeIn(kSecondTapUs);
}

void Bootloader::Serve() {
  state_ = State::kAppearing;
  WakeIn(kAppearUs);
  system_.log.Say("the bootloader stays");
}

bool Bootloader::TakeStart() { return std::exchange(wants_start_, false); }
bool Bootloader::TakeRestart() { return std::exchange(wants_restart_, false); }

void Bootloader::WakeIn(uint64_t us) { next_ = system_.clock.cycles() + us * Clock::kCyclesPerUs; }

void Bootloader::Tick() {
  if (system_.clock.cycles() < next_) return;
  next_ = kNever;
  if (state_ == State::kAwaitingTap) {
    state_ = State::kOff;
    wants_start_ = true;
    return;
  }
  if (state_ == State::kAppearing) {
    state_ = State::kServing;
    port_.Attach({kVid, kPid, std::string(16, '0') + unique_id_, "Arduino Nano 33 BLE", "Arduino"});
  }
  if (state_ != State::kServing) return;
  if (write_.is_under_way) return ContinueWrite();
  for (size_t i = 0; i < kPacketBytes && !port_.from_program().empty(); ++i) {
    const uint8_t byte = port_.from_program().front();
    port_.from_program().pop_front();
    Take(byte);
    if (write_.is_under_way || state_ != State::kServing || wants_restart_) break;
  }
  if (!write_.is_under_way && state_ == State::kServing) WakeIn(kPacketUs);
}

void Bootloader::Store(size_t offset, uint8_t byte) {
  if (offset < ram_.size()) {
    ram_[offset] = byte;
  } else if (state_ != State::kHung) {
    state_ = State::kHung;
    system_.log.Say("the bootloader hangs: bytes beyond its buffers");
  }
}

void Bootloader::Take(uint8_t byte) {
  if (n_pending_ != 0) {
    Store(kDataOffset + load_at_++, byte);
    --n_pending_;
    return;
  }
  Store(n_command_++, byte);
  if (byte != '#') return;
  Store(n_command_, 0);
  n_command_ = 0;
  if (state_ == State::kServing) Execute();
}

/// The number that the C library's strtoul() reads, to base 16, at a column of the command.
uint32_t Bootloader::Number(size_t column) const {
  while (column < ram_.size() && IsSpace(ram_[column])) ++column;
  const bool is_negative = ram_[column] == '-';
  if (is_negative || ram_[column] == '+') ++column;
  if (ram_[column] == '0' && (ram_[column + 1] | 0x20) == 'x') column += 2;
  uint64_t value = 0;
  for (; column < ram_.size() && HexDigit(ram_[column]) >= 0; ++column) {
    value = std::min<uint64_t>(value * 16 + static_cast<uint64_t>(HexDigit(ram_[column])), UINT32_MAX);
  }
  return static_cast<uint32_t>(is_negative ? 0 - value : value);
}

void Bootloader::Execute() {
  switch (ram_[0]) {
    case 'N':
      return Answer("\n\r");
    case 'V':
      return Answer(std::string(kVersion) + "\n\r" + std::string("\0n", 2));
    case 'I':
      return Answer(std::string(kChip) + "\n\r" + std::string("\0X", 2));
    case 'X':
      return Answer("X\n\r");
    case 'S':
      load_at_ = Number(1);
      n_pending_ = Number(10);
      return;
    case 'Y':
      return StartWrite(Number(1), Number(10));
    case 'Z':
      return Checksum(Number(1), Number(10));
    case 'K':
      wants_restart_ = true;
      return;
    default:
      return;
  }
}

/// Addresses are signed in it, so that some beyond flash pass.
bool Bootloader::IsFlash(uint32_t begin, uint32_t length) {
  return begin < kFlashBytes && uint64_t{begin} + length <= kFlashBytes;
}

void Bootloader::StartWrite(uint32_t address, uint32_t length) {
  if (length == 0) {
    source_ = address;
    return Answer("Y\n\r");
  }
  const uint32_t begin = address + kProgramBegin;
  const bool is_whole = begin % kFlashPageBytes == 0 && length % kFlashPageBytes == 0;
  if (!IsFlash(begin, length)) return Answer("Y\n\r");  // whether it worked or not
  if (source_ + uint64_t{length} > kRamBehindData) {
    state_ = State::kHung;
    return;
  }
  write_ = {true, begin, length, is_whole ? 0 : length, 0};
  WakeIn(kPacketUs);
}

/// All pages are erased, then all words are written.
void Bootloader::ContinueWrite() {
  if (write_.n_erased < write_.n_bytes) {
    const uint64_t us = flash_.ErasePage(write_.begin + write_.n_erased);
    write_.n_erased += kFlashPageBytes;
    return WakeIn(us);
  }
  uint64_t us = 0;
  for (uint32_t i = 0; i < kWordsAtOnce && write_.n_written < write_.n_bytes; ++i) {
    uint8_t word[4] = {};
    for (size_t byte = 0; byte < 4; ++byte) {
      const size_t offset = kDataOffset + source_ + write_.n_written + byte;
      if (offset < ram_.size()) word[byte] = ram_[offset];
    }
    us += flash_.WriteWord((write_.begin + write_.n_written) & ~3u, LoadWord(word));
    write_.n_written += 4;
  }
  if (write_.n_written >= write_.n_bytes) {
    write_ = {};
    Answer("Y\n\r");
  }
  WakeIn(us);
}

void Bootloader::Checksum(uint32_t address, uint32_t length) {
  if (length > kChecksumBytes) {
    state_ = State::kHung;
    return;
  }
  const uint32_t begin = address + kProgramBegin;
  uint8_t* bytes = ram_.data() + kChecksumOffset;
  if (IsFlash(begin, length)) std::copy_n(system_.memory.flash() + begin, length, bytes);
  char text[16];
  std::snprintf(text, sizeof text, "Z%08X#\n\r", Crc16(bytes, length));
  Answer(text);
}

void Bootloader::Answer(const std::string& text) {
  port_.Send(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

}  // namespace tinyhost::emulator
