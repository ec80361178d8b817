#pragma once

#include "emulator/peripherals/clock_power.h"
#include "emulator/peripherals/errata_registers.h"
#include "emulator/usb/device.h"

namespace tinyhost::emulator {

/// USBD, the USB device: product specification, 6.35, with control, bulk and interrupt endpoints. Isochronous ones are
/// not modelled.
class Usbd final : public Peripheral, public UsbDevice {
 public:
  Usbd(System system, ClockPower& power, ErrataRegisters& errata);

  void Reset() override;
  uint64_t NextEvent() const override;
  void Tick() override;

  bool is_attached() const override;
  void BusReset() override;
  void Suspend() override;
  void Resume() override;
  void StartFrame(uint16_t number) override;
  Handshake Setup(const SetupPacket& packet) override;
  Handshake In(int endpoint, std::vector<uint8_t>* data, int* toggle) override;
  Handshake Out(int endpoint, const uint8_t* data, size_t n, int toggle) override;
  Handshake Status() override;
  bool HasPacket(int endpoint) const override;
  bool HasRoom(int endpoint) const override;

 private:
  struct Endpoint {
    std::array<uint8_t, kMaxPacket> in = {};
    size_t n_in = 0;
    bool is_in_full = false;
    int in_toggle = 0;
    std::array<uint8_t, kMaxPacket> out = {};
    size_t n_out = 0;
    bool is_out_full = false;
    bool is_out_allowed = false;
    int out_toggle = 0;
  };
  struct Transfer {  // EasyDMA that is under way
    uint64_t due = kNever;
    bool is_in = false;
    int endpoint = 0;
    uint32_t pointer = 0;
    uint32_t n = 0;
  };

  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  void OnEvent(uint32_t offset) override;
  void Enable(bool is_on);
  void PullUp(bool is_on);
  void StartTransfer(bool is_in, int endpoint);
  void EndTransfer();
  void RaiseCause(uint32_t bit);
  void RaiseData(uint32_t bit);
  void SetStall(uint32_t value);
  void SetToggle(uint32_t value);
  bool is_stalled(bool is_in, int endpoint) const;
  bool is_awake() const;
  bool is_enabled(bool is_in, int endpoint) const;

  ClockPower& power_;
  ErrataRegisters& errata_;
  std::array<Endpoint, kEndpoints> endpoints_ = {};
  Transfer transfer_;
  uint64_t ready_at_ = kNever;
  bool is_pulled_up_ = false;
  bool is_status_allowed_ = false;
  bool is_control_stalled_ = false;
  bool is_set_address_ = false;
};

}  // namespace tinyhost::emulator
