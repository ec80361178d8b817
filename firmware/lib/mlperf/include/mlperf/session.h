#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/portable.h"
#include "core/status.h"
#include "mlperf/wake_word.h"

namespace tinyhost::mlperf {

constexpr size_t kMaxResults = 16;

/// The benchmarked model and the output of its results. All functions get `context`.
struct Dut {
  void* context;
  /// Bytes of one input as a host sends it; 0 without a model.
  size_t (*input_bytes)(void* context);
  /// Name of the benchmark that the model belongs to: "kws01".
  const char* (*model_id)(void* context);
  /// Fills the model's input from what the host sent.
  Status (*load)(void* context, Bytes input);
  Status (*infer)(void* context);
  /// The results of the last inference on `input`, as real numbers; returns how many, at most kMaxResults.
  size_t (*results)(void* context, Bytes input, float* values);
  uint64_t (*micros)(void* context);
  void (*write)(void* context, const char* text);
  /// The functions for a model that hears a stream.
  WakeDut wake = {};
  /// Gives a pulse on a pin at every timestamp, as a mark for an energy meter; may be null.
  void (*stamp)(void* context) = nullptr;
};

/// Answers the commands of MLPerf Tiny in performance mode. A command ends with '%', its answer with the line
/// "m-ready". docs/reference/mlperf-tiny.md lists them all.
///
/// Inferences run in Step(), a few at a time, because its caller has other work as well.
class Session {
 public:
  /// `buffer` holds the largest input; for a stream, the sound that a host has sent, and an activation for each stride.
  Session(const Dut& dut, MutableBytes buffer) : dut_(dut), buffer_(buffer), wake_(dut.wake, dut.context, dut.micros) {}

  /// Prints the message of a board that has just started.
  void Greet();
  /// Takes one byte from the host. Bytes that are not text are a frame of another protocol, which is skipped up to its
  /// end, 0.
  void Take(uint8_t byte);
  /// Runs some of the requested inferences; returns whether there were any.
  bool Step();
  /// Forgets all requests.
  void Cancel();

 private:
  static constexpr size_t kMaxCommand = 80;
  static constexpr size_t kMaxStreamCommand = 1028;  // of stream_wav_uart.py
  enum class Stage : uint8_t { kIdle, kWarmup, kMeasured, kCapture };

  void Execute();
  void Answer(char* command);
  void BufferCommand(char* arguments);
  void LoadBuffer(const char* count);
  void FillBuffer(const char* digits);
  void PrintBuffer();
  void MovePointer(const char* where);
  bool StreamCommand(const char* word, char* arguments);
  void StartListening();
  void StopListening();
  void HearFrame();
  void HearBuffer(const char* offset);
  void BeginCapture(const char* count);
  bool Capture();
  void PrintState();
  void PrintLog();
  void PrintValues(const int8_t* values, size_t n, const char* format, const char* between);
  template <typename T>
  void PrintLines(const T* values, size_t n);
  void BeginInference(char* arguments);
  void BeginMeasured();
  void EndInference();
  void Fail(Status status);
  void Refuse(Status status) { Print("e-[%s]\r\n", StatusName(status)); }
  void TakeWaiting();
  void PrintMicros(const char* before, uint64_t micros);
  void PrintLap();
  void Stamp();
  void PrintResults();
  void Ready() { Write("m-ready\r\n"); }
  void Write(const char* text) { dut_.write(dut_.context, text); }
  TINYHOST_PRINTF(2, 3) void Print(const char* format, ...);
  Bytes input() const { return {buffer_.data, n_expected_}; }

  const Dut dut_;
  MutableBytes buffer_;
  size_t n_expected_ = 0;  // bytes of the input; 0 before the first "db load"
  size_t n_loaded_ = 0;
  WakeWord wake_;
  std::array<char, kMaxStreamCommand + 1> command_{};
  size_t n_command_ = 0;
  bool is_frame_ = false;    // the incoming bytes are not text
  bool is_waiting_ = false;  // a whole command waits until the inferences are done
  Stage stage_ = Stage::kIdle;
  uint32_t n_left_ = 0;      // inferences left in this stage
  uint32_t n_measured_ = 0;  // inferences of the next stage
  bool is_input_used_ = false;
};

/// Writes a real number with three decimals, as printf("%.3f") does, which the boards' C library lacks; returns the
/// end.
char* FormatThousandths(float value, char* text);

}  // namespace tinyhost::mlperf
