#pragma once

#include "core/bytes.h"
#include "device/app.h"
#include "device/host.h"
#include "device/inference.h"
#include "device/listening.h"
#include "device/live.h"
#include "device/looking.h"
#include "device/model_runner.h"
#include "device/models.h"
#include "device/predictions.h"
#include "device/request.h"
#include "device/router.h"
#include "device/sample_buffer.h"
#include "device/self_tests.h"
#include "device/session.h"
#include "device/settings.h"
#include "device/streams.h"
#include "device/transfers.h"
#include "device/unsure.h"
#include "model_store/journal.h"

namespace tinyhost {

/// The large buffers of a device, provided by its owner.
struct DeviceMemory {
  MutableBytes arena;    // 16-byte aligned
  MutableBytes sample;   // the largest picture, clip or window
  MutableBytes receive;  // FrameDecoder::EncodedBytes(kMaxRequestBytes)
  MutableBytes page;     // hal::kFlashPageBytes
};

/// Answers the host and runs the app's live loop on top of the hal: everything of a board except main().
///
/// Each part has its own state and knows only the parts above it. kRoutes says which part handles a request.
class Device {
 public:
  Device(const App& app, const DeviceMemory& memory);

  void Begin();
  void Poll();

 private:
  static const Route kRoutes[];

  template <auto part, auto handler>
  static void Call(Device& device, const Request& request) {
    ((device.*part).*handler)(request);
  }
  bool StepTextCommands();
  static void OnSnapshot(Device& device, const Request& request);
  static void OnInfo(Device& device, const Request& request);

  const App& app_;
  Host host_;        // output of the device to its host
  Router router_;    // requests of the host, and their handlers
  Journal journal_;  // small values in flash

  Settings settings_;
  Streams streams_;
  SampleBuffer sample_;
  ModelRunner runner_;
  Unsure unsure_;

  Predictions predictions_;
  Looking looking_;
  Listening listening_;
  Live live_;

  Session session_;
  Models models_;
  Inference inference_;
  Transfers transfers_;
  SelfTests self_tests_;
};

}  // namespace tinyhost
