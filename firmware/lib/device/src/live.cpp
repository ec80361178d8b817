#include "device/live.h"

#include <algorithm>

#include "core/text.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/link.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint32_t kMaxSleepMs = 50;
constexpr uint64_t kTroublePeriodUs = 5'000'000;

const char* NameOf(SensorKind sensor) {
  switch (sensor) {
    case SensorKind::kCamera:
      return "camera";
    case SensorKind::kMicrophone:
      return "microphone";
    case SensorKind::kAccelerometer:
      return "accelerometer";
  }
  return "sensor";
}

}  // namespace

void Live::Poll() {
  const PictureLoop* pictures = app_.camera == nullptr ? nullptr : app_.camera->loop;
  const uint64_t now_us = hal::MicrosNow();
  const uint64_t due_us = pictures == nullptr ? listening_.NextStepUs() : pictures->next_step_us(looking_);
  listening_.StopUnusedSensor();
  if (now_us >= due_us) {
    ReportTrouble(pictures == nullptr ? listening_.Step(now_us) : pictures->step(&looking_, now_us), now_us);
  } else {
    hal::WaitForLink(static_cast<uint32_t>(std::min<uint64_t>((due_us - now_us + 999) / 1000, kMaxSleepMs)));
  }
}

void Live::ForgetHost() {
  listening_.Stop();
  trouble_ = Status::kOk;
}

/// Tells the host or a person when the trouble changes, and a person again from time to time while it lasts.
void Live::ReportTrouble(Status status, uint64_t now_us) {
  const bool is_news = status != trouble_;
  trouble_ = status;
  if (status == Status::kOk) return;
  if (!is_news && (host_.in_session() || now_us < trouble_due_us_)) return;
  trouble_due_us_ = now_us + kTroublePeriodUs;
  hal::SetLed(hal::LedState::kFault);
  char line[kMaxLineBytes];
  switch (status) {
    case Status::kNoModel:
      return host_.Log(LogLevel::kWarning, "no model: tinyhost push MODEL");
    case Status::kModelMismatch:
      return host_.Log(LogLevel::kWarning, "the active model is not for this app: tinyhost push MODEL");
    case Status::kSampleRate:
      return host_.Log(LogLevel::kWarning, "the samples come at another rate than the model learnt from");
    case Status::kNoSensor:
      Text(line, sizeof(line)) << "no " << NameOf(app_.sensor);
      return host_.Log(LogLevel::kWarning, line);
    case Status::kSensorTimeout:
      Text(line, sizeof(line)) << "the " << NameOf(app_.sensor) << " stopped in the middle";
      return host_.Log(LogLevel::kWarning, line);
    default:
      return host_.Log(LogLevel::kWarning, StatusName(status));
  }
}

}  // namespace tinyhost
