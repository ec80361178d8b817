#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "device/app.h"
#include "device/host.h"
#include "device/request.h"
#include "protocol/frame_decoder.h"
#include "protocol/messages.h"

namespace tinyhost {

class Device;

/// The lengths that the payload of a request may have.
struct PayloadLength {
  size_t min_bytes;
  size_t max_bytes;
};
constexpr PayloadLength kNoPayload = {0, 0};
constexpr PayloadLength kAnyPayload = {0, kMaxRequestBytes};
template <typename T>
constexpr PayloadLength kExactly = {sizeof(T), sizeof(T)};
template <typename T>
constexpr PayloadLength kAtLeast = {sizeof(T), kMaxRequestBytes};

/// One request of the protocol, and what handles it.
struct Route {
  enum class When : uint8_t { kAlways, kInSession };

  MessageType type;
  void (*handle)(Device& device, const Request& request);
  PayloadLength length;
  When when = When::kInSession;
};

/// Turns bytes from the link into requests, and calls the handler that a table names for each. Outside of sessions the
/// app's text commands get the bytes, too.
class Router {
 public:
  /// `receive_buffer` has FrameDecoder::EncodedBytes(kMaxRequestBytes). `text` is the app's, or null.
  template <size_t n>
  Router(const Route (&routes)[n], Device* device, MutableBytes receive_buffer, const TextCommands* text, Host* host)
      : routes_(routes),
        n_routes_(n),
        device_(*device),
        text_(text),
        host_(*host),
        decoder_(receive_buffer.data, receive_buffer.size) {}

  /// Handles the requests that have arrived; returns after a while even if there are more.
  void Poll();

  uint32_t n_frames() const { return decoder_.n_frames(); }
  uint32_t n_bad_frames() const { return decoder_.n_bad(); }

 private:
  void Dispatch();
  const Route* Find(uint8_t type) const;

  const Route* routes_;
  size_t n_routes_;
  Device& device_;
  const TextCommands* text_;
  Host& host_;
  FrameDecoder decoder_;
};

}  // namespace tinyhost
