"""The board's self-test through the device: real firmware on virtual boards, and boards with older firmware."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.boards import Board
from tinyhost.device import Device
from tinyhost.errors import DeviceError
from tinyhost.link.faults import Faults
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import REPLY_FLAG, ErrorReply, InferSource, InfoReply, MessageType, StreamId
from tinyhost.protocol.self_test import Finding, SelfTestCheck, Verdict
from tinyhost.protocol.status import Status

from tests.device.evil import EvilBoard
from tests.stations import Stations, shipped_image

STREAM_CHECKS = [SelfTestCheck.START_TIME, SelfTestCheck.SAMPLE_RATE, SelfTestCheck.LOST_SAMPLES]


def verdicts(findings: list[Finding]) -> dict[int, int]:
    return {finding.check: finding.verdict for finding in findings}


@pytest.mark.firmware
def test_a_camera_with_a_scene_passes_and_sees_as_before(device: Device) -> None:
    parts: list[tuple[int, int]] = []
    findings = list(device.self_test(lambda done, total: parts.append((done, total))))
    assert parts == [(0, 0), (1, 1)]
    assert verdicts(findings) == {
        SelfTestCheck.CAPTURE: Verdict.PASSED,
        SelfTestCheck.CAPTURE_TIME: Verdict.PASSED,
    }
    assert findings[0].measured == findings[0].lowest == 5
    assert 0 < findings[1].measured < findings[1].highest
    assert device.snapshot().pixels.shape == (96, 96)
    assert device.link_stats.restarts == 0


@pytest.mark.firmware
def test_a_self_test_is_refused_while_a_stream_is_on(device: Device) -> None:
    with device.stream(StreamId.CAMERA), pytest.raises(DeviceError) as caught:
        list(device.self_test())
    assert caught.value.status == Status.BAD_STATE
    assert "in use by a stream" in caught.value.message
    assert len(list(device.self_test())) == 2


@pytest.mark.firmware
def test_a_self_test_gets_through_a_bad_line(native_board: Board, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((96, 96), np.uint8))
    faults = Faults(drop=0.002, flip=0.002)
    with (
        native_board.power(scene=str(tmp_path)) as powered,
        Device.open(powered, faults=faults, fault_seed=4) as device,
    ):
        for _ in range(5):
            assert set(verdicts(list(device.self_test())).values()) == {Verdict.PASSED}


@pytest.mark.firmware
@pytest.mark.parametrize("kind", ["native", "m4"])
def test_a_camera_without_a_scene_is_not_there(kind: str, stations: Stations) -> None:
    with stations(kind, "vww").board.power() as powered, Device.open(powered) as device:
        findings = list(device.self_test())
    assert [(finding.check, finding.verdict, finding.status) for finding in findings] == [
        (SelfTestCheck.CAPTURE, Verdict.FAILED, Status.NO_SENSOR),
        (SelfTestCheck.CAPTURE_TIME, Verdict.SKIPPED, Status.OK),
    ]


@pytest.mark.firmware
@pytest.mark.parametrize("kind", ["native", "m4"])
@pytest.mark.parametrize(("app", "rate_mhz"), [("kws", 16_000_000), ("anomaly", 119_000)])
def test_sound_and_motion_are_listened_to(
    kind: str, app: str, rate_mhz: int, stations: Stations, tmp_path: Path
) -> None:
    sound = tmp_path / "tone.wav"
    write_wav(sound, np.tile(np.array([1000, -1000], np.int16), 80_000))
    scene = str(sound) if app == "kws" else "machine:"
    with stations(kind, app).board.power(scene=scene) as powered, Device.open(powered) as device:
        findings = list(device.self_test())
        with device.stream(StreamId.SAMPLES) as items:
            assert items.get(10.0) is not None
    assert [finding.check for finding in findings] == STREAM_CHECKS
    rate = findings[1]
    assert (rate.lowest + rate.highest) // 2 == pytest.approx(rate_mhz, rel=1e-3)
    assert findings[0].verdict == Verdict.PASSED
    assert rate.measured > 0


@pytest.mark.firmware
def test_a_recording_that_has_ended_is_a_sensor_that_stopped(stations: Stations, tmp_path: Path) -> None:
    motion = tmp_path / "short.csv"
    rows = [f"{10 * i},0.0,0.1,9.8" for i in range(30)]
    motion.write_text("\n".join(["timestamp,accX,accY,accZ", *rows]) + "\n")
    with stations("native", "anomaly").board.power(scene=str(motion)) as powered, Device.open(powered) as device:
        first = list(device.self_test())
    assert first[0].verdict == Verdict.PASSED
    assert (first[1].verdict, first[1].status) == (Verdict.FAILED, Status.SENSOR_TIMEOUT)


def refuses(status: Status) -> Callable[[EvilBoard, Frame], None]:
    def answer(board: EvilBoard, request: Frame) -> None:
        refusal = ErrorReply(request_type=request.type, status=status)
        board.send(MessageType.ERROR | REPLY_FLAG, request.seq, refusal.pack())

    return answer


def test_a_firmware_without_self_tests_says_which_command_brings_them() -> None:
    info = InfoReply(board="native", app="kws", firmware_version="0.0.9", build_id="0123456789abcdef")
    answers = {MessageType.SELF_TEST: refuses(Status.UNSUPPORTED)}
    with EvilBoard(answers, info=info) as board, Device.open(board) as device, pytest.raises(DeviceError) as caught:
        list(device.self_test())
    assert "kws 0.0.9, build 0123456789abcdef" in caught.value.message
    assert caught.value.hint == "tinyhost flash kws"


def test_other_refusals_stay_what_they_are() -> None:
    answers = {MessageType.SELF_TEST: refuses(Status.INTERNAL)}
    with EvilBoard(answers) as board, Device.open(board) as device, pytest.raises(DeviceError) as caught:
        list(device.self_test())
    assert caught.value.status == Status.INTERNAL


@pytest.mark.firmware
def test_inference_gives_the_same_after_a_self_test(device: Device) -> None:
    device.push(shipped_image("vww"))
    before = device.infer(InferSource.PATTERN, seed=5)
    list(device.self_test())
    assert device.infer(InferSource.PATTERN, seed=5).output == before.output
