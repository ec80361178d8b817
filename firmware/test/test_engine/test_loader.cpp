#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "../support/tiny_model.h"
#include "core/crc32.h"
#include "engine/engine.h"

namespace tinyhost {
namespace {

constexpr size_t kArenaBytes = 64;

/// An engine with aligned memory for one small image.
struct Fixture {
  Status Load(const std::vector<uint8_t>& bytes, size_t arena_bytes = kArenaBytes) {
    std::copy(bytes.begin(), bytes.end(), image);
    return engine.Load(image, bytes.size(), arena, arena_bytes);
  }

  alignas(16) uint8_t image[4096] = {};
  alignas(16) uint8_t arena[kArenaBytes] = {};
  Engine engine;
};

template <typename Record>
Record& RecordAt(std::vector<uint8_t>& image, uint32_t offset) {
  return *reinterpret_cast<Record*>(image.data() + offset);
}

ImageHeader& Header(std::vector<uint8_t>& image) { return RecordAt<ImageHeader>(image, 0); }

std::vector<uint8_t> Sealed(std::vector<uint8_t> image) {
  constexpr size_t kStart = offsetof(ImageHeader, crc32) + sizeof(uint32_t);
  Header(image).crc32 = Crc32(image.data() + kStart, image.size() - kStart);
  return image;
}

uint32_t g_now = 0;
uint64_t Now() { return g_now += 5; }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a model runs in place") {
  REQUIRE(Load(TinyModel(3)) == Status::kOk);
  CHECK(engine.n_operators() == 2);
  CHECK(engine.operator_code(1) == OperatorCode::kRelu6);
  CHECK(engine.input().n_bytes == 4);
  CHECK(engine.output().rank == 2);
  int8_t* input = static_cast<int8_t*>(engine.input().data);
  const int8_t values[4] = {-128, 0, 1, 127};
  std::memcpy(input, values, sizeof(values));
  REQUIRE(engine.Invoke() == Status::kOk);
  const int8_t* output = static_cast<const int8_t*>(engine.output().data);
  for (int i = 0; i < 4; ++i) CHECK(output[i] == static_cast<int8_t>(~static_cast<uint8_t>(values[i] + 3)));
}

TEST_CASE("an operator that is not linked is refused, and not among those that the engine names") {
  const KernelSet few = [](OperatorCode code) {
    return code == OperatorCode::kRelu6 ? nullptr : PortableKernelFor(code);
  };
  alignas(16) uint8_t image[4096] = {};
  alignas(16) uint8_t arena[kArenaBytes] = {};
  const std::vector<uint8_t> bytes = TinyModel(3);
  std::copy(bytes.begin(), bytes.end(), image);
  Engine all(PortableKernelFor), engine(few);
  uint64_t named = 0;  // all that there are, but for the one that no plan needs
  for (uint32_t code = 0; code < 64; ++code) {
    const auto op = static_cast<OperatorCode>(code);
    if (op != OperatorCode::kReshape && std::strcmp(OperatorCodeName(op), "unknown") != 0) named |= uint64_t{1} << code;
  }
  CHECK(all.operators() == named);
  CHECK(engine.operators() == (named & ~(uint64_t{1} << static_cast<int>(OperatorCode::kRelu6))));
  CHECK(all.Load(image, bytes.size(), arena, sizeof(arena)) == Status::kOk);
  CHECK(engine.Load(image, bytes.size(), arena, sizeof(arena)) == Status::kImageOperator);
  CHECK(!engine.loaded());
}

TEST_CASE_FIXTURE(Fixture, "operators can be run and timed one by one") {
  REQUIRE(Load(TinyModel()) == Status::kOk);
  uint32_t ticks[2] = {};
  CHECK(engine.InvokeRange(0, 2, Now, ticks) == Status::kOk);
  CHECK(ticks[0] == 5);
  CHECK(ticks[1] == 5);
  CHECK(engine.InvokeRange(1, 3) == Status::kBadArgument);
  CHECK(engine.InvokeRange(2, 1) == Status::kBadArgument);
}

TEST_CASE_FIXTURE(Fixture, "labels end where they end") {
  REQUIRE(Load(TinyModel()) == Status::kOk);
  CHECK(std::strcmp(engine.label(1), "person") == 0);
  CHECK(std::strcmp(engine.label(4), "") == 0);
}

TEST_CASE_FIXTURE(Fixture, "nothing is loaded after a refusal") {
  REQUIRE(Load(TinyModel()) == Status::kOk);
  CHECK(Load({1, 2, 3}) == Status::kImageLength);
  CHECK_FALSE(engine.loaded());
  CHECK(engine.n_operators() == 0);
  CHECK(engine.Invoke() == Status::kNoModel);
}

TEST_CASE_FIXTURE(Fixture, "misaligned or missing memory is refused") {
  const std::vector<uint8_t> model = TinyModel();
  std::memcpy(image + 4, model.data(), model.size());
  CHECK(engine.Load(image + 4, model.size(), arena, kArenaBytes) == Status::kBadArgument);
  CHECK(engine.Load(nullptr, 100, arena, kArenaBytes) == Status::kBadArgument);
  CHECK(engine.Load(image, 100, arena + 1, kArenaBytes - 1) == Status::kBadArgument);
  CHECK(engine.Load(image, 100, nullptr, 0) == Status::kBadArgument);
}

TEST_CASE_FIXTURE(Fixture, "every truncation and every flipped bit is refused") {
  std::vector<uint8_t> model = TinyModel();
  for (size_t n = 0; n < model.size(); n += 7) {
    CHECK(Load(std::vector<uint8_t>(model.begin(), model.begin() + static_cast<long>(n))) != Status::kOk);
  }
  for (size_t i = 0; i < model.size(); i += 3) {
    model[i] ^= 0x20;
    CHECK(Load(model) != Status::kOk);
    model[i] ^= 0x20;
  }
}

TEST_CASE_FIXTURE(Fixture, "an arena that is too small is refused") {
  CHECK(Load(TinyModel(), 47) == Status::kImageArena);
  CHECK(Load(TinyModel(), 48) == Status::kOk);
}

TEST_CASE_FIXTURE(Fixture, "an operator may not write to a constant") {
  std::vector<uint8_t> model = TinyModel();
  TensorRecord& tensor = RecordAt<TensorRecord>(model, Header(model).tensors_offset + sizeof(TensorRecord));
  tensor.storage = Storage::kConstant;
  tensor.offset = 0;
  CHECK(Load(Sealed(model)) == Status::kImageParameter);
}

TEST_CASE_FIXTURE(Fixture, "a table that reaches beyond the constants is refused") {
  std::vector<uint8_t> model = TinyModel();
  RecordAt<LookupParams>(model, Header(model).constants_offset).table_offset = 300;
  CHECK(Load(Sealed(model)) == Status::kImageParameter);
}

TEST_CASE_FIXTURE(Fixture, "a model that would run for minutes is refused") {
  std::vector<uint8_t> model = TinyModel();
  Header(model).n_operators = 1;
  OperatorRecord& op = RecordAt<OperatorRecord>(model, Header(model).operators_offset);
  op.code = OperatorCode::kAveragePool2d;
  PoolParams params = {};
  params.filter_height = params.filter_width = UINT16_MAX;
  params.stride_height = params.stride_width = 1;
  params.activation_max = 1;
  std::memcpy(model.data() + Header(model).constants_offset, &params, sizeof(params));
  CHECK(Load(Sealed(model)) == Status::kImageParameter);
}

}  // namespace tinyhost
