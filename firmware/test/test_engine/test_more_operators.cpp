// What an image may not say of operators whose parameters are few. That they answer as TensorFlow Lite Micro does is
// tested with its wheel (tests/oracle).

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "../support/assemble_image.h"
#include "engine/engine.h"

namespace tinyhost {
namespace {

constexpr uint32_t kArenaBytes = 256;

/// A model of one operator, of up to three inputs.
template <typename Params>
struct Model {
  Model(OperatorCode code, std::vector<std::vector<int32_t>> inputs, std::vector<int32_t> output, Params given)
      : params(given) {
    parts.metadata.smoothing = 1;
    parts.metadata.arena_bytes = kArenaBytes;
    for (size_t i = 0; i < inputs.size(); ++i) AddTensor(inputs[i], static_cast<uint32_t>(64 * i));
    AddTensor(output, 192);
    parts.operators.resize(1);
    OperatorRecord& op = parts.operators[0];
    op.code = code;
    op.n_inputs = static_cast<uint8_t>(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) op.inputs[i] = static_cast<uint16_t>(i);
    op.output = static_cast<uint16_t>(inputs.size());
    parts.metadata.output_tensor = op.output;
  }

  void AddTensor(const std::vector<int32_t>& dims, uint32_t offset) {
    TensorRecord tensor{
        TensorType::kInt8, static_cast<uint8_t>(dims.size()), Storage::kArena, 0, offset, {1, 1, 1, 1}, 0.5f, 0};
    std::copy(dims.begin(), dims.end(), tensor.dims);
    parts.tensors.push_back(tensor);
  }
  TensorRecord& output() { return parts.tensors.back(); }

  Status Load() const {
    ImageParts finished = parts;
    finished.operators[0].params_offset = finished.AddConstants(std::vector<Params>{params});
    const std::vector<uint8_t> bytes = AssembleImage(finished);
    alignas(16) static uint8_t image[4096];
    alignas(16) static uint8_t arena[kArenaBytes];
    std::copy(bytes.begin(), bytes.end(), image);
    const Status portable = Engine(PortableKernelFor).Load(image, bytes.size(), arena, kArenaBytes);
    Engine engine(SimdKernelFor);
    const Status status = engine.Load(image, bytes.size(), arena, kArenaBytes);
    CHECK(status == portable);
    if (status == Status::kOk) CHECK(engine.Invoke() == Status::kOk);
    return status;
  }

