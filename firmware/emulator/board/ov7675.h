#pragma once

#include <array>
#include <vector>

#include "emulator/board/scene.h"
#include "emulator/peripherals/i2c_device.h"
#include "emulator/system/component.h"

namespace tinyhost::emulator {

/// OmniVision's OV7675 on the kit's shield, pixel by pixel: OV7675 data sheet, sections 4 and 7, and the OV7670/OV7171
/// Implementation Guide for the timing of a picture of 160 x 120 (every fourth row and column of 640 x 480). Settings
/// that the firmware does not write are fixed to what it expects: YUV, Y first, PCLK / 4.
///
/// The host's scene is asked for a picture when the first pixel of a frame is read, so that the host counts only the
/// frames that are read. A frame that is not read to its end shows the same picture again.
class Ov7675Chip final : public I2cDevice {
 public:
  static constexpr uint16_t kWidth = 160;
  static constexpr uint16_t kHeight = 120;

  enum class Wires : uint8_t { kStraight, kSwapped, kNone };

  Ov7675Chip(System system, Wires wires);

  uint8_t address() const override { return 0x21; }
  bool is_there() const override { return is_clocked() && is_plugged(); }

  /// Sets the period of its clock in cycles of the chip's clock; 0: the clock is stopped.
  void SetClock(uint64_t xclk_cycles);
  void Plug(bool is_in);
  /// Whether it is connected to the board: it was not pulled, and somebody plays a scene for cameras.
  bool is_plugged() const { return wires_ != Wires::kNone && is_in_ && has_scene_; }
  /// Checks whether a scene has begun or ended.
  void Poll();

  struct Lines {
    bool vsync = false;
    bool href = false;
    bool pclk = false;
  };
  Lines At(uint64_t cycles) const;
  /// The byte on D0 to D7 now.
  uint8_t Data();
  /// The next cycle at which PCLK changes; or one of the others, with `slow_only`.
  uint64_t NextEdge(bool slow_only) const;
  bool is_clocked() const { return xclk_cycles_ != 0; }

 private:
  void WriteRegister(uint8_t address, uint8_t value) override;
  uint8_t ReadRegister(uint8_t address) override { return registers_[address]; }
  void Reset();
  uint64_t CyclesPerClock() const { return xclk_cycles_ * ((registers_[0x11] & 0x3fu) + 1); }
  uint64_t FrameClock(uint64_t cycles) const;
  uint8_t Pixel(uint32_t x, uint32_t y);
  void TakePicture();

  System system_;
  ScenePipe scene_;
  const Wires wires_;
  bool is_in_ = true;
  bool has_scene_ = false;
  uint64_t xclk_cycles_ = 0;
  uint64_t begin_ = 0;  // when its clock started
  std::array<uint8_t, 256> registers_ = {};
  std::vector<uint8_t> picture_;
  uint64_t picture_frame_ = kNever;  // the frame in which it is shown
  bool is_read_whole_ = true;
};

}  // namespace tinyhost::emulator
