#pragma once

#include <cstdint>

#include "core/status.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/predictions.h"
#include "device/request.h"
#include "device/sample_buffer.h"
#include "device/streams.h"
#include "device/unsure.h"

namespace tinyhost {

/// The live loop of an app with a camera: each step takes one picture.
class Looking {
 public:
  Looking(Predictions* predictions, ModelRunner* runner, SampleBuffer* sample, Unsure* unsure, Host* host,
          Streams* streams)
      : predictions_(*predictions),
        runner_(*runner),
        sample_(*sample),
        unsure_(*unsure),
        host_(*host),
        streams_(*streams) {}

  /// The time of the next step; UINT64_MAX if none is needed.
  uint64_t NextStepUs() const;
  /// Takes a picture for all streams that are due.
  Status Step(uint64_t now_us);

  void OnSnapshot(const Request& request);

 private:
  uint64_t PredictionPeriodUs() const;
  void Predict(uint64_t timestamp_us, Result* result);
  void SendPicture(uint64_t timestamp_us);

  Predictions& predictions_;
  ModelRunner& runner_;
  SampleBuffer& sample_;
  Unsure& unsure_;
  Host& host_;
  Streams& streams_;
  LastRequest last_snapshot_;
};

}  // namespace tinyhost
