#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "device/sample_buffer.h"
#include "device/settings.h"
#include "engine/engine.h"
#include "model_store/journal.h"
#include "model_store/model_store.h"
#include "protocol/frame_decoder.h"
#include "protocol/frame_encoder.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The large buffers of a device, given by its owner.
struct DeviceMemory {
  MutableBytes arena;    // 16-byte aligned
  MutableBytes sample;   // the largest picture, clip or window
  MutableBytes receive;  // FrameDecoder::EncodedBytes(kMaxRequestBytes)
  MutableBytes page;     // hal::kFlashPageBytes
};

/// Answers the host and runs the app's live loop over the hal: everything of a board but main().
///
/// Without a session it prints its predictions as text. HELLO opens a session: then only what the host asks for runs,
/// so measurements are undisturbed. BYE or silence ends it.
class Device {
 public:
  Device(const App& app, const DeviceMemory& memory);

  void Begin();
  void Poll();

 private:
  struct Request {
    MessageType type;
    uint16_t seq;
    Bytes payload;
  };
  struct Route {
    MessageType type;
    size_t min_bytes;
    size_t max_bytes;
    void (Device::*handler)(const Request& request);
  };
  /// A request that was carried out. The same one again means that its reply was lost: it is answered, not repeated.
  struct Done {
    bool is_valid = false;
    uint16_t seq = 0;
    uint32_t crc32 = 0;
    uint32_t frame = 0;  // by when so many frames had come
  };
  struct Stream {
    bool is_on = false;
    uint64_t period_us = 0;
    uint64_t due_us = 0;
    uint32_t index = 0;  // of the next item; it and `dropped` count from the start
    uint32_t dropped = 0;
  };
  static constexpr size_t kMaxFeedResults = 8;         // of one FEED
  enum class Ears : uint8_t { kOff, kSensor, kFeed };  // where samples come from
  /// What was heard since the last restart.
  struct Hearing {
    uint64_t position = 0;      // of the next sample
    uint64_t time_us = 0;       // of it, on the board's clock
    uint64_t due_position = 0;  // from when on the model may run again
    uint64_t read_ticks = 0;    // these three since the last prediction
    uint64_t take_ticks = 0;
    uint32_t n_strides = 0;
  };
  enum class Run : uint8_t { kNothing, kInput, kOperators };  // what the arena holds

  // device.cpp: bytes to requests, requests to handlers
  void Receive();
  void Dispatch();
  static const Route* FindRoute(uint8_t type);
  static size_t WriteToLink(void* context, const uint8_t* data, size_t n);
  bool Reply(const Request& request, std::initializer_list<Bytes> payload);
  void Refuse(const Request& request, Status status, uint32_t expected = 0, uint32_t got = 0);
  Done Remember(const Request& request) const;
  bool IsRepeat(const Request& request, const Done& done) const;

  // session.cpp
  void OnHello(const Request& request);
  void OnInfo(const Request& request);
  void OnBye(const Request& request);
  void OnPing(const Request& request);
  void OnReset(const Request& request);
  void OnSink(const Request& request);
  void EndSession();
  void ForgetHost();
  void ExpireSession();

  // model_requests.cpp
  void OnModelBegin(const Request& request);
  void OnModelWrite(const Request& request);
  void OnModelCommit(const Request& request);
  void OnModelRollback(const Request& request);
  void OnModelList(const Request& request);
  ImageCheck LoadCheck();
  void LoadActiveModel();
  SlotInfo DescribeSlot(uint8_t slot) const;

  // data_requests.cpp
  void OnWrite(const Request& request);
  void OnRead(const Request& request);
  void WriteInput(const Request& request, uint32_t offset, Bytes data);
  Status ResolveSource(const ReadRequest& read, Bytes* bytes, uint32_t* total_bytes) const;
  bool SendPiece(const Request& request, const ReadRequest& read, Bytes source, uint32_t offset, size_t n,
                 uint32_t* crc32);

  // infer_requests.cpp
  void OnInfer(const Request& request);
  void OnProfile(const Request& request);
  Status PrepareInfer(const InferRequest& infer);
  Status PrepareSample(const InferRequest& infer);
  Status RunInfer(const InferRequest& infer, size_t end);
  void ReplyInfer(const Request& request);
  void ForgetRun();

