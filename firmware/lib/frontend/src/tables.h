#pragma once

#include "frontend/frontend.h"

// The tables of TFLM's frontends, which compute them in single precision: so do these, operation by operation.
namespace tinyhost {

/// Hann window, Q12; zero from n_window on.
void FillWindow(size_t n_window, FrontendVariant variant, int16_t* window);

/// kBadArgument if the bands leave the spectrum of 1 << fft_bits samples.
Status FillFilters(const FrontendConfig& config, int fft_bits, MelFilters* filters);

/// input_bits: fraction bits of the noise estimate.
void FillGain(int input_bits, GainCurve* gain);

}  // namespace tinyhost
