#include "device/self_tests.h"

#include "wire.h"

namespace tinyhost {

void SelfTests::OnSelfTest(const Request& request) {
  const auto wanted = Parse<SelfTestRequest>(request.payload);
  if (app_.self_test == nullptr) return host_.Refuse(request, Status::kUnsupported);
  const uint16_t n_parts = app_.self_test->n_parts();
  if (wanted.part >= n_parts) return host_.Refuse(request, Status::kBadArgument, n_parts, wanted.part);
  if (!last_.IsRepeatedBy(request)) {
    if (streams_.IsAnyOn()) return host_.Refuse(request, Status::kBadState);  // it uses the sensor or its memory
    listening_.StopSensor();
    findings_.Clear();
    app_.self_test->run(wanted.part, &findings_);
    last_.Remember(request);
  }
  const SelfTestReply reply = {wanted.part, n_parts, static_cast<uint16_t>(findings_.size()), 0};
  const Bytes findings = {reinterpret_cast<const uint8_t*>(findings_.data()), findings_.size() * sizeof(Finding)};
  host_.Reply(request, {BytesOf(reply), findings});
}

}  // namespace tinyhost
