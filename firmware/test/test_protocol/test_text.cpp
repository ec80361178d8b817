#include <doctest/doctest.h>

#include <cstring>

#include "core/text.h"

using namespace tinyhost;

TEST_CASE("text has numbers of either sign, with zeros in front where asked") {
  char line[64];
  Text text(line, sizeof(line));
  text << "at " << uint32_t{4'294'967'295} << "." << uint32_t{0} << ", " << int32_t{-2'147'483'647 - 1} << "; ";
  text.Digits(7, 3) << "/";
  text.Digits(1234, 2);
  CHECK(std::strcmp(line, "at 4294967295.0, -2147483648; 007/1234") == 0);
}

TEST_CASE("text that does not fit is cut, and nothing is written behind its memory") {
  char line[6] = {1, 1, 1, 1, 1, 1};
  Text text(line, 5);
  CHECK(line[0] == 0);
  text << "abc" << uint32_t{45} << "d";
  CHECK(std::strcmp(line, "abc4") == 0);
  CHECK(line[5] == 1);
  Text(line, 1) << "a";
  CHECK(line[0] == 0);
}
