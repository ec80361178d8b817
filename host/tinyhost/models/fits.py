"""Check that a board can run a model: the model's needs against the board's limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tinyhost.compiler.image_format import OPERATOR_GROUPS, OperatorCode, OperatorGroup
from tinyhost.device import Device
from tinyhost.errors import ModelError, ModelTooLargeError, UnsupportedModelError
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.limits import APP_LIMITS, SLOT_BYTES
from tinyhost.protocol.messages import Setting

__all__ = ["Fit", "Limits", "Obstacle", "check_fits", "find_obstacles", "operator_groups", "operators_of"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a board and its firmware."""

    board: str
    app: str
    """empty: none in particular"""
    engine: str
    operators: int
    """that the engine has: bit OperatorCode for each"""
    slot_bytes: int
    arena_bytes: int
    max_classes: int
    """most classes of a model of the app; 0: the app does not classify"""
    runs_cascades: bool = True
    """a first network can wake the second one: of apps that hear words, but not of earlier versions"""

    @classmethod
    def of_device(cls, device: Device) -> Limits:
        """Return the limits of a connected board."""
        info = device.info
        return cls(
            board=device.name,
            app=info.app,
            engine=info.engine,
            operators=operators_of(device),
            slot_bytes=info.slot_bytes,
            arena_bytes=info.arena_bytes,
            max_classes=APP_LIMITS[info.app].max_classes if info.app in APP_LIMITS else 0,
            runs_cascades=Setting.WAKE_THRESHOLD.name.lower() in device.settings(),
        )

    @classmethod
    def of_firmware(cls, app: str, engine: str, *, board: str = "nano33ble", all_operators: bool = False) -> Limits:
        """Return the limits of this version's firmware, without a board.

        app: for an unknown one, such as the task of a model of no app, the limits are those of the largest app.
        all_operators: of all groups, else of those that the Nano's programs have that come with tinyhost.
        """
        known = [APP_LIMITS[app]] if app in APP_LIMITS else list(APP_LIMITS.values())
        groups = {group for group in OperatorGroup if any(limits.operator_groups >> group & 1 for limits in known)}
        has = (code for code in OperatorCode if all_operators or OPERATOR_GROUPS[code] in groups)
        return cls(
            board=board,
            app=app if app in APP_LIMITS else "",
            engine=engine,
            operators=sum(1 << code for code in has),
            slot_bytes=SLOT_BYTES,
            arena_bytes=max(limits.arena_bytes for limits in known),
            max_classes=max(limits.max_classes for limits in known),
        )


