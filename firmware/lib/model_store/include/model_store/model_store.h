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

/// Decides whether an image may become active, for example by loading it into the engine.
struct ImageCheck {
  Status (*check)(void* context, Bytes image);
  void* context;
};

/// Two model slots in flash, of which one is active. A push writes the other one, page by page, and takes effect with
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
    uint32_t offset;  // next byte to send
    uint32_t durable_bytes;
    uint8_t slot;
    bool present;  // a committed slot already has the image
  };

  /// `page` is a buffer of hal::kFlashPageBytes. `journal` is booted by its owner, before Boot(). Nothing else may be
  /// called before Boot().
  ModelStore(Journal* journal, uint8_t* page) : journal_(journal), page_(page) {}

  /// Verifies both slots and activates the journal's choice, or the other slot if that one does not verify or load.
  void Boot(const ImageCheck& check);

  /// Announces an image. Resumes where a push of the same image stopped; skips an image that a committed slot has,
  /// unless `force`. Returns kBadArgument for no bytes, kNoSpace if it is larger than a slot.
  Status Begin(uint32_t image_bytes, const Sha256Digest& sha256, bool force);
  /// Takes bytes at `offset`. Bytes that it already has are skipped. Returns kBadState if no push is under way,
  /// kBadArgument if `offset` is beyond the next byte or the bytes go past the image, kFlash* if the push must start
  /// again with Begin().
  Status Write(uint32_t offset, Bytes data);
  /// Verifies the hash, checks, commits and activates. Returns kOk again after success, kBadState if bytes are missing.
  Status Commit(const ImageCheck& check);
  /// Activates the other slot. Returns kNoModel if it has no valid model.
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
  uint8_t chosen_ = 0;  // the journal's choice: the last slot that was made active, whether it loads or not
  Push push_ = Push::kNone;
  Progress progress_{};
};

}  // namespace tinyhost
