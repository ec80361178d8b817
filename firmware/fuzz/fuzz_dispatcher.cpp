// Fuzzes the device: a script of requests, raw bytes and failures against a board in memory that runs the vww app;
// fuzz_keywords.cpp and fuzz_gestures.cpp are the same with the apps kws and gestures.
//
// Each step of the script is one byte and what the step needs; see TakeStep(). Requests are framed here, so that
// mutations reach the handlers, and models are pushed with their correct hashes. After the script, and after every
// power cut, a valid model must still be active, and no word of the flash may have been written twice.

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <new>

#include "../test/support/memory_board_hal.h"
#include "../test/support/memory_flash_hal.h"
#include "../test/support/tiny_model.h"
#include "core/sha256.h"
#include "device/device.h"

namespace {

using namespace tinyhost;

constexpr size_t kFlashPages = Journal::kPages + ModelStore::kSlots * 2;
constexpr size_t kMaxSteps = 24;
constexpr size_t kHostReadsBytes = 8'000;  // then it stops, so that no READ takes long

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Script {
  const uint8_t* data;
  size_t size;

  uint8_t Byte() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  Bytes Take(size_t n) {
    n = std::min(n, size);
    const Bytes taken = {data, n};
    data += n;
    size -= n;
    return taken;
  }
};

struct RequestKind {
  MessageType type;
  size_t n_bytes;  // of its struct
};
constexpr RequestKind kRequests[] = {
    {MessageType::kHello, sizeof(HelloRequest)},
    {MessageType::kInfo, 0},
    {MessageType::kBye, 0},
    {MessageType::kPing, sizeof(PingRequest)},
    {MessageType::kReset, sizeof(ResetRequest)},
    {MessageType::kSink, 5},
    {MessageType::kModelBegin, sizeof(ModelBeginRequest)},
    {MessageType::kModelWrite, sizeof(OffsetHeader) + 8},
    {MessageType::kModelCommit, 0},
    {MessageType::kModelRollback, 0},
    {MessageType::kModelList, 0},
    {MessageType::kWrite, sizeof(WriteRequest) + 4},
    {MessageType::kRead, sizeof(ReadRequest)},
    {MessageType::kInfer, sizeof(InferRequest)},
    {MessageType::kProfile, sizeof(ProfileRequest)},
    {MessageType::kSnapshot, 0},
    {MessageType::kFeed, sizeof(FeedRequest) + 8},
    {MessageType::kSelfTest, sizeof(SelfTestRequest)},
    {MessageType::kUnsure, sizeof(UnsureRequest)},
    {MessageType::kSettings, 0},
    {MessageType::kSettingSet, sizeof(SettingSetRequest)},
    {MessageType::kStream, sizeof(StreamRequest)},
};
constexpr size_t kNRequests = sizeof(kRequests) / sizeof(kRequests[0]);

enum Step : uint8_t {  // behind the requests
  kAnyRequest = kNRequests,
  kRawBytes,
  kGreet,
  kBeginModel,
  kWriteModel,
  kPassTime,
  kChangeCamera,
  kChangeMicrophone,
  kChangeSelfTest,
  kFeedSound,
  kWriteSample,
  kInferSample,
  kPushOtherParams,
  kStall,
  kFailFlash,
  kCutPower,
  kReboot,
  kNSteps,
};

/// A board that was started once; each execution begins with a copy of it.
class Bench {
 public:
  Bench() : flash_(kFlashPages) {
    TheFlash() = &flash_;
    TheBoard() = &board_;
    Boot();
    for (size_t i = 0; i < kModels; ++i) hashes_[i] = Sha256::Of(models_[i].data(), models_[i].size());
    const std::vector<uint8_t>& old_image = models_[0];
    Greet();
    BeginModel(old_image, hashes_[0]);
    WriteModel(old_image, 0, old_image.size());
    Send(MessageType::kModelCommit, {});
    device()->Poll();
    flash_at_start_.assign(flash_.data(), flash_.data() + flash_.size());
    Boot();
    std::memcpy(device_at_start_, device_, sizeof(device_));
  }

  void Run(Script script) {
    Restore();
    for (size_t i = 0; i < kMaxSteps && script.size > 0; ++i) {
      if (setjmp(board_.on_reset) == 0) {
        TakeStep(&script);
        device()->Poll();
      } else {
        Boot();
      }
    }
    Require(flash_.n_rewrites() == 0);
    if (had_mishap_) RequireModel();
  }

 private:
  Device* device() { return std::launder(reinterpret_cast<Device*>(device_)); }

  void Boot() {
    flash_.PowerOn();
    flash_.FailAfter(SIZE_MAX);
    new (device_) Device(
        TheApp(),
        {{arena_, sizeof(arena_)}, {sample_, sizeof(sample_)}, {receive_, sizeof(receive_)}, {page_, sizeof(page_)}});
    device()->Begin();
  }

