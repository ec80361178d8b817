#pragma once

#include "device/app.h"
#include "device/host.h"
#include "device/listening.h"
#include "device/request.h"
#include "device/streams.h"
#include "hal/self_test.h"

namespace tinyhost {

/// The self-test of the app's sensor, one part per request, so that the device answers the host every few seconds.
class SelfTests {
 public:
  SelfTests(const App& app, const Streams& streams, Listening* listening, Host* host)
      : app_(app), streams_(streams), listening_(*listening), host_(*host) {}

  void OnSelfTest(const Request& request);

 private:
  const App& app_;
  const Streams& streams_;
  Listening& listening_;
  Host& host_;
  LastRequest last_;
  hal::FindingList findings_;  // of the request last_
};

}  // namespace tinyhost
