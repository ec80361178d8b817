#pragma once

#include <cstdint>
#include <initializer_list>

#include "core/bytes.h"
#include "core/status.h"
#include "device/request.h"
#include "protocol/frame_encoder.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The host at the other end of the link, and what the device sends to it: replies and events while a session is open,
/// lines of text otherwise.
class Host {
 public:
  Host() : encoder_(WriteToLink, this) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void OpenSession() { in_session_ = true; }
  /// After this, a repeated request is carried out again.
  void CloseSession();
  bool in_session() const { return in_session_; }
  /// Counts from 1; grows with each CloseSession().
  uint32_t session() const { return session_; }

  /// Called when a request has arrived, or was being handled until now, during which the host could not send.
  void MarkHeard();
  /// Whether a session is open and its host has sent nothing for kSessionTimeoutMs.
  bool IsLost() const;

  bool Reply(const Request& request, std::initializer_list<Bytes> payload);
  void Refuse(const Request& request, Status status, uint32_t expected = 0, uint32_t got = 0);
  /// A LOG event; without a session, a line of text.
  void Log(LogLevel level, const char* text);
  /// Text that was requested and is therefore read; only outside of sessions.
  void Answer(const char* text);
  /// Ends a frame of which the host may have received a part.
  void SendDelimiter() { encoder_.SendDelimiter(); }

  /// These begin a frame whose payload is appended piece by piece; the caller must end it.
  FrameEncoder* BeginReply(const Request& request);
  FrameEncoder* BeginData(const Request& request);
  FrameEncoder* BeginEvent(MessageType type);

  /// Frames that were given up because the host did not read.
  uint32_t n_dropped_frames() const { return encoder_.n_abandoned(); }

 private:
  static size_t WriteToLink(void* context, const uint8_t* data, size_t n);

  FrameEncoder encoder_;
  bool in_session_ = false;
  bool is_answering_ = false;
  uint16_t event_seq_ = 0;
  uint32_t session_ = 1;
  uint64_t last_heard_us_ = 0;
};

}  // namespace tinyhost
