#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/models.h"
#include "device/request.h"
#include "device/sample_buffer.h"
#include "device/unsure.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Memory that the host reads and writes: the sample, the model's tensors, the model itself.
class Transfers {
 public:
  Transfers(const Models& models, const Unsure& unsure, ModelRunner* runner, SampleBuffer* sample, Host* host)
      : models_(models), unsure_(unsure), runner_(*runner), sample_(*sample), host_(*host) {}

  void OnRead(const Request& request);
  void OnWrite(const Request& request);

 private:
  void WriteSample(const Request& request, uint32_t offset, Bytes data);
  void WriteInput(const Request& request, uint32_t offset, Bytes data);
  Status Resolve(const ReadRequest& read, Bytes* bytes, uint32_t* total_bytes) const;
  bool SendPiece(const Request& request, const ReadRequest& read, Bytes source, uint32_t offset, size_t n,
                 uint32_t* crc32);

  const Models& models_;
  const Unsure& unsure_;
  ModelRunner& runner_;
  SampleBuffer& sample_;
  Host& host_;
};

}  // namespace tinyhost
