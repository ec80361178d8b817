#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/request.h"
#include "device/sample_buffer.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Single inferences that the host asks for, and the duration of each operator.
class Inference {
 public:
  Inference(const App& app, ModelRunner* runner, SampleBuffer* sample, Host* host)
      : app_(app), runner_(*runner), sample_(*sample), host_(*host) {}

  void OnInfer(const Request& request);
  void OnProfile(const Request& request);

 private:
  Status FillInput(const InferRequest& infer);
  Status FillInputFromSample(const InferRequest& infer);
  Status Run(const InferRequest& infer, size_t end);
  void Reply(const Request& request);

  const App& app_;
  ModelRunner& runner_;
  SampleBuffer& sample_;
  Host& host_;
  LastRequest last_infer_;
  InferReply reply_{};          // the reply to last_infer_
  uint32_t arena_version_ = 0;  // the arena's version when reply_ was made
};

}  // namespace tinyhost
