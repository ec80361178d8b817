#pragma once

#include "../kernels/broadcast.h"
#include "simd.h"

namespace tinyhost::simd {

/// Inputs of an operator of two, the one whose element repeats in a row behind the other.
struct OrderedRows {
  const Rows& rows;
  int first;  // index of the input that comes first

  const int8_t* data(int i) const { return i == 0 ? rows.a : rows.b; }
  int32_t next(int i) const { return i == 0 ? rows.next_a : rows.next_b; }
};

/// Calls four(first, second, output) for words of four elements, and one(first, second, output) for those left over.
/// kRepeats: a row has one element of the second input. Nothing is stored before what lies at its place is read.
template <bool kRepeats, typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFour(const OrderedRows& of, FourFunction four, OneFunction one) {
  const int8_t *first_row = of.data(of.first), *second_row = of.data(1 - of.first);
  const int32_t next_first = of.next(of.first), next_second = of.next(1 - of.first), n = of.rows.n;
  int8_t* output = of.rows.output;
  for (int32_t i = of.rows.n_rows; i > 0; --i, first_row += next_first, second_row += next_second) {
    const int8_t *first = first_row, *second = second_row;
    const uint32_t repeated = static_cast<uint8_t>(*second) * 0x01010101u;
    for (const int8_t* end = output + (n & ~3); output != end; first += 4, output += 4) {
      four(Load(first), kRepeats ? repeated : Load(second), output);
      if (!kRepeats) second += 4;
    }
    for (const int8_t* end = output + (n & 3); output != end; ++first, ++output) {
      one(*first, *second, output);
      if (!kRepeats) ++second;
    }
  }
}

/// Calls function(rows, repeats): repeats is std::true_type where the second input repeats in a row.
template <typename Function>
TINYHOST_INLINE void InOrder(Rows rows, Function function) {
  if (rows.step_a == 0 && rows.step_b == 0) {  // only a hostile image has more than one element of both
    rows.n_rows *= rows.n;
    rows.n = 1;
    rows.next_a = rows.next_b = 0;
  }
  if (rows.step_a == 0) return function(OrderedRows{rows, 1}, true);
  function(OrderedRows{rows, 0}, rows.step_b == 0);
}

}  // namespace tinyhost::simd
