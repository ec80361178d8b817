#include "mlperf/session.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tinyhost::mlperf {
namespace {

constexpr uint64_t kStepUs = 50'000;  // after that, others have their turn
constexpr uint32_t kDefaultWarmup = 10;
constexpr size_t kMaxLine = 160;
constexpr char kHelp[] =
    "tinyhost: MLPerf Tiny\r\n"
    "name, profile, timestamp, help\r\n"
    "db load N, db HEX, db print\r\n"
    "infer N [W], results\r\n";

/// Takes the next word from `*rest`; "" at the end.
char* NextWord(char** rest) {
  char* word = *rest + std::strspn(*rest, " ");
  char* end = word + std::strcspn(word, " ");
  *rest = *end == 0 ? end : end + 1;
  *end = 0;
  return word;
}

bool Is(const char* word, const char* name) { return std::strcmp(word, name) == 0; }

/// Returns -1 if it is not a digit.
int HexDigit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

bool IsText(uint8_t byte) { return (byte >= ' ' && byte < 0x7f) || byte == '\r' || byte == '\n'; }

}  // namespace

// Exact: a float has 24 bits, and 1000 has ten. Halves go to the even neighbour, as printf rounds them.
char* FormatThousandths(float value, char* text) {
  constexpr double kLargest = 1e12;
  const double thousandths = std::fabs(static_cast<double>(value)) * 1000.0;
  const auto whole = static_cast<uint64_t>(thousandths < kLargest ? thousandths : kLargest);  // NaN is the largest
  const double rest = thousandths < kLargest ? thousandths - static_cast<double>(whole) : 0.0;
  const uint64_t rounded = whole + (rest > 0.5 || (rest == 0.5 && whole % 2 == 1) ? 1 : 0);
  if (std::signbit(value)) *text++ = '-';
  return text + std::sprintf(text, "%lu.%03u", static_cast<unsigned long>(rounded / 1000),
                             static_cast<unsigned>(rounded % 1000));
}

void Session::Greet() {
  Write("m-timestamp-mode-performance\r\n");
  PrintLap();
  Write("m-init-done\r\n");
  Ready();
}

void Session::Take(uint8_t byte) {
  if (byte == 0 || !IsText(byte)) {
    is_frame_ = byte != 0;
    if (!is_waiting_) n_command_ = 0;
    return;
  }
  if (is_frame_ || is_waiting_ || byte == '\r' || byte == '\n') return;
  if (byte != '%') {
    if (n_command_ < (wake_.is_active() ? kMaxStreamCommand : kMaxCommand))
      command_[n_command_++] = static_cast<char>(byte);
    return;
  }
  command_[n_command_] = 0;
  n_command_ = 0;
  is_waiting_ = stage_ != Stage::kIdle;
  if (!is_waiting_) Execute();
}

bool Session::Step() {
  if (stage_ == Stage::kIdle) return wake_.is_listening() && wake_.Listen();
  if (stage_ == Stage::kCapture) return Capture();
  const uint64_t start_us = dut_.micros(dut_.context);
  while (n_left_ > 0) {
    const Status status = dut_.infer(dut_.context);
    if (status != Status::kOk) {
      Fail(status);
      return true;
    }
    --n_left_;
    if (dut_.micros(dut_.context) - start_us >= kStepUs && n_left_ > 0) return true;
  }
  if (stage_ == Stage::kWarmup) {
    BeginMeasured();
  } else {
    EndInference();
  }
  return true;
}

void Session::Cancel() {
  if (stage_ == Stage::kCapture) wake_.StopSound();
  wake_.Stop();
  wake_.Reset();
  stage_ = Stage::kIdle;
  is_waiting_ = false;
  n_command_ = 0;
}

/// Executes the command; if it asks for inferences, its answer continues in Step().
void Session::Execute() {
  Answer(command_.data());
  if (stage_ == Stage::kIdle) Ready();
}

void Session::Answer(char* command) {
  char* rest = command;
  const char* word = NextWord(&rest);
  if (wake_.is_active() && StreamCommand(word, rest)) return;
  if (Is(word, "name")) {
    Write("m-name-dut-[tinyhost]\r\n");
  } else if (Is(word, "timestamp")) {
    PrintLap();
  } else if (Is(word, "profile")) {
    Write("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n");
    Print("m-model-[%s]\r\n", dut_.model_id(dut_.context));
  } else if (Is(word, "help")) {
    Write(kHelp);
  } else if (Is(word, "db")) {
    BufferCommand(rest);
  } else if (Is(word, "infer")) {
    BeginInference(rest);
  } else if (Is(word, "results")) {
    PrintResults();
  } else {
    Print("e-[Unknown command: %s]\r\n", word);
  }
}

void Session::BufferCommand(char* arguments) {
  const char* word = NextWord(&arguments);
  if (wake_.is_listening()) {
    Refuse(Status::kBadState);
  } else if (word[0] == 0) {
    Write("e-[Command 'db' requires a subcommand]\r\n");
  } else if (Is(word, "load")) {
    LoadBuffer(NextWord(&arguments));
  } else if (Is(word, "print")) {
    PrintBuffer();
  } else if (Is(word, "setptr")) {
    MovePointer(NextWord(&arguments));
  } else if (Is(word, "getptr")) {
    Print("m-buff-ptr-%lu\r\n", static_cast<unsigned long>(n_loaded_));
  } else {
    FillBuffer(word);
  }
}

