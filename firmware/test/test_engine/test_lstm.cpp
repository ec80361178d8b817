// UNIDIRECTIONAL_SEQUENCE_LSTM: what an image may not say, and values worked out by hand. That it answers as TensorFlow
// Lite Micro does is tested with its wheel (tests/oracle).

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "../support/assemble_image.h"
#include "engine/engine.h"

namespace tinyhost {
namespace {

constexpr int32_t kSteps = 3, kDepth = 5, kUnits = 2;
constexpr uint32_t kOutputAt = 16, kScratchAt = 32, kArenaBytes = 68;
constexpr uint32_t kScratchBytes = 4 * (4 + 2) + 2 * kUnits;  // pairs of the input and of the hidden state; the cell

/// An LSTM whose weights are 0, so that each gate is sigmoid or tanh of its bias: 8 of input, forget and output gate,
/// which saturates, and 0.5 of the cell gate.
struct Model {
  Model() {
    parts.metadata.smoothing = 1;
    parts.metadata.output_tensor = 1;
    parts.metadata.arena_bytes = kArenaBytes;
    parts.tensors.push_back({TensorType::kInt8, 3, Storage::kArena, 0, 0, {1, kSteps, kDepth, 1}, 1.0f, 0});
    parts.tensors.push_back({TensorType::kInt8, 3, Storage::kArena, 0, kOutputAt, {1, kSteps, kUnits, 1}, 1.0f, 0});
    parts.operators.resize(1);
    parts.operators[0].code = OperatorCode::kUnidirectionalSequenceLstm;
    parts.operators[0].n_inputs = 1;
    parts.operators[0].output = 1;
    params.input_weights_offset = parts.AddConstants(std::vector<int8_t>(kUnits * 4 * 8));
    params.hidden_weights_offset = parts.AddConstants(std::vector<int8_t>(kUnits * 4 * 4));
    const int32_t one = 1 << 12;
    params.input_biases_offset = parts.AddConstants(
        std::vector<int32_t>{8 * one, 8 * one, one / 2, 8 * one, 8 * one, 8 * one, one / 2, 8 * one});
    params.hidden_biases_offset = parts.AddConstants(std::vector<int32_t>(kUnits * 4));
    params.sigmoid_offset = parts.AddConstants(Sigmoid());
    params.scratch_offset = kScratchAt;
    params.scratch_bytes = kScratchBytes;
    for (int32_t gate = 0; gate < 4; ++gate) {
      params.input_multiplier[gate] = params.hidden_multiplier[gate] = 1 << 30;
      params.input_shift[gate] = params.hidden_shift[gate] = 1;
    }
    params.cell_multiplier = params.output_multiplier = 1 << 30;
    params.cell_shift = -17;    // from Q0.30 to a cell of Q3.12
    params.output_shift = -22;  // to a hidden state of Q0.7
    params.cell_clip = 32768;
    params.input_layout = params.hidden_layout = WeightLayout::kQuads;
  }

  std::vector<uint8_t> Image() {
    ImageParts finished = parts;
    finished.operators[0].params_offset = finished.AddConstants(std::vector<LstmParams>{params});
    return AssembleImage(finished);
  }

  /// sigmoid(i / 24), rounded.
  static std::vector<uint16_t> Sigmoid() {
    std::vector<uint16_t> table(256, 65535);
    for (size_t i = 0; i < 255; ++i) {
      table[i] = static_cast<uint16_t>(65536 / (1 + std::exp(-static_cast<double>(i) / 24)) + 0.5);
    }
    return table;
  }

  ImageParts parts;
  LstmParams params{};
};

struct Fixture {
  Status Load(const std::vector<uint8_t>& bytes, KernelSet kernels = PortableKernelFor) {
    std::copy(bytes.begin(), bytes.end(), image);
    engine = Engine(kernels);
    return engine.Load(image, bytes.size(), arena, kArenaBytes);
  }

