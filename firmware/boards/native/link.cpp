#include "hal/link.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "boards/native/link.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

bool closed = false;

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

void LinkBegin() {
  SetNonBlocking(STDIN_FILENO);
  SetNonBlocking(STDOUT_FILENO);
}

bool LinkClosed() { return closed; }

size_t LinkRead(uint8_t* data, size_t max) {
  const ssize_t n = read(STDIN_FILENO, data, max);
  // The host's end of the pty is closed: macOS reports the end of the file, Linux EIO.
  if ((n == 0 && max > 0) || (n < 0 && errno == EIO)) closed = true;
  return n > 0 ? static_cast<size_t>(n) : 0;
}

size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms) {
  size_t sent = 0;
  while (sent < n) {
    const ssize_t taken = write(STDOUT_FILENO, data + sent, n - sent);
    if (taken > 0) {
      sent += static_cast<size_t>(taken);
      continue;
    }
    if (taken < 0 && errno != EAGAIN && errno != EINTR) break;
    pollfd ready = {STDOUT_FILENO, POLLOUT, 0};
    if (poll(&ready, 1, static_cast<int>(timeout_ms)) == 0) break;
  }
  return sent;
}

void WaitForLink(uint32_t timeout_ms) {
  pollfd ready = {STDIN_FILENO, POLLIN, 0};
  poll(&ready, 1, static_cast<int>(timeout_ms));
}

}  // namespace tinyhost::hal
