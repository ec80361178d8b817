#include "device/model_runner.h"

#include <algorithm>
#include <cstring>

#include "hal/clock.h"
#include "stage_timer.h"
#include "wire.h"

namespace tinyhost {

ImageCheck ModelRunner::LoadCheck() {
  const auto check = [](void* context, Bytes image) {
    auto* runner = static_cast<ModelRunner*>(context);
    ++runner->n_loads_;
    return runner->engine_.Load(image.data, image.size, runner->arena_.data, runner->arena_.size);
  };
  return {check, this};
}

MutableBytes ModelRunner::ArenaRest() const {
  const size_t used = (engine_.arena_bytes() + 15) / 16 * 16;
  if (!Engine::kLeavesRest || used >= arena_.size) return {};
  return {arena_.data + used, arena_.size - used};
}

void ModelRunner::Activate(Bytes image) {
  SetContents(Contents::kUnknown);
  has_profile_ = false;
  engine_.Unload();
  status_ = image.size == 0 ? Status::kNoModel : LoadCheck().check(this, image);
  if (status_ == Status::kOk) status_ = app_.check_model(engine_);
  Restart();
}

void ModelRunner::Restart() {
  follows_ = false;
  if (status_ == Status::kOk) app_.start_model(engine_, &settings_);
}

Status ModelRunner::PrepareSample(const Sample& sample, uint64_t* ticks) {
  SetContents(Contents::kUnknown);
  const StageTimer timer(hal::Stage::kPreprocess);
  const Status status = app_.prepare(sample, engine_);
  *ticks = timer.End();
  return status;
}

Status ModelRunner::PrepareWindow(uint64_t* ticks) {
  SetContents(Contents::kUnknown);
  const StageTimer timer(hal::Stage::kPreprocess);
  const Status status = app_.sample_input->fill(engine_);
  *ticks = timer.End();
  return status;
}

void ModelRunner::Predict(uint64_t time_us, Result* result) {
  Prediction* prediction = &result->prediction;
  if (!follows_) engine_.Reset();
  follows_ = true;
  const StageTimer timer(hal::Stage::kInvoke);
  prediction->status = RunOperators(0, engine_.n_operators(), nullptr, true);
  if (prediction->status == Status::kOk) prediction->score = Score();
  prediction->invoke_ticks = Saturate(timer.End());
  if (prediction->status == Status::kOk) app_.conclude(engine_, settings_, time_us, result);
}

Status ModelRunner::WriteInput(uint32_t offset, Bytes data) {
  if (!engine_.loaded()) return Status::kNoModel;
  const TensorView input = engine_.input();
  if (offset > n_input_bytes_) return Status::kBadArgument;
  if (data.size > input.n_bytes - offset) return Status::kNoSpace;
  std::memcpy(static_cast<uint8_t*>(input.data) + offset, data.data, data.size);
  const size_t n_bytes = std::max<size_t>(n_input_bytes_, offset + data.size);
  SetContents(n_bytes == input.n_bytes ? Contents::kInput : Contents::kUnknown);
  n_input_bytes_ = n_bytes;
  return Status::kOk;
}

void ModelRunner::SetInputComplete() {
  SetContents(Contents::kInput);
  n_input_bytes_ = engine_.input().n_bytes;
}

Status ModelRunner::Run(size_t first, size_t end, bool profiles, uint64_t* ticks) {
  SetContents(Contents::kUnknown);
  if (first == 0) {
    has_profile_ = follows_ = false;
    engine_.Reset();
  }
  if (profiles && first == 0) profile_.fill(0);
  const StageTimer timer(hal::Stage::kInvoke);
  const Status status = RunOperators(first, end, profiles ? profile_.data() + first : nullptr, false);
  *ticks = timer.End();
  if (status != Status::kOk) return status;
  has_profile_ = has_profile_ || profiles;
  SetContents(Contents::kOperators);
  n_operators_run_ = end;
  return Status::kOk;
}

int32_t ModelRunner::Score() const {
  const Scoring* scoring = ActiveScoring();
  return scoring == nullptr ? 0 : scoring->score(engine_);
}

void ModelRunner::SetContents(Contents contents) {
  contents_ = contents;
  n_input_bytes_ = 0;
  ++arena_version_;
}

/// Runs operators [first, end), and lets the app see what it needs for its score, which may stop a live run; `ticks`,
/// if given, receives one count per operator.
Status ModelRunner::RunOperators(size_t first, size_t end, uint32_t* ticks, bool is_live) {
  const TickSource now = ticks == nullptr ? nullptr : hal::Ticks;
  const Scoring* scoring = ActiveScoring();
  if (scoring != nullptr && first == 0) watched_ = scoring->begin(engine_);
  for (;;) {
    const bool is_watched = scoring != nullptr && watched_ >= first && watched_ < end;
    const size_t pause = is_watched ? watched_ + 1 : end;
    const Status status = engine_.InvokeRange(first, pause, now, ticks);
    if (!is_watched || status != Status::kOk) return status;
    if (!scoring->watch(engine_) && is_live) return status;
    if (ticks != nullptr) ticks += pause - first;
    first = pause;
  }
}

}  // namespace tinyhost
