#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

constexpr int kWindowBits = 12;

/// Applies the window and puts the sound into the FFT's input order: 2 * n_complex samples become n_complex pairs, in
/// digit-reversed order. window: Q12 (kWindowBits), zero from n_samples on; both arrays are readable up to the next
/// multiple of 8. Returns the bitwise or of all absolute values.
uint32_t WindowSamples(const int16_t* samples, const int16_t* window, size_t n_samples, size_t n_complex,
                       uint32_t* spectrum);

/// Shifts windowed samples left in place, modulo 2^16.
void ShiftSamples(uint32_t* spectrum, size_t n_complex, int shift);

/// Converts windowed samples in place to energies (squared magnitudes) of the bins [first, end), 1 <= first, end <=
/// n_complex; other bins are left undefined. The samples are shifted left by `shift` first; the result is scaled down
/// by (2 * n_complex)^2. Rounded as in kissfft's kiss_fftr with FIXED_POINT=16. n_complex: 64, 128 or 256.
void TransformToEnergies(uint32_t* spectrum, size_t n_complex, int shift, size_t first, size_t end);

}  // namespace tinyhost
