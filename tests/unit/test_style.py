"""The shape of the code: imports point downward, modules and functions stay short, only cli/ prints or exits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tinyhost.tasks.registry import tasks

REPO = Path(__file__).parents[2]
PACKAGE = REPO / "host/tinyhost"
MAX_MODULE_LINES = 320  # "about 300"
MAX_FUNCTION_LINES = 45  # "about 40", without signature and docstring
GENERATED = {
    "host/tinyhost/protocol/limits.py",
    "host/tinyhost/protocol/messages.py",
    "host/tinyhost/protocol/self_test.py",
    "host/tinyhost/protocol/reset.py",
    "host/tinyhost/protocol/status.py",
    "host/tinyhost/compiler/image_format.py",
    "host/tinyhost/boards/scenes/messages.py",
}
# From the top down: a package uses only those that stand below it.
LAYERS = (
    "cli", "monitor", "views", "report", "hil", "train", "bench", "tasks", "datasets", "models", "metrics", "device",
    "compiler", "boards", "link", "synth", "sensors", "audio", "motion", "protocol", "system", "errors", "_firmware",
)  # fmt: skip
# What names an app, beside tasks/ and train/, and why. Everything else knows tasks by tasks/registry.py.
NAMES_AN_APP = {
    "compiler/settings_file.py": "the keys of settings.json, a file format, are those of the image's task data",
    "datasets/machine_sounds.py": "`anomaly` is what the published sets of machine sounds call a recording",
    "models/catalogue.py": "the catalogue of models that ship, one for each app",
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file of Python, read and parsed."""

    path: str
    """from the repository's root"""
    lines: list[str]
    tree: ast.Module
    nodes: list[ast.AST]
    """all of the tree's, in any order"""

    @property
    def part(self) -> str:
        """Return the part of tinyhost that the file belongs to: `cli`, `errors`, …"""
        return Path(self.path).relative_to("host/tinyhost").parts[0].removesuffix(".py")


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Return the files below these folders that are written by hand."""
    paths = [path for folder in folders for path in sorted((REPO / folder).rglob("*.py"))]
    names = [path.relative_to(REPO).as_posix() for path in paths]
    return tuple(source(name) for name in names if name not in GENERATED)


@cache
def source(name: str) -> Source:
    text = (REPO / name).read_text(encoding="utf-8")
    tree = ast.parse(text, name)
    return Source(path=name, lines=text.splitlines(), tree=tree, nodes=list(ast.walk(tree)))


def layer(part: str) -> int:
    return LAYERS.index(part)


def imported_parts(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield (line, part) of every import of a part of tinyhost, wherever it stands."""
    for node in nodes:
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


def test_imports_point_downward() -> None:
    wrong = []
    for file in sources("host/tinyhost"):
        for line, other in imported_parts(file.nodes):
            if file.part == "__init__":
                wrong.append(f"{file.path}:{line}: imports {other}")
            elif layer(other) < layer(file.part):
                wrong.append(f"{file.path}:{line}: {file.part} is below {other}, and imports it")
    assert not wrong, "\n".join(wrong)


def imported_modules(file: Source, modules: Mapping[str, Source]) -> set[str]:
    """Return the modules of tinyhost that a file imports anywhere, for types only too."""
    found = set()
    for node in file.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & modules.keys() or {node.module} & modules.keys()
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules.keys()
    return found


