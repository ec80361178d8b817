"""PlatformIO extra script: compiles the configuration file of Bosch's BMI270 into the program.

The chip, the motion sensor of the board's revision 2, measures nothing without these 8,192 bytes. They are Bosch's and
not in this repository: PyPI's package bmi270 (MIT) has them as a list of numbers in bmi270/config_file.py. The package
is read, not run, and what it has must be what was tried.
"""

import ast
import hashlib
import importlib.util
import sys
from pathlib import Path

Import("env")  # type: ignore[name-defined]  # noqa: F821

PACKAGE = "bmi270==0.4.3"
SHA256 = "2d75e68e343a13ff99be98261dfbd99d9e8c6f267da9e3c5aeb883276ad178db"
SYMBOL = "kBmi270ConfigurationFile"


def configuration_file():
    """Return Bosch's bytes. Ends the build if the package is not there or has others."""
    found = importlib.util.find_spec("bmi270")
    if found is None or not found.submodule_search_locations:
        sys.exit(f"error: {PACKAGE}, which has the BMI270's configuration file, is not there: pip install {PACKAGE}")
    source = Path(found.submodule_search_locations[0]) / "config_file.py"
    numbers = [
        ast.literal_eval(node.value) for node in ast.parse(source.read_text()).body if isinstance(node, ast.Assign)
    ]
    data = bytes(numbers[0])
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        sys.exit(f"error: {source} has the SHA-256 {digest}, not {SHA256}: pip install --force-reinstall {PACKAGE}")
    return data


def write_source(path):
    """Write a C++ file with the bytes, unless it is there already."""
    lines = ",".join(map(str, configuration_file()))
    text = f'#include <cstdint>\nextern "C" const uint8_t {SYMBOL}[] = {{{lines}}};\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


folder = Path(env.subst("$BUILD_DIR")) / "bmi270"  # noqa: F821
write_source(folder / "configuration_file.cpp")
env.BuildSources(str(folder / "object"), str(folder))  # noqa: F821
