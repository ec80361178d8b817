#pragma once

#include "frontend/frontend.h"

// The tables of TFLM's frontends. TFLM computes them in single precision, and so does this code, operation by
// operation.
namespace tinyhost {

constexpr int kCosineBits = 14;    // of CepstrumTable
constexpr int kLogarithmBits = 6;  // of raw features

/// Hann window, Q12; zero from n_window on.
void FillWindow(size_t n_window, FrontendVariant variant, int16_t* window);

/// kBadArgument if the bands leave the spectrum of 1 << fft_bits samples.
Status FillFilters(const FrontendConfig& config, int fft_bits, MelFilters* filters);

/// input_bits: fraction bits of the noise estimate.
void FillGain(int input_bits, GainCurve* gain);

/// n_coefficients: at most n_channels.
void FillCepstrum(size_t n_channels, size_t n_coefficients, CepstrumTable* table);

}  // namespace tinyhost
