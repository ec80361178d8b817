#include "device/device.h"

#include "hal/board.h"
#include "hal/clock.h"
#include "hal/flash.h"
#include "wire.h"

namespace tinyhost {
namespace {

void TellStart(InfoReply* info) {
  info->boot = hal::BootNumber();
  info->reset_reason = hal::LastReset();
  hal::Fault fault = {};
  if (!hal::LastFault(&fault)) return;
  info->fault_pc = fault.pc;
  info->fault_lr = fault.lr;
  info->fault_cfsr = fault.cfsr;
  info->fault_address = fault.address;
}

void TellSensor(const App& app, InfoReply* info) {
  hal::SensorDescription sensor = {};
  if (app.sample_input == nullptr || app.sample_input->describe_sensor(&sensor) != Status::kOk) return;
  CopyText(info->sensor_chip, sensor.chip);
  info->sensor_rate_mhz = sensor.sampling.rate_mhz;
  info->sensor_scale = sensor.sampling.scale;
  info->sensor_channels = sensor.sampling.n_channels;
}

}  // namespace

/// Every request of the protocol. HELLO may be longer: a later version may append to it.
const Route Device::kRoutes[] = {
    {MessageType::kHello, Call<&Device::session_, &Session::OnHello>, kAtLeast<HelloRequest>, Route::When::kAlways},
    {MessageType::kBye, Call<&Device::session_, &Session::OnBye>, kNoPayload, Route::When::kAlways},
    {MessageType::kPing, Call<&Device::session_, &Session::OnPing>, kExactly<PingRequest>},
    {MessageType::kSink, Call<&Device::session_, &Session::OnSink>, kAnyPayload},
    {MessageType::kReset, Call<&Device::session_, &Session::OnReset>, kExactly<ResetRequest>},
    {MessageType::kInfo, OnInfo, kNoPayload},
    {MessageType::kModelBegin, Call<&Device::models_, &Models::OnModelBegin>, kExactly<ModelBeginRequest>},
    {MessageType::kModelWrite, Call<&Device::models_, &Models::OnModelWrite>, kAtLeast<OffsetHeader>},
    {MessageType::kModelCommit, Call<&Device::models_, &Models::OnModelCommit>, kNoPayload},
    {MessageType::kModelRollback, Call<&Device::models_, &Models::OnModelRollback>, kNoPayload},
    {MessageType::kModelList, Call<&Device::models_, &Models::OnModelList>, kNoPayload},
    {MessageType::kRead, Call<&Device::transfers_, &Transfers::OnRead>, kExactly<ReadRequest>},
    {MessageType::kWrite, Call<&Device::transfers_, &Transfers::OnWrite>, kAtLeast<WriteRequest>},
    {MessageType::kInfer, Call<&Device::inference_, &Inference::OnInfer>, kExactly<InferRequest>},
    {MessageType::kProfile, Call<&Device::inference_, &Inference::OnProfile>, kExactly<ProfileRequest>},
    {MessageType::kSnapshot, OnSnapshot, kNoPayload},
    {MessageType::kFeed, Call<&Device::listening_, &Listening::OnFeed>, kAtLeast<FeedRequest>},
    {MessageType::kStream, Call<&Device::streams_, &Streams::OnStream>, kExactly<StreamRequest>},
    {MessageType::kSettings, Call<&Device::settings_, &Settings::OnSettings>, kNoPayload},
    {MessageType::kSettingSet, Call<&Device::settings_, &Settings::OnSettingSet>, kExactly<SettingSetRequest>},
    {MessageType::kUnsure, Call<&Device::unsure_, &Unsure::OnUnsure>, kExactly<UnsureRequest>},
    {MessageType::kSelfTest, Call<&Device::self_tests_, &SelfTests::OnSelfTest>, kExactly<SelfTestRequest>},
};

Device::Device(const App& app, const DeviceMemory& memory)
    : app_(app),
      router_(kRoutes, this, memory.receive, app.text_commands, &host_),
      journal_(0),
      settings_(app, &journal_, &host_),
      streams_(app, &host_),
      sample_(app, *settings_.table(), memory.sample),
      runner_(app, memory.arena, settings_.table()),
      unsure_(app, runner_, *settings_.table(), &sample_, &host_),
      predictions_(app, runner_, *settings_.table(), &host_, &streams_),
      looking_(&predictions_, &runner_, &sample_, &unsure_, &host_, &streams_),
      listening_(app, &runner_, &predictions_, &unsure_, &host_, &streams_),
      live_(app, &looking_, &listening_, &host_),
      session_(router_, &streams_, &live_, &host_),
      models_(&journal_, memory.page, &runner_, &listening_, &host_),
      inference_(app, &runner_, &sample_, &host_),
      transfers_(models_, unsure_, &runner_, &sample_, &host_),
      self_tests_(app, streams_, &listening_, &host_) {}

void Device::Begin() {
  hal::SetLed(hal::LedState::kBooting);
  journal_.Boot();
  settings_.table()->Load();
  models_.Boot();
  session_.End();
  if (app_.text_commands != nullptr) app_.text_commands->begin(&runner_, &host_);
}

void Device::Poll() {
  router_.Poll();
  session_.Poll();
  if (!StepTextCommands()) live_.Poll();
}

/// Returns whether there was anything to do.
bool Device::StepTextCommands() {
  const TextCommands* text = app_.text_commands;
  if (text == nullptr) return false;
  if (!host_.in_session()) return text->step();
  text->cancel();
  return false;
}

void Device::OnSnapshot(Device& device, const Request& request) {
  const Camera* camera = device.app_.camera;
  if (camera == nullptr) return device.host_.Refuse(request, Status::kUnsupported);
  camera->loop->on_snapshot(&device.looking_, request);
}

void Device::OnInfo(Device& device, const Request& request) {
  InfoReply info = {};
  CopyText(info.board, hal::BoardName());
  CopyText(info.revision, hal::BoardRevision());
  CopyText(info.app, device.app_.name);
  CopyText(info.engine, Engine::Name());
  CopyText(info.firmware_version, hal::FirmwareVersion());
  CopyText(info.build_id, hal::BuildId());
  CopyText(info.unique_id, hal::UniqueId());
  CopyText(info.tick_unit, hal::TickUnit());
  info.tick_hz = hal::TickHz();
  info.max_request_bytes = kMaxRequestBytes;
  info.arena_bytes = static_cast<uint32_t>(device.runner_.arena_capacity());
  info.slot_bytes = device.models_.slot_bytes();
  info.page_bytes = hal::kFlashPageBytes;
  info.sample_bytes = static_cast<uint32_t>(device.sample_.capacity());
  info.n_slots = ModelStore::kSlots;
  info.sensor = device.app_.sensor;
  const uint64_t operators = device.runner_.engine().operators();
  info.operators = static_cast<uint32_t>(operators);
  info.more_operators = static_cast<uint16_t>(operators >> 32);
  info.operators_from_48 = static_cast<uint16_t>(operators >> 48);
  TellStart(&info);
  TellSensor(device.app_, &info);
  device.host_.Reply(request, {BytesOf(info)});
}

}  // namespace tinyhost
