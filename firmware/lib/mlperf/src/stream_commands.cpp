// The commands of devices that hear a stream, worded like the reference device's (sww_ref_util.c of mlcommons/tiny).
// These, and those of the buffer, are repeated before the answer, because stream_wav_uart.py looks for that.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "mlperf/session.h"

namespace tinyhost::mlperf {
namespace {

constexpr size_t kFrameBytes = WakeFeatures::kStrideSamples * sizeof(int16_t);
constexpr size_t kValuesOfLine = 16;
constexpr size_t kCaptureSamples = 512;  // at least, in one turn

bool Is(const char* word, const char* name) { return std::strcmp(word, name) == 0; }

unsigned long Number(const char* word) { return std::strtoul(word, nullptr, 10); }

}  // namespace

bool Session::StreamCommand(const char* word, char* arguments) {
  constexpr const char* kWords[] = {"db",     "start", "stop", "extract_uart_stream", "run_model", "infer_wav",
                                    "i2scap", "state", "log"};
  if (std::none_of(std::begin(kWords), std::end(kWords), [word](const char* known) { return Is(word, known); })) {
    return false;
  }
  Print("Received command: %s%s", word, arguments[0] == 0 ? "" : " ");
  Write(arguments);
  Write("\r\n");
  const char* argument = arguments + std::strspn(arguments, " ");
  if (Is(word, "db")) return false;
  if (Is(word, "stop")) {
    StopListening();
  } else if (Is(word, "state")) {
    PrintState();
  } else if (Is(word, "log")) {
    PrintLog();
  } else if (wake_.is_listening()) {
    Write("I2S Rx currently in progress. Ignoring request\r\n");
  } else if (Is(word, "start")) {
    StartListening();
  } else if (Is(word, "extract_uart_stream")) {
    HearFrame();
  } else if (Is(word, "run_model")) {
    const Status status = wake_.Infer();
    if (status != Status::kOk) return Fail(status), true;
    PrintValues(wake_.output(), kWakeOutput, "%02d", ", ");
  } else if (Is(word, "infer_wav")) {
    HearBuffer(argument);
  } else {
    BeginCapture(argument);
  }
  return true;
}

void Session::StartListening() {
  const size_t n_kept = std::min(kFrameBytes, buffer_.size);  // of what a host has sent
  n_expected_ = n_loaded_ = 0;
  Write("Listening for I2S data ... \r\n");
  const Status status = wake_.Start({buffer_.data + n_kept, buffer_.size - n_kept});
  if (status != Status::kOk) return Fail(status);
  Stamp();
  Write("DMA receive initiated.\r\n");
}

void Session::StopListening() {
  if (!wake_.is_listening() && wake_.n_activations() == 0) {
    return Write("I2S is already idle.  Ignoring stop request\r\n");
  }
  wake_.Stop();
  Stamp();
  Write("Streaming stopped.\r\ntarget activations: \r\n[");
  PrintLines(wake_.activations(), wake_.n_activations());
  Write("]\r\n");
  wake_.ForgetActivations();
}

/// Hears one stride of sound, which a host has sent to the buffer. At the end of a sound it may be shorter: then the
/// rest is that of the previous stride, as on the reference device.
void Session::HearFrame() {
  if (n_loaded_ == 0 || n_loaded_ < n_expected_) return Fail(Status::kBadState);
  const Status status = wake_.Hear(reinterpret_cast<const int16_t*>(buffer_.data));
  if (status != Status::kOk) return Fail(status);
  Write("m-features-");
  PrintValues(wake_.features(), WakeFeatures::kBands, "%+3d", ", ");
  Write("m-activations-");
  PrintValues(wake_.output(), kWakeOutput, "%+3d", ", ");
}

/// Hears a whole sound from the buffer, from a given sample on.
void Session::HearBuffer(const char* offset) {
  const size_t first = Number(offset), n_samples = n_loaded_ / sizeof(int16_t);
  Print("Infering on static wav with offset = %lu\r\n", static_cast<unsigned long>(first));
  wake_.Reset();
  const auto* samples = reinterpret_cast<const int16_t*>(buffer_.data);
  for (size_t i = first; i <= n_samples && n_samples - i >= WakeFeatures::kStrideSamples;
       i += WakeFeatures::kStrideSamples) {
    const Status status = wake_.Hear(samples + i);
    if (status != Status::kOk) return Fail(status);
    Write("(");
    PrintValues(wake_.features(), WakeFeatures::kBands, "%d", ", ");
    Print(", %d), \r\n", wake_.output()[0]);
  }
}

/// Captures sound from the microphone into the buffer; its description is sent later, without a request.
void Session::BeginCapture(const char* count) {
  const size_t most = buffer_.size / sizeof(int16_t), asked = Number(count);
  if (asked == 0) Print("No length specified.  Capturing %lu samples\r\n", static_cast<unsigned long>(most));
  n_expected_ = (asked == 0 || asked > most ? most : asked) * sizeof(int16_t);
  n_loaded_ = 0;
  wake_.ForgetActivations();
  const Status status = wake_.StartSound();
  if (status != Status::kOk) return Fail(status);
  Write("Listening for I2S data ... \r\n");
  stage_ = Stage::kCapture;
  Ready();
}

/// Returns whether there was any sound.
bool Session::Capture() {
  SoundBlock block = {};
  const size_t n_wanted = std::min((n_expected_ - n_loaded_) / sizeof(int16_t), kCaptureSamples);
  const Status status = wake_.ReadSound(reinterpret_cast<int16_t*>(buffer_.data + n_loaded_), n_wanted, &block);
  n_loaded_ += status == Status::kOk ? block.n_samples * sizeof(int16_t) : 0;
  if (status == Status::kOk && n_loaded_ < n_expected_) return block.n_samples != 0;
  wake_.StopSound();
  stage_ = Stage::kIdle;
  if (status != Status::kOk) Refuse(status);
  const size_t n_samples = n_loaded_ / sizeof(int16_t);
  Print("DMA Receive completed %lu int16s read out of %lu requested\r\n[", static_cast<unsigned long>(n_samples),
        static_cast<unsigned long>(n_expected_ / sizeof(int16_t)));
  PrintLines(reinterpret_cast<const int16_t*>(buffer_.data), n_samples);
  Write("]\r\n");
  TakeWaiting();
  return true;
}

void Session::PrintState() {
  Print("m-state-%s\r\n", wake_.is_listening() ? "streaming" : "idle");
  Print("m-strides-%lu\r\n", static_cast<unsigned long>(wake_.n_heard()));
  Print("m-lost-samples-%lu\r\n", static_cast<unsigned long>(wake_.n_lost()));
  PrintMicros("m-processing-us-", wake_.busy_us());
}

void Session::PrintLog() {
  const char* text = wake_.status() == Status::kOk ? "" : StatusName(wake_.status());
  Print("Log contents[cp=%lu]:\r\n<%s>\r\n", static_cast<unsigned long>(std::strlen(text)), text);
}

void Session::PrintValues(const int8_t* values, size_t n, const char* format, const char* between) {
  Write("[");
  for (size_t i = 0; i < n; ++i) {
    Print(format, values[i]);
    Write(i + 1 < n ? between : "]\r\n");
  }
}

template <typename T>
void Session::PrintLines(const T* values, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    Print("%d%s%s", values[i], i + 1 < n ? ", " : "  ",
          i % kValuesOfLine == kValuesOfLine - 1 || i + 1 == n ? "\r\n" : "");
  }
}

}  // namespace tinyhost::mlperf