  /// The device's objects point only to themselves and to this bench, so their bytes can be restored. An app that
  /// listens remembers its model, so it starts again.
  void Restore() {
    std::memcpy(flash_.data(), flash_at_start_.data(), flash_.size());
    std::memcpy(device_, device_at_start_, sizeof(device_));
    flash_.PowerOn();
    flash_.FailAfter(SIZE_MAX);
    if (TheApp().sample_input != nullptr) Boot();
    board_.to_device.clear();
    board_.from_device.clear();
    board_.now_us = 0;
    board_.n_takes = kHostReadsBytes;
    board_.camera_status = Status::kOk;
    board_.camera_width = 8;
    board_.camera_height = 4;
    board_.microphone_status = Status::kOk;
    board_.microphone_position = 0;
    board_.n_samples_waiting = 0;
    board_.n_samples_lost = 0;
    board_.n_test_parts = 2;
    board_.n_findings = 3;
    fed_ = 0;
    had_mishap_ = false;
    seq_ = 0;
    variant_ = 0;
  }

  void TakeStep(Script* script) {
    const uint8_t step = script->Byte() % kNSteps;
    if (step < kNRequests) return Send(kRequests[step].type, script->Take(kRequests[step].n_bytes));
    switch (step) {
      case kAnyRequest: {
        const auto type = static_cast<MessageType>(script->Byte());
        return Send(type, script->Take(script->Byte()));
      }
      case kRawBytes: {
        const Bytes bytes = script->Take(script->Byte());
        board_.to_device.insert(board_.to_device.end(), bytes.data, bytes.data + bytes.size);
        return;
      }
      case kGreet:
        return Greet();
      case kBeginModel:
        variant_ = script->Byte() % kModels;
        return BeginModel(models_[variant_], hashes_[variant_]);
      case kWriteModel: {
        const size_t offset = size_t{script->Byte()} * 8;
        return WriteModel(models_[variant_], offset, size_t{script->Byte()} * 8);
      }
      case kPassTime:
        board_.now_us += uint64_t{script->Byte()} * 100'000;
        return;
      case kChangeCamera: {
        board_.camera_status = static_cast<Status>(script->Byte() % 10);
        board_.camera_width = script->Byte();
        board_.camera_height = script->Byte() % 16;
        return;
      }
      case kChangeMicrophone:
        board_.microphone_status = static_cast<Status>(script->Byte() % 10);
        board_.n_samples_waiting += size_t{script->Byte()} * 8;
        return LoseSamples(script->Byte() / 16);
      case kChangeSelfTest:
        board_.n_test_parts = script->Byte() % 4;
        board_.n_findings = script->Byte();
        return;
      case kFeedSound:
        return FeedSound(script->Byte(), script->Byte());
      case kWriteSample: {
        const WriteRequest write = {script->Byte(), Source::kSample, {}};
        return Send(MessageType::kWrite, {BytesOf(write), Values(script->Byte())});
      }
      case kInferSample: {
        InferRequest infer = {};
        infer.source = InferSource::kSample;
        infer.width = NChannels();
        infer.height = script->Byte();
        return Send(MessageType::kInfer, BytesOf(infer));
      }
      case kPushOtherParams:
        return PushOtherParams(script->Take(TaskData().size() + (script->Byte() % 2 ? sizeof(WakeParams) : 0)));
      case kStall:
        board_.n_takes = script->Byte();
        return;
      case kFailFlash:
        return flash_.FailAfter(script->Byte() % 16);
      case kCutPower:
        had_mishap_ = true;
        if (!flash_.is_powered()) Boot();
        return flash_.CutAfter(size_t{script->Byte()} * 4, static_cast<MemoryFlash::Tear>(script->Byte() % 3));
      default:
        return Boot();
    }
  }

  void Send(MessageType type, Bytes payload) { Send(type, {payload}); }
  void Send(MessageType type, std::initializer_list<Bytes> payload) {
    const auto sink = [](void* context, const uint8_t* data, size_t n) {
      auto* bytes = &static_cast<MemoryBoard*>(context)->to_device;
      bytes->insert(bytes->end(), data, data + n);
      return n;
    };
    FrameEncoder encoder(sink, &board_);
    encoder.Send(static_cast<uint8_t>(type), seq_++ / 2, payload);  // every other one with the seq of the one before
  }

  void Greet() {
    const HelloRequest hello = {kHelloMagic, kProtocolVersionMin, kProtocolVersion, 0, 1};
    Send(MessageType::kHello, BytesOf(hello));
  }

  void BeginModel(const std::vector<uint8_t>& image, const Sha256Digest& sha256) {
    ModelBeginRequest begin = {static_cast<uint32_t>(image.size()), 0, {}};
    std::memcpy(begin.sha256, sha256.data(), sha256.size());
    Send(MessageType::kModelBegin, BytesOf(begin));
  }

