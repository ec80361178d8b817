#pragma once

// Recorded from TFLM by tests/oracle/record_frontend_vectors.py.

#include "frontend/frontend.h"

namespace tinyhost {

constexpr size_t kFrontendVectorSamples = 32000;

struct FrontendVector {
  FrontendConfig config;
  size_t n_rows;
  uint32_t crc32;  // of the raw features, as bytes
};

constexpr FrontendVector kFrontendVectors[] = {
    {{16000, 30, 20, 125, 7500, 40, FrontendVariant::kSignal}, 99, 0xA41E8872},
    {{16000, 30, 10, 125, 7500, 40, FrontendVariant::kMicrofrontend}, 198, 0xEF96C617},
    {{16000, 30, 10, 125, 7500, 40, FrontendVariant::kSignal}, 198, 0x6BB6FAB1},
    {{16000, 25, 10, 125, 7600, 32, FrontendVariant::kSignal}, 198, 0xAE152E57},
    {{16000, 32, 32, 20, 7900, 64, FrontendVariant::kSignal}, 62, 0xFD58DE7E},
    {{8000, 30, 20, 125, 3800, 20, FrontendVariant::kSignal}, 199, 0xC5D4A2A4},
    {{8000, 16, 8, 125, 3500, 10, FrontendVariant::kSignal}, 499, 0xE15E3C25},
};

}  // namespace tinyhost
