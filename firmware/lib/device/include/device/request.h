#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "protocol/messages.h"

namespace tinyhost {

/// One request of the host.
struct Request {
  MessageType type;
  uint16_t seq;
  Bytes payload;     // valid until the next byte is received
  uint32_t frame;    // counts the frames received, this one included
  uint32_t session;  // counts the sessions; see Host::session()
};

/// The last request of one type that was carried out. If the same request arrives again, its reply was lost: the device
/// answers it again without carrying it out again.
class LastRequest {
 public:
  void Remember(const Request& request);
  void Forget() { session_ = 0; }
  /// Whether `request` is the remembered one, whatever other requests arrived in between: a host that misses a reply
  /// sends PINGs. A request of an earlier session never counts as repeated.
  bool IsRepeatedBy(const Request& request) const;

 private:
  uint32_t session_ = 0;  // 0: none is remembered
  uint32_t frame_ = 0;
  uint32_t crc32_ = 0;  // of the payload
  uint16_t seq_ = 0;
};

}  // namespace tinyhost
