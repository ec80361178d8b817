#pragma once

#include "../kernels/requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// Four accumulators, in registers.
struct Four {
  uint32_t a, b, c, d;

  template <typename Function>
  __attribute__((always_inline)) void Each(Function function) {
    function(a);
    function(b);
    function(c);
    function(d);
  }
};

/// Two accumulators.
struct Two {
  uint32_t a, b;

  template <typename Function>
  __attribute__((always_inline)) void Each(Function function) {
    function(a);
    function(b);
  }
};

/// One accumulator.
struct One {
  uint32_t a;

  template <typename Function>
  __attribute__((always_inline)) void Each(Function function) {
    function(a);
  }
};

/// Requantization with what Requantization::kBounded promises, in four instructions per output, five where negative
/// values matter.
///
/// With m = 2^31 + r, x * m / 2^32 rounded is SMMLAR(x, r - 2^31, x), TFLM's first rounding. Its second, halves away
/// from zero, is a shift of x + 2^(n-1), less 1 where x is negative; the zero point, times 2^n, joins that constant.
/// Negative values need no care if the activation cuts them off.
class BoundedRequantizer {
 public:
  BoundedRequantizer(const Requantizer& r, Requantization form)
      : doubled_zero_point_(2 * r.zero_point + 1),
        activation_min_(r.activation_min),
        activation_max_(r.activation_max) {
    const bool full_range = r.activation_min == INT8_MIN && r.activation_max == INT8_MAX;
    if (form != Requantization::kBounded) {
      form_ = Form::kAny;
    } else if (r.activation_min < r.zero_point || !full_range) {
      form_ = Form::kBounded;
    }
  }

  /// Requantizes sums of one channel, which include the bias, in place.
  template <typename Sums>
  __attribute__((always_inline)) void Apply(const ChannelConstants& channel, Sums& sums) const {
    const int32_t multiplier = static_cast<int32_t>(channel.multiplier);
    const uint32_t shift = static_cast<uint32_t>(-channel.shift) & 31;
    const int32_t doubled = static_cast<int32_t>(static_cast<uint32_t>(doubled_zero_point_) << shift);
    const uint32_t constant = static_cast<uint32_t>(doubled >> 1);
    const auto first = [=](uint32_t& sum) {
      const int32_t x = static_cast<int32_t>(sum);
      sum = static_cast<uint32_t>(MultiplyHighAdd(x, multiplier, x));
    };
    const auto second = [=](uint32_t& sum) {
      sum = static_cast<uint32_t>(SaturateToByte(static_cast<int32_t>(sum + constant) >> shift));
    };
    if (__builtin_expect(form_ == Form::kCut, 1)) {
      sums.Each(first);
      sums.Each(second);
    } else if (form_ == Form::kBounded) {
      sums.Each(first);
      sums.Each([](uint32_t& sum) { sum += static_cast<uint32_t>(static_cast<int32_t>(sum) >> 31); });
      sums.Each(second);
      sums.Each([this](uint32_t& sum) {
        sum = static_cast<uint32_t>(Clamp(static_cast<int32_t>(sum), activation_min_, activation_max_));
      });
    } else {
      sums.Each([&, this](uint32_t& sum) { sum = Any(channel, sum); });
    }
  }

  /// Requantizes the sums of four channels.
  void Apply4(const ChannelConstants* channels, Four& sums) const {
    sums.Each([&](uint32_t& sum) {
      One one{sum};
      Apply(*channels++, one);
      sum = one.a;
    });
  }

 private:
  enum class Form : uint8_t {
    kCut,      // the activation is int8's range, and nothing is below the zero point
    kBounded,  // any activation
    kAny,      // TFLM's arithmetic, step by step
  };

  __attribute__((noinline)) uint32_t Any(const ChannelConstants& channel, uint32_t sum) const {
    const int32_t multiplier = static_cast<int32_t>(channel.multiplier >> 1);
    const int32_t scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), multiplier, channel.shift);
    return static_cast<uint32_t>(
        Clamp(WrappingAdd(scaled, doubled_zero_point_ >> 1), activation_min_, activation_max_));
  }

  Form form_ = Form::kCut;
  int32_t doubled_zero_point_;  // plus 1, the half that rounds
  int32_t activation_min_;
  int32_t activation_max_;
};

}  // namespace tinyhost::simd
