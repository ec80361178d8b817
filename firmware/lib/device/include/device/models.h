#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "device/host.h"
#include "device/listening.h"
#include "device/model_runner.h"
#include "device/request.h"
#include "model_store/journal.h"
#include "model_store/model_store.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The models in flash: the host pushes them, lists them, and goes back to the previous one.
class Models {
 public:
  /// `page`: a buffer of hal::kFlashPageBytes.
  Models(Journal* journal, MutableBytes page, ModelRunner* runner, Listening* listening, Host* host)
      : runner_(*runner), listening_(*listening), host_(*host), store_(journal, page.data) {}

  /// Finds the active model and loads it.
  void Boot();
  Bytes active_image() const { return store_.active_image(); }
  uint32_t slot_bytes() const { return store_.slot_bytes(); }

  void OnModelBegin(const Request& request);
  void OnModelWrite(const Request& request);
  void OnModelCommit(const Request& request);
  void OnModelRollback(const Request& request);
  void OnModelList(const Request& request);

 private:
  void LoadActiveModel();
  SlotInfo DescribeSlot(uint8_t slot) const;

  ModelRunner& runner_;
  Listening& listening_;
  Host& host_;
  ModelStore store_;
  LastRequest last_rollback_;
};

}  // namespace tinyhost
