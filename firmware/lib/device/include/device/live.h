#pragma once

#include <cstdint>

#include "core/status.h"
#include "device/app.h"
#include "device/host.h"
#include "device/listening.h"
#include "device/looking.h"

namespace tinyhost {

/// The app's live loop, looking or listening depending on its sensor, and the reports of what keeps it from working.
class Live {
 public:
  Live(const App& app, Looking* looking, Listening* listening, Host* host)
      : app_(app), looking_(*looking), listening_(*listening), host_(*host) {}

  /// Takes a step if one is due; otherwise sleeps until the next one is due or the host sends something.
  void Poll();
  /// Forgets earlier reports, so that the next host gets them too.
  void ForgetHost();

 private:
  void ReportTrouble(Status status, uint64_t now_us);

  const App& app_;
  Looking& looking_;
  Listening& listening_;
  Host& host_;
  Status trouble_ = Status::kOk;  // of the last step
  uint64_t trouble_due_us_ = 0;   // when it may be reported again
};

}  // namespace tinyhost
