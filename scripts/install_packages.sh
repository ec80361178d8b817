#!/bin/sh
# Installs the Debian or Ubuntu packages that this project needs and that are missing; as root, or with sudo.
#     scripts/install_packages.sh run    what the virtual boards and synthetic speech need
#     scripts/install_packages.sh dev    that, and what the tests need
# Elsewhere, and without sudo, it prints what to install and exits 1.
set -eu

run="g++ make git python3-dev python3-venv gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm"
run="$run cmake espeak-ng"
dev="$run clang libclang-rt-dev doctest-dev ninja-build openssh-server libimage-exiftool-perl"
dev="$dev xvfb pulseaudio pulseaudio-utils python3-tk"

case "${1:-run}" in
  run) wanted=$run ;;
  dev) wanted=$dev ;;
  *) echo "usage: $0 run|dev" >&2; exit 2 ;;
esac

# Whether clang can fuzz. Its runtime is a package of its own except in Ubuntu 22.04, where clang brings it along.
has_clang_runtime() {
  command -v clang >/dev/null && ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer* >/dev/null 2>&1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  programs="g++ make cmake git python3 arm-none-eabi-g++ qemu-system-arm espeak-ng"
  [ "${1:-run}" = run ] || programs="$programs clang ninja sshd exiftool Xvfb pulseaudio paplay"
  missing=""
  for program in $programs; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  [ -n "$missing" ] || exit 0
  echo "missing:$missing. This is no Debian or Ubuntu machine, so install the counterparts of these packages:" >&2
  echo "    $wanted" >&2
  exit 1
fi

missing=""
for package in $wanted; do
  [ "$package" = libclang-rt-dev ] && has_clang_runtime && continue
  case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
    *"install ok installed"*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null; then
  as_root="sudo"
else
  echo "these packages are missing, and there is no sudo here; as root:" >&2
  echo "    apt-get install$missing" >&2
  exit 1
fi
echo "installing:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
apt-cache show libclang-rt-dev >/dev/null 2>&1 || missing=$(echo "$missing" | sed 's/ libclang-rt-dev//')
# shellcheck disable=SC2086  # a list of words on purpose
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
