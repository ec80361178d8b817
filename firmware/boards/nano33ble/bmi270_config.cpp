// The configuration file is Bosch's, and so is the code that loads it: the library Arduino_BMI270_BMM150 has both.
#include "boards/nano33ble/bmi270_config.h"

#include <utilities/BMI270-Sensor-API/bmi270.h>

#include "boards/nano33ble/core.h"
#include "drivers/motion_sensor.h"

namespace tinyhost::hal {
namespace {

constexpr uint16_t kChunkBytes = 64;

int8_t ReadBus(uint8_t register_address, uint8_t* data, uint32_t n, void* bus) {
  const bool is_read = static_cast<RegisterBus*>(bus)->Read(Bmi270::kAddress, register_address, data, n);
  return is_read ? BMI2_OK : BMI2_E_COM_FAIL;
}

int8_t WriteBus(uint8_t register_address, const uint8_t* data, uint32_t n, void* bus) {
  const bool is_written = static_cast<RegisterBus*>(bus)->Write(Bmi270::kAddress, register_address, data, n);
  return is_written ? BMI2_OK : BMI2_E_COM_FAIL;
}

void Wait(uint32_t period_us, void* /*bus*/) {
  if (period_us >= 1000) delay(period_us / 1000);
  delayMicroseconds(period_us % 1000);
}

}  // namespace

bool ConfigureBmi270(RegisterBus* bus) {
  static bmi2_dev device;
  device = {};
  device.intf = BMI2_I2C_INTF;
  device.intf_ptr = bus;
  device.read = ReadBus;
  device.write = WriteBus;
  device.delay_us = Wait;
  device.read_write_len = kChunkBytes;
  // It ends in power save, where writes need 450 us between them; this waits for that.
  return bmi270_init(&device) == BMI2_OK && bmi2_set_adv_power_save(BMI2_DISABLE, &device) == BMI2_OK;
}

}  // namespace tinyhost::hal
