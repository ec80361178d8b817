// MAXIMUM and MINIMUM of two int8 tensors, broadcast; all three have the same quantization.

#include "broadcast.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  if (!ValidBroadcast(op)) return Status::kImageParameter;
  *work += ElementCount(*op.output);
  return Status::kOk;
}

template <bool kLargest>
void RunRow(const OperatorView&, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  for (; n > 0; --n, ++a, ++b) *output++ = (*a > *b) == kLargest ? *a : *b;
}

template <bool kLargest>
void Run(const OperatorView& op) {
  static constexpr RowsKernel kRows{RunRow<kLargest>};
  ForEachRow(op, kRows);
}

}  // namespace

const Kernel kMaximumKernel{OperatorCode::kMaximum, 2, sizeof(NoParams), Check, Run<true>};
const Kernel kMinimumKernel{OperatorCode::kMinimum, 2, sizeof(NoParams), Check, Run<false>};

}  // namespace tinyhost
