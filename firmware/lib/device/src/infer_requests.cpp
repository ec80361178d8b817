#include <algorithm>

#include "core/crc32.h"
#include "core/pattern.h"
#include "device/device.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {

void Device::OnInfer(const Request& request) {
  if (has_infer_reply_ && IsRepeat(request, last_infer_)) return ReplyInfer(request);  // the input is used up
  has_infer_reply_ = false;
  const auto infer = Parse<InferRequest>(request.payload);
  if (!engine_.loaded()) return Refuse(request, Status::kNoModel);
  const size_t n_operators = engine_.n_operators();
  const size_t end = infer.end_operator == 0 ? n_operators : infer.end_operator;
  if (end > n_operators || infer.first_operator >= end) {
    return Refuse(request, Status::kBadArgument, static_cast<uint32_t>(n_operators), static_cast<uint32_t>(end));
  }
  const size_t n_ran = run_ == Run::kOperators ? n_ran_ : 0;
  if (infer.first_operator != 0 && infer.first_operator != n_ran) {
    return Refuse(request, Status::kBadState, static_cast<uint32_t>(n_ran), infer.first_operator);
  }
  infer_reply_ = {};
  infer_reply_.n_operators = static_cast<uint16_t>(n_operators);
  infer_reply_.output_bytes = static_cast<uint32_t>(engine_.output().n_bytes);
  infer_reply_.arena_bytes = static_cast<uint32_t>(engine_.arena_bytes());
  Status status = infer.first_operator == 0 ? PrepareInfer(infer) : Status::kOk;
  if (status == Status::kOk && infer.prepare_only == 0) status = RunInfer(infer, end);
  if (status != Status::kOk) return Refuse(request, status);
  has_infer_reply_ = true;
  last_infer_ = Remember(request);
  ReplyInfer(request);
}

/// What the host knows of the arena is no longer true.
void Device::ForgetRun() {
  run_ = Run::kNothing;
  n_input_bytes_ = 0;
  has_infer_reply_ = false;
}

/// Fills the input tensor from the request's source.
Status Device::PrepareInfer(const InferRequest& infer) {
  const TensorView input = engine_.input();
  auto* bytes = static_cast<uint8_t*>(input.data);
  Status status = Status::kOk;
  switch (infer.source) {
    case InferSource::kInput:
      if (run_ != Run::kInput) return Status::kBadState;
      break;
    case InferSource::kPattern:
      FillPattern(infer.seed, 0, bytes, input.n_bytes);
      break;
    case InferSource::kSample:
    case InferSource::kSensor:
      status = PrepareSample(infer);
      break;
    default:
      return Status::kUnsupported;
  }
  if (status != Status::kOk) return status;
  run_ = Run::kInput;
  n_input_bytes_ = input.n_bytes;
  infer_reply_.input_crc32 = Crc32(bytes, input.n_bytes);
  return Status::kOk;
}

Status Device::PrepareSample(const InferRequest& infer) {
  if (app_status_ != Status::kOk) return app_status_;
  Sample sample = {{sample_.bytes(), 0}, infer.width, infer.height};
  if (infer.source == InferSource::kSensor) {
    const Status status = Capture(&infer_reply_.capture_ticks);
    if (status != Status::kOk) return status;
    sample.width = sample_.info().width;
    sample.height = sample_.info().height;
  }
  const size_t value_bytes = app_.sensor == SensorKind::kCamera ? sizeof(uint8_t) : sizeof(int16_t);
  sample.bytes.size = value_bytes * sample.width * sample.height;
  if (sample.bytes.size == 0) return Status::kBadArgument;
  if (sample.bytes.size > sample_.size()) return Status::kBadState;
  infer_reply_.sample_crc32 = Crc32(sample.bytes.data, sample.bytes.size);
  ForgetRun();
  const uint64_t start = hal::Ticks();
  const Status status = app_.prepare(sample, engine_);
  infer_reply_.preprocess_ticks = hal::Ticks() - start;
  return status;
}

Status Device::RunInfer(const InferRequest& infer, size_t end) {
  const size_t first = infer.first_operator;
  ForgetRun();
  if (first == 0) has_profile_ = false;
  const bool profiles = infer.profile != 0;
  if (profiles && first == 0) profile_.fill(0);
  const uint64_t start = hal::Ticks();
  const Status status = RunOperators(first, end, profiles ? profile_.data() + first : nullptr);
  infer_reply_.invoke_ticks = hal::Ticks() - start;
  if (status != Status::kOk) return status;
  has_profile_ = has_profile_ || profiles;
  run_ = Run::kOperators;
  n_ran_ = end;
  const bool has_score = app_.scoring != nullptr && app_status_ == Status::kOk && end == engine_.n_operators();
  if (has_score) infer_reply_.score = app_.scoring->score(engine_);
  return Status::kOk;
}

void Device::ReplyInfer(const Request& request) {
  const TensorView output = engine_.output();
  const bool is_complete = run_ == Run::kOperators && n_ran_ == engine_.n_operators();
  const bool fits = output.n_bytes <= kMaxPayloadBytes - sizeof(InferReply);
  const Bytes bytes = {static_cast<const uint8_t*>(output.data), is_complete && fits ? output.n_bytes : 0};
  Reply(request, {BytesOf(infer_reply_), bytes});
}

void Device::OnProfile(const Request& request) {
  const uint16_t first = Parse<ProfileRequest>(request.payload).first;
  if (!engine_.loaded()) return Refuse(request, Status::kNoModel);
  if (!has_profile_) return Refuse(request, Status::kBadState);
  const size_t n_operators = engine_.n_operators();
  if (first >= n_operators) {
    return Refuse(request, Status::kBadArgument, static_cast<uint32_t>(n_operators), first);
  }
  const ProfileReply reply = {static_cast<uint16_t>(n_operators), first};
  encoder_.Begin(static_cast<uint8_t>(MessageType::kProfile) | kReplyFlag, request.seq);
  encoder_.Append(BytesOf(reply));
  for (size_t i = first; i < n_operators; ++i) {
    const ProfileEntry entry = {profile_[i], static_cast<uint8_t>(engine_.operator_code(i)), {}};
    encoder_.Append(BytesOf(entry));
  }
  encoder_.End();
}

}  // namespace tinyhost
