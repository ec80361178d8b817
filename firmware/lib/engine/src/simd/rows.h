#pragma once

#include "../kernels/broadcast.h"
#include "room.h"
#include "simd.h"

namespace tinyhost::simd {

/// Calls four(a, b, output) with words of four elements of both inputs, and one(a, b), which returns the output's byte,
/// for the elements that are left over at the end of a row. Inputs are read before outputs are stored, so both may
/// share memory. `four` advances the output, as StoreNext does.
template <typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFour(const Rows& rows, FourFunction four, OneFunction one) {
  const int8_t *a = rows.inputs[0], *b = rows.inputs[1];
  int8_t* output = rows.output;
  const int32_t back_a = rows.n - rows.next[0], back_b = rows.n - rows.next[1];
  for (int32_t left = rows.n_rows; left > 0; --left, a -= back_a, b -= back_b) {
    const int8_t* const end = a + rows.n;
    for (const int8_t* const end_of_words = end - (rows.n & 3); a != end_of_words;) {
      const uint32_t first = LoadNext(a), second = LoadNext(b);
      four(first, second, output);
    }
    while (a != end) {
      const int32_t first = LoadNextByte(a), second = LoadNextByte(b);
      StoreNext(output, one(first, second));
    }
  }
}

/// The same where one input has been expanded to words of 32 bits: four(bytes, next, output), where next(a, b) reads
/// two of them, and one(byte, word).
template <typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFourOfWords(const WordRows& rows, FourFunction four, OneFunction one) {
  const int8_t* input = rows.input;
  int8_t* output = rows.output;
  for (int32_t left = rows.n_rows; left > 0; --left) {
    const int32_t* words = rows.words;
    const int8_t* const end = input + rows.n;
    for (const int8_t* const end_of_fours = end - (rows.n & 3); input != end_of_fours;) {
      four(LoadNext(input), [&words](int32_t& a, int32_t& b) { LoadNextPair(words, a, b); }, output);
    }
    while (input != end) StoreNext(output, one(LoadNextByte(input), LoadNextWord(words)));
  }
}

/// The words of four elements of which the first kFirst belong to one row, the others to the next.
template <int kFirst>
TINYHOST_INLINE auto Parts(int32_t word, int32_t second) {
  if constexpr (kFirst == 1) return [x = word, second](int32_t& a, int32_t& b) mutable { a = x, b = x = second; };
  if constexpr (kFirst == 2) return [x = word, second](int32_t& a, int32_t& b) mutable { a = b = x, x = second; };
  if constexpr (kFirst == 3) {
    return [x = word, word, second](int32_t& a, int32_t& b) mutable { a = word, b = x, x = second; };
  }
}
TINYHOST_INLINE auto Whole(int32_t word) {
  return [word](int32_t& a, int32_t& b) { a = b = word; };
}

/// Whether ForEachFourOfFewOnes runs rows with `ones`: they are so short that a word holds elements of several rows.
/// kOdd: rows of five and of seven elements, too.
template <bool kOdd>
bool AreFew(int32_t n) {
  return kHasRoom && (n == 2 || n == 3 || n == 6 || (kOdd && (n == 5 || n == 7)));
}

/// ForEachFourOfOnes for such short rows, two or four at a time; the rows that are left over are run one by one.
template <bool kOdd, typename WordFunction, typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFourOfFewOnes(const Rows& rows, WordFunction word_of, FourFunction four, OneFunction one) {
  const int8_t *input = rows.inputs[1 - rows.ones], *ones = rows.inputs[rows.ones];
  const int8_t* const end = ones + rows.n_rows;
  const int8_t* const end_of_words = ones + (rows.n_rows & (rows.n % 2 == 0 ? ~1 : ~3));
  int8_t* output = rows.output;
  if (rows.n == 2) {
    while (ones != end_of_words) {
      const int32_t word = word_of(LoadNextByte(ones)), second = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<2>(word, second), output);
    }
  } else if (rows.n == 3) {
    while (ones != end_of_words) {
      const int32_t word = word_of(LoadNextByte(ones)), second = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<3>(word, second), output);
      const int32_t third = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<2>(second, third), output);
      const int32_t last = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<1>(third, last), output);
    }
  } else if (kOdd && rows.n == 5) {
    while (ones != end_of_words) {
      const int32_t word = word_of(LoadNextByte(ones));
      four(LoadNext(input), Whole(word), output);
      const int32_t second = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<1>(word, second), output);
      const int32_t third = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<2>(second, third), output);
      const int32_t last = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<3>(third, last), output);
      four(LoadNext(input), Whole(last), output);
    }
  } else if (kOdd && rows.n == 7) {
    while (ones != end_of_words) {
      const int32_t word = word_of(LoadNextByte(ones));
      four(LoadNext(input), Whole(word), output);
      const int32_t second = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<3>(word, second), output);
      four(LoadNext(input), Whole(second), output);
      const int32_t third = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<2>(second, third), output);
      four(LoadNext(input), Whole(third), output);
      const int32_t last = word_of(LoadNextByte(ones));
      four(LoadNext(input), Parts<1>(third, last), output);
      four(LoadNext(input), Whole(last), output);
    }
  } else {
    while (ones != end_of_words) {
      const int32_t word = word_of(LoadNextByte(ones)), second = word_of(LoadNextByte(ones));
      four(LoadNext(input), Whole(word), output);
      four(LoadNext(input), Parts<2>(word, second), output);
      four(LoadNext(input), Whole(second), output);
    }
  }
  while (ones != end) {
    const int32_t word = word_of(LoadNextByte(ones));
    for (int32_t n = rows.n; n > 0; --n) StoreNext(output, one(LoadNextByte(input), word));
  }
}

/// ForEachFour where one input has a single value for each row, which word_of(value) converts to a word. kFew:
/// AreFew<kOdd>.
template <bool kFew, bool kOdd = false, typename WordFunction, typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFourOfOnes(const Rows& rows, WordFunction word_of, FourFunction four, OneFunction one) {
  if constexpr (kFew) return ForEachFourOfFewOnes<kOdd>(rows, word_of, four, one);
  const int8_t *input = rows.inputs[1 - rows.ones], *ones = rows.inputs[rows.ones];
  const int8_t* const end = ones + rows.n_rows;
  int8_t* output = rows.output;
  uint32_t n = static_cast<uint32_t>(rows.n);
  if (n == 4) {
    while (ones != end) {
      const int32_t word = word_of(LoadNextByte(ones));
      four(LoadNext(input), Whole(word), output);
    }
    return;
  }
  while (ones != end) {
    const int32_t word = word_of(LoadNextByte(ones));
    Forget(n);  // otherwise the compiler keeps values derived from it in registers
    for (uint32_t fours = n >> 2; fours != 0; --fours) {
      four(LoadNext(input), [word](int32_t& a, int32_t& b) { a = b = word; }, output);
    }
    if ((n & 2) != 0) {
      StoreNext(output, one(LoadNextByte(input), word));
      StoreNext(output, one(LoadNextByte(input), word));
    }
    if ((n & 1) != 0) StoreNext(output, one(LoadNextByte(input), word));
  }
}

}  // namespace tinyhost::simd
