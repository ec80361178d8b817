#pragma once

#include <cstddef>
#include <cstdint>

#include "core/self_test.h"

namespace tinyhost::hal {

/// The range of values that pass.
struct Limits {
  int32_t lowest;
  int32_t highest;
};

/// The findings of one part of a self-test. There is room for all of them; any more would be dropped.
class FindingList {
 public:
  static constexpr size_t kCapacity = 24;

  /// Adds a finding: passed if `measured` is within the limits, failed otherwise.
  void Add(SelfTestCheck check, int32_t measured, Limits limits, uint8_t index = kNoIndex) {
    const bool is_right = measured >= limits.lowest && measured <= limits.highest;
    Put({check,
         is_right ? Verdict::kPassed : Verdict::kFailed,
         Status::kOk,
         index,
         kNoIndex,
         {},
         measured,
         limits.lowest,
         limits.highest});
  }
  void AddLine(SelfTestCheck check, uint8_t index, LineState state, uint8_t other = kNoIndex) {
    const Verdict verdict = state == LineState::kGood ? Verdict::kPassed : Verdict::kFailed;
    Put({check, verdict, Status::kOk, index, other, {}, static_cast<int32_t>(state), 0, 0});
  }
  void Note(SelfTestCheck check, int32_t measured, Limits limits) {
    Put({check, Verdict::kNoted, Status::kOk, kNoIndex, kNoIndex, {}, measured, limits.lowest, limits.highest});
  }
  /// Adds a finding for a check that needs a call that failed.
  void Fail(SelfTestCheck check, Status status) {
    Put({check, Verdict::kFailed, status, kNoIndex, kNoIndex, {}, 0, 0, 0});
  }
  void Skip(SelfTestCheck check) { Put({check, Verdict::kSkipped, Status::kOk, kNoIndex, kNoIndex, {}, 0, 0, 0}); }

  void Clear() { n_ = 0; }
  size_t size() const { return n_; }
  const Finding& operator[](size_t i) const { return findings_[i]; }
  const Finding* data() const { return findings_; }

 private:
  void Put(const Finding& finding) {
    if (n_ < kCapacity) findings_[n_++] = finding;
  }

  size_t n_ = 0;
  Finding findings_[kCapacity] = {};
};

}  // namespace tinyhost::hal
