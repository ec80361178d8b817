#include "broadcast.h"

#include <cstring>

namespace tinyhost {

TINYHOST_COLD Shape4 BroadcastStrides(const TensorRecord& tensor) {
  const Shape4 shape = ExtendShape(tensor);
  Shape4 strides{};
  int32_t stride = 1;
  for (int d = 3; d >= 0; --d) {
    strides.dims[d] = shape.dims[d] == 1 ? 0 : stride;
    stride *= shape.dims[d];
  }
  return strides;
}

TINYHOST_COLD Shape4 ExtendShape(const TensorRecord& tensor) {
  Shape4 shape{{1, 1, 1, 1}};
  for (int i = 0; i < tensor.rank; ++i) shape.dims[4 - tensor.rank + i] = tensor.dims[i];
  return shape;
}

TINYHOST_COLD bool BothBroadcast(const OperatorView& op) {
  const Shape4 out = ExtendShape(*op.output);
  int n_ones[4] = {};
  for (int i = 0; i < 2; ++i) {
    const Shape4 in = ExtendShape(*op.inputs[i]);
    for (int d = 0; d < 4; ++d) {
      if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return false;
      n_ones[d] += in.dims[d] != out.dims[d];
    }
  }
  return n_ones[0] < 2 && n_ones[1] < 2 && n_ones[2] < 2 && n_ones[3] < 2;
}

TINYHOST_COLD bool ValidBroadcast(const OperatorView& op) {
  return op.inputs[0]->type == TensorType::kInt8 && op.inputs[1]->type == TensorType::kInt8 &&
         op.output->type == TensorType::kInt8 && BothBroadcast(op);
}

namespace {

constexpr int32_t kWord = 4;
constexpr int32_t kLongRow = 32;  // shorter rows are joined to rows of this length or more
constexpr int32_t kBlockBytes = 128;
constexpr int32_t kMaxWords = 64;

/// Dimensions that one loop can run: the number of elements, and the step from one to the next in each input.
struct Axis {
  int32_t n;
  int32_t step[2];
};

/// Merges the output's dimensions to as few axes as possible, the innermost first; the axes that remain have one
/// element.
TINYHOST_COLD void MakeAxes(const OperatorView& op, Axis axes[4]) {
  int32_t strides[2] = {1, 1};
  Axis* axis = axes;
  for (int d = 1; d <= 4; ++d) {
    const int32_t n = d <= op.output->rank ? op.output->dims[op.output->rank - d] : 1;
    if (n == 1) continue;
    int32_t steps[2];
    for (int i = 0; i < 2; ++i) {
      const TensorRecord& input = *op.inputs[i];
      const int32_t dim = d <= input.rank ? input.dims[input.rank - d] : 1;
      steps[i] = dim == 1 ? 0 : strides[i];
      strides[i] *= dim;
    }
    const bool first = axis->n == 1;
    if (first || steps[0] != axis->step[0] * axis->n || steps[1] != axis->step[1] * axis->n) {
      if (!first) ++axis;
      *axis = {n, {steps[0], steps[1]}};
    } else {
      axis->n *= n;
    }
  }
}

TINYHOST_COLD void RunRows(const OperatorView& op, const RowsKernel& kernel, const Rows& rows) {
  if (kernel.all) return kernel.all(op, rows);
  const int8_t *a = rows.inputs[0], *b = rows.inputs[1];
  int8_t* output = rows.output;
  for (int32_t left = rows.n_rows; left > 0; --left, a += rows.next[0], b += rows.next[1], output += rows.n) {
    kernel.each(op, a, b, rows.n, output);
  }
}

/// Runs short rows in which one input is the same for all rows: several at once, with copies of that input in a block.
TINYHOST_COLD void RunShortRows(const OperatorView& op, const RowsKernel& kernel, Rows rows) {
  int8_t block[kBlockBytes + kWord];
  const int repeated = rows.next[0] == 0 ? 0 : 1;
  const int8_t* from = rows.inputs[repeated];
  int32_t n_at_once = rows.n % kWord == 0 ? 1 : kWord;
  while (n_at_once * rows.n <= kBlockBytes / 2) n_at_once *= 2;
  if (n_at_once > rows.n_rows) n_at_once = rows.n_rows;
  int32_t period = rows.n;
  while (period < kWord) period += rows.n;
  int8_t *to = block, *end = block + n_at_once * rows.n;
  for (; to < block + period; ++to) *to = to < block + rows.n ? *from++ : to[-rows.n];
  for (; to < end; to += kWord) std::memcpy(to, to - period, kWord);
  const int32_t left = rows.n_rows % n_at_once * rows.n;
  rows.n_rows /= n_at_once;
  rows.n *= n_at_once;
  rows.inputs[repeated] = block;
  rows.next[1 - repeated] = rows.n;
  RunRows(op, kernel, rows);
  if (left == 0) return;
  rows.output += rows.n * rows.n_rows;
  rows.inputs[1 - repeated] += rows.n * rows.n_rows;
  rows.n = left;
  rows.n_rows = 1;
  RunRows(op, kernel, rows);
}

/// Repeats the first n words up to `end`, and writes up to 3 words behind it.
TINYHOST_HOT void Repeat(int32_t* words, int32_t n, const int32_t* end) {
  int32_t period = n;
  while (period < kWord) period += n;
  int32_t* to = words + n;
  for (; to < words + period; ++to) *to = to[-n];
  for (; to < end; to += kWord) std::memcpy(to, to - period, kWord * sizeof(*to));
}

/// Writes each row's single value for all n elements of the row, and up to 3 bytes behind the last row.
TINYHOST_HOT void Fill(const int8_t* ones, int32_t n, int32_t n_rows, int8_t* to) {
  for (const int8_t* const end = ones + n_rows; ones != end; ++ones) {
    const uint32_t word = static_cast<uint8_t>(*ones) * 0x01010101u;
    int8_t* const next = to + n;
    std::memcpy(to, &word, kWord);
    while ((to += kWord) < next) std::memcpy(to, &word, kWord);
    to = next;
  }
}

/// Runs rows in which one input has a single value per row, if the kernel does not, with a block of copies of these
/// values.
TINYHOST_COLD void RunOnes(const OperatorView& op, const RowsKernel& kernel, const Rows& of) {
  if (kernel.of_ones && kernel.of_ones(op, of)) return;
  int8_t block[kBlockBytes + kWord];
  Rows rows = of;
  const int32_t n_at_once = of.n < kBlockBytes ? kBlockBytes / of.n : 1;
  const int8_t* ones = of.inputs[of.ones];
  rows.ones = -1;
  rows.inputs[of.ones] = block;
  for (int32_t left = of.n_rows; left > 0; left -= n_at_once, ones += n_at_once) {
    const int32_t n_rows = left < n_at_once ? left : n_at_once;
    rows.n = of.n < kBlockBytes ? n_rows * of.n : kBlockBytes;
    Fill(ones, rows.n / n_rows, n_rows, block);
    for (int32_t n = n_rows * of.n; n > 0; n -= rows.n) {
      if (rows.n > n) rows.n = n;
      rows.n_rows = 1;
      RunRows(op, kernel, rows);
      rows.inputs[1 - of.ones] += rows.n;
      rows.output += rows.n;
    }
  }
}

/// Runs rows in which one input is the same for all rows, converted to words; short rows several at once. Returns false
/// if the kernel has no such form, or the rows are too long.
TINYHOST_COLD bool RunSameAsWords(const OperatorView& op, const RowsKernel& kernel, const Rows& of) {
  int32_t words[kMaxWords + kWord];
  const int same = of.next[0] == 0 ? 0 : 1;
  if (of.n > kMaxWords || of.n_rows == 1 || !kernel.make_words(op, same, of.inputs[same], of.n, words)) return false;
  const int32_t step = of.n % kWord == 0 ? 1 : (of.n % 2 == 0 ? 2 : kWord);
  int32_t n_at_once = kMaxWords / of.n & -step;
  if (n_at_once == 0) n_at_once = 1;
  if (n_at_once > of.n_rows) n_at_once = of.n_rows;
  const int32_t n = n_at_once * of.n;
  Repeat(words, of.n, words + n);
  WordRows rows{of.inputs[1 - same], words, of.output, n, of.n_rows / n_at_once};
  kernel.of_words(op, same, rows);
  rows.input += n * rows.n_rows;
  rows.output += n * rows.n_rows;
  rows.n = of.n * (of.n_rows % n_at_once);
  rows.n_rows = 1;
  if (rows.n > 0) kernel.of_words(op, same, rows);
  return true;
}

/// Runs rows in which one input is the same for all rows.
TINYHOST_COLD void RunSame(const OperatorView& op, const RowsKernel& kernel, const Rows& rows) {
  if (kernel.make_words && RunSameAsWords(op, kernel, rows)) return;
  if (rows.n < kLongRow && rows.n_rows > 1) return RunShortRows(op, kernel, rows);
  RunRows(op, kernel, rows);
}

/// Runs the rows of the two innermost axes, for every index of the others.
TINYHOST_COLD void RunAxes(const OperatorView& op, const RowsKernel& kernel) {
  Axis axes[4] = {{1, {1, 1}}, {1, {0, 0}}, {1, {0, 0}}, {1, {0, 0}}};
  MakeAxes(op, axes);
  Rows rows{{}, op.output_data<int8_t>(), axes[0].n, axes[1].n, {axes[1].step[0], axes[1].step[1]}, -1};
  for (int32_t i = 0; i < 2; ++i) {
    if (axes[0].step[i] == 0) rows.ones = i;
  }
  int32_t n_times = 1;
  if (rows.ones >= 0 && rows.next[1 - rows.ones] == 0) n_times = rows.n_rows, rows.n_rows = 1;
  for (int32_t i = 0; i < axes[3].n; ++i) {
    for (int32_t j = 0; j < axes[2].n; ++j) {
      for (size_t k = 0; k < 2; ++k) {
        rows.inputs[k] = op.input_data<int8_t>(k) + i * axes[3].step[k] + j * axes[2].step[k];
      }
      for (int32_t n = n_times; n > 0; --n, rows.output += rows.n * rows.n_rows) {
        if (rows.ones < 0) {
          RunSame(op, kernel, rows);
        } else {
          RunOnes(op, kernel, rows);
          ++rows.inputs[rows.ones];
        }
      }
    }
  }
}

int32_t LastDim(const TensorRecord& tensor) { return tensor.rank > 0 ? tensor.dims[tensor.rank - 1] : 1; }

}  // namespace

/// First of all the rows where one input has the output's shape, and the other one, too, or a value for each channel or
/// for each pixel, as in most operators that broadcast.
TINYHOST_COLD void ForEachRow(const OperatorView& op, const RowsKernel& kernel) {
  const auto size = [](const TensorRecord& tensor) { return static_cast<int32_t>(ElementCount(tensor)); };
  const int32_t n = size(*op.output), sizes[2] = {size(*op.inputs[0]), size(*op.inputs[1])};
  Rows rows{{op.input_data<int8_t>(0), op.input_data<int8_t>(1)}, op.output_data<int8_t>(), n, 1, {n, n}, -1};
  if (sizes[0] == n && sizes[1] == n) return RunRows(op, kernel, rows);
  const int small = sizes[0] < sizes[1] ? 0 : 1;
  const int32_t depth = LastDim(*op.output), depth_of_small = LastDim(*op.inputs[small]);
  if (sizes[1 - small] != n || depth == 1) return RunAxes(op, kernel);
  rows.n = depth;
  rows.n_rows = n / depth;
  rows.next[0] = rows.next[1] = depth;
  if (sizes[small] == depth && depth_of_small == depth) {
    rows.next[small] = 0;
    return RunSame(op, kernel, rows);
  }
  if (sizes[small] != rows.n_rows || depth_of_small != 1) return RunAxes(op, kernel);
  rows.ones = small;
  RunOnes(op, kernel, rows);
}

}  // namespace tinyhost
