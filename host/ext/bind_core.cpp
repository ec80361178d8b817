#include "bindings.h"
#include "core/crc32.h"

namespace nb = nanobind;

namespace tinyhost {

void BindCore(nb::module_& module) {
  module.def(
      "crc32", [](nb::bytes data, uint32_t crc) { return Crc32(data.data(), data.size(), crc); }, nb::arg("data"),
      nb::arg("crc") = 0, "Return the firmware's CRC-32 of data; crc chains, as in zlib.");
}

}  // namespace tinyhost
