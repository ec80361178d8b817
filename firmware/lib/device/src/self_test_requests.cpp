#include "device/device.h"
#include "wire.h"

namespace tinyhost {

/// One part at a time, so that the host hears something every few seconds. What was heard or fed stays as it is.
void Device::OnSelfTest(const Request& request) {
  const auto wanted = Parse<SelfTestRequest>(request.payload);
  if (app_.self_test == nullptr) return Refuse(request, Status::kUnsupported);
  const uint16_t n_parts = app_.self_test->n_parts();
  if (wanted.part >= n_parts) return Refuse(request, Status::kBadArgument, n_parts, wanted.part);
  if (!IsRepeat(request, last_self_test_)) {
    // A stream needs the sensor, or the memory of what it gives.
    const bool is_streaming = predictions_.is_on || camera_.is_on || samples_.is_on || features_.is_on;
    if (is_streaming) return Refuse(request, Status::kBadState);
    if (ears_ == Ears::kSensor) StopListening();
    findings_.Clear();
    app_.self_test->run(wanted.part, &findings_);
    last_self_test_ = Remember(request);
  }
  const SelfTestReply reply = {wanted.part, n_parts, static_cast<uint16_t>(findings_.size()), 0};
  Reply(request,
        {BytesOf(reply), {reinterpret_cast<const uint8_t*>(findings_.data()), findings_.size() * sizeof(Finding)}});
}

}  // namespace tinyhost
