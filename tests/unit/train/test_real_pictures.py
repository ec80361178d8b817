"""Cutting people and empty places out of a film of a still camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from scripts.real_pictures import cut_film


def test_what_walks_is_cut_out_and_so_is_its_empty_place(tmp_path: Path) -> None:
    """A dark upright figure walks over a grey yard; a cart, wider than high, is no person."""
    film = tmp_path / "yard.avi"
    video = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 10, (480, 320))
    for number in range(60):
        frame = np.full((320, 480, 3), 150, np.uint8)
        cv2.rectangle(frame, (60 + 6 * number, 100), (89 + 6 * number, 170), (20, 20, 20), -1)
        cv2.rectangle(frame, (10 + 6 * number, 260), (89 + 6 * number, 290), (20, 20, 20), -1)
        video.write(frame)
    video.release()
    scenes = list(cut_film(film))
    people = [scene for scene in scenes if scene.label == "person"]
    empty = [scene for scene in scenes if scene.label == "no_person"]
    assert len(people) == len(empty) >= 8
    assert {scene.part for scene in people} == {"tune", "judge"}
    for person, place in zip(people, empty, strict=True):
        assert person.picture.shape == (96, 96)
        assert person.picture[48, 48] < 60  # the figure is in the middle
        assert abs(int(place.picture[48, 48]) - 150) < 12
        assert person.name == place.name
