"""The shape of the code: imports point downward, modules and functions stay short, only cli/ prints or exits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PACKAGE = REPO / "host/tinyhost"
MAX_MODULE_LINES = 320  # "about 300"
MAX_FUNCTION_LINES = 45  # "about 40", without signature and docstring
GENERATED = {
    "host/tinyhost/protocol/messages.py",
    "host/tinyhost/protocol/self_test.py",
    "host/tinyhost/protocol/status.py",
    "host/tinyhost/compiler/image_format.py",
    "host/tinyhost/boards/scenes/messages.py",
}
# From the top down; the parts of a line may use one another and whatever is below.
LAYERS = [
    {"cli"},
    {"monitor", "report"},
    {"hil"},
    {"bench", "train", "datasets", "models", "sensors"},
    {"device"},
    {"compiler"},
    {"boards"},
    {"link"},
    {"protocol", "audio", "motion"},
    {"errors", "durable", "_firmware"},
]


def sources(*folders: str) -> list[Path]:
    files = [path for folder in folders for path in sorted((REPO / folder).rglob("*.py"))]
    return [path for path in files if str(path.relative_to(REPO)) not in GENERATED]


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def layer(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


def imported_parts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, part) of every import of a part of tinyhost, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "tinyhost":
            names = [f"tinyhost.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "tinyhost" and rest and not rest.startswith("__"):
                yield node.lineno, rest.partition(".")[0]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", sources("host/tinyhost"), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part == "__init__":
        assert list(imported_parts(parse(path))) == []
        return
    for line, other in imported_parts(parse(path)):
        assert layer(other) >= layer(part), f"{path}:{line}: {part} is below {other}, and imports it"


@pytest.mark.parametrize("path", sources("host", "scripts", "hil"), ids=lambda path: str(path.relative_to(REPO)))
def test_modules_and_functions_are_short(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_MODULE_LINES, f"{path}: {n_lines} lines"
    for node in ast.walk(parse(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = body_lines(node)
            assert length <= MAX_FUNCTION_LINES, f"{path}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", sources("host/tinyhost"), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] == "cli":
        return
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"print", "exit", "sys.exit", "os._exit"}, f"{path}:{node.lineno}: {called}()"


@pytest.mark.parametrize("path", sources("host/tinyhost"), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_say_what_they_export(path: Path) -> None:
    tree = parse(path)
    assert ast.get_docstring(tree), f"{path}: no docstring"
    names = {
        target.id for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)) for target in _targets(node)
    }
    has_code = any(not isinstance(node, (ast.Expr, ast.ImportFrom, ast.Import)) for node in tree.body)
    assert "__all__" in names or not has_code, f"{path}: no __all__"


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def firmware_sources() -> list[Path]:
    return [path for suffix in ("*.h", "*.cpp") for path in sorted((REPO / "firmware").rglob(suffix))]


def test_only_the_real_board_includes_arduino() -> None:
    """Arduino's headers break C++17's by their macros, and would tie the rest to one board."""
    users = {path for path in firmware_sources() if re.search(r"#include\s*[<\"](Arduino\.h|nrf)", path.read_text())}
    assert users == {REPO / "firmware/boards/nano33ble/core.h"}


def test_portable_firmware_includes_no_board() -> None:
    for path in firmware_sources():
        folder = path.relative_to(REPO / "firmware").parts[0]
        if folder in {"lib", "apps"}:
            assert not re.search(r"#include\s*[<\"]boards/", path.read_text()), path
