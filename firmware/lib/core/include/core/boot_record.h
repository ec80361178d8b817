#pragma once

#include <cstdint>

namespace tinyhost {

/// Counts starts of the firmware in RAM that a reset leaves as it is, and a loss of power does not.
struct BootRecord {
  uint32_t number;
  uint32_t check;
};

/// Returns the number of this start, never 0, and keeps it in the record. Where the record is lost, numbers start again
/// at `random`: that two starts have the same number then is as likely as 1 in 2^32.
inline uint32_t NextBoot(BootRecord* record, uint32_t random) {
  constexpr uint32_t kCheck = 0xB007'C0DEu;
  const bool is_kept = record->number != 0 && record->check == (record->number ^ kCheck);
  const uint32_t number = is_kept ? record->number + 1 : random;
  *record = {number != 0 ? number : 1, 0};
  record->check = record->number ^ kCheck;
  return record->number;
}

}  // namespace tinyhost
