"""The window of a screen, in a program of its own: it may run on another machine, and Tk needs its own process.

python -m tinyhost.hil.stimuli.window DISPLAY SIDE # SIDE 0 fills the display; DISPLAY "" is the default one

It prints `ready WIDTH HEIGHT`, then reads pictures from stdin, each a line `NUMBER WIDTH HEIGHT` and its grey
pixels, and prints `shown NUMBER` when the display has one. The end of stdin ends it.
"""

from __future__ import annotations

import sys
from typing import IO

__all__ = ["MAX_SIDE", "main", "read_picture"]

MAX_SIDE = 10_000


def read_picture(stream: IO[bytes]) -> tuple[int, bytes] | None:
    """Return the next picture's number and its content as a PGM file; None at the end. Raises ValueError."""
    line = stream.readline(64)
    if not line:
        return None
    number, width, height = (int(word) for word in line.split())
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"a picture of {width} x {height} pixels")
    pixels = stream.read(width * height)
    if len(pixels) != width * height:
        raise ValueError(f"{len(pixels)} of {width * height} pixels")
    return number, b"P5 %d %d 255\n" % (width, height) + pixels


def _say(answer: str) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def main() -> None:
    """Show pictures until stdin ends."""
    try:
        import tkinter
    except ImportError as exc:
        _say(f"missing {exc}")
        return
    side = int(sys.argv[2])
    try:
        root = tkinter.Tk(screenName=sys.argv[1] or None)
    except tkinter.TclError as exc:
        _say(f"failed {exc}")
        return
    width, height = (side, side) if side else (root.winfo_screenwidth(), root.winfo_screenheight())
    left, top = (root.winfo_screenwidth() - width) // 2, (root.winfo_screenheight() - height) // 2
    root.overrideredirect(True)  # no frame, and no window manager that moves it
    root.geometry(f"{width}x{height}+{left}+{top}")
    root.configure(background="black", cursor="none")
    label = tkinter.Label(root, borderwidth=0, highlightthickness=0, background="black")
    label.place(relx=0.5, rely=0.5, anchor="center")
    root.attributes("-topmost", True)
    root.update()
    _say(f"ready {width} {height}")
    while (picture := read_picture(sys.stdin.buffer)) is not None:
        number, pgm = picture
        image = tkinter.PhotoImage(data=pgm, format="ppm")
        label.configure(image=image)
        root.update()
        root.winfo_pointerx()  # a round trip to the display, which has drawn when it replies
        _say(f"shown {number}")


if __name__ == "__main__":
    main()