  void WriteModel(const std::vector<uint8_t>& image, size_t offset, size_t n) {
    offset = std::min(offset, image.size());
    const OffsetHeader header = {static_cast<uint32_t>(offset)};
    Send(MessageType::kModelWrite, {BytesOf(header), {image.data() + offset, std::min(n, image.size() - offset)}});
  }

  void LoseSamples(uint32_t n) {
    board_.microphone_position += n;
    board_.n_samples_lost += n;
  }

  static uint8_t NChannels() { return TheApp().sample_input == nullptr ? 1 : TheApp().sample_input->n_channels; }

  Bytes Values(size_t n) const { return {reinterpret_cast<const uint8_t*>(sound_), n * sizeof(int16_t)}; }

  /// `how` says whether to start again, and how loud the sound is; the position is right in most cases.
  void FeedSound(uint8_t how, uint8_t n_values) {
    const size_t n = n_values / NChannels();
    const uint32_t rate_mhz = TheApp().sensor == SensorKind::kMicrophone ? 16'000'000 : 119'000;
    const bool restarts = how % 4 == 0;
    if (restarts) fed_ = how % 8 == 0 ? 0 : UINT64_MAX - 5'000;
    for (size_t i = 0; i < kMaxSound; ++i) sound_[i] = static_cast<int16_t>((i * i + how) * 257 * (how % 16));
    const FeedRequest feed = {fed_, how % 32 == 1 ? 1u : rate_mhz, static_cast<uint8_t>(restarts ? 1 : 0), {}};
    Send(MessageType::kFeed, {BytesOf(feed), Values(n * NChannels())});
    fed_ += n;
  }

  /// Pushes a model whose task data come from the script, and which is valid otherwise.
  void PushOtherParams(Bytes task_data) {
    const std::vector<uint8_t> image =
        TinyModel(9, 0, TaskOfApp(), std::vector<uint8_t>(task_data.data, task_data.data + task_data.size));
    BeginModel(image, Sha256::Of(image.data(), image.size()));
    device()->Poll();
    WriteModel(image, 0, image.size());
    device()->Poll();
    Send(MessageType::kModelCommit, {});
  }

  void RequireModel() {
    flash_.PowerOn();
    Journal journal(0);
    ModelStore store(&journal, page_);
    journal.Boot();
    store.Boot({[](void*, Bytes) { return Status::kOk; }, nullptr});
    Require(store.active() != ModelStore::kNoSlot);
  }

  static constexpr size_t kModels = 4;
  /// Short strides and steps, so that much happens.
  static std::vector<uint8_t> TaskData() {
    static constexpr KwsParams kKeywords = {16'000, 5, 1, 2, 2, 10, 20, 1, 2, 0, 0};
    static constexpr GestureParams kGestures = {50'000, 2, 40, 60, 1, 2, 0};
    const Bytes params = TaskOfApp() == Task::kKws        ? BytesOf(kKeywords)
                         : TaskOfApp() == Task::kGestures ? BytesOf(kGestures)
                                                          : Bytes{};
    return {params.data, params.data + params.size};
  }
  /// For the kws app, parameters of a cascade whose first network is its first operator.
  static std::vector<uint8_t> OtherTaskData() {
    static constexpr WakeParams kWake = {0, 2, 0, 0};
    std::vector<uint8_t> task_data = TaskData();
    const Bytes wake = BytesOf(kWake);
    if (TaskOfApp() == Task::kKws) task_data.insert(task_data.end(), wake.data, wake.data + wake.size);
    return task_data;
  }
  static Task TaskOfApp() {
    if (TheApp().sample_input == nullptr) return Task::kVww;
    return TheApp().sensor == SensorKind::kMicrophone ? Task::kKws : Task::kGestures;
  }

  static constexpr size_t kMaxSound = 255;
  const std::vector<uint8_t> models_[kModels] = {
      TinyModel(1, 0, TaskOfApp(), TaskData()), TinyModel(2, 900, TaskOfApp(), TaskData()),
      TinyModel(3, 1, Task::kAnomaly), TinyModel(4, 0, Task::kGeneric, OtherTaskData())};
  Sha256Digest hashes_[kModels];
  MemoryFlash flash_;
  MemoryBoard board_;
  alignas(16) uint8_t arena_[256];
  alignas(4) uint8_t sample_[256];
  alignas(4) int16_t sound_[kMaxSound] = {};
  uint64_t fed_ = 0;
  uint8_t receive_[FrameDecoder::EncodedBytes(kMaxRequestBytes)];
  uint8_t page_[hal::kFlashPageBytes];
  alignas(Device) uint8_t device_[sizeof(Device)];
  uint8_t device_at_start_[sizeof(Device)];
  std::vector<uint8_t> flash_at_start_;
  bool had_mishap_ = false;
  uint16_t seq_ = 0;
  size_t variant_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Bench bench;
  bench.Run({data, size});
  return 0;
}
