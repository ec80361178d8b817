"""Names of an enum's values, and groups of them, for scripts/generate_protocol.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["camel", "cpp_enum_groups", "cpp_enum_strings", "group_table", "py_enum_groups"]


def camel(name: str) -> str:
    """Return snake_case as CamelCase."""
    return "".join(part.capitalize() for part in name.split("_"))


def cpp_enum_strings(enum: dict[str, Any]) -> Iterator[str]:
    """Yield the C++ function of an enum's names."""
    yield ""
    yield f'/// The name of a {enum["name"]} as the schema spells it; "unknown" for any other value.'
    yield f"constexpr const char* {enum['name']}Name({enum['name']} value) {{"
    yield "  switch (value) {"
    for value in enum["values"]:
        yield f'    case {enum["name"]}::k{camel(value["name"])}: return "{value["name"]}";'
    yield from ("  }", '  return "unknown";', "}")


def cpp_enum_groups(enum: dict[str, Any]) -> Iterator[str]:
    """Yield the C++ function GroupOf."""
    name, group = enum["name"], enum["groups"]
    yield ""
    yield f"/// The {group} of a known {name}."
    yield f"constexpr {group} GroupOf({name} value) {{"
    yield "  switch (value) {"
    by_group: dict[str, list[str]] = {}
    for value in enum["values"]:
        by_group.setdefault(value["group"], []).append(value["name"])
    for one, members in by_group.items():
        yield from (f"    case {name}::k{camel(member)}:" for member in members)
        yield f"      return {group}::k{camel(one)};"
    yield from ("  }", f"  return {group}{{}};", "}")


def group_table(enum: dict[str, Any]) -> str:
    """Return the name of the table of an enum's groups in Python: OPERATOR_GROUPS."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum["groups"]).upper() + "S"


def py_enum_groups(enum: dict[str, Any]) -> Iterator[str]:
    """Yield that table."""
    yield from ("", "", f"{group_table(enum)} = {{")
    for value in enum["values"]:
        yield f"    {enum['name']}.{value['name'].upper()}: {enum['groups']}.{value['group'].upper()},"
    yield from ("}", f'"""The group of each {enum["name"]}."""')
