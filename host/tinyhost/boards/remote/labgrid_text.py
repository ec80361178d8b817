"""Parsing of labgrid-client's output on places and resources."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tinyhost.errors import BoardError
from tinyhost.system.json_reading import JsonObject, parse_json

__all__ = ["AS_JSON", "HINT", "PlaceReport", "parse_resources", "parse_show"]

AS_JSON = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
"""run by labgrid's own Python, which has the package: its client prints YAML"""
HINT = "tinyhost needs labgrid 25 or later"
_FIELD = re.compile(r"^  (tags|acquired|changed): (.*)$", re.MULTILINE)
_PLACE = re.compile(r"^Place '([^']+)':", re.MULTILINE)
_MAX_TEXT = 1 << 20


@dataclass(frozen=True, kw_only=True)
class PlaceReport:
    """A place as shown by labgrid-client."""

    name: str
    tags: dict[str, str]
    holder: str
    """host/user who acquired it; empty if it is free"""
    since: str
    """time of its last change"""


def parse_show(text: str, where: str) -> PlaceReport:
    """Parse the output of `labgrid-client show`. Raises BoardError if it is malformed."""
    text = text[:_MAX_TEXT]
    found = _PLACE.search(text)
    if found is None:
        raise BoardError(f"{where}: labgrid-client show says something else than expected", hint=HINT)
    fields = dict(_FIELD.findall(text))
    tags = dict(pair.split("=", 1) for pair in fields.get("tags", "").split(", ") if "=" in pair)
    holder = fields.get("acquired", "None").strip()
    return PlaceReport(
        name=found[1], tags=tags, holder="" if holder == "None" else holder,
        since=fields.get("changed", "").partition(".")[0],
    )  # fmt: skip


def parse_resources(text: str, where: str) -> dict[str, JsonObject]:
    """Return an acquired place's resources by their class, from `labgrid-client env` as JSON. Raises BoardError."""
    document = JsonObject.of(
        parse_json(text.encode(), where, error=BoardError, hint=HINT), where, error=BoardError, hint=HINT
    )
    targets = document.object("targets")
    found: dict[str, JsonObject] = {}
    for target in targets.values:
        for resource in targets.object(target).objects("resources", max_items=256):
            for name in resource.values:
                found.setdefault(name, resource.object(name))
    return found
