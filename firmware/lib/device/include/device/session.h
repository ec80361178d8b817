#pragma once

#include "device/host.h"
#include "device/live.h"
#include "device/request.h"
#include "device/router.h"
#include "device/streams.h"

namespace tinyhost {

/// Begins and ends sessions with hosts.
///
/// Outside of sessions the device prints its predictions as text. HELLO opens a session: then the device does only what
/// the host asks for, so measurements are undisturbed. BYE or silence ends it.
class Session {
 public:
  Session(const Router& router, Streams* streams, Live* live, Host* host)
      : router_(router), streams_(*streams), live_(*live), host_(*host) {}

  /// Ends the session: the device prints text again.
  void End();
  /// Ends a session whose host was lost.
  void Poll();

  void OnHello(const Request& request);
  void OnBye(const Request& request);
  void OnPing(const Request& request);
  void OnSink(const Request& request);
  void OnReset(const Request& request);

 private:
  void ForgetHost();

  const Router& router_;
  Streams& streams_;
  Live& live_;
  Host& host_;
};

}  // namespace tinyhost
