#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "core/bytes.h"
#include "device/app.h"
#include "device/host.h"
#include "device/request.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Data that the host receives without a request for each item.
struct Stream {
  bool is_on = false;
  uint64_t period_us = 0;
  uint64_t due_us = 0;   // when the next item may be sent
  uint32_t index = 0;    // of the next item; counted since the start, as `dropped` is
  uint32_t dropped = 0;  // items that the host did not take
};

/// The app's streams, which the host turns on and off.
class Streams {
 public:
  Streams(const App& app, Host* host) : app_(app), host_(*host) {}

  Stream& operator[](StreamId id) { return streams_[static_cast<size_t>(id) - 1]; }
  const Stream& operator[](StreamId id) const { return streams_[static_cast<size_t>(id) - 1]; }
  bool IsAnyOn() const;
  /// Turns all streams off. The counts continue, so that a host that returns sees what it missed.
  void Stop();
  /// Sends one item; its payload is the pieces, one after the other.
  void Send(StreamId id, uint64_t timestamp_us, std::initializer_list<Bytes> payload);

  void OnStream(const Request& request);

 private:
  static constexpr size_t kStreams = 4;

  bool Has(StreamId id) const;
  StreamHeader HeaderOf(StreamId id, uint64_t timestamp_us) const;

  const App& app_;
  Host& host_;
  std::array<Stream, kStreams> streams_;  // StreamId counts from 1
};

}  // namespace tinyhost
