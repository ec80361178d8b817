"""Parsing the recorded output of labgrid 26.0.1."""

from __future__ import annotations

import json

import pytest
from tinyhost.boards.remote.labgrid_text import PlaceReport, parse_resources, parse_show
from tinyhost.errors import BoardError

SHOWN = """Place 'n1':
  tags: board=native, tinyhost=nano33emu:rev2
  matches:
    exp/desk/*
  acquired: {holder}
  acquired resources:
    exp/desk/NetworkSerialPort/NetworkSerialPort
  created: 2026-11-29 17:24:09.996115
  changed: 2026-11-29 17:24:23.270513
Acquired resource 'NetworkSerialPort' (exp/desk/NetworkSerialPort/NetworkSerialPort):
"""


@pytest.mark.parametrize(("printed", "holder"), [("one/ada", "one/ada"), ("None", "")])
def test_a_place_has_tags_and_a_holder_since_a_time(printed: str, holder: str) -> None:
    tags = {"board": "native", "tinyhost": "nano33emu:rev2"}
    expected = PlaceReport(name="n1", tags=tags, holder=holder, since="2026-11-29 17:24:23")
    assert parse_show(SHOWN.format(holder=printed), "x") == expected


def test_what_is_no_place_is_an_error() -> None:
    with pytest.raises(BoardError, match="something else"):
        parse_show("labgrid-client: nothing", "x")


def test_resources_are_found_by_their_class() -> None:
    serial = {"host": "127.0.0.1", "port": 5555, "protocol": "raw", "speed": 115200}
    text = json.dumps({"targets": {"n1": {"resources": [{"NetworkSerialPort": serial}]}}})
    assert parse_resources(text, "x")["NetworkSerialPort"].values == serial


@pytest.mark.parametrize("text", ["", "null", "{}", '{"targets": []}', '{"targets": {"a": {"resources": [1]}}}'])
def test_other_documents_are_refused(text: str) -> None:
    with pytest.raises(BoardError):
        parse_resources(text, "x")
