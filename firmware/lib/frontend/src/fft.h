#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

constexpr int kWindowBits = 12;

/// Windows the sound into the order in which the FFT wants it: 2 * n_complex samples become n_complex pairs, digits
/// reversed. window: Q12 (kWindowBits), zero from n_samples on; both arrays are readable up to the next multiple of 8.
/// Returns the bits of the absolute values, all or-ed together.
uint32_t WindowSamples(const int16_t* samples, const int16_t* window, size_t n_samples, size_t n_complex,
                       uint32_t* spectrum);

/// Shifts windowed samples left in place, modulo 2^16.
void ShiftSamples(uint32_t* spectrum, size_t n_complex, int shift);

/// From windowed samples to energies (squared magnitudes) of the bins [first, end), 1 <= first, end <= n_complex, in
/// place; other bins are left undefined. The samples are shifted left by `shift` first; the result is scaled down by
/// (2 * n_complex)^2. Rounded as kissfft's kiss_fftr does with FIXED_POINT=16. n_complex: 64, 128 or 256.
void TransformToEnergies(uint32_t* spectrum, size_t n_complex, int shift, size_t first, size_t end);

}  // namespace tinyhost
