#include "model_store/model_store.h"

#include <algorithm>
#include <cstring>

#include "core/limits.h"
#include "hal/flash.h"

namespace tinyhost {
namespace {

constexpr size_t DataPages(size_t flash_bytes) {
  return (flash_bytes / hal::kFlashPageBytes - Journal::kPages) / ModelStore::kSlots - 1;
}
static_assert(DataPages(kStorageBytes) * hal::kFlashPageBytes == kSlotBytes,
              "the largest model image, as the host knows it");

Slot MakeSlot(size_t index) {
  const size_t n_data_pages = DataPages(hal::FlashBytes());
  return Slot((Journal::kPages + index * (1 + n_data_pages)) * hal::kFlashPageBytes, n_data_pages);
}

}  // namespace

void ModelStore::Boot(const ImageCheck& check) {
  active_ = kNoSlot;
  EndPush();
  for (uint8_t i = 0; i < kSlots; ++i) {
    slots_[i] = MakeSlot(i);
    conditions_[i] = Classify(slots_[i]);
  }
  int32_t chosen = 0;
  chosen_ = journal_->Get(kActiveSlotKey, &chosen) && chosen == 1 ? 1 : 0;
  for (const uint8_t i : {chosen_, static_cast<uint8_t>(1 - chosen_)}) {
    if (active_ != kNoSlot || conditions_[i].state != SlotState::kValid) continue;
    const Status status = check.check(check.context, slots_[i].image());
    if (status == Status::kOk) active_ = i;
    if (status != Status::kOk) conditions_[i] = {SlotState::kInvalid, status};
  }
}

ModelStore::Condition ModelStore::Classify(const Slot& slot) const {
  if (!slot.has_header()) return {SlotState::kEmpty, Status::kOk};
  if (!slot.is_committed()) return {SlotState::kPartial, Status::kOk};
  if (!slot.Verify()) return {SlotState::kInvalid, Status::kHashMismatch};
  return {SlotState::kValid, Status::kOk};
}

Status ModelStore::Begin(uint32_t image_bytes, const Sha256Digest& sha256, bool force) {
  if (image_bytes == 0) return Status::kBadArgument;
  if (image_bytes > slot_bytes()) return Status::kNoSpace;
  for (uint8_t i = 0; i < kSlots && !force; ++i) {
    if (conditions_[i].state != SlotState::kValid || !IsImage(i, image_bytes, sha256)) continue;
    push_ = Push::kPresent;
    progress_ = {image_bytes, image_bytes, i, true};
    return Status::kOk;
  }
  const uint8_t target = PushTarget(sha256);
  const bool goes_on = push_ == Push::kReceiving && progress_.slot == target && IsImage(target, image_bytes, sha256);
  return goes_on ? Status::kOk : StartPush(target, image_bytes, sha256);
}

Status ModelStore::StartPush(uint8_t slot, uint32_t image_bytes, const Sha256Digest& sha256) {
  EndPush();
  uint32_t n_durable = 0;
  bool resumable = conditions_[slot].state == SlotState::kPartial && IsImage(slot, image_bytes, sha256);
  if (resumable) n_durable = slots_[slot].DurableBytes(&resumable);
  if (!resumable) {
    n_durable = 0;
    const Status status = slots_[slot].Format(image_bytes, sha256);
    conditions_[slot] = Classify(slots_[slot]);
    if (status != Status::kOk) return status;
  }
  push_ = Push::kReceiving;
  progress_ = {n_durable, n_durable, slot, false};
  return Status::kOk;
}

/// The slot that is not active. Without an active one, the slot that already has a part of this image, and never a
/// whole image that was active with other firmware, which may come back.
uint8_t ModelStore::PushTarget(const Sha256Digest& sha256) const {
  if (active_ != kNoSlot) return 1 - active_;
  for (uint8_t i = 0; i < kSlots; ++i) {
    if (conditions_[i].state == SlotState::kPartial && slots_[i].sha256() == sha256) return i;
  }
  return slots_[chosen_].is_committed() && slots_[chosen_].Verify() ? 1 - chosen_ : 0;
}

bool ModelStore::IsImage(uint8_t slot, uint32_t image_bytes, const Sha256Digest& sha256) const {
  return slots_[slot].image_bytes() == image_bytes && slots_[slot].sha256() == sha256;
}

Status ModelStore::Write(uint32_t offset, Bytes data) {
  if (push_ == Push::kNone) return Status::kBadState;
  const uint32_t image_bytes = slots_[progress_.slot].image_bytes();
  if (offset > progress_.offset || data.size > image_bytes - offset) return Status::kBadArgument;
  const size_t n_known = std::min<size_t>(progress_.offset - offset, data.size);
  const uint8_t* next = data.data + n_known;
  for (size_t n_left = data.size - n_known; n_left > 0;) {
    const size_t n_filled = progress_.offset % hal::kFlashPageBytes;
    const size_t n = std::min<size_t>(n_left, hal::kFlashPageBytes - n_filled);
    std::memcpy(page_ + n_filled, next, n);
    progress_.offset += static_cast<uint32_t>(n);
    next += n;
    n_left -= n;
    const bool page_is_full = progress_.offset % hal::kFlashPageBytes == 0 || progress_.offset == image_bytes;
    const Status status = page_is_full ? FlushPage() : Status::kOk;
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

/// Makes the buffered page durable. If that fails the push ends: Begin() finds out what can be used of the slot.
Status ModelStore::FlushPage() {
  const uint32_t page_start = progress_.durable_bytes;
  const size_t n_bytes = progress_.offset - page_start;
  const Status status = slots_[progress_.slot].WritePage(page_start / hal::kFlashPageBytes, page_, n_bytes);
  if (status == Status::kOk) {
    progress_.durable_bytes = progress_.offset;
  } else {
    EndPush();
  }
  return status;
}

void ModelStore::EndPush() {
  push_ = Push::kNone;
  progress_ = {};
}

Status ModelStore::Commit(const ImageCheck& check) {
  if (push_ == Push::kNone) return Status::kBadState;
  if (push_ == Push::kDone) return Status::kOk;
  const uint8_t slot = progress_.slot;
  if (progress_.durable_bytes != slots_[slot].image_bytes()) return Status::kBadState;
  if (!slots_[slot].Verify()) {
    EndPush();
    const Status status = slots_[slot].Clear();  // a new push starts from the first byte
    conditions_[slot] = Classify(slots_[slot]);
    if (active_ == slot) active_ = kNoSlot;
    return status == Status::kOk ? Status::kHashMismatch : status;
  }
  Status status = check.check(check.context, slots_[slot].image());
  if (status != Status::kOk) return status;
  if (!slots_[slot].is_committed()) status = slots_[slot].WriteCommit();
  if (status != Status::kOk) {
    EndPush();
    return status;
  }
  conditions_[slot] = {SlotState::kValid, Status::kOk};
  status = Activate(slot);
  if (status == Status::kOk) push_ = Push::kDone;
  return status;
}

Status ModelStore::Rollback(const ImageCheck& check) {
  if (active_ == kNoSlot) return Status::kNoModel;
  const uint8_t other = 1 - active_;
  if (conditions_[other].state != SlotState::kValid) return Status::kNoModel;
  Status status = CheckSlot(other, check);
  if (status == Status::kOk) status = Activate(other);
  if (status == Status::kOk) EndPush();
  return status;
}

Status ModelStore::CheckSlot(uint8_t slot, const ImageCheck& check) {
  const Status status =
      slots_[slot].Verify() ? check.check(check.context, slots_[slot].image()) : Status::kHashMismatch;
  if (status != Status::kOk) conditions_[slot] = {SlotState::kInvalid, status};
  return status;
}

Status ModelStore::Activate(uint8_t slot) {
  const Status status = journal_->Set(kActiveSlotKey, slot);
  if (status == Status::kOk) active_ = chosen_ = slot;
  return status;
}

Bytes ModelStore::active_image() const { return active_ == kNoSlot ? Bytes{} : slots_[active_].image(); }

SlotInfo ModelStore::Info(uint8_t slot) const {
  SlotInfo info = {};
  info.slot = slot;
  info.state = conditions_[slot].state;
  info.status = conditions_[slot].status;
  info.active = slot == active_ ? 1 : 0;
  if (info.state == SlotState::kEmpty) return info;
  info.image_bytes = slots_[slot].image_bytes();
  const Sha256Digest sha256 = slots_[slot].sha256();
  std::memcpy(info.sha256, sha256.data(), sha256.size());
  info.received_bytes = info.image_bytes;
  bool resumable;
  if (info.state == SlotState::kPartial) info.received_bytes = slots_[slot].DurableBytes(&resumable);
  return info;
}

}  // namespace tinyhost
