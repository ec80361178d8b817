#pragma once

#include "../kernels/broadcast.h"
#include "simd.h"

namespace tinyhost::simd {

/// Rows of an operator of two, the input whose element repeats in a row behind the other.
struct OrderedRows {
  explicit OrderedRows(const Rows& of) : rows(of) {
    if (rows.step_a == 0 && rows.step_b == 0) {  // only a hostile image has more than one element of both
      rows.n_rows *= rows.n;
      rows.n = 1;
      rows.next_a = rows.next_b = 0;
    }
    first = rows.step_a == 0 ? 1 : 0;
  }

  Rows rows;
  int first;  // index of the input that comes first
};

/// Calls four(first, second, output) for words of four elements, and one(first, second, output) for those left over.
/// Nothing is stored before what lies at its place is read.
template <typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFour(const OrderedRows& of, FourFunction four, OneFunction one) {
  const Rows& rows = of.rows;
  const int8_t *first_row = of.first == 0 ? rows.a : rows.b, *second_row = of.first == 0 ? rows.b : rows.a;
  const int32_t next_first = of.first == 0 ? rows.next_a : rows.next_b;
  const int32_t next_second = of.first == 0 ? rows.next_b : rows.next_a;
  const bool repeats = (rows.step_a & rows.step_b) == 0;
  const int32_t step = repeats ? 0 : 1, n = rows.n;
  int8_t* output = rows.output;
  for (int32_t i = rows.n_rows; i > 0; --i, first_row += next_first, second_row += next_second) {
    int8_t repeated[4];
    const int8_t *first = first_row, *second = second_row;
    if (repeats) {
      StoreWord(repeated, static_cast<uint8_t>(*second_row) * 0x01010101u);
      second = repeated;
    }
    for (const int8_t* end = output + (n & ~3); output != end; first += 4, second += 4 * step, output += 4) {
      four(Load(first), Load(second), output);
    }
    for (const int8_t* end = output + (n & 3); output != end; ++first, second += step, ++output) {
      one(*first, *second, output);
    }
  }
}

}  // namespace tinyhost::simd