def operators_of(device: Device) -> int:
    """Return the operators that a connected board's engine has: bit OperatorCode for each."""
    info = device.info
    return info.operators | info.more_operators << 32 | info.operators_from_48 << 48


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing that a model needs and a board does not have."""

    error: type[ModelError] | None
    """what is raised because of it; None: the model runs and can be measured, but the app does not predict with it"""
    words: str
    """what the model needs, and what the board has"""
    hint: str
    """what to do about it"""


def find_obstacles(model: ModelSummary, limits: Limits) -> tuple[Obstacle, ...]:
    """Return everything that keeps the board from running the model, what weighs most first; nothing: it fits."""
    return (*_unsupported(model, limits), *_too_large(model, limits))


def check_fits(model: ModelSummary, limits: Limits) -> tuple[str, ...]:
    """Return remarks on a model that the board can run.

    Raises one error that names every obstacle: UnsupportedModelError if the firmware lacks something,
    ModelTooLargeError if there is only too little room.
    """
    obstacles = find_obstacles(model, limits)
    error = next((obstacle.error for obstacle in obstacles if obstacle.error), None)
    if error:
        stopping = [obstacle for obstacle in obstacles if obstacle.error]
        raise error(
            f"{limits.board}: the model {model.name} {'; it '.join(obstacle.words for obstacle in stopping)}",
            hint="; ".join(obstacle.hint for obstacle in stopping),
        )
    return tuple(f"{model.name} {obstacle.words}; {obstacle.hint}" for obstacle in obstacles)


def _unsupported(model: ModelSummary, limits: Limits) -> Iterator[Obstacle]:
    if model.engine != limits.engine:
        yield Obstacle(
            error=UnsupportedModelError,
            words=f"is for the engine {model.engine}; this firmware has {limits.engine}",
            hint=f"push the .tflite, or flash the other engine: tinyhost flash {limits.app} --engine {model.engine}",
        )
        return  # what operators another engine has says nothing
    if model.cascade is not None and not limits.runs_cascades:
        yield Obstacle(
            error=UnsupportedModelError,
            words="is a cascade of two networks, which this firmware does not run",
            hint=f"flash the firmware of this version: tinyhost flash {limits.app}",
        )
    missing = [code for code in model.operator_codes if not limits.operators >> code & 1]
    if missing:
        groups, names = operator_groups(missing), [code.name for code in missing]
        yield Obstacle(
            error=UnsupportedModelError,
            words=f"needs operators of {_counted_groups(groups)} ({', '.join(names)}), which this firmware was built "
            "without",
            hint="compile it without them: tinyhost compile MODEL --optimize flash"
            if groups == ("winograd",)
            else f"flash firmware with all operators: tinyhost flash {limits.app or 'APP'} --all-operators",
        )


def operator_groups(codes: Iterable[OperatorCode]) -> tuple[str, ...]:
    """Return the names of the groups of some operators, in the order of the format."""
    return tuple(group.name.lower() for group in sorted({OPERATOR_GROUPS[code] for code in codes}))


def _counted_groups(groups: Sequence[str]) -> str:
    """Return groups in words: "the group float"."""
    return f"the group{'s' if len(groups) > 1 else ''} {', '.join(groups)}"


def _too_large(model: ModelSummary, limits: Limits) -> Iterator[Obstacle]:
    if model.flash_bytes > limits.slot_bytes:
        yield Obstacle(
            error=ModelTooLargeError,
            words=f"needs {model.flash_bytes:,} B of flash; a slot takes {limits.slot_bytes:,} B",
            hint="use a smaller model: tinyhost inspect MODEL shows what takes how many bytes",
        )
    if model.arena_bytes > limits.arena_bytes:
        yield Obstacle(
            error=ModelTooLargeError,
            words=f"needs an arena of {model.arena_bytes:,} B; this firmware has {limits.arena_bytes:,} B",
            hint="tinyhost inspect MODEL shows which operator needs how much",
        )
    n = _n_classes(model, limits)
    if n is not None and n > limits.max_classes:
        yield Obstacle(
            error=None,
            words=f"has {n} classes, the app {limits.app} takes {limits.max_classes}: "
            "it can be measured with tinyhost bench, but predicts nothing live",
            hint=f"train a model of at most {limits.max_classes} classes",
        )


def _n_classes(model: ModelSummary, limits: Limits) -> int | None:
    """Return how many classes the app has to predict; None if the model is not the app's, or no classifier."""
    is_classifier = model.task == limits.app and limits.max_classes and not model.heat_map
    return math.prod(model.output.shape) if is_classifier else None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A model's needs against a board's limits, in figures."""

    board: str
    fits: bool
    """all needs are within their limits"""
    flash_bytes: int
    """size of the model image"""
    slot_bytes: int
    """its limit"""
    arena_bytes: int
    """working memory that the model needs"""
    board_arena_bytes: int
    """its limit: of the task's app; of a model of no app the largest one"""
    missing_groups: tuple[str, ...]
    """groups of operators that it needs, and the firmware was built without"""
    n_classes: int | None
    """None unless model and app classify"""
    max_classes: int
    """its limit; 0: the app does not classify"""

    @classmethod
    def of(cls, model: ModelSummary, limits: Limits) -> Fit:
        """Return the needs of a model, for check_fits."""
        return cls(
            board=limits.board,
            fits=not find_obstacles(model, limits),
            flash_bytes=model.flash_bytes,
            slot_bytes=limits.slot_bytes,
            arena_bytes=model.arena_bytes,
            board_arena_bytes=limits.arena_bytes,
            missing_groups=operator_groups(code for code in model.operator_codes if not limits.operators >> code & 1),
            n_classes=_n_classes(model, limits),
            max_classes=limits.max_classes,
        )
