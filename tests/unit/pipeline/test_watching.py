"""A comment that follows its file: posted at once, after each change, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.errors import ForgeError
from steelyard.pipeline.watching import LONGEST_PAUSE, PAUSE, POLL, Watch


class Ended(Exception):
    """The process is asked to end."""


class Scene:
    """A file, a clock, and what happens at which second."""

    def __init__(self, file: Path) -> None:
        self.file, self.time = file, 0.0
        self.events: dict[float, Callable[[], object]] = {}
        self.posted: list[tuple[float, str]] = []
        self.refusals = 0

    def write(self, text: str) -> Callable[[], object]:
        """An event: the file holds that text."""
        return lambda: self.file.write_text(text)

    def post(self) -> None:
        """The forge."""
        if self.refusals:
            self.refusals -= 1
            raise ForgeError("no")
        self.posted.append((self.time, self.file.read_text()))

    def sleep(self, seconds: float) -> None:
        """Time passes; what is planned happens."""
        self.time += seconds
        for when in sorted(self.events):
            if when <= self.time:
                self.events.pop(when)()

    def sleep_until(self, end: float) -> Callable[[float], None]:
        """As `sleep`, until a signal that no test waits for."""

        def sleep(seconds: float) -> None:
            self.sleep(seconds)
            if self.time >= end:
                raise Ended

        return sleep

    def run(self, *, until: float) -> None:
        """Watch until a signal."""

        def end() -> None:
            raise Ended

        self.events[until] = end
        with pytest.raises(Ended):
            Watch(self.post, lambda: [self.file], clock=lambda: self.time, sleep=self.sleep).run()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Nothing is written yet."""
    return Scene(tmp_path / "report.md")


def test_run__at_once_and_after_changes(scene: Scene) -> None:
    """What is there is posted at once; a change is posted when the file has come to rest and the pause is over."""
    scene.file.write_text("start")
    scene.events = {3: scene.write("epoch 1"), 30: scene.write("epoch 200")}

    scene.run(until=60)

    assert [text for _, text in scene.posted] == ["start", "epoch 1", "epoch 200"]
    assert [when for when, _ in scene.posted] == [0.0, PAUSE, 31.0]


def test_run__nothing_is_lost_at_the_end(scene: Scene) -> None:
    """A change right before the end is posted on the way out; no change is not posted again."""
    scene.file.write_text("start")
    scene.events = {5: scene.write("the last words")}

    scene.run(until=5 + POLL / 2)

    assert [text for _, text in scene.posted] == ["start", "the last words"]


def test_run__unchanged(scene: Scene) -> None:
    """What has not changed is posted once."""
    scene.file.write_text("start")

    scene.run(until=100)

    assert scene.posted == [(0.0, "start")]


def test_run__file_that_comes_later(scene: Scene) -> None:
    """Until training has written the file there is nothing to post."""
    scene.events = {20: scene.write("here")}

    scene.run(until=40)

    assert [text for _, text in scene.posted] == ["here"]


def test_run__busy_file(scene: Scene) -> None:
    """A file that never rests is posted at the end."""
    scene.file.write_text("")
    scene.events = {float(second): scene.write("x" * second) for second in range(1, 50)}

    scene.run(until=49.5)

    assert scene.posted[-1][1] == "x" * 49


def test_run__forge_in_trouble(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal is a warning; what was refused is posted as soon as the forge takes it."""
    scene.file.write_text("start")
    scene.refusals = 2

    scene.run(until=60)

    assert [text for _, text in scene.posted] == ["start"]
    assert caplog.text.count("trying again") == 2


def test_run__forge_that_refuses_for_good(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked ever less often: fewer than twenty times in two hours, and for the last time at the end."""
    scene.file.write_text("start")
    scene.refusals = 10_000

    with pytest.raises(ForgeError):
        Watch(scene.post, lambda: [scene.file], clock=lambda: scene.time, sleep=scene.sleep_until(7_200)).run()

    assert 10 <= caplog.text.count("trying again") < 20
    assert scene.time == 7_200 > LONGEST_PAUSE