  // self_test_requests.cpp
  void OnSelfTest(const Request& request);

  // settings_requests.cpp
  void OnSettings(const Request& request);
  void OnSettingSet(const Request& request);

  // streams.cpp: what is sent unasked
  void OnStream(const Request& request);
  void StopStreams();
  static StreamHeader HeaderOf(StreamId id, const Stream& stream, uint64_t timestamp_us);
  Stream* FindStream(StreamId id);
  bool SendStream(StreamId id, uint64_t timestamp_us, std::initializer_list<Bytes> payload);
  static std::array<Bytes, 3> PiecesOf(const Result& result);
  void SendPrediction(const Result& result, uint64_t timestamp_us);
  void Log(LogLevel level, const char* text);

  // live.cpp: the app's loop
  bool PredictsLive() const;
  uint64_t NextLiveStep() const;
  void TakeLiveStep(uint64_t now_us);
  uint64_t PeriodSettingUs() const;
  Status RunOperators(size_t first, size_t end, uint32_t* ticks);
  void Predict(uint64_t time_us, Result* result);
  void Show(const Result& result, uint64_t timestamp_us);
  void PrintPrediction(const Result& result);
  void ReportTrouble(Status status, uint64_t now_us);

  // looking.cpp: a camera
  Status Look(uint64_t now_us);
  uint64_t PredictionPeriodUs() const;
  void PredictPicture(uint64_t timestamp_us, Result* result);
  void SendPicture(uint64_t timestamp_us);
  FrameInfo CameraInfo() const;
  Status Capture(uint64_t* ticks);
  void OnSnapshot(const Request& request);

  // listening.cpp: a microphone, an accelerometer, or what a host feeds
  Status HearingStatus() const;
  bool WantsSensor() const;
  Status Listen(uint64_t now_us);
  Status ListenToSensor();
  void HearBlock(const int16_t* samples, const hal::SampleBlock& block);
  size_t Hear(const int16_t* samples, size_t n_samples, bool may_predict);
  void PredictHeard();
  void StartHearing(uint64_t position);
  void StopListening();
  uint64_t SamplesToUs(uint64_t n_samples) const;
  void SendFeatures();
  void OnFeed(const Request& request);
  void ReplyFeed(const Request& request);

  const App& app_;
  DeviceMemory memory_;
  FrameDecoder decoder_;
  FrameEncoder encoder_;
  Journal journal_;
  ModelStore store_;
  SettingTable settings_;
  SampleBuffer sample_;
  Engine engine_;

  bool in_session_ = false;
  uint64_t last_heard_us_ = 0;
  Done last_infer_;
  Done last_snapshot_;
  Done last_rollback_;
  Done last_feed_;
  Done last_self_test_;
  uint16_t event_seq_ = 0;

  Status app_status_ = Status::kNoModel;  // whether the active model can be the app's
  Run run_ = Run::kNothing;
  size_t n_input_bytes_ = 0;  // of the input tensor, written by the host
  size_t n_ran_ = 0;          // operators, if run_ is kOperators
  size_t watched_ = 0;        // the operator after which the app looks at its tensor
  InferReply infer_reply_{};
  bool has_infer_reply_ = false;  // it and the output are still those of the last INFER
  bool has_profile_ = false;
  std::array<uint32_t, kMaxOperators> profile_{};

  Stream predictions_;
  Stream camera_;
  Stream samples_;
  Stream features_;
  Ears ears_ = Ears::kOff;
  hal::Sampling sampling_{};
  Hearing heard_;
  uint64_t listen_due_us_ = 0;
  uint64_t lit_until_us_ = 0;
  size_t n_fed_results_ = 0;
  std::array<Result, kMaxFeedResults> fed_results_{};

  hal::FindingList findings_;  // of the last SELF_TEST

  Status trouble_ = Status::kOk;  // of the live loop, as last reported
  uint64_t trouble_due_us_ = 0;   // when to report it again
};

}  // namespace tinyhost
