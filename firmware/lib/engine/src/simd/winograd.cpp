// WINOGRAD_CONV_2D with dual multiply-accumulate: computes the points of two neighbouring tiles for all channels, then
// for each four filters the 16 products, added up over the channels, and from these sums the outputs.

#include "../kernels/winograd.h"

#include "clamp.h"
#include "kernels.h"
#include "requantize.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kPoints = WinogradJob::kPoints, kBlock = static_cast<int32_t>(kFiltersPerBlock);
constexpr int32_t kTiles = 2, kLanes = kTiles * kBlock, kHeight = WinogradJob::kWindowHeight,
                  kWidth = WinogradJob::kWindowWidth, kPairWords = kPoints * kTiles;

/// Scratch memory: points[pair][point][tile], and a copied window.
struct WinogradMemory {
  WinogradMemory(uint8_t* scratch, int32_t n_pairs)
      : points(reinterpret_cast<uint32_t*>(scratch)),
        window(reinterpret_cast<int8_t*>(points + n_pairs * kPairWords)) {}
  uint32_t* points;
  int8_t* window;
};

/// Where the outputs of two tiles go, in bytes from the first: offsets to the next row, tile and column, 0 where there
/// is none. An output without a place of its own is stored before the one whose place it takes.
struct TileOffsets {
  int32_t row, tile, column, last_column;
};

/// Rows of half-words in a window, and words of points per row, for two pairs of channels.
constexpr int32_t kRows = 2 * kHeight, kRowPoints = kPairWords / kHeight;

