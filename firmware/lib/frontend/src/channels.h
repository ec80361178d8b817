#pragma once

#include "frontend/frontend.h"

namespace tinyhost {

/// Computes the features of one stride from its energies: mel filters, square root, noise reduction, PCAN gain,
/// logarithm. gain: null for the plain logarithm of the amplitude. noise: the estimates of the channels, which are
/// updated. shift: by how much the samples were shifted left.
void EnergiesToFeatures(const uint32_t* energies, const MelFilters& filters, const GainCurve* gain, size_t n_channels,
                        int fft_bits, int shift, uint32_t* noise, uint16_t* features);

/// Cepstral coefficients of logarithms, which are all below 900, as for 20 bits.
void LogarithmsToCepstrum(const uint16_t* logarithms, size_t n_channels, const CepstrumTable& table,
                          size_t n_coefficients, int8_t* cepstrum);

/// The square root, rounded as in TFLM's frontend: up if the remainder is larger than the root, but never from 65535 to
/// 65536 while x is below 2^32. x is below 2^48.
uint32_t RoundedSquareRoot(uint64_t x);

/// 64 * ln(x), rounded as in TFLM's frontend; 0 for 0.
uint16_t ScaledLogarithm(uint32_t x);

}  // namespace tinyhost
