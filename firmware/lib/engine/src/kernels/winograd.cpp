#include "winograd.h"

namespace tinyhost {

namespace {

constexpr int32_t kFilter = 3, kBlock = static_cast<int32_t>(kFiltersPerBlock);
constexpr int32_t kPoints = WinogradJob::kPoints;

bool Is3x3(const WindowAxis& axis) { return axis.filter == kFilter && axis.stride == 1 && axis.dilation == 1; }

}  // namespace

TINYHOST_COLD WinogradJob MakeWinogradJob(const OperatorView& op, const ConvParams& params) {
  WinogradJob job{};
  PatchSource& source = job.source;
  source.rows = ConvRows(op, params);
  source.columns = ConvColumns(op, params);
  source.rows.filter = WinogradJob::kWindowHeight;
  source.columns.filter = WinogradJob::kWindowWidth;
  source.depth = op.inputs[0]->dims[3];
  source.zero_point = op.inputs[0]->zero_point;
  source.patch = {WinogradJob::kWindowWidth * source.depth, WinogradJob::kWindowHeight, 1};
  job.out_depth = op.output->dims[3];
  const uint32_t n_blocks = static_cast<uint32_t>(QuadWeights::Blocks(job.out_depth));
  job.weights = op.image->Constants<uint32_t>(params.weights_offset,
                                              uint64_t{n_blocks} * static_cast<uint32_t>(job.block_words()));
  job.requantizer = MakeRequantizer(op, params, kFiltersPerBlock * n_blocks);
  return job;
}

TINYHOST_COLD Status CheckWinograd(const OperatorView& op, uint64_t* work) {
  const ConvParams& params = *op.params<ConvParams>();
  const int32_t depth = op.inputs[0]->dims[3];
  const uint64_t filter_size = uint64_t{kPoints} * static_cast<uint32_t>(depth);
  if (!ValidConvGeometry(op, params) || !Is3x3(ConvRows(op, params)) || !Is3x3(ConvColumns(op, params)) ||
      params.groups != 1 || params.layout != WeightLayout::kWinograd ||
      params.requantization != Requantization::kBounded || depth % 4 != 0 || filter_size > kMaxTensorBytes) {
    return Status::kImageParameter;
  }
  const WinogradJob job = MakeWinogradJob(op, params);
  const uint32_t n_blocks = static_cast<uint32_t>(QuadWeights::Blocks(job.out_depth));
  const uint32_t scratch_bytes = kWinogradScratch * static_cast<uint32_t>(depth);
  if (!job.weights || !ValidRequantizer(op, params, kFiltersPerBlock * n_blocks) ||
      params.scratch_bytes < scratch_bytes) {
    return Status::kImageParameter;
  }
  const uint32_t n_windows = static_cast<uint32_t>((job.source.rows.output + 1) / WinogradJob::kTileHeight) *
                             static_cast<uint32_t>((job.source.columns.output + 3) / WinogradJob::kTilesWidth);
  *work += uint64_t{n_windows} * static_cast<uint32_t>(op.output->dims[0]) *
           (n_blocks * (8 * filter_size + 256) + 2 * filter_size);
  return Status::kOk;
}

namespace {

/// Multiplies four values by B', in place.
void TransformInputs(int16_t* d, int32_t step) {
  const int32_t a = d[0], b = d[step], c = d[2 * step];
  d[0] = static_cast<int16_t>(a - c);
  d[step] = static_cast<int16_t>(b + c);
  d[2 * step] = static_cast<int16_t>(c - b);
  d[3 * step] = static_cast<int16_t>(b - d[3 * step]);
}

/// Sets `points` to B' d B of one channel of a tile.
void SetPoints(const PatchSource& source, const int8_t* channel, int32_t y, int32_t x, int16_t* points) {
  const WindowAxis &rows = source.rows, &columns = source.columns;
  for (int32_t i = 0; i < kPoints; ++i) {
    const int32_t row = y - rows.pad + i / 4, column = x - columns.pad + i % 4;
    const bool inside = row >= 0 && row < rows.input && column >= 0 && column < columns.input;
    const int32_t input = inside ? channel[row * source.row_bytes() + column * source.depth] : source.zero_point;
    points[i] = static_cast<int16_t>(input);
  }
  for (int32_t i = 0; i < 4; ++i) TransformInputs(points + i, 4);
  for (int32_t i = 0; i < kPoints; i += 4) TransformInputs(points + i, 1);
}

/// Multiplies four values by A', in place; the results are the first two.
void TransformSums(uint32_t* sums, int32_t step) {
  const uint32_t b = sums[step], c = sums[2 * step];
  sums[0] += b + c;
  sums[step] = b - c - sums[3 * step];
}

/// The sums of one filter over the points of one tile: four times those of its 2x2 outputs at 0, 1, 4 and 5.
void SumTile(const WinogradJob& job, const int16_t* points, int32_t filter, uint32_t* sums) {
  const int32_t block = filter / kBlock, n_pairs = job.n_pairs();
  const auto* weights = reinterpret_cast<const int16_t*>(job.weights + block * job.block_words()) + filter % kBlock * 2;
  for (int32_t i = 0; i < kPoints; ++i) sums[i] = 0;
  for (int32_t channel = 0; channel < job.source.depth; ++channel, points += kPoints) {
    const int32_t pair = channel / 4 * 2 + channel % 2, half = channel % 4 / 2;
    for (int32_t i = 0; i < kPoints; ++i) {
      sums[i] += static_cast<uint32_t>(points[i] * weights[(i * n_pairs + pair) * kBlock * 2 + half]);
    }
  }
  for (int32_t i = 0; i < 4; ++i) TransformSums(sums + i, 4);
  for (int32_t i = 0; i < 8; i += 4) TransformSums(sums + i, 1);
}

void RunTile(const WinogradJob& job, const int8_t* image, int32_t y, int32_t x, int16_t* points, int8_t* output) {
  const int32_t n_rows = job.source.rows.output - y, n_columns = job.source.columns.output - x;
  for (int32_t channel = 0; channel < job.source.depth; ++channel) {
    SetPoints(job.source, image + channel, y, x, points + channel * kPoints);
  }
  for (int32_t filter = 0; filter < job.out_depth; ++filter) {
    uint32_t sums[kPoints];
    SumTile(job, points, filter, sums);
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t row = i / 2, column = i % 2;
      if (row >= n_rows || column >= n_columns) continue;
      const auto sum = static_cast<uint32_t>(static_cast<int32_t>(sums[4 * row + column]) >> 2);
      output[(row * job.source.columns.output + column) * job.out_depth + filter] =
          job.requantizer(sum, job.requantizer.channels[filter]);
    }
  }
}

void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  const WinogradJob job = MakeWinogradJob(op, params);
  auto* points = reinterpret_cast<int16_t*>(op.Scratch(params, 0));  // by channel
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t height = job.source.rows.output, width = job.source.columns.output;
  for (int32_t n = 0; n < op.output->dims[0];
       ++n, image += job.image_bytes(), output += height * width * job.out_depth) {
    for (int32_t y = 0; y < height; y += 2) {
      for (int32_t x = 0; x < width; x += 2) {
        RunTile(job, image, y, x, points, output + (y * width + x) * job.out_depth);
      }
    }
  }
}

}  // namespace

const Kernel kWinogradConv2dKernel{OperatorCode::kWinogradConv2d, 1, sizeof(ConvParams), CheckWinograd, Run};

}  // namespace tinyhost
