#include "device/inference.h"

#include "core/crc32.h"
#include "core/pattern.h"
#include "wire.h"

namespace tinyhost {

void Inference::OnInfer(const Request& request) {
  // A repeated one would find no input, because the first one has used it up.
  if (last_infer_.IsRepeatedBy(request) && arena_version_ == runner_.arena_version()) return Reply(request);
  last_infer_.Forget();
  const auto infer = Parse<InferRequest>(request.payload);
  const Engine& engine = runner_.engine();
  if (!engine.loaded()) return host_.Refuse(request, Status::kNoModel);
  const size_t n_operators = engine.n_operators();
  const size_t end = infer.end_operator == 0 ? n_operators : infer.end_operator;
  if (end > n_operators || infer.first_operator >= end) {
    return host_.Refuse(request, Status::kBadArgument, static_cast<uint32_t>(n_operators), static_cast<uint32_t>(end));
  }
  if (infer.first_operator != 0 && infer.first_operator != runner_.n_operators_run()) {
    return host_.Refuse(request, Status::kBadState, static_cast<uint32_t>(runner_.n_operators_run()),
                        infer.first_operator);
  }
  reply_ = {};
  reply_.n_operators = static_cast<uint16_t>(n_operators);
  reply_.output_bytes = static_cast<uint32_t>(engine.output().n_bytes);
  reply_.arena_bytes = static_cast<uint32_t>(engine.arena_bytes());
  Status status = infer.first_operator == 0 ? FillInput(infer) : Status::kOk;
  if (status == Status::kOk && infer.prepare_only == 0) status = Run(infer, end);
  if (status != Status::kOk) return host_.Refuse(request, status);
  last_infer_.Remember(request);
  arena_version_ = runner_.arena_version();
  Reply(request);
}

/// Fills the input tensor from the request's source.
Status Inference::FillInput(const InferRequest& infer) {
  const TensorView input = runner_.engine().input();
  auto* bytes = static_cast<uint8_t*>(input.data);
  Status status = Status::kOk;
  switch (infer.source) {
    case InferSource::kInput:
      if (!runner_.is_input_complete()) return Status::kBadState;
      break;
    case InferSource::kPattern:
      FillPattern(infer.seed, 0, bytes, input.n_bytes);
      break;
    case InferSource::kSample:
    case InferSource::kSensor:
      status = FillInputFromSample(infer);
      break;
    default:
      return Status::kUnsupported;
  }
  if (status != Status::kOk) return status;
  runner_.SetInputComplete();
  reply_.input_crc32 = Crc32(bytes, input.n_bytes);
  return Status::kOk;
}

Status Inference::FillInputFromSample(const InferRequest& infer) {
  if (runner_.status() != Status::kOk) return runner_.status();
  Sample sample = {{sample_.bytes(), 0}, infer.width, infer.height};
  if (infer.source == InferSource::kSensor) {
    const Status status = sample_.Capture(&reply_.capture_ticks);
    if (status != Status::kOk) return status;
    sample.width = sample_.frame().width;
    sample.height = sample_.frame().height;
  }
  const size_t value_bytes = app_.sensor == SensorKind::kCamera ? sizeof(uint8_t) : sizeof(int16_t);
  sample.bytes.size = value_bytes * sample.width * sample.height;
  if (sample.bytes.size == 0) return Status::kBadArgument;
  if (sample.bytes.size > sample_.size()) return Status::kBadState;
  reply_.sample_crc32 = Crc32(sample.bytes.data, sample.bytes.size);
  return runner_.PrepareSample(sample, &reply_.preprocess_ticks);
}

Status Inference::Run(const InferRequest& infer, size_t end) {
  const Status status = runner_.Run(infer.first_operator, end, infer.profile != 0, &reply_.invoke_ticks);
  if (status == Status::kOk && runner_.has_output()) reply_.score = runner_.Score();
  return status;
}

void Inference::Reply(const Request& request) {
  const TensorView output = runner_.engine().output();
  const bool fits = output.n_bytes <= kMaxPayloadBytes - sizeof(InferReply);
  const Bytes bytes = {static_cast<const uint8_t*>(output.data), runner_.has_output() && fits ? output.n_bytes : 0};
  host_.Reply(request, {BytesOf(reply_), bytes});
}

void Inference::OnProfile(const Request& request) {
  const uint16_t first = Parse<ProfileRequest>(request.payload).first;
  const Engine& engine = runner_.engine();
  if (!engine.loaded()) return host_.Refuse(request, Status::kNoModel);
  if (runner_.profile() == nullptr) return host_.Refuse(request, Status::kBadState);
  const size_t n_operators = engine.n_operators();
  if (first >= n_operators) {
    return host_.Refuse(request, Status::kBadArgument, static_cast<uint32_t>(n_operators), first);
  }
  const ProfileReply reply = {static_cast<uint16_t>(n_operators), first};
  FrameEncoder* frame = host_.BeginReply(request);
  frame->Append(BytesOf(reply));
  for (size_t i = first; i < n_operators; ++i) {
    const ProfileEntry entry = {runner_.profile()[i], static_cast<uint8_t>(engine.operator_code(i)), {}};
    frame->Append(BytesOf(entry));
  }
  frame->End();
}

}  // namespace tinyhost
