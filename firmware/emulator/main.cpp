#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "emulator/control.h"
#include "emulator/machine.h"
#include "emulator/options.h"

namespace {

volatile std::sig_atomic_t is_asked_to_end = 0;

void OnSignal(int) { is_asked_to_end = 1; }

}  // namespace

int main(int argc, char** argv) {
  using namespace tinyhost::emulator;
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGPIPE, SIG_IGN);
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) return std::fputs(Usage().c_str(), stdout) < 0 ? 2 : 0;
  try {
    std::remove("usb.json");  // of a run that was cut off
    Machine machine(ParseOptions(argc, argv));
    Control control(machine);
    const End end = machine.Run([] { return is_asked_to_end != 0; }, [&control] { control.Poll(); });
    machine.log().Say("end: %s", machine.Statistics().c_str());
    return static_cast<int>(end);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nano33emu: %s\n", error.what());
    return 2;
  }
}