def test_no_file_imports_itself_by_way_of_others() -> None:
    modules = {module_name(file.path): file for file in sources("host/tinyhost")}
    graph = {name: imported_modules(file, modules) - {name} for name, file in modules.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def module_name(path: str) -> str:
    parts = Path(path).relative_to("host").with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_only_tasks_and_training_name_an_app() -> None:
    apps = {task.app for task in tasks()}
    named = {
        file.path.removeprefix("host/tinyhost/")
        for file in sources("host/tinyhost")
        if file.part not in {"tasks", "train"}
        for node in file.nodes
        if isinstance(node, ast.Constant) and node.value in apps
    }
    assert named == set(NAMES_AN_APP)


def test_modules_are_short() -> None:
    long = [
        f"{file.path}: {len(file.lines)} lines"
        for file in sources("host", "scripts", "hil")
        if len(file.lines) > MAX_MODULE_LINES
    ]
    assert not long, "\n".join(long)


def test_functions_are_short() -> None:
    long = [
        f"{file.path}:{node.lineno}: {node.name} has {length} lines"
        for file in sources("host", "scripts", "hil")
        for node in file.nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if (length := body_lines(node)) > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_only_the_command_line_prints_or_exits() -> None:
    wrong = [
        f"{file.path}:{node.lineno}: {called}()"
        for file in sources("host/tinyhost")
        if file.part != "cli"
        for node in file.nodes
        if isinstance(node, ast.Call)
        if (called := ast.unparse(node.func)) in {"print", "exit", "sys.exit", "os._exit"}
    ]
    assert not wrong, "\n".join(wrong)


def test_text_is_never_markup() -> None:
    """Only the tame console is made, nothing is read as markup, and what rich always reads so is given a `Text`."""
    wrong = []
    for file in sources("host/tinyhost/cli", "host/tinyhost/views", "host/tinyhost/monitor"):
        imports_markup = any(isinstance(node, ast.ImportFrom) and node.module == "rich.markup" for node in file.nodes)
        wrong += [f"{file.path}: imports rich.markup"] if imports_markup else []
        for node in file.nodes:
            if isinstance(node, ast.Call) and not file.path.endswith("/safe_console.py"):
                wrong += [f"{file.path}:{node.lineno}: {reason}" for reason in markup_of(node)]
    assert not wrong, "\n".join(wrong)


def markup_of(call: ast.Call) -> Iterator[str]:
    """Yield why a call of rich would take text for markup."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"Console", "TextColumn", "SpinnerColumn", "from_markup"}:
        yield f"{name}() understands markup"
    for keyword in call.keywords:
        if keyword.arg == "markup":
            yield "the console says whether there is markup"
        elif name in {"Panel", "Rule"} and keyword.arg in {"title", "subtitle"}:
            made = (node.func for node in ast.walk(keyword.value) if isinstance(node, ast.Call))
            if not any(getattr(function, "id", "") == "Text" for function in made):
                yield f"{name}'s {keyword.arg} is no Text"


WRITES = re.compile(
    r"\.(write_text|write_bytes|imwrite|savefig|copyfile|copy2|save|savez)\(|open\([^)]*[\"'][wxa]b?[+\"']"
)
MAY_WRITE = {
    "bench/energy/simulated.py": "what a board writes meanwhile is emptied",
    "boards/process.py": "the board's log grows",
    "boards/supervisor.py": "the board's log is emptied",
    "datasets/archive.py": "into a folder that gets its name when it is whole",
    "datasets/manifest.py": "a line is appended, and a torn one is mended",
    "hil/board_process.py": "what pytest prints, as it comes",
    "hil/events.py": "a log grows",
    "models/download.py": "under another name, until the SHA-256 is right",
    "system/durable.py": "this is how the others write",
    "system/loudspeaker.py": "into a folder of its own, for another program",
    "train/core/fitting.py": "Keras writes under another name",
    "train/core/qat_worker.py": "what a library prints, as it comes",
    "train/kws/rounds.py": "for workers of this process, and removed after it",
}


READS = re.compile(r"\.(read_bytes|read_text|imread)\(|(?<!\.)np\.load\(|open\([^)]*[\"']rb?[\"']|json\.loads?\(")
MAY_READ = {
    "bench/estimate.py": "a table of the package",
    "boards/build.py": "what a build has made",
    "boards/build_cache.py": "what a build has made",
    "boards/checks/usb.py": "the system's own files, in /etc and /sys",
    "boards/emulator.py": "its sources, and a note on what was built",
    "boards/flash.py": "a program that was checked before",
    "boards/supervisor.py": "the board's log",
    "datasets/archive.py": "a stream that is unpacked within limits",
    "hil/board_process.py": "what pytest printed",
    "hil/events.py": "a log of our own",
    "models/download.py": "a file of our cache, for its SHA-256",
    "system/durable.py": "a copy, piece by piece",
    "system/holders.py": "the system's own files, in /proc",
    "system/installation.py": "the installer's own record",
    "system/json_reading.py": "this is how the others read JSON",
    "system/reading.py": "this is how the others read",
    "train/core/qat.py": "what a library printed",
    "train/kws/rounds.py": "files of our cache",
}


# Modules that are missing on some systems, or behave otherwise there, and how a program asks where it runs.
OF_ONE_SYSTEM = re.compile(
    r"^\s*(import|from) (fcntl|termios|tty|pty|select|selectors|signal|resource|pwd|grp|syslog|msvcrt|winreg|ctypes)\b"
    r"|sys\.platform|\bos\.name\b|platform\.system\(|hasattr\(os,|getattr\(os,"
)
MAY_DIFFER = {
    "bench/run.py": "the computer's name, for the document",
    "boards/checks/usb.py": "udev's rules, which are Linux's",
}


def _lines_that(pattern: re.Pattern[str], allowed: Mapping[str, str]) -> list[str]:
    return [
        f"{file.path}:{number}: {line.strip()}"
        for file in sources("host/tinyhost")
        if file.path.removeprefix("host/tinyhost/") not in allowed
        for number, line in enumerate(file.lines, 1)
        if pattern.search(line)
    ]


def test_files_are_written_whole_or_it_is_said_why_not() -> None:
    assert not (wrong := _lines_that(WRITES, MAY_WRITE)), "\n".join(wrong)


def test_files_that_a_person_names_are_read_by_one_reader() -> None:
    assert not (wrong := _lines_that(READS, MAY_READ)), "\n".join(wrong)


def test_what_systems_do_differently_is_in_one_room() -> None:
    room = {
        name: "the room" for file in sources("host/tinyhost/system") if (name := file.path[len("host/tinyhost/") :])
    }
    assert not (wrong := _lines_that(OF_ONE_SYSTEM, MAY_DIFFER | room)), "\n".join(wrong)


def test_modules_say_what_they_are() -> None:
    silent = [file.path for file in sources("host/tinyhost") if not ast.get_docstring(file.tree)]
    assert not silent, f"no docstring: {', '.join(silent)}"


def test_modules_say_what_they_export() -> None:
    silent = [
        file.path
        for file in sources("host/tinyhost")
        if has_code(file.tree) and "__all__" not in assigned_names(file.tree)
    ]
    assert not silent, f"no __all__: {', '.join(silent)}"


def has_code(module: ast.Module) -> bool:
    return any(not isinstance(node, (ast.Expr, ast.ImportFrom, ast.Import)) for node in module.body)


def assigned_names(module: ast.Module) -> set[str]:
    """Return the names that a module's own statements assign."""
    assignments = [node for node in module.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    targets = [
        target for node in assignments for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def firmware_sources() -> list[Path]:
    return [path for suffix in ("*.h", "*.cpp") for path in sorted((REPO / "firmware").rglob(suffix))]


def test_only_arduinos_build_includes_arduino() -> None:
    """Arduino's headers break C++17's by their macros, and would tie the rest to one board."""
    users = {path for path in firmware_sources() if re.search(r"#include\s*[<\"](Arduino\.h|nrf)", path.read_text())}
    assert users == {REPO / "firmware/boards/nano33ble_arduino/arduino.h"}


def test_portable_firmware_includes_no_board() -> None:
    for path in firmware_sources():
        folder = path.relative_to(REPO / "firmware").parts[0]
        if folder in {"lib", "apps"}:
            assert not re.search(r"#include\s*[<\"]boards/", path.read_text()), path


COMPILERS_OWN_WORDS = re.compile(r"__builtin_|__attribute__|__declspec|__forceinline|\b(__)?asm(__)?\b")
PORTABLE_HEADER = "firmware/lib/core/include/core/portable.h"


def lines_for_a_computer(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of C++ that is compiled where there are no Armv7E-M instructions."""
    left_out: list[bool] = []  # of each #if around the line, whether its present branch is for the Cortex-M4
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("//")[0].strip()
        if code.startswith("#if"):
            left_out.append("__ARM_FEATURE" in code and not code.startswith("#ifndef"))
        elif code.startswith(("#else", "#elif")):
            left_out[-1] = False
        elif code.startswith("#endif"):
            left_out.pop()
        elif not any(left_out):
            yield number, code


def test_a_compilers_own_words_stand_in_one_header() -> None:
    """What the extension and the programs of the board native compile, with GCC, Clang, clang-cl or MSVC."""
    folders = ("firmware/lib", "firmware/apps", "firmware/boards/native", "firmware/boards/virtual", "host/ext")
    paths = [path for folder in folders for suffix in ("*.h", "*.cpp") for path in (REPO / folder).rglob(suffix)]
    wrong = [
        f"{name}:{number}: {line}"
        for path in sorted(paths)
        if (name := path.relative_to(REPO).as_posix()) != PORTABLE_HEADER
        for number, line in lines_for_a_computer(path.read_text(encoding="utf-8"))
        if COMPILERS_OWN_WORDS.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_has_marks_of_a_merge() -> None:
    folders = ("docs", "firmware", "hil", "host", "protocol", "scripts", "tests")
    kinds = {".cpp", ".h", ".ini", ".md", ".py", ".toml", ".txt"}
    paths = [path for folder in folders for path in (REPO / folder).rglob("*") if path.suffix in kinds]
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [path for path in paths if path.is_file() and marks.search(path.read_text("utf-8"))] == []
