#include "device/device.h"
#include "wire.h"

namespace tinyhost {

void Device::OnSettings(const Request& request) {
  SettingInfo infos[SettingTable::kMaxSettings];
  for (size_t i = 0; i < settings_.size(); ++i) infos[i] = settings_.Info(i);
  Reply(request, {{reinterpret_cast<const uint8_t*>(infos), settings_.size() * sizeof(SettingInfo)}});
}

void Device::OnSettingSet(const Request& request) {
  const auto set = Parse<SettingSetRequest>(request.payload);
  const size_t index = settings_.Find(set.setting);
  if (index == settings_.size()) return Refuse(request, Status::kUnsupported, 0, static_cast<uint32_t>(set.setting));
  const Status status = settings_.Set(set.setting, set.value, set.persist != 0);
  const SettingInfo info = settings_.Info(index);
  if (status != Status::kOk) {
    const int32_t bound = set.value < info.minimum ? info.minimum : info.maximum;
    return Refuse(request, status, static_cast<uint32_t>(bound), static_cast<uint32_t>(set.value));
  }
  Reply(request, {BytesOf(info)});
}

}  // namespace tinyhost
