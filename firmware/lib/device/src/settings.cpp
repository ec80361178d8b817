#include "device/settings.h"

#include "wire.h"

namespace tinyhost {

void Settings::OnSettings(const Request& request) {
  SettingInfo infos[SettingTable::kMaxSettings];
  for (size_t i = 0; i < table_.size(); ++i) infos[i] = table_.Info(i);
  host_.Reply(request, {{reinterpret_cast<const uint8_t*>(infos), table_.size() * sizeof(SettingInfo)}});
}

void Settings::OnSettingSet(const Request& request) {
  const auto set = Parse<SettingSetRequest>(request.payload);
  const size_t index = table_.Find(set.setting);
  if (index == table_.size()) {
    return host_.Refuse(request, Status::kUnsupported, 0, static_cast<uint32_t>(set.setting));
  }
  const Status status = table_.Set(set.setting, set.value, set.persist != 0);
  const SettingInfo info = table_.Info(index);
  if (status != Status::kOk) {
    const int32_t bound = set.value < info.minimum ? info.minimum : info.maximum;
    return host_.Refuse(request, status, static_cast<uint32_t>(bound), static_cast<uint32_t>(set.value));
  }
  host_.Reply(request, {BytesOf(info)});
}

}  // namespace tinyhost
