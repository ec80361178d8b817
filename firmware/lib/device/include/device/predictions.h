#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/setting_table.h"
#include "device/streams.h"

namespace tinyhost {

/// A result in its wire format, in pieces.
std::array<Bytes, 4> PiecesOf(const Result& result);

/// Live predictions: whether anybody wants them, how often, and their output: to the host as a stream, to a person as
/// text, and on the LED.
class Predictions {
 public:
  Predictions(const App& app, const ModelRunner& runner, const SettingTable& settings, Host* host, Streams* streams)
      : app_(app), runner_(runner), settings_(settings), host_(*host), streams_(*streams) {}

  /// True outside of sessions, unless the app has text commands: then the board prints its predictions as text.
  bool AreWanted() const;
  /// Setting.PERIOD_MS; 0 if the app does not have it.
  uint64_t PeriodSettingUs() const;
  void Show(const Result& result, uint64_t timestamp_us);

 private:
  void ShowOnLed(const Prediction& prediction);
  void Print(const Result& result);

  const App& app_;
  const ModelRunner& runner_;
  const SettingTable& settings_;
  Host& host_;
  Streams& streams_;
  uint64_t lit_until_us_ = 0;
};

}  // namespace tinyhost