  ImageParts parts;
  Params params;
};

template <typename Params>
void CheckRefused(const Model<Params>& good, const std::vector<std::function<void(Model<Params>&)>>& faults) {
  REQUIRE(good.Load() == Status::kOk);
  int i = 0;
  for (const auto& fault : faults) {
    CAPTURE(i++);
    Model<Params> model = good;
    fault(model);
    CHECK(model.Load() == Status::kImageParameter);
  }
}

constexpr int32_t kHalf = 1 << 30;

TEST_CASE("scales, shapes and types that two operands cannot have are refused") {
  using Sum = Model<AddParams>;
  CheckRefused<AddParams>(
      {OperatorCode::kSquaredDifference,
       {{2, 3}, {3}},
       {2, 3},
       {{kHalf, kHalf}, kHalf, {0, 0}, 3, 0, 0, 0, 0, 0, {}, 0, 0}},
      {[](Sum& m) { m.params.input_multiplier[1] = -1; }, [](Sum& m) { m.params.output_multiplier = INT32_MIN; },
       [](Sum& m) { m.params.input_shift[0] = 1; }, [](Sum& m) { m.params.input_shift[1] = -32; },
       [](Sum& m) { m.params.output_shift = 31; }, [](Sum& m) { m.output().dims[1] = 4; },
       [](Sum& m) { m.output().type = TensorType::kUint8; }});
  CheckRefused<AddParams>(
      {OperatorCode::kAdd, {{2, 3}, {3}}, {2, 3}, {{kHalf, kHalf}, kHalf, {0, 0}, 0, -128, 127, 0, 0, 0, {}, 0, 0}},
      {[](Sum& m) { m.params.linear_shift = 32; }, [](Sum& m) { m.params.output_shift = 1; },
       [](Sum& m) { m.params.table_input = 1, m.params.table_offset = UINT32_MAX - 3; }});
  using Product = Model<MulParams>;
  CheckRefused<MulParams>({OperatorCode::kDiv, {{2, 3}, {2, 1}}, {2, 3}, {kHalf, 22, -128, 127, 0}},
                          {[](Product& m) { m.params.multiplier = -1; }, [](Product& m) { m.params.shift = 23; },
                           [](Product& m) { m.params.shift = -32; },
                           [](Product& m) { m.params.activation_min = 5, m.params.activation_max = 4; },
                           [](Product& m) { m.parts.tensors[1].dims[0] = 3; }});
  using Comparing = Model<CompareParams>;
  CheckRefused<CompareParams>(
      {OperatorCode::kCompare, {{2, 3}, {1}}, {2, 3}, {{kHalf, kHalf}, {-1, 0}, Comparison::kLessEqual, 0}},
      {[](Comparing& m) { m.params.input_multiplier[0] = -1; }, [](Comparing& m) { m.params.input_shift[1] = 1; },
       [](Comparing& m) { m.params.comparison = static_cast<Comparison>(4); },
       [](Comparing& m) { m.parts.tensors[0].type = TensorType::kUint8; }});
}

TEST_CASE("operators that their tensors tell everything refuse tensors that do not fit") {
  using Plain = Model<NoParams>;
  CheckRefused<NoParams>(
      {OperatorCode::kSelect, {{2, 3}, {6}, {3, 2}}, {2, 3}, {}},
      {[](Plain& m) { m.parts.tensors[2].dims[0] = 4; }, [](Plain& m) { m.output().dims[0] = 3; },
       [](Plain& m) { m.output().type = TensorType::kUint8; }, [](Plain& m) { m.parts.operators[0].n_inputs = 2; }});
  Plain argmax{OperatorCode::kArgMax, {{2, 5, 3}}, {2, 3}, {}};
  argmax.output().type = TensorType::kInt32;
  argmax.output().scale = 0;
  CheckRefused<NoParams>(argmax,
                         {[](Plain& m) { m.parts.tensors[0].rank = 4; }, [](Plain& m) { m.output().dims[1] = 4; },
                          [](Plain& m) { m.output().type = TensorType::kFloat32; }});
  CheckRefused<NoParams>(
      {OperatorCode::kL2Normalization, {{2, 5}}, {2, 5}, {}},
      {[](Plain& m) { m.output().dims[1] = 6; },
       [](Plain& m) { m.parts.tensors[0].rank = 0, m.parts.tensors[0].dims[0] = m.parts.tensors[0].dims[1] = 1; },
       [](Plain& m) { m.output().type = TensorType::kUint8; }});
}

TEST_CASE("matrices that do not multiply are refused") {
  using Product = Model<MulParams>;
  CheckRefused<MulParams>(
      {OperatorCode::kBatchMatmul, {{2, 3, 5}, {2, 4, 5}}, {2, 3, 4}, {kHalf, -3, 0, 0, 0}},
      {[](Product& m) { m.params.multiplier = -1; }, [](Product& m) { m.params.shift = 31; },
       [](Product& m) { m.parts.tensors[1].dims[0] = 1; }, [](Product& m) { m.parts.tensors[0].dims[2] = 4; },
       [](Product& m) { m.output().dims[1] = 4; }, [](Product& m) { m.parts.tensors[1].rank = 4; }});
}

TEST_CASE("a picture is not resized from beyond its ends") {
  using Resizing = Model<ResizeBilinearParams>;
  CheckRefused<ResizeBilinearParams>(
      {OperatorCode::kResizeBilinear, {{1, 2, 2, 3}}, {1, 4, 4, 3}, {512, 512, 1, {}}},
      {[](Resizing& m) { m.params.row_scale = -1; }, [](Resizing& m) { m.params.row_scale = 1024; },
       [](Resizing& m) { m.params.column_scale = INT32_MAX; }, [](Resizing& m) { m.output().dims[3] = 2; },
       [](Resizing& m) { m.parts.tensors[0].rank = 3, m.parts.tensors[0].dims[3] = 1; }});
}

/// The greatest of what the input was so far: the output is kept, and the second input of the next inference.
Model<NoParams> Greatest() {
  Model<NoParams> model{OperatorCode::kMaximum, {{1, 4}, {1, 4}}, {1, 4}, {}};
  for (TensorRecord& tensor : model.parts.tensors) tensor.zero_point = -100;
  TensorRecord& state = model.parts.tensors[1];
  state.storage = Storage::kState;
  model.AddTensor({1, 4}, state.offset);  // what becomes of it
  model.output().zero_point = -100;
  model.parts.operators.push_back(model.parts.operators[0]);
  model.parts.operators[1].inputs[0] = model.parts.operators[1].inputs[1] = model.parts.operators[0].output;
  model.parts.operators[1].output = 3;
  return model;
}

TEST_CASE("a state is its zero point after loading and after a reset, and is kept in between") {
  ImageParts parts = Greatest().parts;
  for (OperatorRecord& op : parts.operators) op.params_offset = parts.AddConstants(std::vector<NoParams>(1));
  const std::vector<uint8_t> bytes = AssembleImage(parts);
  alignas(16) uint8_t image[4096], arena[kArenaBytes];
  std::copy(bytes.begin(), bytes.end(), image);
  std::memset(arena, 77, sizeof(arena));
  Engine engine;
  REQUIRE(engine.Load(image, bytes.size(), arena, sizeof(arena)) == Status::kOk);
  CHECK(engine.has_state());
  const auto answer = [&engine](int8_t value) {
    std::memset(engine.input().data, static_cast<uint8_t>(value), 4);
    REQUIRE(engine.Invoke() == Status::kOk);
    return static_cast<int>(static_cast<const int8_t*>(engine.output().data)[3]);
  };
  CHECK(answer(-120) == -100);
  CHECK(answer(5) == 5);
  CHECK(answer(3) == 5);
  engine.Reset();
  CHECK(answer(3) == 3);
}

TEST_CASE("a state is of bytes inside the arena, and neither input nor output of the model") {
  const std::vector<std::pair<Status, std::function<void(Model<NoParams>&)>>> faults = {
      {Status::kImageTensor, [](Model<NoParams>& m) { m.parts.tensors[1].offset = kArenaBytes - 3; }},
      {Status::kImageTensor,
       [](Model<NoParams>& m) {
         m.parts.tensors[1].type = TensorType::kFloat32;
         m.parts.tensors[1].scale = 0;
         m.parts.tensors[1].zero_point = 0;
       }},
      {Status::kImageTensor, [](Model<NoParams>& m) { m.parts.tensors[1].storage = static_cast<Storage>(3); }},
      {Status::kImageMetadata, [](Model<NoParams>& m) { m.parts.metadata.input_tensor = 1; }},
      {Status::kImageMetadata, [](Model<NoParams>& m) { m.parts.metadata.output_tensor = 1; }},
  };
  for (const auto& [status, fault] : faults) {
    Model<NoParams> model = Greatest();
    fault(model);
    CHECK(model.Load() == status);
  }
}

}  // namespace
}  // namespace tinyhost
