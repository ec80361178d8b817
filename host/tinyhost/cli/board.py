"""`tinyhost board`: keep a virtual board powered, or serve any board's serial link on a TCP port."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Group, make_command, make_group, option
from tinyhost.cli.options import BoardOption, SceneOption, StateOption
from tinyhost.cli.output import note, say, warn
from tinyhost.errors import BoardError, UsageError

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard

__all__ = ["command"]

_POLL_S = 0.2


def command() -> Group:
    """Return `board run` and `board serve`."""
    return make_group(
        "Keep a board powered, or serve it on the network.",
        {
            "run": make_command(
                run,
                examples=(
                    "tinyhost board run",
                    "tinyhost board run --board m4 --scene data/hall/test",
                    "tinyhost board run --text",
                ),
            ),
            "serve": make_command(
                serve,
                examples=(
                    "tinyhost board serve --board m4",
                    "tinyhost board serve --board nano33ble --listen 5555",
                ),
            ),
        },
    )


def run(
    board: BoardOption = None,
    scene: SceneOption = None,
    show_text: Annotated[
        bool, option("--text", help="Print the board's plain text; meanwhile, no other program can use the board.")
    ] = False,
    state: StateOption = None,
) -> None:
    """Keep a virtual board powered until Ctrl-C, and print its port.

    Meanwhile, all other commands can use this board, and any serial monitor can open its port.
    """
    from tinyhost.cli.connect import chosen_board

    target = chosen_board(board or "native", scene, state)
    if not target.is_virtual:
        raise UsageError(f"{target.name} is on as long as it is plugged in", hint="tinyhost monitor shows what it does")
    with target.power(scene=scene, keep_on=True) as powered:
        say(f"{target.name} is on: ", (powered.port, "bold"))
        note(("Ctrl-C switches it off", "dim"))
        try:
            _print_text(powered) if show_text else _keep_on(powered, lambda: time.sleep(_POLL_S))
        finally:
            note((f"{target.name} is off", "dim"))


def serve(
    listen: Annotated[
        str,
        option(
            metavar="[HOST:]PORT",
            help="The address to listen on; port 0 chooses a free port. Without HOST, only programs on this "
            "computer can connect.",
        ),
    ] = "127.0.0.1:0",
    stdio: Annotated[
        bool,
        option(
            "--stdio",
            help="For internal use: serve the tinyhost on another computer that started this command "
            "over ssh and names the board.",
        ),
    ] = False,
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
) -> None:
    """Serve a board's serial link on a TCP port until Ctrl-C.

    One command at a time can use the board with --board socket://HOST:PORT; in between, commands on this computer can
    use it too. There is no login and no encryption: from another computer, use --board ssh:HOST/BOARD or an SSH tunnel.
    """
    if stdio:
        _serve_stdio(state)
        return
    from tinyhost.boards.serving import BoardServer, is_loopback, parse_listen
    from tinyhost.cli.connect import chosen_board

    host, port = parse_listen(listen)
    target = chosen_board(board, scene, state)
    with target.power(scene=scene, keep_on=True) as powered, BoardServer(powered, host, port, note) as server:
        say(f"{target.name} is at ", (server.url, "bold"))
        if not is_loopback(host):
            warn(
                f"there is no login: anybody who can connect to {host} sees the sensor's data and can replace the "
                f"model. Safer: listen on this computer only, and run ssh -L PORT:localhost:PORT THIS_COMPUTER on "
                f"the other one"
            )
        note(("Ctrl-C ends it", "dim"))
        _keep_on(powered, server.poll)


def _serve_stdio(state: Path | None) -> None:
    """Serve the tinyhost at the other end of our pipes. All printed output goes to stderr."""
    import os

    from tinyhost.boards import resolve
    from tinyhost.boards.remote.pipes import Pipes
    from tinyhost.boards.remote.stdio_server import serve_pipes

    with os.fdopen(os.dup(0), "rb") as incoming, os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)
        serve_pipes(Pipes(incoming, outgoing, "the other computer"), lambda name: resolve(name, state=state))


def _keep_on(powered: PoweredBoard, step: Callable[[], None]) -> None:
    """Keep the board on until it crashes, which is an error; report failures of its scene."""
    told = ""
    while True:
        step()
        told = _tell_failure(powered, told)
        if powered.failure:
            raise BoardError(powered.failure, hint="flash it again, then start it again")


def _tell_failure(powered: PoweredBoard, told: str) -> str:
    """Report a new failure of the scene; return the last one reported."""
    failure = powered.scene_failure
    message = failure.message if failure else ""
    if failure and message != told:
        note((message, "yellow"), (f" ({failure.hint})" if failure.hint else "", "dim"))
    return message


def _print_text(powered: PoweredBoard) -> None:
    from tinyhost.protocol.frames import FrameDecoder, LogText
    from tinyhost.protocol.text import printable_lines

    decoder = FrameDecoder()
    link = powered.open_link()
    told = ""
    try:
        while True:
            told = _tell_failure(powered, told)
            for item in decoder.feed(link.read(4096, _POLL_S)):
                if isinstance(item, LogText):
                    for line in printable_lines(item.text):
                        say(line)
    finally:
        link.close()
