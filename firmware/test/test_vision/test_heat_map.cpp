// What a heat map shows, at the edges of its memory: tests/unit/engine/test_find_objects.py has the definition.
#include <doctest/doctest.h>

#include <vector>

#include "vision/heat_map.h"

namespace tinyhost {
namespace {

/// A map of one class beside the background; its scores are in a block of just their size.
struct OneClass {
  int rows;
  int columns;
  std::vector<int8_t> scores = std::vector<int8_t>(static_cast<size_t>(rows * columns * 2), INT8_MIN);

  int8_t& At(int row, int column) { return scores[static_cast<size_t>((row * columns + column) * 2 + 1)]; }
  HeatMap map() const { return {scores.data(), rows, columns, 2}; }
};

}  // namespace

TEST_CASE("cells that touch are one blob, also where a later row joins two") {
  OneClass cells{3, 5};
  cells.At(0, 0) = 10;
  cells.At(0, 4) = 30;
  cells.At(1, 1) = 20;
  cells.At(1, 3) = 5;
  BlobList found{};
  FindBlobs(cells.map(), 0, &found);
  REQUIRE(found.n == 2);
  CHECK(found.blobs[0].score == 30);
  CHECK(found.blobs[0].left == 3);
  CHECK(found.blobs[1].right == 2);
  cells.At(2, 2) = 1;
  FindBlobs(cells.map(), 0, &found);
  REQUIRE(found.n == 1);
  const Blob& all = found.blobs[0];
  CHECK(all.left == 0);
  CHECK(all.top == 0);
  CHECK(all.right == 5);
  CHECK(all.bottom == 3);
  CHECK(all.label == 1);
  CHECK(all.score == 30);
  const BlobPlace place = PlaceOf(all, cells.map(), {40, 0, 240, 240});
  CHECK(place.x == 160);
  CHECK(place.y == 120);
  CHECK(place.width == 240);
  CHECK(place.height == 240);
}

TEST_CASE("of more blobs than there is room for, the best stay, and the others are counted") {
  OneClass cells{1, kMaxHeatMapSide};
  for (int column = 0; column < kMaxHeatMapSide; column += 2) cells.At(0, column) = static_cast<int8_t>(column / 2);
  BlobList found{};
  FindBlobs(cells.map(), 1, &found);
  REQUIRE(found.n == BlobList::kCapacity);
  CHECK(found.n_left_out == 127 - BlobList::kCapacity);
  for (size_t i = 0; i < found.n; ++i) CHECK(found.blobs[i].score == 127 - static_cast<int>(i));
}

TEST_CASE("a list of scores is no heat map") {
  TensorView tensor{};
  tensor.rank = 4;
  for (int d = 0; d < 4; ++d) tensor.dims[d] = 1;
  tensor.dims[3] = 3;
  CHECK_FALSE(IsHeatMap(tensor));
  tensor.dims[2] = 2;
  CHECK(IsHeatMap(tensor));
  CHECK(HeatMapOf(tensor).columns == 2);
  tensor.rank = 2;
  CHECK_FALSE(IsHeatMap(tensor));
}

}  // namespace tinyhost
