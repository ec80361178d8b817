#include "vision/picture.h"

namespace tinyhost {

namespace {

constexpr int kFractionBits = 8;  // of a weight; two axes and a pixel make 24 bits
constexpr uint32_t kOne = 1u << kFractionBits;

/// Scales one axis of `source` pixels, from `origin` on, to `target` pixels.
struct Axis {
  int origin;
  int source;
  int target;
};

/// The pixels [first, first + count) that contribute to a target pixel, the first and the last one partly.
///
/// All weights are integers in units of 1 / scale; a whole pixel of the window has weight `full`.
struct Span {
  int first;
  int count;
  uint32_t first_weight;
  uint32_t full;
  uint32_t last_weight;
};

/// Area average: target pixel i covers source [i * source / target, (i + 1) * source / target). In units of 1 / target
/// of a source pixel, its weights are exact and sum to `source`.
Span ShrinkSpan(const Axis& axis, int i) {
  const int start = i * axis.source;
  const int end = start + axis.source;
  const int first = start / axis.target;
  const int last = (end - 1) / axis.target;
  const uint32_t full = static_cast<uint32_t>(axis.target);
  if (first == last) return {axis.origin + first, 1, static_cast<uint32_t>(axis.source), full, 0};
  return {axis.origin + first, last - first + 1, static_cast<uint32_t>((first + 1) * axis.target - start), full,
          static_cast<uint32_t>(end - last * axis.target)};
}

/// Bilinear: target pixel centers, (i + 1/2) * source / target - 1/2, clamped to the ends; weights sum to kOne.
Span GrowSpan(const Axis& axis, int i) {
  const int64_t twice = static_cast<int64_t>(2 * i + 1) * axis.source - axis.target;  // 2 * target * position
  int64_t position = twice * static_cast<int64_t>(kOne) / (2 * axis.target);
  const int64_t end = static_cast<int64_t>(axis.source - 1) * kOne;
  position = position < 0 ? 0 : (position > end ? end : position);
  const int first = static_cast<int>(position >> kFractionBits);
  const uint32_t fraction = static_cast<uint32_t>(position) & (kOne - 1);
  if (fraction == 0) return {axis.origin + first, 1, kOne, kOne, 0};
  return {axis.origin + first, 2, kOne - fraction, kOne, fraction};
}

bool Shrinks(const Axis& axis) { return axis.target <= axis.source; }

Span SpanOf(const Axis& axis, int i) { return Shrinks(axis) ? ShrinkSpan(axis, i) : GrowSpan(axis, i); }

uint32_t TotalWeight(const Axis& axis) { return Shrinks(axis) ? static_cast<uint32_t>(axis.source) : kOne; }

uint32_t WeightAt(const Span& span, int k) {
  if (k == 0) return span.first_weight;
  return k == span.count - 1 ? span.last_weight : span.full;
}

/// The weighted mean of a window, halves rounded up. A row sums to at most 255 * 2048, a window to that times 2048.
uint8_t WindowMean(const uint8_t* gray, int stride, const Span& ys, const Span& xs, uint32_t total) {
  uint32_t sum = 0;
  const uint8_t* row = gray + ys.first * stride + xs.first;
  for (int ky = 0; ky < ys.count; ++ky, row += stride) {
    uint32_t row_sum = row[0] * xs.first_weight;
    uint32_t inner = 0;
    for (int kx = 1; kx < xs.count - 1; ++kx) inner += row[kx];
    row_sum += inner * xs.full;
    if (xs.count > 1) row_sum += row[xs.count - 1] * xs.last_weight;
    sum += row_sum * WeightAt(ys, ky);
  }
  return static_cast<uint8_t>((sum + total / 2) / total);
}

/// The largest centered window of the frame with the input's aspect ratio.
void CenterCrop(int width, int height, Axis* columns, Axis* rows) {
  const int64_t wide = static_cast<int64_t>(width) * rows->target;
  const int64_t high = static_cast<int64_t>(height) * columns->target;
  columns->source = wide > high ? static_cast<int>((high + rows->target / 2) / rows->target) : width;
  rows->source = high > wide ? static_cast<int>((wide + columns->target / 2) / columns->target) : height;
  if (columns->source < 1) columns->source = 1;
  if (rows->source < 1) rows->source = 1;
  columns->origin = (width - columns->source) / 2;
  rows->origin = (height - rows->source) / 2;
}

uint8_t MapPixel(const PixelMap& map, bool is_signed, uint8_t pixel) {
  const int64_t value = (static_cast<int64_t>(pixel) * map.multiplier + map.offset) >> 16;
  const int low = is_signed ? INT8_MIN : 0;
  const int high = is_signed ? INT8_MAX : UINT8_MAX;
  return static_cast<uint8_t>(value < low ? low : (value > high ? high : value));
}

bool IsPictureTensor(const TensorView& input) {
  return input.rank == 4 && input.dims[0] == 1 && (input.dims[3] == 1 || input.dims[3] == 3) &&
         input.dims[1] <= kMaxPictureSide && input.dims[2] <= kMaxPictureSide && ElementBytes(input.type) == 1;
}

}  // namespace

SeenWindow SeenWindowOf(int width, int height, const TensorView& input) {
  Axis rows{0, height, input.dims[1]};
  Axis columns{0, width, input.dims[2]};
  CenterCrop(width, height, &columns, &rows);
  return {columns.origin, rows.origin, columns.source, rows.source};
}

Status PreparePicture(const uint8_t* gray, int width, int height, const PixelMap& map, const TensorView& input) {
  if (gray == nullptr || width < 1 || height < 1 || width > kMaxPictureSide || height > kMaxPictureSide) {
    return Status::kBadArgument;
  }
  if (!IsPictureTensor(input)) return Status::kModelMismatch;
  Axis rows{0, height, input.dims[1]};
  Axis columns{0, width, input.dims[2]};
  CenterCrop(width, height, &columns, &rows);
  const uint32_t total = TotalWeight(rows) * TotalWeight(columns);
  const bool same = rows.source == rows.target && columns.source == columns.target;
  const bool is_signed = input.type == TensorType::kInt8;
  uint8_t* output = static_cast<uint8_t*>(input.data);
  for (int y = 0; y < rows.target; ++y) {
    const Span ys = SpanOf(rows, y);
    for (int x = 0; x < columns.target; ++x) {
      const uint8_t grey = same ? gray[(rows.origin + y) * width + columns.origin + x]
                                : WindowMean(gray, width, ys, SpanOf(columns, x), total);
      const uint8_t value = MapPixel(map, is_signed, grey);
      for (int channel = 0; channel < input.dims[3]; ++channel) *output++ = value;
    }
  }
  return Status::kOk;
}

}  // namespace tinyhost
