"""Human figures: a posed skeleton in body units, dressed and drawn onto a layer.

Body units: the standing height is 1, x right, y down, the ground at y = 0 and the crown at y = -1.
Segment lengths follow Drillis and Contini's body segment fractions (see Winter, "Biomechanics and
Motor Control of Human Movement", fig. 4.1), rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.synth.pictures.canvas import Layer, Paint, Point
from tinyhost.synth.pictures.face import Head, draw_head
from tinyhost.synth.pictures.looks import BOTTOM, HAIR, SHOE, SKIN, TOP, Looks

__all__ = ["Pose", "draw_figure", "random_pose"]

_UPPER_ARM, _FOREARM = 0.175, 0.15
_THIGH, _SHIN = 0.245, 0.235


@dataclass(frozen=True, kw_only=True)
class Pose:
    """The pose of the joints: sides are (left, right), angles in radians from straight down."""

    yaw: float
    lean: float
    head_tilt: float
    arm: Point
    elbow: Point
    leg: Point
    knee: Point
    thigh_length: float


def random_pose(rng: np.random.Generator) -> Pose:
    """Return a random pose: standing, walking, sitting, reaching, arms bent or hands on hips."""
    arm = rng.uniform(0.05, 0.45, 2)
    elbow = rng.uniform(-0.1, 0.7, 2)
    raised = rng.random(2) < 0.18
    arm = np.where(raised, rng.uniform(0.9, 2.9, 2), arm)
    bent = rng.random(2) < 0.3
    elbow = np.where(bent, rng.uniform(-2.6, -1.0, 2), elbow)
    leg, knee, thigh = rng.uniform(-0.02, 0.16, 2), rng.uniform(-0.1, 0.08, 2), 1.0
    stance = rng.random()
    if stance < 0.3:  # walking
        stride = rng.uniform(0.15, 0.55)
        leg, knee = np.array([stride, stride * 0.8]), np.array([-0.2, -0.5]) * rng.uniform(0, 1.2)
    elif stance < 0.45:  # sitting, seen more or less from the front
        thigh, leg, knee = rng.uniform(0.25, 0.8), rng.uniform(0.2, 1.2, 2), -rng.uniform(0.2, 1.2, 2)
    return Pose(
        yaw=float(rng.choice([rng.normal(0, 0.5), rng.uniform(-np.pi, np.pi)], p=[0.65, 0.35])),
        lean=rng.normal(0, 0.09),
        head_tilt=rng.normal(0, 0.13),
        arm=(float(arm[0]), float(arm[1])),
        elbow=(float(elbow[0]), float(elbow[1])),
        leg=(float(leg[0]), float(leg[1])),
        knee=(float(knee[0]), float(knee[1])),
        thigh_length=float(thigh),
    )


class _Body:
    """Joint positions in body units, and the map from there to canvas pixels."""

    def __init__(self, pose: Pose, looks: Looks, head_at: Point, height_px: float) -> None:
        facing, side = abs(np.cos(pose.yaw)), abs(np.sin(pose.yaw))
        self.height_px = height_px
        self.width = (0.1 * facing + 0.045 * side) * looks.girth
        self.hip_width = (0.058 * facing + 0.035 * side) * looks.girth
        self.head_radii = (0.047 * looks.head, 0.066 * looks.head)
        self.hip = (0.0, -0.5)
        spine = np.array([np.sin(pose.lean), -np.cos(pose.lean)])
        self.neck = self._along(self.hip, spine, 0.32)
        tilt = pose.lean + pose.head_tilt
        up = np.array([np.sin(tilt), -np.cos(tilt)])
        self.head = self._along(self.neck, up, 0.03 + self.head_radii[1])
        self.across = np.array([np.cos(pose.lean), np.sin(pose.lean)])
        self.origin = np.asarray(head_at) - np.asarray(self.head) * height_px

    @staticmethod
    def _along(start: Point, direction: NDArray[np.float64], length: float) -> Point:
        return (start[0] + direction[0] * length, start[1] + direction[1] * length)

    def px(self, point: Point) -> Point:
        """Return a body point in canvas pixels."""
        x, y = self.origin + np.asarray(point) * self.height_px
        return (float(x), float(y))

    def shoulder(self, side: int) -> Point:
        """Return a shoulder; side is -1 or 1."""
        at = self._along(self.neck, self.across, side * self.width)
        return (at[0], at[1] + 0.02)

    def limb(self, start: Point, side: int, angles: Point, lengths: Point) -> tuple[Point, Point]:
        """Return the middle and the end joint of a limb that bends outward by its angles."""
        first, second = angles[0] * side, (angles[0] + angles[1]) * side
        middle = self._along(start, np.array([np.sin(first), np.cos(first)]), lengths[0])
        end = self._along(middle, np.array([np.sin(second), np.cos(second)]), lengths[1])
        return middle, end


def draw_figure(layer: Layer, rng: np.random.Generator, head_at: Point, height_px: float, looks: Looks) -> None:
    """Draw a person in a random pose. head_at: middle of the head, height_px: crown to sole."""
    pose = random_pose(rng)
    body = _Body(pose, looks, head_at, height_px)
    far, near = (-1, 1) if rng.random() < 0.5 else (1, -1)
    if looks.hair_style >= 3:
        _draw_long_hair(layer, body, looks)
    _draw_arm(layer, body, pose, looks, far)
    _draw_leg(layer, body, pose, looks, far)
    _draw_leg(layer, body, pose, looks, near)
    _draw_torso(layer, body, looks)
    _draw_head(layer, body, pose, looks)
    _draw_arm(layer, body, pose, looks, near)
    if looks.bag:
        _draw_bag(layer, body, near)


def _draw_arm(layer: Layer, body: _Body, pose: Pose, looks: Looks, side: int) -> None:
    index = (side + 1) // 2
    shoulder = body.shoulder(side)
    elbow, hand = body.limb(shoulder, side, (pose.arm[index], pose.elbow[index]), (_UPPER_ARM, _FOREARM))
    r = body.height_px * looks.girth
    sleeve = Paint(tone=looks.top, material=TOP, contrast=looks.contrast)
    skin = Paint(tone=looks.skin, material=SKIN, contrast=looks.contrast)
    lower = skin if looks.short_sleeves else sleeve
    layer.ellipse(body.px(hand), (0.022 * r, 0.026 * r), skin)
    layer.capsule(body.px(elbow), body.px(hand), 0.026 * r, 0.019 * r, lower)
    layer.capsule(body.px(shoulder), body.px(elbow), 0.034 * r, 0.027 * r, sleeve)


def _draw_leg(layer: Layer, body: _Body, pose: Pose, looks: Looks, side: int) -> None:
    index = (side + 1) // 2
    hip = (body.hip[0] + side * body.hip_width * 0.8, body.hip[1] + 0.01)
    lengths = (_THIGH * pose.thigh_length, _SHIN)
    knee, ankle = body.limb(hip, side, (pose.leg[index], pose.knee[index]), lengths)
    r = body.height_px * looks.girth
    trousers = Paint(tone=looks.bottom, material=BOTTOM, contrast=looks.contrast)
    skin = Paint(tone=looks.skin, material=SKIN, contrast=looks.contrast)
    lower = skin if looks.shorts or looks.skirt else trousers
    toe = (ankle[0] + 0.055 * np.sin(pose.yaw) + 0.02 * side, ankle[1] + 0.022)
    shoe = Paint(tone=looks.shoe, material=SHOE, contrast=looks.contrast * 0.6)
    layer.capsule(body.px(ankle), body.px(toe), 0.022 * r, 0.018 * r, shoe)
    layer.capsule(body.px(knee), body.px(ankle), 0.038 * r, 0.025 * r, lower)
    layer.capsule(body.px(hip), body.px(knee), 0.054 * r, 0.04 * r, trousers)


def _draw_torso(layer: Layer, body: _Body, looks: Looks) -> None:
    left, right = body.shoulder(-1), body.shoulder(1)
    r = body.height_px * looks.girth
    top = Paint(tone=looks.top, material=TOP, contrast=looks.contrast)
    bottom = Paint(tone=looks.bottom, material=BOTTOM, contrast=looks.contrast)
    skin = Paint(tone=looks.skin - looks.contrast * 0.5, material=SKIN, contrast=0)
    hip_l, hip_r = (body.hip[0] - body.hip_width, -0.5), (body.hip[0] + body.hip_width, -0.5)
    layer.capsule(body.px(hip_l), body.px(hip_r), 0.045 * r, 0.045 * r, bottom)
    if looks.skirt:
        hem = 0.075 * looks.girth + body.hip_width
        points = [hip_l, hip_r, (body.hip[0] + hem, -0.28), (body.hip[0] - hem, -0.28)]
        layer.polygon([body.px(p) for p in points], bottom)
    neck_r = 0.027 * body.height_px * max(1.0, looks.head * 0.9)
    layer.capsule(body.px(body.neck), body.px(body.head), neck_r, neck_r, skin)
    waist = 0.85 * body.hip_width + 0.03 * looks.girth
    outline = [
        (left[0] - 0.028 * looks.girth, left[1] + 0.01),
        (left[0] + 0.02, left[1] - 0.032),
        (body.neck[0] - 0.03, body.neck[1] - 0.018),
        (body.neck[0], body.neck[1] + 0.005),
        (body.neck[0] + 0.03, body.neck[1] - 0.018),
        (right[0] - 0.02, right[1] - 0.032),
        (right[0] + 0.028 * looks.girth, right[1] + 0.01),
        (body.hip[0] * 0.5 + body.neck[0] * 0.5 + waist, -0.62),
        (hip_r[0] + 0.035 * looks.girth, -0.48),
        (hip_l[0] - 0.035 * looks.girth, -0.48),
        (body.hip[0] * 0.5 + body.neck[0] * 0.5 - waist, -0.62),
    ]
    layer.polygon([body.px(p) for p in outline], top)


def _draw_long_hair(layer: Layer, body: _Body, looks: Looks) -> None:
    hair = Paint(tone=looks.hair, material=HAIR, contrast=looks.contrast * 0.5)
    end = (body.neck[0], body.neck[1] + (0.0 if looks.hair_style == 3 else 0.06))
    r = body.head_radii[0] * body.height_px
    layer.capsule(body.px(body.head), body.px(end), r * 1.2, r * 1.1, hair)


def _draw_bag(layer: Layer, body: _Body, side: int) -> None:
    tone = 40.0 if layer.tone.mean() > 100 else 150.0
    x, y = body.hip[0] + side * (body.hip_width + 0.05), -0.45
    bag = [(x - 0.05, y), (x + 0.05, y), (x + 0.055, y + 0.12), (x - 0.055, y + 0.12)]
    layer.polygon([body.px(p) for p in bag], Paint(tone=tone, material=SHOE))
    strap = [body.px(body.shoulder(-side)), body.px((x, y))]
    layer.line(strap, 0.012 * body.height_px, tone)


def _draw_head(layer: Layer, body: _Body, pose: Pose, looks: Looks) -> None:
    head = Head(
        middle=body.px(body.head),
        radii=(body.head_radii[0] * body.height_px, body.head_radii[1] * body.height_px),
        yaw=float(pose.yaw),
        turn=float(pose.lean + pose.head_tilt),
    )
    draw_head(layer, head, looks)
