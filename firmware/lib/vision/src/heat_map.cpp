#include "vision/heat_map.h"

#include <algorithm>

namespace tinyhost {
namespace {

bool Touch(const Blob& a, const Blob& b) {
  return a.label == b.label && a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

void Join(const Blob& other, Blob* blob) {
  blob->left = std::min(blob->left, other.left);
  blob->top = std::min(blob->top, other.top);
  blob->right = std::max(blob->right, other.right);
  blob->bottom = std::max(blob->bottom, other.bottom);
  blob->score = std::max(blob->score, other.score);
}

void Add(const Blob& cell, BlobList* list) {
  Blob* const end = list->blobs + list->n;
  Blob* const touched = std::find_if(list->blobs, end, [&](const Blob& blob) { return Touch(blob, cell); });
  if (touched != end) return Join(cell, touched);
  if (list->n < BlobList::kCapacity) {
    list->blobs[list->n++] = cell;
    return;
  }
  ++list->n_left_out;
  Blob* const weakest =
      std::min_element(list->blobs, end, [](const Blob& a, const Blob& b) { return a.score < b.score; });
  if (cell.score > weakest->score) *weakest = cell;
}

/// Joins the first two blobs that touch; returns whether there were any.
bool JoinTwo(BlobList* list) {
  for (size_t i = 0; i < list->n; ++i) {
    for (size_t j = i + 1; j < list->n; ++j) {
      if (!Touch(list->blobs[i], list->blobs[j])) continue;
      Join(list->blobs[j], &list->blobs[i]);
      std::copy(list->blobs + j + 1, list->blobs + list->n, list->blobs + j);
      --list->n;
      return true;
    }
  }
  return false;
}

/// Puts the best first, and keeps the order of equals.
void Sort(BlobList* list) {
  for (size_t i = 1; i < list->n; ++i) {
    for (size_t j = i; j > 0 && list->blobs[j].score > list->blobs[j - 1].score; --j) {
      std::swap(list->blobs[j], list->blobs[j - 1]);
    }
  }
}

}  // namespace

bool IsHeatMap(const TensorView& tensor) {
  return tensor.rank == 4 && tensor.dims[0] == 1 && tensor.dims[1] * tensor.dims[2] != 1;
}

HeatMap HeatMapOf(const TensorView& tensor) {
  return {static_cast<const int8_t*>(tensor.data), tensor.dims[1], tensor.dims[2], tensor.dims[3]};
}

void FindBlobs(const HeatMap& map, int threshold, BlobList* found) {
  found->n = found->n_left_out = 0;
  const int8_t* score = map.scores;
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.columns; ++x) {
      for (int label = 0; label < map.classes; ++label, ++score) {
        if (label == 0 || *score < threshold) continue;
        Add({static_cast<uint8_t>(x), static_cast<uint8_t>(y), static_cast<uint8_t>(x + 1), static_cast<uint8_t>(y + 1),
             static_cast<uint8_t>(label), *score},
            found);
      }
    }
  }
  while (JoinTwo(found)) {
  }
  Sort(found);
}

BlobPlace PlaceOf(const Blob& blob, const HeatMap& map, const SeenWindow& window) {
  return {static_cast<uint16_t>(window.left + (blob.left + blob.right) * window.width / (2 * map.columns)),
          static_cast<uint16_t>(window.top + (blob.top + blob.bottom) * window.height / (2 * map.rows)),
          static_cast<uint16_t>((blob.right - blob.left) * window.width / map.columns),
          static_cast<uint16_t>((blob.bottom - blob.top) * window.height / map.rows)};
}

}  // namespace tinyhost
