// CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o).

#include "conv_geometry.h"

namespace tinyhost {

TINYHOST_COLD ConvJob MakeConvJob(const OperatorView& op, const ConvParams& params) {
  ConvJob job{};
  job.groups = params.groups;
  job.group_depth = op.inputs[0]->dims[3] / job.groups;
  job.group_filters = op.output->dims[3] / job.groups;
  job.group_blocks = QuadWeights::Blocks(job.group_filters);
  PatchSource& source = job.source;
  source.rows = ConvRows(op, params);
  source.columns = ConvColumns(op, params);
  source.depth = op.inputs[0]->dims[3];
  source.zero_point = op.inputs[0]->zero_point;
  const bool dense = params.dilation_width == 1 && job.groups == 1;
  const int32_t taps = dense ? params.filter_width : 1, runs_per_row = dense ? 1 : params.filter_width;
  source.patch = {taps * job.group_depth, params.filter_height * runs_per_row, runs_per_row};
  const int32_t n_blocks = job.groups * job.group_blocks;
  job.weights = MakeQuadWeights(op, params, source.patch, n_blocks);
  job.requantizer = MakeRequantizer(op, params, static_cast<uint32_t>(n_blocks) * 4);
  return job;
}

TINYHOST_COLD Status CheckConv2d(const OperatorView& op, uint64_t* work) {
  const ConvParams* params = op.params<ConvParams>();
  if (!ValidConvGeometry(op, *params)) return Status::kImageParameter;
  const int32_t groups = params->groups;
  const uint64_t filter_size =
      uint64_t{params->filter_height} * params->filter_width * static_cast<uint32_t>(op.inputs[0]->dims[3]);
  if (groups < 1 || op.inputs[0]->dims[3] % groups != 0 || op.output->dims[3] % groups != 0 ||
      filter_size > kMaxTensorBytes) {
    return Status::kImageParameter;
  }
  const ConvJob job = MakeConvJob(op, *params);
  const Patch& patch = job.source.patch;
  const int32_t n_pixels = op.output->dims[1] * op.output->dims[2];
  const bool row = n_pixels == 1 && params->filter_height * params->filter_width * groups == 1 &&
                   patch.run_bytes % 4 == 0;  // read in place
  const uint32_t n_filters = static_cast<uint32_t>(groups * job.group_blocks) * 4;
  if (!job.weights.data || !ValidRequantizer(op, *params, n_filters) ||
      (!row && params->scratch_bytes < UnfoldedBytes(patch, n_pixels) + CopiedBytes(job.source, n_pixels))) {
    return Status::kImageParameter;
  }
  const uint32_t filter_steps = 2 * static_cast<uint32_t>(patch.n_pairs()) + 4;
  *work += static_cast<uint32_t>(n_pixels * op.output->dims[0]) *
           (uint64_t{n_filters} * filter_steps + 4 * static_cast<uint32_t>(groups * patch.n_runs));
  return Status::kOk;
}

namespace {

/// The sums of one block of filters over one patch.
void AccumulatePatch(const ConvJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int32_t block,
                     uint32_t sums[4]) {
  const PatchSource& source = job.source;
  for (int32_t r = 0; r < source.patch.n_runs; ++r) {
    const PatchRun run = source.Run(image, ys, xs, r / source.patch.runs_per_row, r % source.patch.runs_per_row);
    for (int32_t i = 0; i < source.patch.run_bytes; ++i) {
      const bool inside = i >= run.first && i < run.last;
      const int32_t input = inside ? run.data[i - run.first] : source.zero_point;
      job.weights.Accumulate(block, source.patch.Slot(r, i), input, sums);
    }
  }
}

void RunPixel(const ConvJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* output) {
  for (int32_t group = 0; group < job.groups; ++group, image += job.group_depth, output += job.group_filters) {
    for (int32_t i = 0; i < job.group_blocks; ++i) {
      const int32_t block = group * job.group_blocks + i;
      uint32_t sums[4] = {};
      AccumulatePatch(job, image, ys, xs, block, sums);
      const ChannelConstants* channels = job.requantizer.channels + 4 * block;
      for (int32_t f = 0; f < 4 && 4 * i + f < job.group_filters; ++f) {
        output[4 * i + f] = job.requantizer(sums[f], channels[f]);
      }
    }
  }
}

void Run(const OperatorView& op) {
  const ConvJob job = MakeConvJob(op, *op.params<ConvParams>());
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += job.image_bytes()) {
    for (int32_t y = 0; y < job.source.rows.output; ++y) {
      const Taps ys = TapsInside(job.source.rows, y);
      for (int32_t x = 0; x < job.source.columns.output; ++x, output += job.out_depth()) {
        RunPixel(job, image, ys, TapsInside(job.source.columns, x), output);
      }
    }
  }
}

}  // namespace

const Kernel kConv2dKernel{OperatorCode::kConv2d, 1, sizeof(ConvParams), CheckConv2d, Run};

}  // namespace tinyhost
