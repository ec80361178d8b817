#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "model_store/journal.h"
#include "protocol/messages.h"

namespace tinyhost {

struct SettingSpec {
  Setting setting;
  int32_t minimum;
  int32_t maximum;
  int32_t default_value;
};

/// An app's settings: bounded values, kept in the journal when asked to.
class SettingTable {
 public:
  static constexpr size_t kMaxSettings = 16;

  SettingTable(const SettingSpec* specs, size_t n_settings, Journal* journal);

  /// Takes what the journal kept, as far as it is within bounds.
  void Load();

  size_t size() const { return n_settings_; }
  SettingInfo Info(size_t index) const;
  /// size() if there is no such setting.
  size_t Find(Setting setting) const;
  int32_t Get(Setting setting) const;

  /// kUnsupported: no such setting; kBadArgument: out of bounds.
  Status Set(Setting setting, int32_t value, bool persist);
  /// Changes the default, and the value unless somebody set it. Values out of bounds are ignored.
  void SetDefault(Setting setting, int32_t value);

 private:
  struct Value {
    int32_t value;
    int32_t default_value;
    bool was_set;
  };

  bool IsWithinBounds(size_t index, int32_t value) const;

  const SettingSpec* specs_;
  size_t n_settings_;
  Journal* journal_;
  std::array<Value, kMaxSettings> values_{};
};

}  // namespace tinyhost
