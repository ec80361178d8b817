// Defines the hal, but for the flash, over TheBoard(): include it in exactly one file of a program.
#pragma once

#include <algorithm>

#include "hal/clock.h"
#include "hal/imu.h"
#include "hal/link.h"
#include "hal/marker.h"
#include "hal/microphone.h"
#include "memory_board.h"

namespace tinyhost::hal {

const char* BoardName() { return "memory"; }
const char* BoardRevision() { return "rev 1"; }
const char* UniqueId() { return "0123456789ABCDEF"; }
const char* FirmwareVersion() { return "1.2.3"; }
const char* BuildId() { return "0011223344556677"; }
uint32_t BootNumber() { return TheBoard()->boot; }
ResetReason LastReset() { return ResetReason::kWatchdog; }
bool LastFault(Fault* fault) {
  *fault = TheBoard()->fault;
  return TheBoard()->fault.pc != 0;
}
void SetLed(LedState state) { TheBoard()->led = state; }
void Mark(Stage stage) {
  TheBoard()->stage = stage;
  ++TheBoard()->n_marks[static_cast<size_t>(stage)];
}
void Reset(bool bootloader) { std::longjmp(TheBoard()->on_reset, bootloader ? 2 : 1); }

uint64_t Ticks() { return TheBoard()->ticks += TheBoard()->ticks_per_read; }
const char* TickUnit() { return TheBoard()->tick_hz == 0 ? "instructions" : "ns"; }
uint32_t TickHz() { return TheBoard()->tick_hz; }
uint64_t MicrosNow() { return TheBoard()->now_us; }
void WaitForLink(uint32_t timeout_ms) { TheBoard()->now_us += uint64_t{timeout_ms} * 1000; }

size_t LinkRead(uint8_t* data, size_t max) {
  std::deque<uint8_t>& bytes = TheBoard()->to_device;
  const size_t n = std::min(max, bytes.size());
  std::copy_n(bytes.begin(), n, data);
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
  return n;
}

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t) {
  MemoryBoard* board = TheBoard();
  n = std::min(n, board->n_takes);
  if (board->n_takes != SIZE_MAX) board->n_takes -= n;
  board->from_device.insert(board->from_device.end(), data, data + n);
  return n;
}

Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame) {
  MemoryBoard* board = TheBoard();
  if (board->camera_status != Status::kOk) {
    std::fill_n(pixels, std::min<size_t>(capacity, 100), uint8_t{0xEE});  // a frame that stopped midway
    return board->camera_status;
  }
  const bool is_qqvga = resolution == CameraResolution::kQqvga;
  frame->width = is_qqvga ? 160 : board->camera_width;
  frame->height = is_qqvga ? 120 : board->camera_height;
  frame->timestamp_us = board->now_us;
  const size_t n = size_t{frame->width} * frame->height;
  if (n > capacity) return Status::kNoSpace;
  for (size_t i = 0; i < n; ++i) pixels[i] = static_cast<uint8_t>(board->camera_pixel + i);
  ++board->camera_pixel;
  ++board->n_captures;
  return Status::kOk;
}

/// Finds the part, and how many tests there were.
static void TestSensor(uint16_t part, FindingList* findings) {
  MemoryBoard* board = TheBoard();
  ++board->n_self_tests;
  board->now_us += 4'500'000;
  for (uint8_t i = 0; i < board->n_findings; ++i) {
    findings->Add(SelfTestCheck::kCapture, part, {0, static_cast<int32_t>(board->n_self_tests)}, i);
  }
}

uint16_t CameraTestParts() { return TheBoard()->n_test_parts; }
void TestCamera(uint16_t part, FindingList* findings) { TestSensor(part, findings); }
uint16_t MicrophoneTestParts() { return TheBoard()->n_test_parts; }
void TestMicrophone(uint16_t part, FindingList* findings) { TestSensor(part, findings); }

Status DescribeMicrophone(SensorDescription* description) {
  *description = {"MP34DT05", {kMicrophoneHz * 1000, 1.0f / 32768, 1}};
  return TheBoard()->microphone_status;
}

Status StartMicrophone(Sampling* sampling) {
  *sampling = {kMicrophoneHz * 1000, 1.0f / 32768, 1};
  TheBoard()->microphone_position = 0;
  return TheBoard()->microphone_status;
}

void StopMicrophone() {}

/// Takes samples of `n_channels` values each from what waits.
static Status ReadSamples(int16_t* samples, size_t max, size_t n_channels, SampleBlock* block) {
  MemoryBoard* board = TheBoard();
  const size_t n = std::min(max, board->n_samples_waiting);
  for (size_t i = 0; i < n * n_channels; ++i) {
    samples[i] = static_cast<int16_t>((board->microphone_position * n_channels + i) * 40'503);
  }
  board->n_samples_waiting -= n;
  *block = {n, board->microphone_position, board->now_us, board->n_samples_lost, board->n_samples_waiting};
  board->microphone_position += n;
  return board->microphone_status;
}

Status ReadMicrophone(int16_t* samples, size_t max, SampleBlock* block) { return ReadSamples(samples, max, 1, block); }

constexpr Sampling kImuSampling = {100'000, 1.0f / 8192, 6};

Status DescribeImu(SensorDescription* description) {
  *description = {"BMI270", kImuSampling};
  return TheBoard()->microphone_status;
}

Status StartImu(Sampling* sampling) {
  *sampling = kImuSampling;
  TheBoard()->microphone_position = 0;
  return TheBoard()->microphone_status;
}

void StopImu() {}
Status ReadImu(int16_t* samples, size_t max, SampleBlock* block) { return ReadSamples(samples, max, 6, block); }
uint16_t ImuTestParts() { return TheBoard()->n_test_parts; }
void TestImu(uint16_t part, FindingList* findings) { TestSensor(part, findings); }

}  // namespace tinyhost::hal