  alignas(16) uint8_t image[4096] = {};
  alignas(16) uint8_t arena[kArenaBytes] = {};
  Engine engine;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a cell adds up over the steps of one sequence, and starts from 0 in the next one") {
  Model model;
  for (const KernelSet kernels : {PortableKernelFor, SimdKernelFor}) {
    REQUIRE(Load(model.Image(), kernels) == Status::kOk);
    for (int n = 0; n < 2; ++n) {
      std::memset(arena, 77, kScratchAt);
      REQUIRE(engine.Invoke() == Status::kOk);
      const int8_t* output = static_cast<const int8_t*>(engine.output().data);
      // tanh(tanh(0.5) * k) * 128 for k = 1, 2, 3: the input is kept whole, nothing is forgotten.
      const int8_t expected[] = {55, 55, 93, 93, 113, 113};
      for (int i = 0; i < kSteps * kUnits; ++i) CHECK(output[i] == expected[i]);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "the last step alone is what it is behind all of them") {
  Model model;
  model.parts.tensors[1].dims[1] = 1;
  for (const KernelSet kernels : {PortableKernelFor, SimdKernelFor}) {
    REQUIRE(Load(model.Image(), kernels) == Status::kOk);
    REQUIRE(engine.Invoke() == Status::kOk);
    REQUIRE(engine.output().n_bytes == kUnits);
    for (int i = 0; i < kUnits; ++i) CHECK(static_cast<const int8_t*>(engine.output().data)[i] == 113);
  }
}

TEST_CASE_FIXTURE(Fixture, "a clipped cell stops where it is clipped") {
  Model model;
  model.params.cell_clip = 1000;
  REQUIRE(Load(model.Image()) == Status::kOk);
  REQUIRE(engine.Invoke() == Status::kOk);
  const int8_t* output = static_cast<const int8_t*>(engine.output().data);
  for (int i = 0; i < kSteps * kUnits; ++i) CHECK(output[i] == 31);  // tanh(1000 / 4096) * 128
}

TEST_CASE_FIXTURE(Fixture, "a plan that places buffers over each other gives garbage and nothing worse") {
  for (const KernelSet kernels : {PortableKernelFor, SimdKernelFor}) {
    for (uint32_t offset = 0; offset <= kScratchAt; offset += 4) {
      Model model;
      model.params.scratch_offset = offset;
      model.parts.tensors[0].offset = 2;
      REQUIRE(Load(model.Image(), kernels) == Status::kOk);
      CHECK(engine.Invoke() == Status::kOk);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "parameters that the kernel could not survive are refused") {
  const std::function<void(Model&)> faults[] = {
      [](Model& m) { m.params.input_weights_offset = 1 << 20; },
      [](Model& m) { m.params.hidden_weights_offset = 2; },
      [](Model& m) { m.params.input_biases_offset = 0xFFFFFFF0; },
      [](Model& m) { m.params.hidden_biases_offset = 2; },
      [](Model& m) { m.params.sigmoid_offset = 1; },
      [](Model& m) { m.params.sigmoid_offset = 1 << 16; },
      [](Model& m) { m.params.scratch_bytes -= 1; },
      [](Model& m) { m.params.scratch_offset += 2; },
      [](Model& m) { m.params.scratch_offset = 0xFFFFFFF0; },
      [](Model& m) { m.params.input_multiplier[3] = -1; },
      [](Model& m) { m.params.hidden_multiplier[0] = INT32_MIN; },
      [](Model& m) { m.params.input_shift[2] = 31; },
      [](Model& m) { m.params.hidden_shift[1] = -32; },
      [](Model& m) { m.params.cell_multiplier = (1 << 30) - 1; },
      [](Model& m) { m.params.output_multiplier = 0; },
      [](Model& m) { m.params.cell_shift = 31; },
      [](Model& m) { m.params.output_shift = -32; },
      [](Model& m) { m.params.tanh_shift = 15; },
      [](Model& m) { m.params.tanh_shift = -31; },
      [](Model& m) { m.params.cell_clip = 32769; },
      [](Model& m) { m.params.input_layout = WeightLayout::kRows; },
      [](Model& m) { m.params.hidden_layout = static_cast<WeightLayout>(9); },
      [](Model& m) { m.parts.tensors[0].rank = 2; },
      [](Model& m) { m.parts.tensors[1].dims[1] = kSteps - 1; },
      [](Model& m) {
        m.parts.tensors[1].dims[2] = 400;
        m.parts.tensors[1].offset = 0;
      },
      [](Model& m) { m.parts.tensors[0].dims[0] = m.parts.tensors[1].dims[0] = 2; },
      [](Model& m) { m.parts.tensors[0].type = TensorType::kUint8; },
      [](Model& m) { m.parts.operators[0].n_inputs = 2; },
  };
  Model good;
  REQUIRE(Load(good.Image()) == Status::kOk);
  int i = 0;
  for (const auto& fault : faults) {
    CAPTURE(i++);
    Model model;
    fault(model);
    const Status status = Load(model.Image());
    CHECK((status == Status::kImageParameter || status == Status::kImageTensor));
    CHECK_FALSE(engine.loaded());
  }
}

}  // namespace tinyhost
