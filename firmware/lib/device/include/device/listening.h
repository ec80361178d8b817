#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/predictions.h"
#include "device/request.h"
#include "device/streams.h"
#include "device/unsure.h"
#include "hal/sampling.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The live loop of an app with a continuous sensor (a microphone, an accelerometer): each step reads the available
/// samples. Samples may also come from a host that feeds them.
class Listening {
 public:
  Listening(const App& app, ModelRunner* runner, Predictions* predictions, Unsure* unsure, Host* host, Streams* streams)
      : app_(app), runner_(*runner), predictions_(*predictions), unsure_(*unsure), host_(*host), streams_(*streams) {}

  /// The time of the next step; UINT64_MAX if none is needed.
  uint64_t NextStepUs() const;
  /// Reads the sensor's samples for all streams.
  Status Step(uint64_t now_us);
  /// Forgets the source of samples; the sensor is stopped.
  void Stop();
  void StopSensor();
  /// Stops the sensor if no stream or prediction needs it.
  void StopUnusedSensor();

  void OnFeed(const Request& request);

 private:
  enum class Source : uint8_t { kNone, kSensor, kFeed };
  /// The samples since the last restart.
  struct Progress {
    uint64_t position = 0;      // of the next sample
    uint64_t time_us = 0;       // of the next sample, on the board's clock
    uint64_t due_position = 0;  // the model runs from here on
    uint64_t read_ticks = 0;    // this and the next: since the last prediction
    uint64_t take_ticks = 0;
    uint32_t n_strides = 0;
  };
  static constexpr size_t kMaxFeedResults = 8;  // in one FEED

  Status CheckModel(const hal::Sampling& sampling) const;
  bool NeedsSensor() const;
  Status StartSensor();
  Status ReadSensor();
  void TakeBlock(const int16_t* samples, const hal::SampleBlock& block);
  void SendSamples(const int16_t* samples, const hal::SampleBlock& block);
  void SendFeatures();
  size_t Take(const int16_t* samples, size_t n_samples, bool may_predict);
  void Predict();
  void Restart(uint64_t position);
  uint64_t SamplesToUs(uint64_t n_samples) const;
  bool AcceptFeed(const Request& request, const FeedRequest& feed, size_t data_bytes);
  void TakeFeed(Bytes data);
  void ReplyFeed(const Request& request);

  const App& app_;
  ModelRunner& runner_;
  Predictions& predictions_;
  Unsure& unsure_;
  Host& host_;
  Streams& streams_;
  Source source_ = Source::kNone;
  hal::Sampling sampling_{};  // of the incoming samples
  hal::Sampling sensor_{};    // of the sensor when it was last on
  Progress progress_;
  uint64_t due_us_ = 0;
  LastRequest last_feed_;
  size_t n_fed_results_ = 0;
  std::array<Result, kMaxFeedResults> fed_results_{};
};

}  // namespace tinyhost
