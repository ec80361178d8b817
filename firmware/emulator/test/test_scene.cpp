#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "emulator/board/scene.h"
#include "emulator/test/chip.h"
#include "emulator/test/scratch.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kRateHz = 16'000;

/// Plays sound as the host does, from a thread: each request gets as many samples as it asks for, which increase by
/// one.
class Player {
 public:
  Player() {
    REQUIRE(::mkfifo("microphone.request", 0600) == 0);
    requests_ = ::open("microphone.request", O_RDWR | O_CLOEXEC);
    replies_ = ::open("microphone.reply", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    thread_ = std::thread([this] { Play(); });
  }
  ~Player() {
    const SceneRequest end = {};
    REQUIRE(::write(requests_, &end, sizeof end) == sizeof end);
    thread_.join();
    ::close(requests_);
    ::close(replies_);
  }

  std::atomic<uint64_t> n_lost_before_next{0};
  std::atomic<bool> is_silent{false};

 private:
  void Play() {
    uint64_t position = 0;
    uint32_t n_lost = 0;
    SceneRequest request;
    while (::read(requests_, &request, sizeof request) == sizeof request && request.magic == kSceneMagic) {
      const uint64_t n_more = n_lost_before_next.exchange(0);
      position += n_more;
      n_lost += static_cast<uint32_t>(n_more);
      std::vector<int16_t> samples(is_silent ? 0 : request.max_samples);
      for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<int16_t>((position + i) % 1000);
      SceneReply reply = {};
      reply.magic = kSceneMagic;
      reply.seq = request.seq;
      reply.position = position;
      reply.lost = n_lost;
      reply.n_bytes = static_cast<uint32_t>(samples.size() * sizeof(int16_t));
      reply.rate_mhz = kRateHz * 1000;
      reply.scale = 1;
      reply.width = 1;
      reply.status = Status::kOk;
      std::vector<uint8_t> bytes(sizeof reply + reply.n_bytes);
      std::memcpy(bytes.data(), &reply, sizeof reply);
      if (!samples.empty()) std::memcpy(bytes.data() + sizeof reply, samples.data(), reply.n_bytes);
      // The request's number comes last, because the reader waits for it.
      (void)!::pwrite(replies_, bytes.data() + sizeof reply, reply.n_bytes, sizeof reply);
      (void)!::pwrite(replies_, bytes.data(), sizeof reply, 0);
      position += samples.size();
    }
  }

  int requests_ = -1;
  int replies_ = -1;
  std::thread thread_;
};

struct SceneTest : Scratch {
  Chip chip;
  Player player;
  SceneSamples samples{chip.log, SceneSensor::kMicrophone, 1};

  double At(double since_start_s) {
    std::array<double, SceneSamples::kMaxChannels> values = {};
    return samples.At(since_start_s, &values) ? values[0] : -1;
  }
};

TEST_CASE_FIXTURE(SceneTest, "a sensor senses what the scene gave 40 ms ago") {
  samples.Start();
  CHECK(At(0.039) == -1);
  CHECK(At(0.040) == 0);
  CHECK(At(0.040 + 500.0 / kRateHz) == 500);
}

TEST_CASE_FIXTURE(SceneTest,
                  "an emulator that is a minute behind leaves out what is gone, and goes on with the scene") {
  samples.Start();
  CHECK(At(0.040 + 500.0 / kRateHz) == 500);
  player.n_lost_before_next = 2'000'000;  // 125 s
  samples.Poll();
  for (int i = 0; i < 200 && At(0.040 + 501.0 / kRateHz) == 501; ++i) samples.Poll();
  const double next = At(0.040 + 502.0 / kRateHz);
  CHECK(next >= 0);
  CHECK(At(0.040 + 503.0 / kRateHz) == static_cast<int>(next + 1) % 1000);
}

TEST_CASE_FIXTURE(SceneTest, "a player that gives nothing is waited for once, not at each sample") {
  player.is_silent = true;
  samples.Start();
  const auto begin = chip.log.n_defects();
  for (int i = 0; i < 16'000; ++i) CHECK(At(1 + i / 16'000.0) == -1);  // else 100 ms each: half an hour
  player.is_silent = false;
  for (int i = 0; i < 200 && At(0.040) == -1; ++i) {
    samples.Poll();
    ::usleep(1000);
  }
  CHECK(At(0.040) == 0);
  CHECK(chip.log.n_defects() == begin);
}

}  // namespace
}  // namespace tinyhost::emulator
