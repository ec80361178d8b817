#include "device/setting_table.h"

#include <cassert>

#include "model_store/model_store.h"

namespace tinyhost {
namespace {

uint32_t JournalKey(Setting setting) { return ModelStore::kFirstSettingKey + static_cast<uint32_t>(setting); }

}  // namespace

SettingTable::SettingTable(const SettingSpec* specs, size_t n_settings, Journal* journal)
    : specs_(specs), n_settings_(n_settings), journal_(journal) {
  assert(n_settings <= kMaxSettings);
}

void SettingTable::Load() {
  for (size_t i = 0; i < n_settings_; ++i) {
    const int32_t default_value = specs_[i].default_value;
    int32_t kept;
    const bool is_kept = journal_->Get(JournalKey(specs_[i].setting), &kept) && IsWithinBounds(i, kept);
    values_[i] = {is_kept ? kept : default_value, default_value, is_kept};
  }
}

SettingInfo SettingTable::Info(size_t index) const {
  const SettingSpec& spec = specs_[index];
  return {spec.setting, 0, values_[index].value, spec.minimum, spec.maximum, values_[index].default_value};
}

size_t SettingTable::Find(Setting setting) const {
  size_t index = 0;
  while (index < n_settings_ && specs_[index].setting != setting) ++index;
  return index;
}

int32_t SettingTable::Get(Setting setting) const {
  const size_t index = Find(setting);
  assert(index < n_settings_);
  return values_[index].value;
}

Status SettingTable::Set(Setting setting, int32_t value, bool persist) {
  const size_t index = Find(setting);
  if (index == n_settings_) return Status::kUnsupported;
  if (!IsWithinBounds(index, value)) return Status::kBadArgument;
  const Status status = persist ? journal_->Set(JournalKey(setting), value) : Status::kOk;
  if (status != Status::kOk) return status;
  values_[index].value = value;
  values_[index].was_set = true;
  return Status::kOk;
}

void SettingTable::SetDefault(Setting setting, int32_t value) {
  const size_t index = Find(setting);
  if (index == n_settings_ || !IsWithinBounds(index, value)) return;
  values_[index].default_value = value;
  if (!values_[index].was_set) values_[index].value = value;
}

bool SettingTable::IsWithinBounds(size_t index, int32_t value) const {
  return value >= specs_[index].minimum && value <= specs_[index].maximum;
}

}  // namespace tinyhost
