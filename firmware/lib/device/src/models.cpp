#include "device/models.h"

#include <cstring>

#include "wire.h"

namespace tinyhost {

void Models::Boot() {
  store_.Boot(runner_.LoadCheck());
  LoadActiveModel();
}

void Models::OnModelBegin(const Request& request) {
  const auto begin = Parse<ModelBeginRequest>(request.payload);
  Sha256Digest sha256;
  std::memcpy(sha256.data(), begin.sha256, sha256.size());
  const Status status = store_.Begin(begin.image_bytes, sha256, begin.force != 0);
  if (status != Status::kOk) return host_.Refuse(request, status, store_.slot_bytes(), begin.image_bytes);
  const ModelStore::Progress progress = store_.progress();
  const ModelBeginReply reply = {progress.offset, progress.slot, static_cast<uint8_t>(progress.present ? 1 : 0), 0};
  host_.Reply(request, {BytesOf(reply)});
}

void Models::OnModelWrite(const Request& request) {
  const uint32_t offset = Parse<OffsetHeader>(request.payload).offset;
  const Status status = store_.Write(offset, After<OffsetHeader>(request.payload));
  const ModelStore::Progress progress = store_.progress();
  if (status != Status::kOk) return host_.Refuse(request, status, progress.offset, offset);
  const ModelWriteReply reply = {progress.offset, progress.durable_bytes};
  host_.Reply(request, {BytesOf(reply)});
}

void Models::OnModelCommit(const Request& request) {
  const Status status = store_.Commit(runner_.LoadCheck());
  LoadActiveModel();
  const ModelStore::Progress progress = store_.progress();
  const SlotInfo info = DescribeSlot(progress.slot);
  if (status != Status::kOk) return host_.Refuse(request, status, info.image_bytes, progress.offset);
  host_.Reply(request, {BytesOf(info)});
}

void Models::OnModelRollback(const Request& request) {
  if (!last_rollback_.IsRepeatedBy(request)) {  // a second one would undo the first
    const Status status = store_.Rollback(runner_.LoadCheck());
    LoadActiveModel();
    if (status != Status::kOk) return host_.Refuse(request, status);
    last_rollback_.Remember(request);
  }
  if (store_.active() == ModelStore::kNoSlot) return host_.Refuse(request, Status::kNoModel);
  const SlotInfo info = DescribeSlot(store_.active());
  host_.Reply(request, {BytesOf(info)});
}

void Models::OnModelList(const Request& request) {
  const SlotInfo infos[ModelStore::kSlots] = {DescribeSlot(0), DescribeSlot(1)};
  host_.Reply(request, {BytesOf(infos)});
}

/// After anything that may have loaded another image into the engine.
void Models::LoadActiveModel() {
  listening_.Stop();
  runner_.Activate(store_.active_image());
}

SlotInfo Models::DescribeSlot(uint8_t slot) const {
  SlotInfo info = store_.Info(slot);
  ImageView view;
  const Bytes image = store_.slot(slot).image();
  if (info.state == SlotState::kValid && view.Open(image.data, image.size) == Status::kOk) {
    CopyText(info.name, view.metadata().name);
  }
  return info;
}

}  // namespace tinyhost
