#pragma once

#include <string>
#include <vector>

#include "emulator/machine.h"

namespace tinyhost::emulator {

/// The socket `control` in the working directory. Programs connect and send one command per line; each gets one line
/// back: `ok`, with the requested value if there is one, or `error` and the reason. docs/reference/emulator.md lists
/// the commands.
class Control {
 public:
  explicit Control(Machine& machine);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Accepts new clients and runs their commands.
  void Poll();

 private:
  struct Client {
    int file;
    std::string line;
    bool awaits_usb = false;  // a reply is pending: further commands wait
  };

  void Accept();
  bool Read(Client& client);
  void Obey(Client& client, const std::string& line);
  std::string Command(const std::vector<std::string>& words);
  std::string UsbCommand(const std::vector<std::string>& words);
  std::string CutCommand(const std::vector<std::string>& words);
  void SendRaw(Client& client, const std::vector<std::string>& words);
  static void Reply(int file, const std::string& text);

  Machine& machine_;
  int listener_ = -1;
  std::vector<Client> clients_;
};

}  // namespace tinyhost::emulator