void Session::LoadBuffer(const char* count) {
  const unsigned long n = std::strtoul(count, nullptr, 10);
  const size_t most = wake_.is_active() ? buffer_.size : dut_.input_bytes(dut_.context);
  if (count[0] == 0) {
    Write("e-[Command 'db load' requires the # of bytes]\r\n");
  } else if (n == 0 || count[0] == '-') {
    Write("e-[Command 'db load' must be >0 bytes]\r\n");
  } else if (most == 0) {
    Fail(Status::kNoModel);
  } else if (n > most || n > buffer_.size) {
    Print("e-[Supplied buffer size %lu exceeds maximum of %lu]\r\n", n, static_cast<unsigned long>(most));
  } else {
    n_expected_ = n;
    n_loaded_ = 0;
    wake_.ForgetActivations();
    Print("m-[Expecting %lu bytes]\r\n", n);
  }
}

void Session::FillBuffer(const char* digits) {
  if (std::strlen(digits) % 2 != 0) return Write("e-[Insufficent number of hex digits]\r\n");
  for (; digits[0] != 0 && n_loaded_ < n_expected_; digits += 2) {
    const int high = HexDigit(digits[0]);
    const int low = HexDigit(digits[1]);
    if (high < 0 || low < 0) return Print("e-[Invalid hex digit '%c%c']\r\n", digits[0], digits[1]);
    buffer_.data[n_loaded_++] = static_cast<uint8_t>(16 * high + low);
    if (n_loaded_ == n_expected_) return Write("m-load-done\r\n");  // what is too much is passed over
  }
  if (digits[0] != 0) return Write("e-[Command 'db' without bytes to load: 'db load' first]\r\n");
  if (wake_.is_active()) Print("%lu bytes received\r\n", static_cast<unsigned long>(n_loaded_));
}

void Session::PrintBuffer() {
  constexpr size_t kBytesOfLine = 8;
  for (size_t i = 0; i < n_expected_; ++i) {
    if (i % kBytesOfLine == 0) Write("m-buffer-");
    const bool is_last = i % kBytesOfLine == kBytesOfLine - 1 || i + 1 == n_expected_;
    Print("%02x%s", buffer_.data[i], is_last ? "\r\n" : "-");
  }
}

void Session::MovePointer(const char* where) {
  const unsigned long n = std::strtoul(where, nullptr, 10);
  if (where[0] == 0) return Write("e-[Command 'db setptr' requires a position]\r\n");
  if (n > n_loaded_)
    return Print("e-[Position %lu is beyond the %lu bytes loaded]\r\n", n, static_cast<unsigned long>(n_loaded_));
  n_loaded_ = n;
}

void Session::BeginInference(char* arguments) {
  if (wake_.is_listening()) return Refuse(Status::kBadState);
  const char* iterations = NextWord(&arguments);
  const char* warmup = NextWord(&arguments);
  const long n = iterations[0] == 0 ? 1 : std::strtol(iterations, nullptr, 10);
  const long n_warmup = warmup[0] == 0 ? long{kDefaultWarmup} : std::strtol(warmup, nullptr, 10);
  if (n <= 0) return Write("e-[Inference iterations must be >0]\r\n");
  if (n_warmup < 0) return Write("e-[Inference warmup must be >=0]\r\n");
  const Status status = dut_.load(dut_.context, input());
  if (status != Status::kOk) return Fail(status);
  stage_ = Stage::kWarmup;
  n_left_ = static_cast<uint32_t>(n_warmup);
  n_measured_ = static_cast<uint32_t>(n);
  is_input_used_ = n + n_warmup > 1;
  Print("m-warmup-start-%ld\r\n", n_warmup);
}

void Session::BeginMeasured() {
  Write("m-warmup-done\r\n");
  Print("m-infer-start-%lu\r\n", static_cast<unsigned long>(n_measured_));
  stage_ = Stage::kMeasured;
  n_left_ = n_measured_;
  PrintLap();
}

// The input is loaded once, as the benchmark requires, and inference may use its memory for something else. So a
// measurement ends with one more inference, whose results are those of the input.
void Session::EndInference() {
  PrintLap();
  Write("m-infer-done\r\n");
  if (is_input_used_) {
    Status status = dut_.load(dut_.context, input());
    if (status == Status::kOk) status = dut_.infer(dut_.context);
    if (status != Status::kOk) return Fail(status);
  }
  PrintResults();
  stage_ = Stage::kIdle;
  Ready();
  TakeWaiting();
}

/// Answers the command that arrived meanwhile, if there is one.
void Session::TakeWaiting() {
  if (!is_waiting_) return;
  is_waiting_ = false;
  Execute();
}

/// Ends whatever is running.
void Session::Fail(Status status) {
  const bool was_running = stage_ != Stage::kIdle;
  Cancel();
  Refuse(status);
  if (was_running) Ready();
}

void Session::PrintLap() {
  const uint64_t now_us = dut_.micros(dut_.context);
  Stamp();
  PrintMicros("m-lap-us-", now_us);
}

void Session::Stamp() {
  if (dut_.stamp != nullptr) dut_.stamp(dut_.context);
}

// newlib's printf has no 64-bit numbers.
void Session::PrintMicros(const char* before, uint64_t micros) {
  uint64_t rest = micros;
  char digits[21] = {};
  char* first = digits + sizeof(digits) - 1;
  do {
    *--first = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  Print("%s%s\r\n", before, first);
}

void Session::PrintResults() {
  float values[kMaxResults];
  const size_t n = dut_.results(dut_.context, input(), values);
  Write("m-results-[");
  for (size_t i = 0; i < n; ++i) {
    char text[32];
    char* end = FormatThousandths(values[i], text);
    if (i + 1 < n) *end++ = ',';
    *end = 0;
    Write(text);
  }
  Write("]\r\n");
}

void Session::Print(const char* format, ...) {
  char line[kMaxLine];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  Write(line);
}

}  // namespace tinyhost::mlperf
