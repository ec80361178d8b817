#include "device/request.h"

#include "core/crc32.h"

namespace tinyhost {
namespace {

constexpr uint32_t kMaxRepeatFrames = 1u << 15;  // after that, another request may have the same `seq`

}  // namespace

void LastRequest::Remember(const Request& request) {
  session_ = request.session;
  frame_ = request.frame;
  crc32_ = Crc32(request.payload.data, request.payload.size);
  seq_ = request.seq;
}

bool LastRequest::IsRepeatedBy(const Request& request) const {
  return session_ == request.session && seq_ == request.seq && request.frame - frame_ < kMaxRepeatFrames &&
         crc32_ == Crc32(request.payload.data, request.payload.size);
}

}  // namespace tinyhost
