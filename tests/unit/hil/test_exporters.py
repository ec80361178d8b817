"""The contents of a rig's exporter files; other tests read them with labgrid's and jumpstarter's own code."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # of mkdocs
from tinyhost.errors import ConfigError, UsageError
from tinyhost.hil.exporters import exported_boards, jumpstarter_exporter, labgrid_exports
from tinyhost.hil.rigs import load_rig

RIG = """
name = "r"
tests = "."
[[board]]
name = "desk-1"
type = "nano33ble"
serial = "0123456789ABCDEF"
power = { switch = "ykush", serial = "YK12345", port = 3 }
[[board]]
name = "desk-2"
type = "nano33ble"
serial = "1123456789ABCDEF"
power = { switch = "uhubctl", location = "1-1.4", port = 2 }
[[board]]
name = "far"
type = "m4"
address = "ssh:rig2/m4"
"""


def rig_file(folder: Path, text: str = RIG) -> Path:
    (folder / "rig.toml").write_text(text)
    return folder / "rig.toml"


def test_each_board_of_this_computer_gets_a_port_its_switch_and_the_way_to_flash_it(tmp_path: Path) -> None:
    boards = exported_boards(load_rig(rig_file(tmp_path)), 7000)
    assert [exported.port for exported in boards] == [7000, 7001]
    exports = yaml.safe_load(labgrid_exports(boards, host="rig1", user="ada", ssh_port=2222))
    assert exports["desk-1"] == {
        "NetworkSerialPort": {"host": "rig1", "port": 7000, "speed": 115200, "protocol": "raw"},
        "NetworkService": {"address": "rig1", "username": "ada", "port": 2222},
        "YKUSHPowerPort": {"serial": "YK12345", "index": 3},
    }
    assert exports["desk-2"]["USBPowerPort"] == {"match": {"sys_name": "1-1.4"}, "index": 2}
    exporter = yaml.safe_load(jumpstarter_exporter(boards[0]))
    assert exporter["export"]["serial"]["config"]["url"] == "socket://127.0.0.1:7000"
    assert exporter["export"]["power"]["config"] == {"serial": "YK12345", "port": "3"}
    assert "tinyhost=nano33ble:0123456789ABCDEF" in boards[0].tags


def test_a_rig_without_boards_here_and_a_port_beyond_the_last_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="need ports up to"):
        exported_boards(load_rig(rig_file(tmp_path)), 65535)
    far = 'name = "r"\ntests = "."\n[[board]]\nname = "far"\ntype = "m4"\naddress = "ssh:rig2/m4"\n'
    with pytest.raises(UsageError, match="all boards are on other machines"):
        exported_boards(load_rig(rig_file(tmp_path, far)))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('address = "ssh:-oProxyCommand=x/m4"', "not a board behind ssh"),
        ('address = "ssh:rig2/m4"\nserial = "AB"', "its address says which board"),
    ],
)
def test_a_wrong_address_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    text = f'name = "r"\ntests = "."\n[[board]]\nname = "far"\ntype = "nano33ble"\n{line}\n'
    with pytest.raises(ConfigError, match=said) as refused:
        load_rig(rig_file(tmp_path, text))
    assert "rig.toml:" in refused.value.message


def test_the_ways_to_boards_are_programs_that_the_owner_allows(tmp_path: Path) -> None:
    far = load_rig(rig_file(tmp_path)).boards[2]
    assert far.programs[0][0] == "ssh"
    assert (far.spec, set(far.capabilities)) == ("ssh:rig2/m4", {"power_cut"})
