#include "device/device.h"
#include "wire.h"

namespace tinyhost {

void Device::OnModelBegin(const Request& request) {
  const auto begin = Parse<ModelBeginRequest>(request.payload);
  Sha256Digest sha256;
  std::memcpy(sha256.data(), begin.sha256, sha256.size());
  const Status status = store_.Begin(begin.image_bytes, sha256, begin.force != 0);
  if (status != Status::kOk) return Refuse(request, status, store_.slot_bytes(), begin.image_bytes);
  const ModelStore::Progress progress = store_.progress();
  const ModelBeginReply reply = {progress.offset, progress.slot, static_cast<uint8_t>(progress.present ? 1 : 0), 0};
  Reply(request, {BytesOf(reply)});
}

void Device::OnModelWrite(const Request& request) {
  const uint32_t offset = Parse<OffsetHeader>(request.payload).offset;
  const Status status = store_.Write(offset, After<OffsetHeader>(request.payload));
  const ModelStore::Progress progress = store_.progress();
  if (status != Status::kOk) return Refuse(request, status, progress.offset, offset);
  const ModelWriteReply reply = {progress.offset, progress.durable_bytes};
  Reply(request, {BytesOf(reply)});
}

void Device::OnModelCommit(const Request& request) {
  const Status status = store_.Commit(LoadCheck());
  LoadActiveModel();
  const ModelStore::Progress progress = store_.progress();
  const SlotInfo info = DescribeSlot(progress.slot);
  if (status != Status::kOk) return Refuse(request, status, info.image_bytes, progress.offset);
  Reply(request, {BytesOf(info)});
}

void Device::OnModelRollback(const Request& request) {
  if (!IsRepeat(request, last_rollback_)) {  // a second one would undo the first
    const Status status = store_.Rollback(LoadCheck());
    LoadActiveModel();
    if (status != Status::kOk) return Refuse(request, status);
    last_rollback_ = Remember(request);
  }
  if (store_.active() == ModelStore::kNoSlot) return Refuse(request, Status::kNoModel);
  const SlotInfo info = DescribeSlot(store_.active());
  Reply(request, {BytesOf(info)});
}

void Device::OnModelList(const Request& request) {
  const SlotInfo infos[ModelStore::kSlots] = {DescribeSlot(0), DescribeSlot(1)};
  Reply(request, {BytesOf(infos)});
}

/// Loads an image into the engine, where it stays until LoadActiveModel().
ImageCheck Device::LoadCheck() {
  const auto check = [](void* context, Bytes image) {
    auto* device = static_cast<Device*>(context);
    const MutableBytes arena = device->memory_.arena;
    return device->engine_.Load(image.data, image.size, arena.data, arena.size);
  };
  return {check, this};
}

void Device::LoadActiveModel() {
  ForgetRun();
  StopListening();
  has_profile_ = false;
  engine_.Unload();
  const Bytes image = store_.active_image();
  app_status_ = image.size == 0 ? Status::kNoModel : LoadCheck().check(this, image);
  if (app_status_ == Status::kOk) app_status_ = app_.check_model(engine_);
  if (app_status_ == Status::kOk) app_.start_model(engine_, &settings_);
}

SlotInfo Device::DescribeSlot(uint8_t slot) const {
  SlotInfo info = store_.Info(slot);
  ImageView view;
  const Bytes image = store_.slot(slot).image();
  if (info.state == SlotState::kValid && view.Open(image.data, image.size) == Status::kOk) {
    CopyText(info.name, view.metadata().name);
  }
  return info;
}

}  // namespace tinyhost
