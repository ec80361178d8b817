#include "device/unsure.h"

#include <algorithm>
#include <cstring>

#include "core/portable.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kPictureSpanUs = 1'000'000;

/// A byte in G.711's mu-law, table 2a: sign, exponent and four bits of a magnitude with a bias, all inverted.
uint8_t MuLaw(int16_t value) {
  const uint32_t sign = value < 0 ? 0x80 : 0;
  const uint32_t biased = static_cast<uint32_t>(std::min(value < 0 ? -value : value, 32'635)) + 132;
  const uint32_t exponent = 24u - static_cast<uint32_t>(CountLeadingZeros(biased));
  return static_cast<uint8_t>(~(sign | exponent << 4 | (biased >> (exponent + 3) & 15)));
}

}  // namespace

/// A result with a smaller margin is unsure; with 0, none is.
int32_t Unsure::Limit() const {
  const size_t index = settings_.Find(Setting::kUnsureMargin);
  return index == settings_.size() ? 0 : settings_.Info(index).value;
}

void Unsure::Follow(const int16_t* moments, size_t n_moments) {
  if (Limit() == 0) return Restart();
  const size_t n_channels = app_.sample_input->n_channels;
  const size_t n_window = app_.sample_input->window_samples() * n_channels;
  const bool is_ours = sample_.is_lent() && n_window == n_window_;
  const MutableBytes buffer = sample_.Lend();
  if (!is_ours) n_followed_ = next_ = 0;
  n_window_ = n_window;
  if (n_window * sizeof(int16_t) > buffer.size) return Restart();
  auto* values = reinterpret_cast<int16_t*>(buffer.data);
  const size_t n_values = n_moments * n_channels;
  for (size_t i = 0; i < n_values; ++i) {
    values[next_] = moments[i];
    if (++next_ == n_window) next_ = 0;
  }
  n_followed_ = std::min(n_followed_ + n_values, n_window);
}

void Unsure::KeepPicture(const Result& result, uint64_t time_us) {
  const FrameInfo& frame = sample_.frame();
  uint8_t* to = Room(result, time_us, kPictureSpanUs, frame.width, frame.height);
  if (to != nullptr) std::memcpy(to, sample_.bytes(), frame.n_bytes);
}

void Unsure::KeepWindow(const Result& result, uint64_t time_us, const hal::Sampling& sampling) {
  if (!sample_.is_lent() || n_followed_ == 0 || n_followed_ < n_window_ || sampling.rate_mhz == 0) return;
  const size_t n_moments = n_window_ / app_.sample_input->n_channels;
  const uint64_t span_us = n_moments * 1'000'000'000ull / sampling.rate_mhz;
  uint8_t* to = Room(result, time_us, span_us, app_.sample_input->n_channels, static_cast<uint16_t>(n_moments));
  if (to == nullptr) return;
  sampling_ = sampling;
  const auto* values = reinterpret_cast<const int16_t*>(sample_.bytes());
  for (size_t i = 0; i < n_window_; ++i) {
    const int16_t value = values[(next_ + i) % n_window_];
    if (app_.sensor == SensorKind::kMicrophone) {
      to[i] = MuLaw(value);
    } else {
      std::memcpy(to + i * sizeof(value), &value, sizeof(value));
    }
  }
}

Bytes Unsure::sample(size_t index) const {
  if (index >= n_kept_ || n_loads_ != runner_.n_loads()) return {};
  const UnsureSample* slot = Slot(index);
  return {reinterpret_cast<const uint8_t*>(slot + 1), n_sample_bytes(slot->width, slot->height)};
}

void Unsure::OnUnsure(const Request& request) {
  DropStale();
  if (Parse<UnsureRequest>(request.payload).clear != 0) {
    const MutableBytes rest = runner_.ArenaRest();
    if (rest.size != 0) std::memset(rest.data, 0, rest.size);
    n_kept_ = 0;
    n_unsure_ = 0;
  }
  const bool is_sound = app_.sensor == SensorKind::kMicrophone;
  const UnsureReply reply = {n_unsure_,
                             sampling_.rate_mhz,
                             sampling_.scale,
                             static_cast<uint16_t>(n_kept_),
                             static_cast<uint16_t>(n_room_),
                             is_sound ? SampleCoding::kMuLaw : SampleCoding::kPlain,
                             {}};
  FrameEncoder* frame = host_.BeginReply(request);
  frame->Append(BytesOf(reply));
  for (size_t i = 0; i < n_kept_; ++i) frame->Append(BytesOf(*Slot(i)));
  frame->End();
}

/// Another model leaves another part of the arena free, with unknown contents.
void Unsure::DropStale() {
  if (n_loads_ == runner_.n_loads()) return;
  n_loads_ = runner_.n_loads();
  n_kept_ = n_room_ = slot_bytes_ = 0;
}

UnsureSample* Unsure::Slot(size_t index) const {
  return reinterpret_cast<UnsureSample*>(runner_.ArenaRest().data + (first_ + index) % n_room_ * slot_bytes_);
}

/// Writes the description of a result's sample into the ring; returns where the sample goes, or null if it is not kept.
uint8_t* Unsure::Room(const Result& result, uint64_t time_us, uint64_t span_us, uint16_t width, uint16_t height) {
  const Prediction& prediction = result.prediction;
  if (prediction.status != Status::kOk || result.margin >= Limit()) return nullptr;
  DropStale();
  const size_t slot_bytes = (sizeof(UnsureSample) + n_sample_bytes(width, height) + 7) / 8 * 8;
  if (slot_bytes != slot_bytes_) {
    slot_bytes_ = slot_bytes;
    n_room_ = std::min<size_t>(runner_.ArenaRest().size / slot_bytes, kMaxUnsure);
    n_kept_ = first_ = 0;
  }
  const bool overlaps = n_kept_ != 0 && time_us - Slot(n_kept_ - 1)->time_us < span_us;
  if (overlaps && Slot(n_kept_ - 1)->margin <= result.margin) return nullptr;
  if (!overlaps) {
    ++n_unsure_;
    if (n_room_ == 0) return nullptr;
    if (n_kept_ < n_room_) {
      ++n_kept_;
    } else {
      first_ = (first_ + 1) % n_room_;
    }
  }
  UnsureSample* slot = Slot(n_kept_ - 1);
  *slot = {time_us,
           prediction.position,
           result.margin,
           prediction.score,
           width,
           height,
           prediction.n_classes,
           prediction.top,
           0,
           {}};
  std::memcpy(slot->scores, result.scores, sizeof(slot->scores));
  return reinterpret_cast<uint8_t*>(slot + 1);
}

size_t Unsure::n_sample_bytes(uint16_t width, uint16_t height) const {
  const size_t value_bytes = app_.sensor == SensorKind::kAccelerometer ? sizeof(int16_t) : 1;
  return value_bytes * width * height;
}

}  // namespace tinyhost
