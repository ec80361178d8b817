#include "broadcast.h"

#include <cstring>

namespace tinyhost {

TINYHOST_COLD Shape4 BroadcastStrides(const TensorView& tensor) {
  const Shape4 shape = ExtendShape(tensor);
  Shape4 strides{};
  int32_t stride = 1;
  for (int d = 3; d >= 0; --d) {
    strides.dims[d] = shape.dims[d] == 1 ? 0 : stride;
    stride *= shape.dims[d];
  }
  return strides;
}

TINYHOST_COLD Shape4 ExtendShape(const TensorView& tensor) {
  Shape4 shape{{1, 1, 1, 1}};
  for (int i = 0; i < tensor.rank; ++i) shape.dims[4 - tensor.rank + i] = tensor.dims[i];
  return shape;
}

TINYHOST_COLD bool BothBroadcast(const OperatorView& op) {
  const Shape4 out = ExtendShape(op.output);
  for (int i = 0; i < 2; ++i) {
    const Shape4 in = ExtendShape(op.inputs[i]);
    for (int d = 0; d < 4; ++d) {
      if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return false;
    }
  }
  return true;
}

TINYHOST_COLD bool ValidBroadcast(const OperatorView& op) {
  return op.inputs[0].type == TensorType::kInt8 && op.inputs[1].type == TensorType::kInt8 &&
         op.output.type == TensorType::kInt8 && BothBroadcast(op);
}

namespace {

constexpr int32_t kBlockBytes = 256;
constexpr int32_t kLongRow = kBlockBytes / 4 + 1;  // copies of longer ones take more than they spare
constexpr int32_t kWord = 4;
constexpr int32_t kFourWords = 4 * kWord;

/// Dimensions in which both inputs go on alike: how many elements, and how far apart each input has them.
struct Axis {
  int32_t n = 1;
  int32_t step[2] = {0, 0};
};

/// Rows of one input behind one another, copied where the input repeats.
class Block {
 public:
  const int8_t* Rows(const int8_t* from, int32_t step, int32_t next, int32_t n, int32_t n_rows) {
    if (step != 0 && (next != 0 || n_rows == 1)) return from;
    if (from == from_) return data_;  // as many rows, or fewer
    from_ = from;
    int8_t* to = data_;
    if (step == 0) {
      n > kWord ? Fill<kFourWords>(from, next, n, n_rows) : Fill<kWord>(from, next, n, n_rows);
      return data_;
    }
    int32_t period = n;
    while (period < kWord) period += n;
    for (int32_t i = 0; i < n; ++i) *to++ = from[i];
    for (int32_t i = n; i < period; ++i, ++to) *to = to[-n];
    for (const int8_t* end = data_ + n * n_rows; to < end; to += kWord) std::memcpy(to, to - period, kWord);
    return data_;
  }

 private:
  /// Rows of one value each, kBytes at once.
  template <int32_t kBytes>
  TINYHOST_HOT void Fill(const int8_t* from, int32_t next, int32_t n, int32_t n_rows) {
    for (int8_t* row = data_; n_rows > 0; --n_rows, from += next, row += n) {
      const uint32_t word = static_cast<uint8_t>(*from) * 0x01010101u;
      for (int8_t *to = row, *end = row + n; to < end; to += kBytes) {
        for (int32_t i = 0; i < kBytes; i += kWord) std::memcpy(to + i, &word, kWord);
      }
    }
  }

  int8_t data_[kBlockBytes + kFourWords];  // as many are stored at once
  const int8_t* from_ = nullptr;
};

/// Runs rows along one axis, short ones some at a time.
TINYHOST_COLD void RunRows(const OperatorView& op, RowFunction function, const Axis& along, const Axis& rows,
                           const int8_t* const inputs[2], int8_t* output) {
  const bool repeats = (along.step[0] & along.step[1]) == 0;
  int32_t n_at_once = along.n, rows_at_once = 1;
  if (repeats && n_at_once > kBlockBytes) n_at_once = kBlockBytes;
  if (repeats || along.n < kLongRow) rows_at_once = kBlockBytes / n_at_once;
  if (rows_at_once > 8) rows_at_once &= ~7;  // fast kernels run eight elements at once
  Block blocks[2];
  for (int32_t row = 0; row < rows.n; row += rows_at_once) {
    const int32_t n_rows = rows.n - row < rows_at_once ? rows.n - row : rows_at_once;
    for (int32_t column = 0, n; column < along.n; column += n, output += n * n_rows) {
      n = along.n - column < n_at_once ? along.n - column : n_at_once;
      const int8_t* data[2];
      for (int i = 0; i < 2; ++i) {
        const int8_t* from = inputs[i] + row * rows.step[i] + column * along.step[i];
        data[i] = blocks[i].Rows(from, along.step[i], rows.step[i], n, n_rows);
      }
      function(op, data[0], data[1], n * n_rows, output);
    }
  }
}

}  // namespace

TINYHOST_COLD void ForEachRow(const OperatorView& op, RowFunction function) {
  const int8_t *a = op.input_data<int8_t>(0), *b = op.input_data<int8_t>(1);
  const uint32_t n_bytes = op.output.n_bytes;
  if (op.inputs[0].n_bytes == n_bytes && op.inputs[1].n_bytes == n_bytes) {
    return function(op, a, b, static_cast<int32_t>(n_bytes), op.output_data<int8_t>());
  }
  const Shape4 out = ExtendShape(op.output);
  const Shape4 strides[2] = {BroadcastStrides(op.inputs[0]), BroadcastStrides(op.inputs[1])};
  Axis axes[4];
  int last = -1;
  for (int d = 3; d >= 0; --d) {
    if (out.dims[d] == 1) continue;
    const int32_t step_a = strides[0].dims[d], step_b = strides[1].dims[d];
    if (last >= 0 && step_a == axes[last].step[0] * axes[last].n && step_b == axes[last].step[1] * axes[last].n) {
      axes[last].n *= out.dims[d];
    } else {
      axes[++last] = Axis{out.dims[d], {step_a, step_b}};
    }
  }
  int8_t* output = op.output_data<int8_t>();
  for (int32_t i = 0; i < axes[3].n; ++i) {
    for (int32_t j = 0; j < axes[2].n; ++j, output += axes[0].n * axes[1].n) {
      const int8_t* inputs[2] = {a + i * axes[3].step[0] + j * axes[2].step[0],
                                 b + i * axes[3].step[1] + j * axes[2].step[1]};
      RunRows(op, function, axes[0], axes[1], inputs, output);
    }
  }
}

}  // namespace tinyhost
