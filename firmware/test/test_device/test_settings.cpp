#include "device_under_test.h"

namespace tinyhost {
namespace {

SettingInfo Find(const ByteVector& list, Setting setting) {
  for (size_t i = 0; i + sizeof(SettingInfo) <= list.size(); i += sizeof(SettingInfo)) {
    SettingInfo info;
    std::memcpy(&info, list.data() + i, sizeof(info));
    if (info.setting == setting) return info;
  }
  FAIL("no such setting");
  return {};
}

SettingSetRequest Set(Setting setting, int32_t value, bool persist) {
  return {setting, static_cast<uint16_t>(persist ? 1 : 0), value};
}

}  // namespace

TEST_CASE_FIXTURE(Connected, "settings are listed with their bounds") {
  const ByteVector list = Request(MessageType::kSettings).payload;
  CHECK(list.size() == 5 * sizeof(SettingInfo));
  const SettingInfo smoothing = Find(list, Setting::kSmoothing);
  CHECK(smoothing.minimum == 0);
  CHECK(smoothing.maximum == 255);
  CHECK(smoothing.value == smoothing.default_value);
}

TEST_CASE_FIXTURE(Connected, "a persisted setting survives a reboot, another one does not") {
  CHECK(Request(MessageType::kSettingSet, Set(Setting::kPeriodMs, 500, true)).As<SettingInfo>().value == 500);
  CHECK(Request(MessageType::kSettingSet, Set(Setting::kThreshold, 99, false)).As<SettingInfo>().value == 99);
  Boot();
  Hello();
  const ByteVector list = Request(MessageType::kSettings).payload;
  CHECK(Find(list, Setting::kPeriodMs).value == 500);
  CHECK(Find(list, Setting::kThreshold).value == Find(list, Setting::kThreshold).default_value);
}

TEST_CASE_FIXTURE(Connected, "a value out of bounds is refused with the bound") {
  ErrorReply error = Refused(MessageType::kSettingSet, Set(Setting::kSmoothing, 256, false));
  CHECK(error.status == Status::kBadArgument);
  CHECK(error.expected == 255);
  CHECK(error.got == 256);
  error = Refused(MessageType::kSettingSet, Set(Setting::kThreshold, -129, false));
  CHECK(static_cast<int32_t>(error.expected) == -128);
  CHECK(Refused(MessageType::kSettingSet, Set(static_cast<Setting>(77), 0, false)).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(WithModel, "the model brings defaults, which give way to what somebody set") {
  ByteVector list = Request(MessageType::kSettings).payload;
  CHECK(Find(list, Setting::kThreshold).value == 20);
  CHECK(Find(list, Setting::kThreshold).default_value == 20);
  CHECK(Find(list, Setting::kSmoothing).value == 0);
  Request(MessageType::kSettingSet, Set(Setting::kThreshold, 30, true));
  Boot();
  Hello();
  list = Request(MessageType::kSettings).payload;
  CHECK(Find(list, Setting::kThreshold).value == 30);
  CHECK(Find(list, Setting::kThreshold).default_value == 20);
}

TEST_CASE_FIXTURE(Connected, "a flash that fails is reported") {
  flash.FailAfter(0);
  CHECK(Refused(MessageType::kSettingSet, Set(Setting::kPeriodMs, 500, true)).status == Status::kFlashErase);
  CHECK(Request(MessageType::kSettingSet, Set(Setting::kPeriodMs, 500, true)).As<SettingInfo>().value == 500);
}

}  // namespace tinyhost
