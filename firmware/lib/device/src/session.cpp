#include <algorithm>

#include "device/device.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/flash.h"
#include "wire.h"

namespace tinyhost {

void Device::OnHello(const Request& request) {
  const auto hello = Parse<HelloRequest>(request.payload);
  if (hello.magic != kHelloMagic) return Refuse(request, Status::kBadArgument, kHelloMagic, hello.magic);
  const uint32_t newest = std::min<uint32_t>(hello.version_max, kProtocolVersion);
  const uint32_t oldest = std::max<uint32_t>(hello.version_min, kProtocolVersionMin);
  HelloReply reply = {};
  reply.magic = kHelloMagic;
  reply.version = static_cast<uint8_t>(newest >= oldest ? newest : 0);
  reply.version_min = kProtocolVersionMin;
  reply.version_max = kProtocolVersion;
  reply.session = hello.session;
  ForgetHost();
  in_session_ = reply.version != 0;
  hal::SetLed(in_session_ ? hal::LedState::kSession : hal::LedState::kIdle);
  Reply(request, {BytesOf(reply)});
}

void Device::OnInfo(const Request& request) {
  InfoReply info = {};
  CopyText(info.board, hal::BoardName());
  CopyText(info.revision, hal::BoardRevision());
  CopyText(info.app, app_.name);
  CopyText(info.engine, Engine::Name());
  CopyText(info.firmware_version, hal::FirmwareVersion());
  CopyText(info.build_id, hal::BuildId());
  CopyText(info.unique_id, hal::UniqueId());
  CopyText(info.tick_unit, hal::TickUnit());
  info.tick_hz = hal::TickHz();
  info.max_request_bytes = kMaxRequestBytes;
  info.arena_bytes = static_cast<uint32_t>(memory_.arena.size);
  info.slot_bytes = store_.slot_bytes();
  info.page_bytes = hal::kFlashPageBytes;
  info.sample_bytes = static_cast<uint32_t>(sample_.capacity());
  info.n_slots = ModelStore::kSlots;
  info.sensor = app_.sensor;
  info.operators = engine_.operators();
  Reply(request, {BytesOf(info)});
}

void Device::OnBye(const Request& request) {
  Reply(request, {});
  EndSession();
}

void Device::OnPing(const Request& request) {
  PingReply reply = {};
  reply.uptime_us = hal::MicrosNow();
  reply.token = Parse<PingRequest>(request.payload).token;
  reply.rx_frames = decoder_.n_frames();
  reply.rx_bad = decoder_.n_bad();
  reply.tx_dropped = encoder_.n_abandoned();
  Reply(request, {BytesOf(reply)});
}

void Device::OnReset(const Request& request) {
  const ResetMode mode = Parse<ResetRequest>(request.payload).mode;
  if (mode != ResetMode::kApp && mode != ResetMode::kBootloader) return Refuse(request, Status::kBadArgument);
  Reply(request, {});
  hal::Reset(mode == ResetMode::kBootloader);
}

void Device::OnSink(const Request& request) {
  const SinkReply reply = {static_cast<uint32_t>(request.payload.size)};
  Reply(request, {BytesOf(reply)});
}

/// What the last host asked for is not for the next one.
void Device::ForgetHost() {
  StopStreams();
  in_session_ = false;
  last_infer_ = {};
  last_snapshot_ = {};
  last_rollback_ = {};
  last_feed_ = {};
  last_self_test_ = {};
  StopListening();
  trouble_ = Status::kOk;
}

/// Back to text.
void Device::EndSession() {
  ForgetHost();
  hal::SetLed(hal::LedState::kIdle);
  encoder_.SendDelimiter();
}

void Device::ExpireSession() {
  constexpr uint64_t kTimeoutUs = uint64_t{kSessionTimeoutMs} * 1000;
  if (!in_session_ || hal::MicrosNow() - last_heard_us_ <= kTimeoutUs) return;
  EndSession();
  Log(LogLevel::kWarning, "host lost");
}

}  // namespace tinyhost
