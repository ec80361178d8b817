#pragma once

#include <cstdint>

#include "drivers/ov7675_test.h"
#include "drivers/register_bus.h"

// Shared by camera.cpp and its self-test. Wiring: docs/guides/board.md.
namespace tinyhost::hal {

// D0 to D7 of the camera are on D10, TX, RX, D2, D3, D5, D6, D4: P1.02, P1.03 and P1.10 to P1.15, so a byte consists of
// two pieces of one port.
constexpr uint8_t kDataPins[] = {2, 3, 10, 11, 12, 13, 14, 15};
constexpr uint8_t kPclkPin = 4;    // A0: P0.04
constexpr uint8_t kHrefPin = 5;    // A1: P0.05
constexpr uint8_t kVsyncPin = 21;  // D8: P0.21

/// The byte on D0 to D7, of NRF_P1->IN.
constexpr uint8_t DataByte(uint32_t port) { return static_cast<uint8_t>((port >> 2 & 0x03) | (port >> 8 & 0xfc)); }

RegisterBus& CameraRegisters();
/// Connects the pins, starts XCLK, and waits until the camera can answer.
void ConnectCamera();
/// Learns the timing, then passes the rows of the next whole frame to `sink`.
Status TakeCameraFrame(CameraWires::RowSink* sink);
/// Makes the next capture set up the camera again.
void ForgetCamera();

}  // namespace tinyhost::hal
