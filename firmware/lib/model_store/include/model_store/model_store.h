#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/sha256.h"
#include "core/status.h"
#include "model_store/journal.h"
#include "model_store/slot.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Decides whether an image may become active, e.g. by loading it into the engine.
struct ImageCheck {
  Status (*check)(void* context, Bytes image);
  void* context;
};

/// Two model slots in flash, of which one is active. A push goes into the other one, page by page, and takes effect by
/// one journal record. Power may fail at any write or erase: Boot() finds the old active model or the new one.
///
/// Flash: the journal's two pages, slot 0, slot 1; the slots share what hal::FlashBytes() leaves.
class ModelStore {
 public:
  static constexpr uint8_t kSlots = 2;
  static constexpr uint8_t kNoSlot = 0xFF;
  static constexpr uint32_t kActiveSlotKey = 0;  // in the journal; settings have keys from kFirstSettingKey on
  static constexpr uint32_t kFirstSettingKey = 0x100;

  struct Progress {
    uint32_t offset;  // next byte that is wanted
    uint32_t durable_bytes;
    uint8_t slot;
    bool present;  // a committed slot has the image already
  };

  /// `page` is a buffer of hal::kFlashPageBytes. `journal` is booted by its owner, and before Boot().
  /// Nothing else may be called before Boot().
  ModelStore(Journal* journal, uint8_t* page) : journal_(journal), page_(page) {}

  /// Verifies both slots and activates the journal's choice, or the other slot if that one does not verify or load.
  void Boot(const ImageCheck& check);

  /// Announces an image. Resumes where a push of the same image stopped; skips an image that a committed slot has,
  /// unless `force`. kBadArgument: no bytes; kNoSpace: larger than a slot.
  Status Begin(uint32_t image_bytes, const Sha256Digest& sha256, bool force);
  /// Takes bytes at `offset`. Bytes that it has already are skipped. kBadState: no push is under way. kBadArgument:
  /// `offset` is beyond the next wanted byte, or the bytes go past the image. kFlash*: Begin() must come again.
  Status Write(uint32_t offset, Bytes data);
  /// Verifies the hash, checks, commits and activates. Again after success: kOk. kBadState: bytes are missing.
  Status Commit(const ImageCheck& check);
  /// Activates the other slot. kNoModel: it has no valid model.
  Status Rollback(const ImageCheck& check);

  /// Progress of the push under way; zeros if there is none.
  Progress progress() const { return progress_; }
  uint8_t active() const { return active_; }
  /// Empty without an active model.
  Bytes active_image() const;
  uint32_t slot_bytes() const { return static_cast<uint32_t>(slots_[0].capacity()); }
  /// Everything but the name, which the store does not know.
  SlotInfo Info(uint8_t slot) const;
  const Slot& slot(uint8_t index) const { return slots_[index]; }

 private:
  enum class Push : uint8_t { kNone, kReceiving, kPresent, kDone };
  struct Condition {
    SlotState state = SlotState::kEmpty;
    Status status = Status::kOk;
  };

  Condition Classify(const Slot& slot) const;
  uint8_t PushTarget(const Sha256Digest& sha256) const;
  bool IsImage(uint8_t slot, uint32_t image_bytes, const Sha256Digest& sha256) const;
  Status StartPush(uint8_t slot, uint32_t image_bytes, const Sha256Digest& sha256);
  Status FlushPage();
  void EndPush();
  Status CheckSlot(uint8_t slot, const ImageCheck& check);
  Status Activate(uint8_t slot);

  Journal* journal_;
  uint8_t* page_;
  std::array<Slot, kSlots> slots_;
  std::array<Condition, kSlots> conditions_;
  uint8_t active_ = kNoSlot;
  uint8_t chosen_ = 0;  // what the journal says: the last slot that was made active, whether it loads or not
  Push push_ = Push::kNone;
  Progress progress_{};
};

}  // namespace tinyhost
