// The board `native`: this computer. Its program is a process whose standard input and output are the link.
#include "hal/board.h"

#include <csignal>

#include "boards/native/link.h"
#include "boards/virtual/flash.h"

namespace tinyhost::hal {
namespace {

volatile std::sig_atomic_t power_off = 0;

void OnTerminate(int /*signal*/) { power_off = 1; }

}  // namespace

void BoardBegin() {
  struct sigaction action = {};
  action.sa_handler = OnTerminate;  // without SA_RESTART, so that it wakes a waiting poll()
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  LinkBegin();
  FlashBegin();
}

const char* BoardName() { return "native"; }

bool PowerOff() { return power_off != 0 || LinkClosed(); }

}  // namespace tinyhost::hal
