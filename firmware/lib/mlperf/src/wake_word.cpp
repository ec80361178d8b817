#include "mlperf/wake_word.h"

#include <algorithm>

namespace tinyhost::mlperf {

void WakeWord::Reset() {
  if (n_heard_ == 0) return;
  n_heard_ = 0;
  busy_us_ = 0;
  front_.Reset();
  window_.fill(0);
}

Status WakeWord::Hear(const int16_t* stride) {
  const uint64_t start_us = micros_(context_);
  ++n_heard_;
  const float* features = front_.Take(stride);
  std::copy(window_.begin() + WakeFeatures::kBands, window_.end(), window_.begin());
  int8_t* newest = window_.data() + kWakeInput - WakeFeatures::kBands;
  for (size_t i = 0; i < WakeFeatures::kBands; ++i) newest[i] = dut_.quantize(context_, features[i]);
  const Status status = Infer();
  busy_us_ += micros_(context_) - start_us;
  return status;
}

Status WakeWord::Start(MutableBytes activations) {
  Reset();
  n_stride_ = 0;
  activations_ = activations;
  n_activations_ = 0;
  n_lost_ = 0;
  status_ = dut_.start_sound(context_);
  is_listening_ = status_ == Status::kOk;
  return status_;
}

void WakeWord::Stop() {
  if (is_listening_) dut_.stop_sound(context_);
  is_listening_ = false;
}

bool WakeWord::Listen() {
  SoundBlock block = {};
  status_ = dut_.read_sound(context_, stride_.data() + n_stride_, stride_.size() - n_stride_, &block);
  if (status_ == Status::kOk && block.n_samples == 0) return false;
  if (status_ == Status::kOk) {
    n_stride_ += block.n_samples;
    n_lost_ = block.n_lost;
    if (n_stride_ < stride_.size()) return true;
    n_stride_ = 0;
    status_ = Hear(stride_.data());
    if (status_ == Status::kOk) Conclude();
  }
  if (status_ != Status::kOk) Stop();
  return true;
}

void WakeWord::Conclude() {
  if (output_[0] > kWakeThreshold || n_activations_ == 0) dut_.pulse(context_);
  if (n_activations_ < activations_.size) activations_.data[n_activations_++] = static_cast<uint8_t>(output_[0]);
}

}  // namespace tinyhost::mlperf
