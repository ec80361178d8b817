#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "engine/image_format.h"
#include "frontend/frontend.h"
#include "kws/params.h"

namespace tinyhost {

/// The features of the newest strides of sound, each computed once: a model's input that slides along.
class FeatureWindow {
 public:
  /// Makes room for the params' window, which is then empty. Returns kImageMetadata and changes nothing if the frontend
  /// cannot work with these params, or there is no room.
  Status Configure(const KwsParams& params);
  bool is_configured() const { return n_strides_ != 0; }

  /// Whether consecutive windows have no stride in common, as models with a state need them.
  void SetApart(bool apart) { is_apart_ = apart; }

  /// Forgets all sound.
  void Reset();

  /// As Frontend::Take.
  size_t Take(const int16_t* samples, size_t n, bool* is_stride_complete);

  /// True once as many strides as the window has came since the last Reset(); for separate windows, at the end of each.
  bool is_full() const { return n_in_ring_ == n_strides_ && n_strides_ != 0; }
  /// Copies all strides of a full window, the oldest first: n_strides * n_features() bytes.
  void Copy(int8_t* features) const;

  /// The newest stride's features, its largest absolute sample, and its root mean square.
  const int8_t* newest() const { return ring_ + newest_ * n_features(); }
  uint16_t peak() const { return peak_; }
  uint16_t rms() const;
  size_t n_features() const { return frontend_.n_features(); }  // of a stride

  /// The features of the last n_strides of one recording; the window itself stays as it is. Returns kBadArgument if the
  /// recording is shorter than the window.
  Status OfClip(const int16_t* samples, size_t n, int8_t* features) const;

 private:
  struct Level {
    uint32_t peak = 0;
    uint64_t energy = 0;  // sum of squares
    uint32_t n_samples = 0;
  };

  void Measure(const int16_t* samples, size_t n);

  Frontend frontend_;
  int8_t ring_[kMaxKwsFeatures];
  size_t n_strides_ = 0;
  size_t n_in_ring_ = 0;  // strides in the ring
  size_t newest_ = 0;     // stride
  bool is_apart_ = false;
  Level level_;  // of the stride that is not complete
  uint16_t peak_ = 0;
  uint32_t mean_square_ = 0;
};

}  // namespace tinyhost
