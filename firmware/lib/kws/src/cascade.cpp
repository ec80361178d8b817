#include "kws/cascade.h"

#include <cstring>

namespace tinyhost {

Status Cascade::Configure(const Engine& engine, Bytes wake) {
  is_cascade_ = is_asleep_ = false;
  score_ = 0;
  if (wake.size == 0) return Status::kOk;
  if (wake.size != sizeof(wake_)) return Status::kImageMetadata;
  std::memcpy(&wake_, wake.data, sizeof(wake_));
  if (wake_.hold_ms > kMaxWakeHoldMs) return Status::kImageMetadata;
  // A state would miss the inferences during which its network slept.
  if (wake_.last_operator >= engine.n_operators() || engine.has_state()) return Status::kModelMismatch;
  if (engine.operator_output(wake_.last_operator).type != TensorType::kInt8) return Status::kModelMismatch;
  is_cascade_ = true;
  return Status::kOk;
}

void Cascade::Start(SettingTable* settings) {
  settings_ = settings;
  awake_ms_ = 0;
  settings->SetDefault(Setting::kWakeThreshold, is_cascade_ ? wake_.threshold : INT8_MIN);
  settings->SetDefault(Setting::kWakeHoldMs, is_cascade_ ? wake_.hold_ms : 0);
}

size_t Cascade::last_operator(const Engine& engine) const {
  return is_cascade_ ? wake_.last_operator : engine.n_operators();
}

bool Cascade::Listen(const Engine& engine) {
  const TensorView output = engine.operator_output(wake_.last_operator);
  score_ = static_cast<const int8_t*>(output.data)[output.n_bytes - 1];
  const bool is_heard = score_ >= settings_->Get(Setting::kWakeThreshold);
  if (is_heard) awake_ms_ = static_cast<uint32_t>(settings_->Get(Setting::kWakeHoldMs));
  is_asleep_ = !is_heard && awake_ms_ == 0;
  return !is_asleep_;
}

void Cascade::Conclude(const Engine& engine, Result* result) const {
  if (!is_asleep_) return;
  const TensorView output = engine.output();
  std::memset(output.data, output.zero_point, output.n_bytes);
  result->prediction.asleep = 1;
}

}  // namespace tinyhost
