#pragma once

#include <cstddef>
#include <cstdint>

/// The nRF52840's registers that this firmware uses, and no others. Names and offsets are those of Nordic's nRF52840
/// Product Specification 1.7, whose section is given for each peripheral; values of fields are from its tables.
namespace tinyhost::nrf52840 {

using Register = volatile uint32_t;

/// A block of registers at its address.
template <typename Block>
struct Peripheral {
  uintptr_t address;
  Block* operator->() const { return reinterpret_cast<Block*>(address); }
};

constexpr uint32_t kTrigger = 1;
constexpr uint32_t kEnabled = 1;

/// Section 4.4: the chip's unique number.
struct FicrBlock {
  uint32_t reserved0[0xA4 / 4];
  Register DEVICEADDR[2];
};
static_assert(offsetof(FicrBlock, DEVICEADDR) == 0x0A4);
constexpr Peripheral<FicrBlock> FICR{0x10000000};

/// Section 4.5: values that outlive every program. NRFFW[0]: where a bootloader was moved to.
struct UicrBlock {
  uint32_t reserved0[0x14 / 4];
  Register NRFFW[13];
};
static_assert(offsetof(UicrBlock, NRFFW) == 0x014);
constexpr Peripheral<UicrBlock> UICR{0x10001000};

/// Section 4.3: the flash controller.
struct NvmcBlock {
  uint32_t reserved0[0x400 / 4];
  Register READY;
  uint32_t reserved1[0x100 / 4];
  Register CONFIG;
  Register ERASEPAGE;
  uint32_t reserved2[3];
  Register ERASEPAGEPARTIAL;
  Register ERASEPAGEPARTIALCFG;
  uint32_t reserved3[8];
  Register ICACHECNF;
};
static_assert(offsetof(NvmcBlock, CONFIG) == 0x504 && offsetof(NvmcBlock, ERASEPAGEPARTIAL) == 0x518);
static_assert(offsetof(NvmcBlock, ICACHECNF) == 0x540);
constexpr Peripheral<NvmcBlock> NVMC{0x4001E000};
constexpr uint32_t kReadOnly = 0;      // CONFIG
constexpr uint32_t kWriteEnable = 1;   // CONFIG
constexpr uint32_t kEraseEnable = 2;   // CONFIG
constexpr uint32_t kCacheEnabled = 1;  // ICACHECNF.CACHEEN

/// Sections 5.3 and 5.4: power and clocks share an address and an interrupt.
struct PowerClockBlock {
  Register TASKS_HFCLKSTART;
  uint32_t reserved0[0xFC / 4];
  Register EVENTS_HFCLKSTARTED;
  uint32_t reserved1[6];
  Register EVENTS_USBDETECTED;
  Register EVENTS_USBREMOVED;
  Register EVENTS_USBPWRRDY;
  uint32_t reserved2[(0x304 - 0x128) / 4];
  Register INTENSET;
  Register INTENCLR;
  uint32_t reserved3[(0x400 - 0x30C) / 4];
  Register RESETREAS;
  uint32_t reserved4[2];
  Register HFCLKSTAT;
  uint32_t reserved5[10];
  Register USBREGSTATUS;
  uint32_t reserved6[(0x51C - 0x43C) / 4];
  Register GPREGRET;
  uint32_t reserved7[(0x55C - 0x520) / 4];
  Register TRACECONFIG;
};
static_assert(offsetof(PowerClockBlock, EVENTS_USBDETECTED) == 0x11C && offsetof(PowerClockBlock, INTENSET) == 0x304);
static_assert(offsetof(PowerClockBlock, HFCLKSTAT) == 0x40C && offsetof(PowerClockBlock, USBREGSTATUS) == 0x438);
static_assert(offsetof(PowerClockBlock, GPREGRET) == 0x51C && offsetof(PowerClockBlock, TRACECONFIG) == 0x55C);
constexpr Peripheral<PowerClockBlock> POWER{0x40000000};
constexpr Peripheral<PowerClockBlock> CLOCK{0x40000000};
constexpr uint32_t kUsbDetected = 1u << 7;      // INTEN
constexpr uint32_t kUsbRemoved = 1u << 8;       // INTEN
constexpr uint32_t kUsbPowerReady = 1u << 9;    // INTEN
constexpr uint32_t kResetByPin = 1u << 0;       // RESETREAS
constexpr uint32_t kResetByWatchdog = 1u << 1;  // RESETREAS
constexpr uint32_t kResetBySoftware = 1u << 2;  // RESETREAS
constexpr uint32_t kResetByLockup = 1u << 3;    // RESETREAS
constexpr uint32_t kVbusDetect = 1u << 0;       // USBREGSTATUS
constexpr uint32_t kOutputReady = 1u << 1;      // USBREGSTATUS

/// Section 6.9: the pins of one port.
struct GpioBlock {
  uint32_t reserved0[0x504 / 4];
  Register OUT;
  Register OUTSET;
  Register OUTCLR;
  Register IN;
  Register DIR;
  Register DIRSET;
  Register DIRCLR;
  uint32_t reserved1[(0x700 - 0x520) / 4];
  Register PIN_CNF[32];
};
static_assert(offsetof(GpioBlock, IN) == 0x510 && offsetof(GpioBlock, PIN_CNF) == 0x700);
constexpr Peripheral<GpioBlock> P0{0x50000000};
constexpr Peripheral<GpioBlock> P1{0x50000300};
constexpr uint32_t kInput = 0;            // PIN_CNF: DIR input, buffer connected, no pull
constexpr uint32_t kOutput = 1u << 0;     // PIN_CNF.DIR
constexpr uint32_t kPullDown = 1u << 2;   // PIN_CNF.PULL
constexpr uint32_t kPullUp = 3u << 2;     // PIN_CNF.PULL
constexpr uint32_t kHighDrive = 3u << 8;  // PIN_CNF.DRIVE H0H1
constexpr uint32_t kOpenDrain = 6u << 8;  // PIN_CNF.DRIVE S0D1

/// Section 6.11: I2S, whose master clock drives the camera.
struct I2sBlock {
  Register TASKS_START;
  uint32_t reserved0[(0x500 - 0x004) / 4];
  Register ENABLE;
  Register CONFIG_MODE;
  uint32_t reserved1[2];
  Register CONFIG_MCKEN;
  Register CONFIG_MCKFREQ;
  uint32_t reserved2[(0x560 - 0x518) / 4];
  Register PSEL_MCK;
};
static_assert(offsetof(I2sBlock, ENABLE) == 0x500 && offsetof(I2sBlock, CONFIG_MCKEN) == 0x510);
static_assert(offsetof(I2sBlock, PSEL_MCK) == 0x560);
constexpr Peripheral<I2sBlock> I2S{0x40025000};
constexpr uint32_t kMaster = 0;             // CONFIG.MODE
constexpr uint32_t k32MHzBy2 = 0x80000000;  // CONFIG.MCKFREQ 32MDIV2

/// Section 6.15: the PDM microphone's decimator.
struct PdmBlock {
  Register TASKS_START;
  Register TASKS_STOP;
  uint32_t reserved0[(0x100 - 0x008) / 4];
  Register EVENTS_STARTED;
  Register EVENTS_STOPPED;
  Register EVENTS_END;
  uint32_t reserved1[(0x304 - 0x10C) / 4];
  Register INTENSET;
  Register INTENCLR;
  uint32_t reserved2[(0x500 - 0x30C) / 4];
  Register ENABLE;
  Register PDMCLKCTRL;
  Register MODE;
  uint32_t reserved3[3];
  Register GAINL;
  Register GAINR;
  Register RATIO;
  uint32_t reserved4[7];
  Register PSEL_CLK;
  Register PSEL_DIN;
  uint32_t reserved5[6];
  Register SAMPLE_PTR;
  Register SAMPLE_MAXCNT;
};
static_assert(offsetof(PdmBlock, GAINL) == 0x518 && offsetof(PdmBlock, RATIO) == 0x520);
static_assert(offsetof(PdmBlock, PSEL_CLK) == 0x540 && offsetof(PdmBlock, SAMPLE_PTR) == 0x560);
constexpr Peripheral<PdmBlock> PDM{0x4001D000};
constexpr uint32_t kPdmStarted = 1u << 0;  // INTEN
constexpr uint32_t kPdmEnd = 1u << 2;      // INTEN
constexpr uint32_t k1280KHz = 0x0A000000;  // PDMCLKCTRL
constexpr uint32_t kRatio80 = 1;           // RATIO
constexpr uint32_t kMonoLeftFalling = 1;   // MODE: OPERATION mono, EDGE left falling

/// Section 6.19: random numbers.
struct RngBlock {
  Register TASKS_START;
  Register TASKS_STOP;
  uint32_t reserved0[(0x100 - 0x008) / 4];
  Register EVENTS_VALRDY;
  uint32_t reserved1[(0x504 - 0x104) / 4];
  Register CONFIG;
  Register VALUE;
};
static_assert(offsetof(RngBlock, EVENTS_VALRDY) == 0x100 && offsetof(RngBlock, VALUE) == 0x508);
constexpr Peripheral<RngBlock> RNG{0x4000D000};
constexpr uint32_t kBiasCorrection = 1;  // CONFIG.DERCEN

/// Section 6.30: timers.
struct TimerBlock {
  Register TASKS_START;
  Register TASKS_STOP;
  uint32_t reserved0[1];
  Register TASKS_CLEAR;
  uint32_t reserved1[(0x040 - 0x010) / 4];
  Register TASKS_CAPTURE[6];
  uint32_t reserved2[(0x140 - 0x058) / 4];
  Register EVENTS_COMPARE[6];
  uint32_t reserved3[(0x200 - 0x158) / 4];
  Register SHORTS;
  uint32_t reserved4[(0x304 - 0x204) / 4];
  Register INTENSET;
  Register INTENCLR;
  uint32_t reserved5[(0x504 - 0x30C) / 4];
  Register MODE;
  Register BITMODE;
  uint32_t reserved6[1];
  Register PRESCALER;
  uint32_t reserved7[(0x540 - 0x514) / 4];
  Register CC[6];
};
static_assert(offsetof(TimerBlock, EVENTS_COMPARE) == 0x140 && offsetof(TimerBlock, INTENSET) == 0x304);
static_assert(offsetof(TimerBlock, BITMODE) == 0x508 && offsetof(TimerBlock, CC) == 0x540);
constexpr Peripheral<TimerBlock> TIMER0{0x40008000};
constexpr uint32_t k32Bit = 3;                                                          // BITMODE
constexpr uint32_t k16MHzBy16 = 4;                                                      // PRESCALER: 1 MHz
constexpr uint32_t CompareInterrupt(uint32_t channel) { return 1u << (16 + channel); }  // INTEN

/// Section 6.31: I2C with EasyDMA.
struct TwimBlock {
  Register TASKS_STARTRX;
  uint32_t reserved0[1];
  Register TASKS_STARTTX;
  uint32_t reserved1[2];
  Register TASKS_STOP;
  uint32_t reserved2[2];
  Register TASKS_RESUME;
  uint32_t reserved3[(0x104 - 0x024) / 4];
  Register EVENTS_STOPPED;
  uint32_t reserved4[7];
  Register EVENTS_ERROR;
  uint32_t reserved5[(0x200 - 0x128) / 4];
  Register SHORTS;
  uint32_t reserved6[(0x4C4 - 0x204) / 4];
  Register ERRORSRC;
  uint32_t reserved7[(0x500 - 0x4C8) / 4];
  Register ENABLE;
  uint32_t reserved8[1];
  Register PSEL_SCL;
  Register PSEL_SDA;
  uint32_t reserved9[(0x524 - 0x510) / 4];
  Register FREQUENCY;
  uint32_t reserved10[3];
  Register RXD_PTR;
  Register RXD_MAXCNT;
  Register RXD_AMOUNT;
  uint32_t reserved11[1];
  Register TXD_PTR;
  Register TXD_MAXCNT;
  Register TXD_AMOUNT;
  uint32_t reserved12[(0x588 - 0x550) / 4];
  Register ADDRESS;
};
static_assert(offsetof(TwimBlock, EVENTS_ERROR) == 0x124 && offsetof(TwimBlock, FREQUENCY) == 0x524);
static_assert(offsetof(TwimBlock, RXD_PTR) == 0x534 && offsetof(TwimBlock, ADDRESS) == 0x588);
constexpr Peripheral<TwimBlock> TWIM0{0x40003000};
constexpr Peripheral<TwimBlock> TWIM1{0x40004000};
constexpr uint32_t kTwimEnabled = 6;          // ENABLE
constexpr uint32_t k100KHz = 0x01980000;      // FREQUENCY
constexpr uint32_t k250KHz = 0x04000000;      // FREQUENCY
constexpr uint32_t kLastTxStartRx = 1u << 7;  // SHORTS
constexpr uint32_t kLastTxStop = 1u << 9;     // SHORTS
constexpr uint32_t kLastRxStop = 1u << 12;    // SHORTS

/// Section 6.35: a buffer of EasyDMA at an endpoint.
struct UsbdDma {
  Register PTR;
  Register MAXCNT;
  Register AMOUNT;
  uint32_t reserved0[2];
};

/// Section 6.35: the USB device.
struct UsbdBlock {
  uint32_t reserved0[1];
  Register TASKS_STARTEPIN[8];
  uint32_t reserved1[1];
  Register TASKS_STARTEPOUT[8];
  uint32_t reserved2[1];
  Register TASKS_EP0RCVOUT;
  Register TASKS_EP0STATUS;
  Register TASKS_EP0STALL;
  uint32_t reserved3[(0x100 - 0x058) / 4];
  Register EVENTS_USBRESET;
  uint32_t reserved4[1];
  Register EVENTS_ENDEPIN[8];
  Register EVENTS_EP0DATADONE;
  uint32_t reserved5[1];
  Register EVENTS_ENDEPOUT[8];
  uint32_t reserved6[2];
  Register EVENTS_USBEVENT;
  Register EVENTS_EP0SETUP;
  Register EVENTS_EPDATA;
  uint32_t reserved7[(0x304 - 0x164) / 4];
  Register INTENSET;
  Register INTENCLR;
  uint32_t reserved8[(0x400 - 0x30C) / 4];
  Register EVENTCAUSE;
  uint32_t reserved9[7];
  Register HALTED_EPIN[8];
  uint32_t reserved10[1];
  Register HALTED_EPOUT[8];
  uint32_t reserved11[2];
  Register EPDATASTATUS;
  uint32_t reserved12[4];
  Register BMREQUESTTYPE;
  Register BREQUEST;
  Register WVALUEL;
  Register WVALUEH;
  Register WINDEXL;
  Register WINDEXH;
  Register WLENGTHL;
  Register WLENGTHH;
  Register SIZE_EPOUT[8];
  uint32_t reserved13[(0x500 - 0x4C0) / 4];
  Register ENABLE;
  Register USBPULLUP;
  uint32_t reserved14[1];
  Register DTOGGLE;
  Register EPINEN;
  Register EPOUTEN;
  Register EPSTALL;
  uint32_t reserved15[(0x600 - 0x51C) / 4];
  UsbdDma EPIN[8];
  uint32_t reserved16[(0x700 - 0x6A0) / 4];
  UsbdDma EPOUT[8];
};
static_assert(offsetof(UsbdBlock, TASKS_STARTEPOUT) == 0x028 && offsetof(UsbdBlock, TASKS_EP0RCVOUT) == 0x04C);
static_assert(offsetof(UsbdBlock, EVENTS_EP0DATADONE) == 0x128 && offsetof(UsbdBlock, EVENTS_ENDEPOUT) == 0x130);
static_assert(offsetof(UsbdBlock, EVENTS_USBEVENT) == 0x158 && offsetof(UsbdBlock, INTENSET) == 0x304);
static_assert(offsetof(UsbdBlock, HALTED_EPIN) == 0x420 && offsetof(UsbdBlock, HALTED_EPOUT) == 0x444);
static_assert(offsetof(UsbdBlock, EPDATASTATUS) == 0x46C && offsetof(UsbdBlock, BMREQUESTTYPE) == 0x480);
static_assert(offsetof(UsbdBlock, SIZE_EPOUT) == 0x4A0 && offsetof(UsbdBlock, ENABLE) == 0x500);
static_assert(offsetof(UsbdBlock, EPSTALL) == 0x518 && offsetof(UsbdBlock, EPIN) == 0x600);
static_assert(offsetof(UsbdBlock, EPOUT) == 0x700 && sizeof(UsbdDma) == 0x14);
constexpr Peripheral<UsbdBlock> USBD{0x40027000};
constexpr uint32_t kUsbReset = 1u << 0;      // INTEN
constexpr uint32_t kEp0DataDone = 1u << 10;  // INTEN
constexpr uint32_t kUsbEvent = 1u << 22;     // INTEN
constexpr uint32_t kEp0Setup = 1u << 23;     // INTEN
constexpr uint32_t kEpData = 1u << 24;       // INTEN
constexpr uint32_t kSuspend = 1u << 8;       // EVENTCAUSE
constexpr uint32_t kResume = 1u << 9;        // EVENTCAUSE
constexpr uint32_t kReady = 1u << 11;        // EVENTCAUSE
constexpr uint32_t kToggleData0 = 1u << 8;   // DTOGGLE.VALUE
constexpr uint32_t kStall = 1u << 8;         // EPSTALL.STALL

/// Interrupt numbers: section 4.2.3.
enum Interrupt : uint32_t { kPowerClockIrq = 0, kTimer0Irq = 8, kPdmIrq = 29, kUsbdIrq = 39, kInterrupts = 48 };

}  // namespace tinyhost::nrf52840
