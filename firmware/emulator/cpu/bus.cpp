#include "emulator/cpu/bus.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kPort1Registers = 0x500;  // a port's registers begin there, behind its base

}  // namespace

Bus::Target Bus::Find(uint32_t address) {
  if (address >= kGpioBegin) {
    const uint32_t offset = address - kGpioBegin;
    if (offset >= kPort1Offset + kPort1Registers) return {port1_, offset - kPort1Offset};
    return {port0_, offset};
  }
  return {at_[(address - kApbBegin) >> 12], address & 0xfff};
}

/// A register from the errata sheet; null for any other address.
uint32_t* Bus::FindHidden(uint32_t address) {
  switch (address) {
    case 0x4006ec00:
      return &errata_.usb_key;
    case 0x4006ec14:
      return &errata_.usb_power_171;
    case 0x4006ed14:
      return &errata_.usb_power_187;
    case 0x40027c1c:
      return &errata_.usb_dma_199;
    case 0x40000ee4:  // erratum 136 of the nRF52832, which start-up files contain for the whole series
    case 0x40000638:  // erratum 36, likewise
      return &ignored_;
    default:
      return nullptr;
  }
}

uint32_t Bus::Read(uint32_t address, uint32_t n_bytes) {
  if (const uint32_t* hidden = FindHidden(address)) return *hidden;
  const Target target = Find(address);
  if (target.peripheral == nullptr) {
    system_.log.Defect("read of 0x%08x: no peripheral is modelled there", address);
    return 0;
  }
  const uint32_t word = target.peripheral->Read(target.offset & 0xffc);
  if (system_.log.traces("registers")) {
    system_.log.Say("read %s+0x%03x: 0x%08x", target.peripheral->name(), target.offset, word);
  }
  return n_bytes == 4 ? word : word >> (8 * (address & 3)) & (n_bytes == 2 ? 0xffffu : 0xffu);
}

void Bus::Write(uint32_t address, uint32_t n_bytes, uint32_t value) {
  if (uint32_t* hidden = FindHidden(address)) {
    *hidden = value;
    return;
  }
  const Target target = Find(address);
  if (target.peripheral == nullptr) {
    system_.log.Defect("write of 0x%08x to 0x%08x: no peripheral is modelled there", value, address);
    return;
  }
  if (n_bytes != 4) {
    system_.log.Defect("write of %u bytes to 0x%08x, a register of %s", n_bytes, address, target.peripheral->name());
  }
  if (system_.log.traces("registers")) {
    system_.log.Say("write %s+0x%03x = 0x%08x", target.peripheral->name(), target.offset, value);
  }
  target.peripheral->Write(target.offset & 0xffc, value);
}

}  // namespace tinyhost::emulator
