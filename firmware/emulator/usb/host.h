#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "emulator/system/component.h"
#include "emulator/usb/device.h"
#include "emulator/usb/serial_port.h"

namespace tinyhost::emulator {

/// One control transfer and its result.
struct ControlTransfer {
  enum class Result : uint8_t { kDone, kStall, kTimeout };
  using Done = std::function<void(Result result, const std::vector<uint8_t>& data)>;

  SetupPacket setup = {};
  std::vector<uint8_t> out;
  Done done;
};

/// A host computer with a driver for CDC ACM: it enumerates a device as USB 2.0, chapter 9, prescribes and as Linux
/// does, and then moves bytes between the bulk endpoints and a serial port. It runs in true time, and makes one
/// transaction every `token_us`.
class UsbHost final : public Component {
 public:
  UsbHost(System system, UsbDevice& device, SerialPort& port, uint32_t token_us);

  uint64_t NextEvent() const override;
  void Tick() override;

  /// The chip was reset, or the cable pulled: the device is gone at once.
  void Forget(const char* why);
  /// Called when the serial port may have changed: opened, closed, another rate, bytes to send.
  void FollowPort();

  void QueueControl(ControlTransfer transfer) { queue_.push_back(std::move(transfer)); }
  bool is_configured() const { return is_configured_; }
  bool is_attached() const { return is_attached_; }
  void SetPace(uint32_t token_us) { token_ns_ = uint64_t{token_us} * 1000; }
  void SetReading(bool is_reading) { is_reading_ = is_reading; }
  void Suspend();
  void Resume();
  void ResetBus();

  uint64_t n_bytes_in() const { return n_bytes_in_; }
  uint64_t n_bytes_out() const { return n_bytes_out_; }

 private:
  enum class Stage : uint8_t { kSetup, kDataIn, kDataOut, kStatusIn, kStatusOut };

  void Attach();
  void DriveReset();
  void Enumerate();
  void Ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, ControlTransfer::Done done);
  void AskForStrings();
  void AskForString(uint8_t index, std::string* text);
  void LearnEndpoints(const std::vector<uint8_t>& configuration);
  void Configure();
  void OnConfigured();
  void SendLineCoding();
  void SendLineState(bool is_open);
  void ClearHalt(uint8_t endpoint_address);

  bool has_work() const;
  void Transact();
  void ControlStep();
  void ControlHandshake(Handshake handshake, Stage next);
  void EndControl(ControlTransfer::Result result);
  bool BulkIn();
  bool BulkOut();
  void DrainNotifications();

  System system_;
  UsbDevice& device_;
  SerialPort& port_;
  uint64_t token_ns_;

  bool is_attached_ = false;
  bool is_suspended_ = false;
  bool is_reading_ = true;
  bool is_configured_ = false;
  uint64_t attach_at_ns_ = kNever;
  uint64_t next_frame_ns_ = kNever;
  uint64_t next_slot_ns_ = 0;
  uint16_t frame_ = 0;

  std::deque<ControlTransfer> queue_;
  std::optional<ControlTransfer> current_;
  Stage stage_ = Stage::kSetup;
  std::vector<uint8_t> control_in_;
  size_t n_control_out_ = 0;
  uint64_t control_since_ns_ = 0;

  UsbIdentity identity_;
  std::vector<uint8_t> device_descriptor_;
  int bulk_in_ = 0;
  int bulk_out_ = 0;
  int notify_in_ = 0;
  int in_toggle_ = 0;
  int out_toggle_ = 0;
  bool was_in_ = false;
  bool is_port_open_ = false;
  bool told_open_ = false;  // DTR
  uint32_t told_baud_ = 0;
  uint64_t n_bytes_in_ = 0;
  uint64_t n_bytes_out_ = 0;
};

}  // namespace tinyhost::emulator
