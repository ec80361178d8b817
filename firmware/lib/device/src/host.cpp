#include "device/host.h"

#include <cstring>

#include "hal/clock.h"
#include "hal/link.h"

namespace tinyhost {
namespace {

constexpr uint32_t kSessionWriteTimeoutMs = 250;
constexpr uint32_t kTextWriteTimeoutMs = 5;  // nobody may be reading

uint8_t ReplyType(MessageType request) { return static_cast<uint8_t>(static_cast<uint8_t>(request) | kReplyFlag); }

Bytes TextBytes(const char* text) { return {reinterpret_cast<const uint8_t*>(text), std::strlen(text)}; }

}  // namespace

void Host::CloseSession() {
  in_session_ = false;
  ++session_;
}

void Host::MarkHeard() { last_heard_us_ = hal::MicrosNow(); }

bool Host::IsLost() const {
  constexpr uint64_t kTimeoutUs = uint64_t{kSessionTimeoutMs} * 1000;
  return in_session_ && hal::MicrosNow() - last_heard_us_ > kTimeoutUs;
}

bool Host::Reply(const Request& request, std::initializer_list<Bytes> payload) {
  return encoder_.Send(ReplyType(request.type), request.seq, payload);
}

void Host::Refuse(const Request& request, Status status, uint32_t expected, uint32_t got) {
  const ErrorReply error = {static_cast<uint8_t>(request.type), status, 0, expected, got};
  encoder_.Send(ReplyType(MessageType::kError), request.seq, {BytesOf(error), TextBytes(StatusName(status))});
}

void Host::Log(LogLevel level, const char* text) {
  if (!in_session_) {
    encoder_.SendText(TextBytes(text));
    encoder_.SendText(TextBytes("\n"));
    return;
  }
  const LogHeader header = {level};
  encoder_.Send(static_cast<uint8_t>(MessageType::kLog), event_seq_++, {BytesOf(header), TextBytes(text)});
}

void Host::Answer(const char* text) {
  if (in_session_) return;
  is_answering_ = true;
  encoder_.SendText(TextBytes(text));
  is_answering_ = false;
}

FrameEncoder* Host::BeginReply(const Request& request) {
  encoder_.Begin(ReplyType(request.type), request.seq);
  return &encoder_;
}

FrameEncoder* Host::BeginData(const Request& request) {
  encoder_.Begin(static_cast<uint8_t>(MessageType::kData), request.seq);
  return &encoder_;
}

FrameEncoder* Host::BeginEvent(MessageType type) {
  encoder_.Begin(static_cast<uint8_t>(type), event_seq_++);
  return &encoder_;
}

size_t Host::WriteToLink(void* context, const uint8_t* data, size_t n) {
  const auto* host = static_cast<const Host*>(context);
  const bool has_reader = host->in_session_ || host->is_answering_;
  return hal::LinkWrite(data, n, has_reader ? kSessionWriteTimeoutMs : kTextWriteTimeoutMs);
}

}  // namespace tinyhost