/// Sets `points` to B' times each row of two tiles: 12 instructions per row.
TINYHOST_INLINE uint32_t* TransformRows(const uint32_t* rows, uint32_t* points) {
  const uint32_t* const end = rows + kRows * kWidth;
#ifdef __ARM_FEATURE_SIMD32
  __asm__ volatile(
      "ldr r7, %[rows]\n"
      "ldr lr, %[points]\n"
      "1:\n"
      "ldm r7!, {r0, r8, r9, r10, r11, r12}\n"
      "ssub16 r0, r0, r9\n"
      "ssub16 r1, r9, r11\n"
      "sadd16 r2, r8, r9\n"
      "sadd16 r3, r10, r11\n"
      "ssub16 r4, r9, r8\n"
      "ssub16 r5, r11, r10\n"
      "ssub16 r6, r8, r10\n"
      "ssub16 r12, r10, r12\n"
      "stm lr!, {r0-r6, r12}\n"
      "ldr r0, %[end]\n"
      "cmp r7, r0\n"
      "bne 1b\n"
      "str lr, %[points]\n"
      : [points] "+m"(points)
      : [rows] "m"(rows), [end] "m"(end)
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
#else
  for (; rows != end; rows += kWidth, points += kRowPoints) {
    for (int32_t tile = 0; tile < kTiles; ++tile) {
      const uint32_t* d = rows + 2 * tile;
      points[tile] = SubtractHalves(d[0], d[2]);
      points[2 + tile] = AddHalves(d[1], d[2]);
      points[4 + tile] = SubtractHalves(d[2], d[1]);
      points[6 + tile] = SubtractHalves(d[1], d[3]);
    }
  }
#endif
  return points;
}

/// Sets `points` to B' d B of two tiles for all channels of a window: 160 instructions per two channels.
TINYHOST_HOT void TransformWindow(const int8_t* window, int32_t row_bytes, int32_t depth, uint32_t* points) {
  for (const int8_t* end = window + depth; window != end; window += 4) {
    uint32_t rows[kRows * kWidth];
    const int8_t* column = window;
    for (uint32_t* d = rows; d != rows + kWidth; ++d, column += depth) {
      const int8_t* second = column + row_bytes;
      const uint32_t a = Load(column), b = Load(second), c = Load(second + row_bytes), e = Load(second + 2 * row_bytes);
      const uint32_t b0 = EvenBytes(b), c0 = EvenBytes(c), b1 = OddBytes(b), c1 = OddBytes(c);
      d[0] = SubtractHalves(EvenBytes(a), c0);
      d[kWidth] = AddHalves(b0, c0);
      d[2 * kWidth] = SubtractHalves(c0, b0);
      d[3 * kWidth] = SubtractHalves(b0, EvenBytes(e));
      d[4 * kWidth] = SubtractHalves(OddBytes(a), c1);
      d[5 * kWidth] = AddHalves(b1, c1);
      d[6 * kWidth] = SubtractHalves(c1, b1);
      d[7 * kWidth] = SubtractHalves(b1, OddBytes(e));
    }
    points = TransformRows(rows, points);
  }
}

#ifdef __ARM_FEATURE_SIMD32
// clang-format off
#define TINYHOST_STEP                   \
  "ldrd r10, r11, [lr], #128\n"         \
  "ldrd r8, r9, [r12], #8\n"            \
  "smlad r0, r8, r10, r0\n"             \
  "smlad r1, r8, r11, r1\n"             \
  "smlad r2, r9, r10, r2\n"             \
  "smlad r3, r9, r11, r3\n"             \
  "ldrd r8, r9, [r12], #8\n"            \
  "smlad r4, r8, r10, r4\n"             \
  "smlad r5, r8, r11, r5\n"             \
  "smlad r6, r9, r10, r6\n"             \
  "smlad r7, r9, r11, r7\n"
/// The products of one block: 11 instructions for 16 of them, 3 every 128, and 13 per point.
TINYHOST_NOINLINE void SumProducts(const uint32_t* weights, const uint32_t* points, int32_t n_pairs, uint32_t* sums) {
  constexpr int32_t kUnrolledSteps = 8, kStepBytes = 44, kPairBytes = 4 * kPairWords;
  static const uint32_t kZeros[kLanes] = {};
  struct {
    const uint32_t *weights, *points, *zeros;
    uintptr_t entry;
    uint32_t* sums;
    const uint32_t *points_end, *sums_end;
    int32_t back;
  } job = {weights, points, kZeros, static_cast<uintptr_t>(kStepBytes * (-n_pairs & (kUnrolledSteps - 1))), sums,
           points + n_pairs * kPairWords, sums + kPoints * kLanes, n_pairs * kPairBytes - 8};
  __asm__ volatile(
      "ldr r12, %[weights]\n"
      "ldr lr, %[points]\n"
      "adr.w r10, 2f\n"
      "ldr r11, %[entry]\n"
      "add r10, r10, r11\n"
      "orr r10, r10, #1\n"  // Thumb
      "str r10, %[entry]\n"
      "1:\n"
      "ldr r8, %[zeros]\n"
      "ldm r8, {r0-r7}\n"
      "ldr pc, %[entry]\n"
      "2:\n"
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      "ldr r10, %[points_end]\n"
      "cmp lr, r10\n"
      "bne 2b\n"
      "ldr r11, %[sums]\n"
      "ldr r8, %[back]\n"
      "stm r11!, {r0-r7}\n"
      "add r10, r10, #8\n"
      "sub lr, lr, r8\n"
      "ldr r9, %[sums_end]\n"
      "str r10, %[points_end]\n"
      "str r11, %[sums]\n"
      "cmp r11, r9\n"
      "bne 1b\n"
      : [entry] "+m"(job.entry), [sums] "+m"(job.sums), [points_end] "+m"(job.points_end)
      : [weights] "m"(job.weights), [points] "m"(job.points), [zeros] "m"(job.zeros), [sums_end] "m"(job.sums_end),
        [back] "m"(job.back)
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}
#undef TINYHOST_STEP
// clang-format on
#else
void SumProducts(const uint32_t* weights, const uint32_t* points, int32_t n_pairs, uint32_t* sums) {
  for (int32_t point = 0; point < kPoints; ++point, points += kTiles, sums += kLanes) {
    for (int32_t lane = 0; lane < kLanes; ++lane) sums[lane] = 0;
    for (int32_t pair = 0; pair < n_pairs; ++pair, weights += kBlock) {
      for (int32_t lane = 0; lane < kLanes; ++lane) {
        sums[lane] = DualMultiplyAdd(weights[lane / kTiles], points[pair * kPairWords + lane % kTiles], sums[lane]);
      }
    }
  }
}
#endif

#ifndef __ARM_FEATURE_SIMD32
/// The output of four times a sum that does not include the bias.
int8_t Quarter(const ChannelConstants& channel, uint32_t sum) {
  const uint32_t whole = sum + (static_cast<uint32_t>(channel.bias) << 2);
  return static_cast<int8_t>(BoundedOutput(channel, static_cast<uint32_t>(static_cast<int32_t>(whole) >> 2)));
}
#endif

/// Stores the outputs of some filters of a block: 4 times their sums are A' s A, where s are the points' sums. 115
/// instructions for the eight outputs of a filter, 155 if its channel is not scaled.
TINYHOST_NOINLINE void StoreFilters(const ChannelConstants* channel, int32_t n, const uint32_t* sums, int8_t* output,
                                    const TileOffsets& to) {
#ifdef __ARM_FEATURE_SIMD32
  struct {
    const ChannelConstants* channel;
    const uint32_t* sums;
    int8_t* output;
    int32_t left;
    TileOffsets to;
  } job = {channel, sums, output, n, to};
  // r0 to r7: rows and columns (0, 0), (0, 1), (1, 0), (1, 1) of both tiles. Offsets of sums: 128 to the next row of
  // points, 32 to the next column.
  // clang-format off
#define TINYHOST_COLUMN(point, top0, top1, bottom0, bottom1, bias)     \
  "ldrd " top0 ", " top1 ", [r12, #128+" point "]\n" bias              \
  "ldrd r8, r9, [r12, #256+" point "]\n"                               \
  "sub " bottom0 ", " top0 ", r8\n"                                    \
  "sub " bottom1 ", " top1 ", r9\n"                                    \
  "add " top0 ", " top0 ", r8\n"                                       \
  "add " top1 ", " top1 ", r9\n"                                       \
  "ldrd r8, r9, [r12, #" point "]\n"                                   \
  "add " top0 ", " top0 ", r8\n"                                       \
  "add " top1 ", " top1 ", r9\n"                                       \
  "ldrd r8, r9, [r12, #384+" point "]\n"                               \
  "sub " bottom0 ", " bottom0 ", r8\n"                                 \
  "sub " bottom1 ", " bottom1 ", r9\n"
#define TINYHOST_END(point, plus, minus, top0, top1, bottom0, bottom1) \
  "ldrd r8, r9, [r12, #" point "]\n"                                   \
  plus " " top0 ", " top0 ", r8\n"                                     \
  plus " " top1 ", " top1 ", r9\n"                                     \
  "ldrd r8, r9, [r12, #128+" point "]\n"                               \
  plus " " top0 ", " top0 ", r8\n"                                     \
  plus " " top1 ", " top1 ", r9\n"                                     \
  plus " " bottom0 ", " bottom0 ", r8\n"                               \
  plus " " bottom1 ", " bottom1 ", r9\n"                               \
  "ldrd r8, r9, [r12, #256+" point "]\n"                               \
  plus " " top0 ", " top0 ", r8\n"                                     \
  plus " " top1 ", " top1 ", r9\n"                                     \
  minus " " bottom0 ", " bottom0 ", r8\n"                              \
  minus " " bottom1 ", " bottom1 ", r9\n"                              \
  "ldrd r8, r9, [r12, #384+" point "]\n"                               \
  minus " " bottom0 ", " bottom0 ", r8\n"                              \
  minus " " bottom1 ", " bottom1 ", r9\n"
#define TINYHOST_BUTTERFLY(a, b)                                       \
  "add " a ", " a ", " b "\n"                                          \
  "sub " b ", " a ", " b ", lsl #1\n"
#define TINYHOST_QUARTER(a) "asr " a ", " a ", #2\n"
  __asm__ volatile(
      "ldr r11, %[channel]\n"
      "ldr r12, %[sums]\n"
      "ldr lr, %[output]\n"
      "1:\n"
      "ldr r10, [r11], #4\n"
      TINYHOST_COLUMN("32", "r0", "r1", "r4", "r5", "add r0, r0, r10, lsl #2\nadd r1, r1, r10, lsl #2\n")
      TINYHOST_COLUMN("64", "r2", "r3", "r6", "r7", "")
      TINYHOST_BUTTERFLY("r0", "r2")
      TINYHOST_BUTTERFLY("r1", "r3")
      TINYHOST_BUTTERFLY("r4", "r6")
      TINYHOST_BUTTERFLY("r5", "r7")
      TINYHOST_END("0", "add", "sub", "r0", "r1", "r4", "r5")
      TINYHOST_END("96", "sub", "add", "r2", "r3", "r6", "r7")
      "ldrd r8, r9, [r11], #12\n"
      "cmp r8, #0\n"
      "bmi 3f\n"
      "lsl r9, r9, #2\n"
      TINYHOST_SCALE("r0", "r1", "r2", "r3", "r8", "r9", "2+" TINYHOST_SCALED_SHIFT)
      TINYHOST_SCALE("r4", "r5", "r6", "r7", "r8", "r9", "2+" TINYHOST_SCALED_SHIFT)
      "2:\n"
      "ldrd r8, r9, %[row]\n"
      "ldr r10, %[last_column]\n"
      "add r9, r9, lr\n"
      "add r8, r8, r9\n"
      "strb r7, [r8, r10]\n"
      "strb r5, [r8]\n"
      "strb r3, [r9, r10]\n"
      "strb r1, [r9]\n"
      "ldr r8, %[row]\n"
      "ldr r10, %[column]\n"
      "ldr r9, %[left]\n"
      "add r8, r8, lr\n"
      "strb r6, [r8, r10]\n"
      "strb r4, [r8]\n"
      "strb r2, [lr, r10]\n"
      "strb r0, [lr], #1\n"
      "add r12, r12, #8\n"
      "subs r9, r9, #1\n"
      "str r9, %[left]\n"
      "bne 1b\n"
      "b 4f\n"
      "3:\n"
      TINYHOST_QUARTER("r0") TINYHOST_QUARTER("r1") TINYHOST_QUARTER("r2") TINYHOST_QUARTER("r3")
      TINYHOST_QUARTER("r4") TINYHOST_QUARTER("r5") TINYHOST_QUARTER("r6") TINYHOST_QUARTER("r7")
      "ldr r10, [r11, #-4]\n"
      TINYHOST_REQUANTIZE("r0", "r1", "r2", "r3", "r8", "r9", "r10")
      TINYHOST_REQUANTIZE("r4", "r5", "r6", "r7", "r8", "r9", "r10")
      "b 2b\n"
      "4:\n"
      : [left] "+m"(job.left)
      : [channel] "m"(job.channel), [sums] "m"(job.sums), [output] "m"(job.output), [row] "m"(job.to),
        [column] "m"(job.to.column), [last_column] "m"(job.to.last_column)
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
#undef TINYHOST_COLUMN
#undef TINYHOST_END
#undef TINYHOST_BUTTERFLY
#undef TINYHOST_QUARTER
  // clang-format on
#else
  for (; n > 0; --n, ++channel, ++output, sums += kTiles) {
    for (int32_t tile = kTiles - 1; tile >= 0; --tile) {
      uint32_t rows[2][kHeight];
      for (int32_t i = 0; i < kHeight; ++i) {
        const uint32_t* s = sums + tile + i * kLanes;
        rows[0][i] = s[0] + s[4 * kLanes] + s[8 * kLanes];
        rows[1][i] = s[4 * kLanes] - s[8 * kLanes] - s[12 * kLanes];
      }
      const int32_t column = tile > 0 ? to.last_column : to.column;
      for (int32_t y = 1; y >= 0; --y) {
        const uint32_t* row = rows[y];
        int8_t* at = output + tile * to.tile + y * to.row;
        at[column] = Quarter(*channel, row[1] - row[2] - row[3]);
        at[0] = Quarter(*channel, row[0] + row[1] + row[2]);
      }
    }
  }
#endif
}

class WinogradRun {
 public:
  WinogradRun(const WinogradJob& job, const WinogradMemory& memory) : job_(job), memory_(memory) {}

  void Image(const int8_t* image, int8_t* output) const {
    const int32_t height = job_.source.rows.output, width = job_.source.columns.output;
    for (int32_t y = 0; y < height; y += WinogradJob::kTileHeight) {
      for (int32_t x = 0; x < width; x += WinogradJob::kTilesWidth) {
        Points(image, y, x);
        Blocks(output + (y * width + x) * job_.out_depth, Offsets(height - y, width - x));
      }
    }
  }

 private:
  TileOffsets Offsets(int32_t n_rows, int32_t n_columns) const {
    const int32_t depth = job_.out_depth, row = job_.source.columns.output * depth;
    return {n_rows > 1 ? row : 0, n_columns > 2 ? 2 * depth : 0, n_columns > 1 ? depth : 0, n_columns > 3 ? depth : 0};
  }

  /// Sets the points of the two tiles at (y, x), from a copy of their window if the border cuts it.
  void Points(const int8_t* image, int32_t y, int32_t x) const {
    const PatchSource& source = job_.source;
    const int32_t top = y - source.rows.pad, left = x - source.columns.pad;
    if (top >= 0 && left >= 0 && top + kHeight <= source.rows.input && left + kWidth <= source.columns.input) {
      const int8_t* window = image + top * source.row_bytes() + left * source.depth;
      return TransformWindow(window, source.row_bytes(), source.depth, memory_.points);
    }
    CopyWindow(source, image, top, left, kWidth, memory_.window);
    TransformWindow(memory_.window, kWidth * source.depth, source.depth, memory_.points);
  }

  /// Runs all filters over the points.
  void Blocks(int8_t* output, const TileOffsets& offsets) const {
    uint32_t sums[kPoints * kLanes];  // by point, filter and tile
    const uint32_t* weights = job_.weights;
    const ChannelConstants* channel = job_.requantizer.channels;
    for (int32_t left = job_.out_depth; left > 0; left -= kBlock, weights += job_.block_words()) {
      SumProducts(weights, memory_.points, job_.n_pairs(), sums);
      const int32_t n = left < kBlock ? left : kBlock;
      StoreFilters(channel, n, sums, output, offsets);
      channel += n, output += n;
    }
  }

  const WinogradJob& job_;
  const WinogradMemory& memory_;
};

void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  const WinogradJob job = MakeWinogradJob(op, params);
  const WinogradMemory memory(op.Scratch(params, 0), job.n_pairs());
  const WinogradRun run(job, memory);
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t n_bytes = job.source.rows.output * job.source.columns.output * job.out_depth;
  for (int32_t n = op.output->dims[0]; n > 0; --n, image += job.image_bytes(), output += n_bytes)
    run.Image(image, output);
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kWinogradConv2d{OperatorCode::kWinogradConv2d, 1, sizeof(ConvParams), CheckWinograd, Run};

}  // namespace tinyhost::simd
