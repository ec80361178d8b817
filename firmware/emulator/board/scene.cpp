#include "emulator/board/scene.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tinyhost::emulator {
namespace {

constexpr int kPatienceMs = 900;    // as on the virtual boards
constexpr int kSampleWaitMs = 100;  // for samples that are late
constexpr uint16_t kPieceSamples = 4096;
constexpr size_t kKeptSamples = 1 << 20;
constexpr size_t kAccelerationAxes = 3;            // in a moment; the rest is rotation
constexpr double kRotationScale = 2000.0 / 32768;  // degrees per second per count: protocol/scene.toml

const char* NameOf(SceneSensor sensor) {
  switch (sensor) {
    case SceneSensor::kMicrophone:
      return "microphone";
    case SceneSensor::kAccelerometer:
      return "accelerometer";
    case SceneSensor::kCamera:
      break;
  }
  return "camera";
}

void PauseMs() {
  const timespec pause = {0, 500'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

ScenePipe::ScenePipe(SceneSensor sensor)
    : sensor_(sensor),
      request_path_(std::string(NameOf(sensor)) + ".request"),
      reply_path_(std::string(NameOf(sensor)) + ".reply") {}

void ScenePipe::Close() {
  if (request_file_ >= 0) ::close(request_file_);
  if (reply_file_ >= 0) ::close(reply_file_);
  request_file_ = reply_file_ = -1;
}

bool ScenePipe::is_there() { return ::access(request_path_.c_str(), F_OK) == 0; }

/// Opens both files again for each request: the host may have ended a scene and begun another.
bool ScenePipe::Open() {
  Close();
  request_file_ = ::open(request_path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  reply_file_ = ::open(reply_path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (request_file_ < 0 || reply_file_ < 0) Close();
  return reply_file_ >= 0;
}

bool ScenePipe::Send(SceneRequest request) {
  if (!Open()) return false;
  SceneReply last = {};  // to an earlier request: its number must not be taken for an answer to this one
  if (::pread(reply_file_, &last, sizeof last, 0) == sizeof last) seq_ = last.seq;
  request.magic = kSceneMagic;
  request.seq = ++seq_;
  request.sensor = sensor_;
  return ::write(request_file_, &request, sizeof request) == sizeof request;
}

std::optional<SceneReply> ScenePipe::Receive(std::vector<uint8_t>* data) {
  SceneReply reply = {};
  const bool is_whole = reply_file_ >= 0 && ::pread(reply_file_, &reply, sizeof reply, 0) == sizeof reply;
  if (!is_whole || reply.magic != kSceneMagic || reply.seq != seq_) return std::nullopt;
  data->resize(reply.n_bytes);
  const ssize_t n = ::pread(reply_file_, data->data(), data->size(), sizeof reply);
  if (n != static_cast<ssize_t>(data->size())) return std::nullopt;
  return reply;
}

std::optional<SceneReply> ScenePipe::Ask(SceneRequest request, std::vector<uint8_t>* data) {
  if (!Send(request)) return std::nullopt;
  for (int i = 0; i < 2 * kPatienceMs; ++i) {
    if (const std::optional<SceneReply> reply = Receive(data)) return reply;
    PauseMs();
  }
  return std::nullopt;
}

void SceneSamples::Start() {
  is_on_ = is_asking_ = false;
  samples_.clear();
  first_index_ = 0;
  n_lost_ = 0;
  SceneRequest request = {};
  request.start = 1;
  request.width = static_cast<uint16_t>(n_channels_);
  std::vector<uint8_t> data;
  const std::optional<SceneReply> reply = pipe_.Ask(request, &data);
  const bool is_good = reply && reply->status == Status::kOk && reply->width == n_channels_ && reply->rate_mhz != 0;
  if (!is_good) return log_.Say("no scene for the %s: it senses rest", NameOf(sensor_));
  rate_hz_ = reply->rate_mhz / 1000.0;
  scale_ = static_cast<double>(reply->scale);
  n_delay_ = static_cast<int64_t>(std::ceil(kDelayS * rate_hz_));
  is_on_ = true;
  Take(*reply, data);
  log_.Say("scene for the %s: %.3f samples/s", NameOf(sensor_), rate_hz_);
}

/// Samples that were lost because the emulator asked too late are replaced by the sample before them.
void SceneSamples::Take(const SceneReply& reply, const std::vector<uint8_t>& data) {
  if (reply.status != Status::kOk) return Stop();
  is_patient_ = is_patient_ || !data.empty();
  uint64_t next = first_index_ + samples_.size() / n_channels_;
  if (reply.lost != n_lost_) {
    log_.Say("the emulator was late: %u samples of the %s's scene are lost", reply.lost - n_lost_, NameOf(sensor_));
    n_lost_ = reply.lost;
  }
  for (; next < reply.position; ++next) {
    for (size_t i = 0; i < n_channels_; ++i) {
      samples_.push_back(samples_.size() < n_channels_ ? int16_t{0} : samples_[samples_.size() - n_channels_]);
    }
  }
  for (size_t i = 0; i + 1 < data.size(); i += 2) {
    samples_.push_back(static_cast<int16_t>(data[i] | data[i + 1] << 8));
  }
  while (samples_.size() > kKeptSamples * n_channels_) {
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<ptrdiff_t>(n_channels_));
    ++first_index_;
  }
}

void SceneSamples::Poll() {
  if (!is_on_) return;
  if (is_asking_) {
    std::vector<uint8_t> data;
    const std::optional<SceneReply> reply = pipe_.Receive(&data);
    if (!reply) {
      if (!pipe_.is_there()) Stop();
      return;
    }
    is_asking_ = false;
    Take(*reply, data);
  }
  SceneRequest request = {};
  request.width = static_cast<uint16_t>(n_channels_);
  request.max_samples = kPieceSamples;
  is_asking_ = pipe_.Send(request);
  if (!is_asking_) Stop();
}

bool SceneSamples::Has(uint64_t index) const {
  return index >= first_index_ && (index - first_index_ + 1) * n_channels_ <= samples_.size();
}

bool SceneSamples::Await(uint64_t index) {
  for (int i = 0; i < 2 * kSampleWaitMs && is_on_ && is_patient_; ++i) {
    if (Has(index)) return true;
    Poll();
    if (Has(index)) return true;
    PauseMs();
  }
  is_patient_ = false;
  return Has(index);
}

void SceneSamples::LeaveOut(uint64_t n_samples) {
  log_.Say("the emulator is too far behind: %.3f s of the %s's scene are left out",
           static_cast<double>(n_samples) / rate_hz_, NameOf(sensor_));
  n_delay_ -= static_cast<int64_t>(n_samples);
}

bool SceneSamples::At(double since_start_s, std::array<double, kMaxChannels>* values) {
  if (!is_on_) return false;
  const double position = since_start_s * rate_hz_ - static_cast<double>(n_delay_);
  if (position < 0) return false;
  // A time within a thousandth of a sample counts as that sample's: the clock has whole nanoseconds.
  const double nearest = std::round(position);
  const bool is_on_sample = std::abs(position - nearest) < 1e-3;
  auto index = static_cast<uint64_t>(is_on_sample ? nearest : std::floor(position));
  const double part = is_on_sample ? 0 : position - std::floor(position);
  if (index < first_index_) {
    const uint64_t newest = first_index_ + samples_.size() / n_channels_;
    const uint64_t n_left_out = newest - static_cast<uint64_t>(std::ceil(kDelayS * rate_hz_)) - index;
    LeaveOut(n_left_out);
    index += n_left_out;
  }
  if (!Await(part > 0 ? index + 1 : index)) return false;
  for (size_t i = 0; i < n_channels_; ++i) {
    const uint64_t offset = (index - first_index_) * n_channels_ + i;
    const double a = samples_[offset];
    const double b = part > 0 ? samples_[offset + n_channels_] : a;
    (*values)[i] = (a + (b - a) * part) * (i < kAccelerationAxes ? scale_ : kRotationScale);
  }
  return true;
}

}  // namespace tinyhost::emulator
