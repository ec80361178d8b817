"""docs/reference/cli.md: every command with its usage, options, examples and exit statuses, read from the app."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from tinyhost.cli.declare import Declaration, Group, unannotated
from tinyhost.cli.exits import ExitStatus
from tinyhost.cli.main import app

from scripts.document_tables import field_meanings, wrapped

__all__ = ["command_sections", "commands", "examples", "exit_table"]

_TYPES = {str: "text", int: "integer", float: "number", Path: "path", bool: "flag"}


def commands() -> dict[str, Any]:
    """Return every command by its path, such as `data list`, in the order of `tinyhost --help`; groups come first."""
    return dict(_below(app, ""))


def _below(group: Group, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.below().items():
        yield f"{path}{name}", command
        if isinstance(command, Group):
            yield from _below(command, f"{path}{name} ")


def examples(command: Any) -> list[str]:
    """Return the command lines that `--help` shows below the options."""
    return [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("tinyhost ")]


def command_sections(document_of: Callable[[str], str]) -> Iterator[str]:
    """Yield a section for each command. document_of: returns the link to what a command writes as JSON."""
    for path, command in commands().items():
        yield f"## tinyhost {path}\n"
        yield f"{wrapped(command.help)}\n"
        if isinstance(command, Group) and not command.invoke_without_command:
            continue
        yield f"```text\n{_usage(path, command)}\n```\n"
        yield from _parameter_table(command)
        lines = examples(command)
        if lines:
            yield "For example:\n\n```sh example\n" + "\n".join(lines) + "\n```\n"
        if any("--json" in param.opts for param in command.params):
            yield f"`--json` writes [this document]({document_of(path)}).\n"


def exit_table() -> str:
    """Return the exit statuses of all commands."""
    meanings = field_meanings(ExitStatus)
    rows = "\n".join(f"| {status.value} | {meanings[status.name]} |" for status in ExitStatus)
    return f"| status | meaning |\n| --- | --- |\n{rows}"


def _usage(path: str, command: Any) -> str:
    arguments = [_argument(param) for param in command.params if param.param_type_name == "argument"]
    below = ["[COMMAND]"] if isinstance(command, Group) else []
    return " ".join(["tinyhost", path, "[OPTIONS]", *arguments, *below])


def _argument(param: Any) -> str:
    name = param.metavar or param.name.upper()
    return name if param.required or name.startswith("[") else f"[{name}]"


def _parameter_table(command: Any) -> Iterator[str]:
    parameters = inspect.signature(command.callback, eval_str=True).parameters
    shown = [param for param in command.params if param.name in parameters]
    rows = [_parameter_row(param, parameters[param.name].annotation) for param in shown]
    if rows:
        yield "\n".join(["| argument or option | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _parameter_row(param: Any, hint: Any) -> str:
    kind, declared = unannotated(hint)
    if param.param_type_name == "argument":
        names = f"`{_argument(param)}`"
    else:
        names = ", ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))
    meaning = " ".join(declared.help.split())
    if param.envvar:
        meaning += f" Environment: `{param.envvar}`."
    if declared.key:
        meaning += f" tinyhost.toml: `{declared.key}`."
    cells = (names, _type(kind, declared), _default(param), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(kind: Any, declared: Declaration) -> str:
    if get_origin(kind) is list:
        return f"{_type(get_args(kind)[0], declared)}, several"
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{item.value}`" for item in kind)
    least, most = (None if bound is None else f"{bound:,.15g}" for bound in (declared.min, declared.max))
    if least and most:
        return f"{_TYPES[kind]}, {least} to {most}"
    return _TYPES[kind] + (f", at least {least}" if least else f", at most {most}" if most else "")


def _default(param: Any) -> str:
    if param.required:
        return "required" if param.param_type_name == "option" else ""
    value = param.default.value if isinstance(param.default, Enum) else param.default
    if isinstance(value, bool):
        return f"`{(param.opts if value else param.secondary_opts)[0]}`" if param.secondary_opts else ""
    return "" if value is None or value == "" else f"`{value}`"
