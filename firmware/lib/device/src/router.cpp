#include "device/router.h"

#include "hal/link.h"

namespace tinyhost {
namespace {

constexpr size_t kReceiveChunkBytes = 256;
constexpr size_t kMaxChunksPerPoll = 64;  // after that, the live loop has its turn

}  // namespace

void Router::Poll() {
  uint8_t chunk[kReceiveChunkBytes];
  for (size_t i = 0; i < kMaxChunksPerPoll; ++i) {
    const size_t n = hal::LinkRead(chunk, sizeof(chunk));
    if (n == 0) return;
    for (size_t j = 0; j < n; ++j) {
      if (text_ != nullptr && !host_.in_session()) text_->take(chunk[j]);
      if (decoder_.Push(chunk[j]) == DecodeStatus::kFrame) Dispatch();
    }
  }
}

void Router::Dispatch() {
  const FrameHeader header = decoder_.header();
  const Bytes payload = decoder_.payload();
  const Request request = {static_cast<MessageType>(header.type), header.seq, payload, decoder_.n_frames(),
                           host_.session()};
  host_.MarkHeard();
  const Route* route = header.flags == 0 ? Find(header.type) : nullptr;
  if (route == nullptr) return host_.Refuse(request, Status::kUnsupported);
  if (route->when == Route::When::kInSession && !host_.in_session()) return host_.Refuse(request, Status::kBadState);
  const PayloadLength& length = route->length;
  if (payload.size < length.min_bytes || payload.size > length.max_bytes) {
    const size_t expected = payload.size < length.min_bytes ? length.min_bytes : length.max_bytes;
    return host_.Refuse(request, Status::kBadLength, static_cast<uint32_t>(expected),
                        static_cast<uint32_t>(payload.size));
  }
  route->handle(device_, request);
  host_.MarkHeard();
}

const Route* Router::Find(uint8_t type) const {
  for (size_t i = 0; i < n_routes_; ++i) {
    if (static_cast<uint8_t>(routes_[i].type) == type) return &routes_[i];
  }
  return nullptr;
}

}  // namespace tinyhost
