#pragma once

#include "device/app.h"
#include "device/host.h"
#include "device/request.h"
#include "device/setting_table.h"
#include "model_store/journal.h"

namespace tinyhost {

/// Requests of the host to read and change the app's settings.
class Settings {
 public:
  Settings(const App& app, Journal* journal, Host* host)
      : host_(*host), table_(app.settings, app.n_settings, journal) {}

  SettingTable* table() { return &table_; }

  void OnSettings(const Request& request);
  void OnSettingSet(const Request& request);

 private:
  Host& host_;
  SettingTable table_;
};

}  // namespace tinyhost
