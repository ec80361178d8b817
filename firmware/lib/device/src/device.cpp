#include "device/device.h"

#include <algorithm>

#include "core/crc32.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/link.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr size_t kReceiveChunkBytes = 256;
constexpr size_t kMaxChunksPerPoll = 64;  // then the live loop has its turn
constexpr uint32_t kMaxSleepMs = 50;
constexpr uint32_t kMaxRepeatFrames = 1u << 15;  // by then a host's `seq` comes round
constexpr uint32_t kSessionWriteTimeoutMs = 250;
constexpr uint32_t kTextWriteTimeoutMs = 5;  // nobody may be reading

}  // namespace

Device::Device(const App& app, const DeviceMemory& memory)
    : app_(app),
      memory_(memory),
      decoder_(memory.receive.data, memory.receive.size),
      encoder_(WriteToLink, this),
      journal_(0),
      store_(&journal_, memory.page.data),
      settings_(app.settings, app.n_settings, &journal_),
      sample_(memory.sample.data, memory.sample.size) {}

void Device::Begin() {
  hal::SetLed(hal::LedState::kBooting);
  journal_.Boot();
  settings_.Load();
  store_.Boot(LoadCheck());
  LoadActiveModel();
  EndSession();
}

void Device::Poll() {
  Receive();
  ExpireSession();
  const uint64_t now_us = hal::MicrosNow();
  const uint64_t due_us = NextLiveStep();
  if (ears_ == Ears::kSensor && !WantsSensor()) StopListening();
  if (now_us >= due_us) {
    TakeLiveStep(now_us);
  } else {
    hal::WaitForLink(static_cast<uint32_t>(std::min<uint64_t>((due_us - now_us + 999) / 1000, kMaxSleepMs)));
  }
}

void Device::Receive() {
  uint8_t chunk[kReceiveChunkBytes];
  for (size_t i = 0; i < kMaxChunksPerPoll; ++i) {
    const size_t n = hal::LinkRead(chunk, sizeof(chunk));
    if (n == 0) return;
    for (size_t j = 0; j < n; ++j) {
      if (decoder_.Push(chunk[j]) == DecodeStatus::kFrame) Dispatch();
    }
  }
}

/// Every request of the schema, the payload lengths that it may have, and who answers it.
const Device::Route* Device::FindRoute(uint8_t type) {
  static constexpr Route kRoutes[] = {
      // A later version may append to HELLO.
      {MessageType::kHello, sizeof(HelloRequest), kMaxRequestBytes, &Device::OnHello},
      {MessageType::kInfo, 0, 0, &Device::OnInfo},
      {MessageType::kBye, 0, 0, &Device::OnBye},
      {MessageType::kPing, sizeof(PingRequest), sizeof(PingRequest), &Device::OnPing},
      {MessageType::kReset, sizeof(ResetRequest), sizeof(ResetRequest), &Device::OnReset},
      {MessageType::kSink, 0, kMaxRequestBytes, &Device::OnSink},
      {MessageType::kModelBegin, sizeof(ModelBeginRequest), sizeof(ModelBeginRequest), &Device::OnModelBegin},
      {MessageType::kModelWrite, sizeof(OffsetHeader), kMaxRequestBytes, &Device::OnModelWrite},
      {MessageType::kModelCommit, 0, 0, &Device::OnModelCommit},
      {MessageType::kModelRollback, 0, 0, &Device::OnModelRollback},
      {MessageType::kModelList, 0, 0, &Device::OnModelList},
      {MessageType::kWrite, sizeof(WriteRequest), kMaxRequestBytes, &Device::OnWrite},
      {MessageType::kRead, sizeof(ReadRequest), sizeof(ReadRequest), &Device::OnRead},
      {MessageType::kInfer, sizeof(InferRequest), sizeof(InferRequest), &Device::OnInfer},
      {MessageType::kProfile, sizeof(ProfileRequest), sizeof(ProfileRequest), &Device::OnProfile},
      {MessageType::kSnapshot, 0, 0, &Device::OnSnapshot},
      {MessageType::kFeed, sizeof(FeedRequest), kMaxRequestBytes, &Device::OnFeed},
      {MessageType::kSelfTest, sizeof(SelfTestRequest), sizeof(SelfTestRequest), &Device::OnSelfTest},
      {MessageType::kSettings, 0, 0, &Device::OnSettings},
      {MessageType::kSettingSet, sizeof(SettingSetRequest), sizeof(SettingSetRequest), &Device::OnSettingSet},
      {MessageType::kStream, sizeof(StreamRequest), sizeof(StreamRequest), &Device::OnStream},
  };
  for (const Route& route : kRoutes) {
    if (static_cast<uint8_t>(route.type) == type) return &route;
  }
  return nullptr;
}

void Device::Dispatch() {
  const FrameHeader header = decoder_.header();
  const Bytes payload = decoder_.payload();
  last_heard_us_ = hal::MicrosNow();
  const Request request = {static_cast<MessageType>(header.type), header.seq, payload};
  const Route* route = header.flags == 0 ? FindRoute(header.type) : nullptr;
  if (route == nullptr) return Refuse(request, Status::kUnsupported);
  const bool opens_or_ends = request.type == MessageType::kHello || request.type == MessageType::kBye;
  if (!in_session_ && !opens_or_ends) return Refuse(request, Status::kBadState);
  if (payload.size < route->min_bytes || payload.size > route->max_bytes) {
    const size_t expected = payload.size < route->min_bytes ? route->min_bytes : route->max_bytes;
    return Refuse(request, Status::kBadLength, static_cast<uint32_t>(expected), static_cast<uint32_t>(payload.size));
  }
  (this->*route->handler)(request);
  last_heard_us_ = hal::MicrosNow();  // the host could not speak while it waited
}

bool Device::Reply(const Request& request, std::initializer_list<Bytes> payload) {
  return encoder_.Send(static_cast<uint8_t>(static_cast<uint8_t>(request.type) | kReplyFlag), request.seq, payload);
}

void Device::Refuse(const Request& request, Status status, uint32_t expected, uint32_t got) {
  const ErrorReply error = {static_cast<uint8_t>(request.type), status, 0, expected, got};
  const char* name = StatusName(status);
  const Bytes text = {reinterpret_cast<const uint8_t*>(name), std::strlen(name)};
  encoder_.Send(static_cast<uint8_t>(MessageType::kError) | kReplyFlag, request.seq, {BytesOf(error), text});
}

Device::Done Device::Remember(const Request& request) const {
  return {true, request.seq, Crc32(request.payload.data, request.payload.size), decoder_.n_frames()};
}

/// Whatever other requests came in between: PINGs do when a reply fails to come.
bool Device::IsRepeat(const Request& request, const Done& done) const {
  return done.is_valid && done.seq == request.seq && decoder_.n_frames() - done.frame < kMaxRepeatFrames &&
         done.crc32 == Crc32(request.payload.data, request.payload.size);
}

size_t Device::WriteToLink(void* context, const uint8_t* data, size_t n) {
  const bool in_session = static_cast<Device*>(context)->in_session_;
  return hal::LinkWrite(data, n, in_session ? kSessionWriteTimeoutMs : kTextWriteTimeoutMs);
}

}  // namespace tinyhost
