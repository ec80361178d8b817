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

/// An app's settings: bounded values, stored in the journal on request.
class SettingTable {
 public:
  static constexpr size_t kMaxSettings = 16;

  SettingTable(const SettingSpec* specs, size_t n_settings, Journal* journal);

  /// Takes the values in the journal that are within their bounds.
  void Load();

  size_t size() const { return n_settings_; }
  SettingInfo Info(size_t index) const;
  /// Returns size() if there is no such setting.
  size_t Find(Setting setting) const;
  int32_t Get(Setting setting) const;

  /// Returns kUnsupported if there is no such setting, kBadArgument if the value is out of bounds.
  Status Set(Setting setting, int32_t value, bool persist);
  /// Changes the default, and the value unless it was set. A value out of bounds is ignored.
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
