#include "emulator/options.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace tinyhost::emulator {
namespace {

constexpr double kLongestWrapS = 60;  // CYCCNT wraps after 67 s

double Number(const std::string& name, const std::string& text) {
  size_t n = 0;
  double value = 0;
  try {
    value = std::stod(text, &n);
  } catch (const std::exception&) {
    n = 0;
  }
  if (n == 0 || n != text.size()) throw std::runtime_error(name + ": expected a number, got '" + text + "'");
  return value;
}

uint32_t Count(const std::string& name, const std::string& text) {
  const double value = Number(name, text);
  if (value < 0 || value > UINT32_MAX) throw std::runtime_error(name + ": " + text + " is out of range");
  return static_cast<uint32_t>(value);
}

uint64_t StartOfCrystal(const std::string& text) { return text == "never" ? kNever : Count("--hfxo-start-us", text); }

uint64_t Identity(const std::string& text) {
  const bool is_hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (text.size() != 16 || !is_hex) throw std::runtime_error("--id: expected 16 hex digits, got '" + text + "'");
  return std::stoull(text, nullptr, 16);
}

int Revision(const std::string& text) {
  if (text == "1" || text == "2") return text[0] - '0';
  throw std::runtime_error("--rev: expected 1 or 2, got '" + text + "'");
}

Ov7675Chip::Wires Camera(const std::string& text) {
  if (text == "straight") return Ov7675Chip::Wires::kStraight;
  if (text == "swapped") return Ov7675Chip::Wires::kSwapped;
  if (text == "none") return Ov7675Chip::Wires::kNone;
  throw std::runtime_error("--camera: expected straight, swapped or none, got '" + text + "'");
}

}  // namespace

Options ParseOptions(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void(const std::string&)>> values = {
      {"--program", [&](auto& v) { options.program = v; }},
      {"--bootloader", [&](auto& v) { options.bootloader = v; }},
      {"--id", [&](auto& v) { options.unique_id = Identity(v); }},
      {"--rev", [&](auto& v) { options.board.revision = Revision(v); }},
      {"--camera", [&](auto& v) { options.board.camera = Camera(v); }},
      {"--hfint", [&](auto& v) { options.errors.hfint = Number("--hfint", v) / 100; }},
      {"--hfxo", [&](auto& v) { options.errors.hfxo = Number("--hfxo", v) / 100; }},
      {"--hfxo-start-us", [&](auto& v) { options.errors.hfxo_start_us = StartOfCrystal(v); }},
      {"--wrap-in", [&](auto& v) { options.wrap_in_s = Number("--wrap-in", v); }},
      {"--lfclk", [&](auto& v) { options.errors.lfclk = Number("--lfclk", v) / 100; }},
      {"--token-us", [&](auto& v) { options.token_us = Count("--token-us", v); }},
      {"--seed", [&](auto& v) { options.seed = options.board.seed = Count("--seed", v); }},
      {"--seconds", [&](auto& v) { options.seconds = Number("--seconds", v); }},
      {"--trace", [&](auto& v) { options.trace = v; }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--strict") {
      options.is_strict = true;
      continue;
    }
    if (name == "--fast") {
      options.is_fast = true;
      continue;
    }
    const auto value = values.find(name);
    if (value == values.end()) throw std::runtime_error("unknown option " + name + "\n" + Usage());
    if (++i >= argc) throw std::runtime_error(name + ": a value is missing");
    value->second(argv[i]);
  }
  if (options.wrap_in_s < 0 || options.wrap_in_s > kLongestWrapS) {
    throw std::runtime_error("--wrap-in: expected 0 to 60 seconds");
  }
  if (options.token_us == 0) throw std::runtime_error("--token-us: expected at least 1");
  return options;
}

std::string Usage() {
  return "usage: nano33emu [options], in the board's folder, which has its flash.bin\n"
         "  --program FILE       put this program at 0x10000 first\n"
         "  --bootloader FILE    Arduino's bootloader at 0, instead of the model of it\n"
         "  --rev 1|2            revision of the board: LSM9DS1 or BMI270 (1)\n"
         "  --id HEX16           unique id, which is its serial number\n"
         "  --camera WIRES       straight, swapped (D0 and D1 exchanged) or none (straight)\n"
         "  --hfint PCT --hfxo PCT --lfclk PCT   how far the chip's oscillators are off, per cent (0)\n"
         "  --hfxo-start-us N|never   how long the crystal oscillator takes to start (360)\n"
         "  --wrap-in S          counters of 32 bits wrap S seconds after they are cleared (0: after 2^32 counts)\n"
         "  --token-us N         the USB host makes one transaction each N us (50)\n"
         "  --strict             end with exit code 70 at the first thing that silicon would not forgive\n"
         "  --seed N             of what is random: noise, half-done writes, RAM at the start (0)\n"
         "  --fast               do not hold back to the computer's clock\n"
         "  --seconds S          end after so much virtual time\n"
         "  --trace LIST         usb, bulk, i2c, flash, exceptions, registers, or all\n";
}

}  // namespace tinyhost::emulator
