#include "emulator/cpu/protection.h"

#include <algorithm>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kType = 0x00;
constexpr uint32_t kControl = 0x04;
constexpr uint32_t kNumber = 0x08;
constexpr uint32_t kFirstAlias = 0x0c;  // RBAR and RASR, and three aliases of both
constexpr uint32_t kPastAliases = 0x2c;

}  // namespace

/// RASR: size in bits 5:1, as 2^(size + 1); eighths that are switched off in bits 15:8.
bool Protection::Region::Contains(uint32_t address) const {
  if ((attributes & 1) == 0) return false;
  if (address < begin() || address - begin() >= uint64_t{1} << log2_bytes()) return false;
  if (log2_bytes() < 8) return true;
  const uint32_t eighth = static_cast<uint32_t>((address - begin()) >> (log2_bytes() - 3));
  return (attributes >> (8 + eighth) & 1) == 0;
}

/// Whether an edge of the region, or of one of its eighths, may lie within these bytes. Regions are aligned to their
/// size.
bool Protection::Region::Divides(uint32_t first, uint32_t n) const {
  const uint64_t n_bytes = uint64_t{1} << log2_bytes();
  if ((attributes & 1) == 0 || first + uint64_t{n} <= begin() || first >= begin() + n_bytes) return false;
  const bool has_eighths = log2_bytes() >= 8 && (attributes & 0xff00) != 0;
  return (has_eighths ? n_bytes / 8 : n_bytes) < n;
}

uint32_t Protection::Read(uint32_t offset) const {
  if (offset == kType) return kRegions << 8;
  if (offset == kControl) return control_;
  if (offset == kNumber) return number_;
  const bool is_attributes = ((offset - kFirstAlias) & 4) != 0;
  return is_attributes ? regions_[number_].attributes : regions_[number_].base | number_;
}

void Protection::Write(uint32_t offset, uint32_t value) {
  if (offset == kControl) control_ = value & 7;
  if (offset == kNumber) number_ = value % kRegions;
  if (offset < kFirstAlias || offset >= kPastAliases) return;
  if (((offset - kFirstAlias) & 4) != 0) {
    regions_[number_].attributes = value;
  } else {
    if ((value & 0x10) != 0) number_ = value & 7;  // VALID: the number comes with the address
    regions_[number_].base = value & ~0x1fu;
  }
}

bool Protection::operator==(const Protection& other) const {
  return control_ == other.control_ && regions_ == other.regions_;
}

/// The region with the highest number decides: B3.5.3. Access permissions in RASR bits 26:24, execute never in bit 28.
Protection::Rights Protection::At(uint32_t address) const {
  if (!is_on()) return {true, true, true};
  for (uint32_t i = kRegions; i-- > 0;) {
    if (!regions_[i].Contains(address)) continue;
    const uint32_t permission = regions_[i].attributes >> 24 & 7;
    const bool can_read = permission != 0 && permission != 4;
    const bool can_write = permission >= 1 && permission <= 3;
    return {can_read, can_write, can_read && (regions_[i].attributes >> 28 & 1) == 0};
  }
  const bool has_default = (control_ & kDefaultMap) != 0;
  return {has_default, has_default, has_default};
}

bool Protection::Divides(uint32_t begin, uint32_t n) const {
  return is_on() && std::any_of(regions_.begin(), regions_.end(), [=](const Region& r) { return r.Divides(begin, n); });
}

Protection::Rights Protection::OfAll(uint32_t begin, uint32_t n) const {
  if (!Divides(begin, n)) return At(begin);
  const Rights low = OfAll(begin, n / 2);
  const Rights high = OfAll(begin + n / 2, n / 2);
  return {low.read && high.read, low.write && high.write, low.execute && high.execute};
}

}  // namespace tinyhost::emulator
