#include "device/session.h"

#include <algorithm>

#include "hal/board.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {

void Session::End() {
  ForgetHost();
  hal::SetLed(hal::LedState::kIdle);
  host_.SendDelimiter();
}

void Session::Poll() {
  if (!host_.IsLost()) return;
  End();
  host_.Log(LogLevel::kWarning, "host lost");
}

/// Requests of one host do not apply to the next one.
void Session::ForgetHost() {
  streams_.Stop();
  host_.CloseSession();
  live_.ForgetHost();
}

void Session::OnHello(const Request& request) {
  const auto hello = Parse<HelloRequest>(request.payload);
  if (hello.magic != kHelloMagic) return host_.Refuse(request, Status::kBadArgument, kHelloMagic, hello.magic);
  const uint32_t newest = std::min<uint32_t>(hello.version_max, kProtocolVersion);
  const uint32_t oldest = std::max<uint32_t>(hello.version_min, kProtocolVersionMin);
  HelloReply reply = {};
  reply.magic = kHelloMagic;
  reply.version = static_cast<uint8_t>(newest >= oldest ? newest : 0);
  reply.version_min = kProtocolVersionMin;
  reply.version_max = kProtocolVersion;
  reply.session = hello.session;
  ForgetHost();
  if (reply.version != 0) host_.OpenSession();
  hal::SetLed(host_.in_session() ? hal::LedState::kSession : hal::LedState::kIdle);
  host_.Reply(request, {BytesOf(reply)});
}

void Session::OnBye(const Request& request) {
  host_.Reply(request, {});
  End();
}

void Session::OnPing(const Request& request) {
  PingReply reply = {};
  reply.uptime_us = hal::MicrosNow();
  reply.token = Parse<PingRequest>(request.payload).token;
  reply.rx_frames = router_.n_frames();
  reply.rx_bad = router_.n_bad_frames();
  reply.tx_dropped = host_.n_dropped_frames();
  reply.boot = hal::BootNumber();
  host_.Reply(request, {BytesOf(reply)});
}

void Session::OnSink(const Request& request) {
  const SinkReply reply = {static_cast<uint32_t>(request.payload.size)};
  host_.Reply(request, {BytesOf(reply)});
}

void Session::OnReset(const Request& request) {
  const ResetMode mode = Parse<ResetRequest>(request.payload).mode;
  if (mode != ResetMode::kApp && mode != ResetMode::kBootloader) return host_.Refuse(request, Status::kBadArgument);
  host_.Reply(request, {});
  hal::Reset(mode == ResetMode::kBootloader);
}

}  // namespace tinyhost
