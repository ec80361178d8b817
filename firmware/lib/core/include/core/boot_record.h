#pragma once

#include <cstdint>

namespace tinyhost {

/// Counts starts of the firmware in RAM that survives a reset, but not a loss of power.
struct BootRecord {
  uint32_t number;
  uint32_t check;
};

/// Returns the number of this start, never 0, and keeps it in the record. If the record is lost, numbers start again at
/// `random`: two starts then have the same number with a probability of 1 in 2^32.
inline uint32_t NextBoot(BootRecord* record, uint32_t random) {
  constexpr uint32_t kCheck = 0xB007'C0DEu;
  const bool is_kept = record->number != 0 && record->check == (record->number ^ kCheck);
  const uint32_t number = is_kept ? record->number + 1 : random;
  *record = {number != 0 ? number : 1, 0};
  record->check = record->number ^ kCheck;
  return record->number;
}

}  // namespace tinyhost
