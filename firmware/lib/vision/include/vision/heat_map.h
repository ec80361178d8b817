#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/image_view.h"
#include "vision/picture.h"

namespace tinyhost {

/// Scores of classes, cell by cell; class 0 is the background.
struct HeatMap {
  const int8_t* scores;  // (rows, columns, classes)
  int rows;
  int columns;
  int classes;
};

/// Whether a tensor is (1, rows, columns, classes), as FOMO's output is, and not one list of scores.
bool IsHeatMap(const TensorView& tensor);
/// The heat map that such a tensor holds, which must be int8.
HeatMap HeatMapOf(const TensorView& tensor);

constexpr int kMaxHeatMapSide = 255;

/// Adjacent cells of one class, and the box around them; ends are exclusive.
struct Blob {
  uint8_t left;
  uint8_t top;
  uint8_t right;
  uint8_t bottom;
  uint8_t label;  // from 1 on
  int8_t score;   // of the best cell
};

/// Blobs, the best first.
struct BlobList {
  static constexpr size_t kCapacity = 16;

  Blob blobs[kCapacity];
  size_t n;
  size_t n_left_out;  // cells without room: weaker than all blobs when they came
};

/// Finds the objects in a heat map, as Edge Impulse's FOMO does: row by row, a cell whose score reaches the threshold
/// joins the first box of its class that it touches, also at a corner, or opens a new one; then boxes that touch are
/// joined. If there is no room for a new box, the weakest one makes room.
void FindBlobs(const HeatMap& map, int threshold, BlobList* found);

/// A blob in pixels of the frame: its box, centred on the centroid (x, y).
struct BlobPlace {
  uint16_t x;
  uint16_t y;
  uint16_t width;
  uint16_t height;
};

/// Where a blob of a map lies in the frame whose `window` the model saw.
BlobPlace PlaceOf(const Blob& blob, const HeatMap& map, const SeenWindow& window);

}  // namespace tinyhost
