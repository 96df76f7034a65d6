"""The pixels that Blender renders say which frame of which movie is seen; MLT, a second witness, agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from tests.edit_hosts.blender_stage import VERSIONS, BlenderStage
from tests.edit_hosts.coded_movies import HEIGHT_PX, NOTHING, WIDTH_PX, read_movie
from tests.edit_hosts.contract import at, clip, timeline, track
from tests.mlt_timelines import played

from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.core.shot_ref import ShotRef, problems
from understudy_bridge.core.shots import Wanted, shot_of
from understudy_bridge.daemon.plans import Plans
from understudy_bridge.daemon.snapshot import sequence_of
from understudy_bridge.interchange.formats import read_timeline, write_timeline
from understudy_bridge.panel.host import HostRefused, Table

pytestmark = pytest.mark.slow

RATE = "24000/1001"
PLATE_FRAMES, END, HANDLES = 100, 72, 8
TAKE_START = 1001  # the take's own first frame number

Seen = tuple[int, int]
Cut = tuple[Table, int, int, int]
"""(medium, first record frame, frames, the medium's frame that is seen first)"""


@pytest.fixture(scope="module", params=VERSIONS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderStage]:
    made = BlenderStage(request.param, tmp_path_factory.mktemp("pixels"))
    yield made
    made.close()


class Film:
    """A cut of a ProRes and a long-GOP H.264 plate with a second channel, and what must be seen of it."""

    def __init__(self, stage: BlenderStage) -> None:
        self.stage, self.host, self.plans = stage, stage.host, Plans()
        prores = stage.media("prores", PLATE_FRAMES, RATE, None)
        long_gop = stage.media("long_gop", PLATE_FRAMES, RATE, None, ".mp4")
        self.lower: list[Cut] = [
            (prores, 5, 20, 30),
            (long_gop, 25, 20, 40),  # over the key frame at 48
            (prores, 45, 12, 8),
            (long_gop, 60, 10, 80),
        ]
        self.upper: list[Cut] = [(prores, 62, 4, 0)]
        cuts = [(1, cut) for cut in self.lower] + [(2, cut) for cut in self.upper]
        tracks = [
            track(
                number,
                *[
                    clip(f"{number}.{start}", media, start, frames, index)
                    for on, (media, start, frames, index) in cuts
                    if on == number
                ],
            )
            for number in (1, 2)
        ]
        stage.build(timeline(*tracks, rate=RATE))

    def seen(self, *takes: Cut) -> list[Seen]:
        """What each record frame must show, later cuts over earlier ones."""
        shown = [NOTHING] * END
        for media, start, frames, index in (*self.lower, *self.upper, *takes):
            for number in range(frames):
                shown[start + number] = (self.stage.number(media), index + number)
        return shown

    def rendered(self) -> list[Seen]:
        folder = self.stage.folder / "frames"
        folder.mkdir(exist_ok=True)
        self.host.call("render", str(folder), 0, END - 1)
        shown = [read_movie(folder / f"{number:04d}.png")[0] for number in range(END)]
        for path in folder.iterdir():
            path.unlink()
        return shown

    def melted(self, folder: Path, suffix: str) -> list[Seen]:
        """The timeline as Blender tells it now, through a file of the bridge, played by MLT."""
        write_timeline(sequence_of(self.host.timeline()), folder / f"timeline{suffix}")
        sequence = read_timeline(folder / f"timeline{suffix}").sequence
        shown = read_movie(played(sequence, folder, width_px=WIDTH_PX, height_px=HEIGHT_PX))
        return shown + [NOTHING] * (END - len(shown))

    def shot(self, record_in: int, identity: str) -> ShotRef:
        """A shot is marked and read as the daemon reads it."""
        self.host.mark(at_lower(self.host.timeline(), record_in), identity)
        shot = shot_of(sequence_of(self.host.timeline()), identity, Wanted(host="blender"))
        assert shot is not None and not [one for one in problems(shot) if one.refuses]
        return shot

    def take(self, shot: ShotRef, version: int, handles: int = HANDLES) -> ResultMedia:
        """A finished take of a shot, with handles."""
        frames = shot.duration + 2 * handles
        made = self.stage.media(f"{shot.clip_uid}_v{version:03d}", frames, RATE, TAKE_START)
        return ResultMedia(
            path=made["path"], name=made["name"], rate=Fraction(RATE), start=TAKE_START, frames=frames,
            plate_first=shot.source_in - handles, shot_id=shot.clip_uid, take_id=f"take {version}",
        )  # fmt: skip

    def do(self, plan: Table) -> None:
        """Carry a plan out as the panel does, and have the daemon read the timeline."""
        for step in plan["steps"]:
            self.host.carry_out(step)
        reading = self.plans.read(plan["id"], self.host.timeline())
        assert reading.ok, reading.faults

    def place(self, shot: ShotRef, version: int, handles: int = HANDLES) -> Table:
        told, can = self.host.timeline(), self.host.about()["capabilities"]
        plan = self.plans.make("s", shot, self.take(shot, version, handles), version, told, capabilities=can)
        self.do(plan)
        return plan

    def cut(self, shot: ShotRef, version: int, start: int, handles: int = HANDLES) -> Cut:
        """Where a take must be seen: on its shot's frames, from behind its handle on."""
        made = self.stage.media(f"{shot.clip_uid}_v{version:03d}", shot.duration + 2 * handles, RATE, None)
        return made, start, shot.duration, handles

    def keep(self, name: str) -> None:
        """One undo step, as the panel makes one."""
        self.stage.run(f"bpy.ops.ed.undo_push(message={name!r})")


def at_lower(told: Table, record_in: int) -> str:
    (found,) = [one["uid"] for one in told["tracks"][0]["clips"] if one["record_in"] == record_in]
    return str(found)


@pytest.fixture
def film(stage: BlenderStage) -> Film:
    return Film(stage)


def same(found: Sequence[Seen], wanted: Sequence[Seen]) -> None:
    """Every frame, told by number where it differs."""
    assert {
        number: pair for number, pair in enumerate(zip(found, wanted, strict=True)) if pair[0] != pair[1]
    } == {}


def test_takes_are_seen_on_their_frames_and_nowhere_else(film: Film, tmp_path: Path) -> None:
    same(film.rendered(), film.seen())
    shot, other = film.shot(25, "long"), film.shot(5, "short")
    film.place(shot, 1)
    same(film.rendered(), film.seen(film.cut(shot, 1, 25)))
    film.place(other, 1)
    both = film.seen(film.cut(shot, 1, 25), film.cut(other, 1, 5))
    same(film.rendered(), both)
    same(film.melted(tmp_path, ".otio"), both)
    same(film.melted(tmp_path, ".xml"), both)


def test_versions_undo_and_reloading_show_what_they_should(film: Film) -> None:
    shot = film.shot(25, "long")
    film.keep("marked")
    film.place(shot, 1)
    film.keep("placed")
    first, second = film.seen(film.cut(shot, 1, 25)), film.seen(film.cut(shot, 2, 25, handles=12))
    assert film.place(shot, 2, handles=12)["kind"] == "swap"
    film.keep("swapped")
    same(film.rendered(), second)
    film.stage.run("bpy.ops.ed.undo()")
    same(film.rendered(), first)
    film.stage.run("bpy.ops.ed.undo()")
    same(film.rendered(), film.seen())
    film.stage.run("bpy.ops.ed.redo(); bpy.ops.ed.redo()")
    same(film.rendered(), second)
    film.stage.save_and_reload()
    same(film.rendered(), second)
    assert film.place(shot, 1)["kind"] == "swap"
    same(film.rendered(), first)
    film.do(film.plans.make_removal("s", shot.clip_uid, film.host.timeline()))
    same(film.rendered(), film.seen())


def test_the_steps_that_undo_leave_no_trace(film: Film) -> None:
    shot = film.shot(25, "long")
    before = film.host.timeline()
    plan = film.plans.make("s", shot, film.take(shot, 1), 1, before)
    undo = [film.host.carry_out(step) for step in plan["steps"]]
    for step in reversed(undo):
        film.host.carry_out(step)
    assert film.host.timeline() == before
    same(film.rendered(), film.seen())


def test_a_shot_that_moved_gets_its_take_where_it_lies_now(film: Film) -> None:
    shot = film.shot(60, "moved")
    film.stage.disturb("moved", "trim_head", 7)
    film.place(shot, 1)
    made, _, _, index = film.cut(shot, 1, 60)
    lower = film.lower
    media, start, frames, first = lower[-1]
    film.lower = [*lower[:-1], (media, start + 7, frames - 7, first + 7)]
    same(film.rendered(), film.seen((made, 67, 3, index + 7)))


def test_a_take_that_finds_no_place_changes_no_pixel(film: Film) -> None:
    """There is a clip on the channel above the shot: Blender would move one of the two."""
    shot = film.shot(60, "under")
    before = film.host.timeline()
    made = film.take(shot, 1)
    step = {
        "do": "lay",
        "track": 2,
        "clip": clip("x", film.stage.media("under_v001", made.frames, RATE, None), 60, 10, 8),
    }
    with pytest.raises(HostRefused) as caught:
        film.host.carry_out(step)
    assert caught.value.kind == "Occupied"
    assert film.host.timeline() == before
    same(film.rendered(), film.seen())


DRAG = """
import os
window = bpy.context.window_manager.windows[0]
area = window.screen.areas[0]
area.type = "SEQUENCE_EDITOR"
if hasattr(window.workspace, "sequencer_scene"):
    window.workspace.sequencer_scene = bpy.context.scene
with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
    bpy.ops.sequencer.movie_strip_add(
        filepath=PATH, directory=os.path.dirname(PATH) + os.sep, files=[{"name": os.path.basename(PATH)}],
        frame_start=-128, channel=5, sound=False, use_framerate=False,
    )
"""


def test_a_movie_that_was_dragged_in_is_told_with_the_frames_that_it_shows(film: Film) -> None:
    """Blender plays such a movie at the scene's rate, which must not shift it by a frame."""
    media = film.stage.media("dragged", 200, RATE, None, ".mp4")
    if film.stage.run("answer = bpy.app.version >= (5, 0)"):
        pytest.skip("the operator crashes in the module bpy, which has no sequencer's window")
    film.stage.run(DRAG.replace("PATH", repr(media["path"])))
    found = at(film.host, 0)[1]
    assert (found["media"]["frames"], found["source_in"]) == (200, 0)
    assert found["duration"] in (199, 200), "4.5 makes the strip a frame shorter than its file"
    seen = found["duration"] - 128
    same(film.rendered()[:seen], [(film.stage.number(media), 128 + number) for number in range(seen)])
