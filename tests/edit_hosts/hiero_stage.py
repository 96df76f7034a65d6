"""The fake Hiero on the contract suite's stage."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.edit_hosts import fake_hiero, fake_hiero_media
from tests.edit_hosts.fake_hiero import Sequence, TrackItem, VideoTrack
from tests.edit_hosts.fake_hiero_media import Clip, MediaSource, TimeBase

from understudy_bridge.panel.host import EditHost, Table


class HieroStage:
    """Plates are movies, takes are sequences."""

    quirks: frozenset[str] = frozenset()

    def __init__(self, folder: Path, host: EditHost) -> None:
        self.folder, self.host = folder, host

    def build(self, timeline: Table) -> None:
        sequence = Sequence(timeline["name"])
        sequence.rate, sequence.start = TimeBase(timeline["rate"]), timeline["start_frame"]
        sequence.drop = timeline["drop_frame"]
        fake_hiero.state.sequence, fake_hiero.state.selection = sequence, []
        for told in timeline["tracks"]:
            track = VideoTrack(told["name"])
            sequence.addTrack(track)
            for clip in told["clips"]:
                self._item(track, clip)
            track.locked = told.get("locked", False)

    def _item(self, track: VideoTrack, clip: Table) -> None:
        item, media = TrackItem(clip["name"]), clip["media"]
        item.setSource(Clip(MediaSource(_as_hiero(media["path"]))))
        first = clip["source_in"] - (media["start"] or 0)
        last = clip["record_in"] + clip["duration"] - 1
        item.setTimes(clip["record_in"], last, float(first), float(first + clip["duration"] - 1))
        track.addTrackItem(item)

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        sequence = name.startswith("take")
        path = self.folder / (f"{name}.####.exr" if sequence else f"{name}.mov")
        fact = {"frames": frames, "rate": rate, "start": start, "drop_frame": False, "reel": ""}
        fake_hiero_media.files[_as_hiero(str(path))] = fact
        (self.folder / f"{name}.1001.exr" if sequence else path).write_bytes(b"")
        made = {"path": str(path), "name": path.name, "rate": rate, "start": start, "frames": frames}
        return {**made, "drop_frame": False, "reel": "", "colour_space": ""}

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        track, item = self._item_of(uid)
        if what == "move":
            item.first, item.last = item.first + amount, item.last + amount
        elif what == "trim_head":
            item.first, item.source_in = item.first + amount, item.source_in + amount
        elif what == "delete":
            track.removeItem(item)
        elif what == "duplicate":
            copied = item.copy()
            end = max(one.last for one in track.items_) + 5
            copied.first, copied.last = end, end + item.last - item.first
            track.addTrackItem(copied)
        elif what == "occupy":
            self._occupy(track, item)
        elif what == "rename":
            item.setName(f"renamed {amount}")
        elif what == "select":
            fake_hiero.state.selection = [item]
        else:
            raise ValueError(what)

    def _occupy(self, track: VideoTrack, item: TrackItem) -> None:
        tracks = self._sequence().tracks
        number = tracks.index(track) + 1
        if number == len(tracks):
            self._sequence().addTrack(VideoTrack("titles"))
        other = item.copy()
        other.tags_ = []
        tracks[number].addTrackItem(other)

    def _item_of(self, uid: str) -> tuple[VideoTrack, TrackItem]:
        from understudy_bridge.hosts.hiero.items import uid_of

        for number, track in enumerate(self._sequence().tracks, 1):
            for item in track.items_:
                if uid_of(item, number) == uid:
                    return track, item
        raise AssertionError(f"no item {uid}")

    def _sequence(self) -> Sequence:
        assert fake_hiero.state.sequence is not None
        return fake_hiero.state.sequence

    def save_and_reload(self) -> None:
        fake_hiero.reload()

    def close(self) -> None:
        fake_hiero.state.sequence = None


def _as_hiero(path: str) -> str:
    return path.replace("####", "%04d")


def stage(folder: Path) -> HieroStage:
    fake_hiero_media.files.clear()
    sys.modules.update(fake_hiero.modules())
    from understudy_bridge.hosts.hiero.host import HieroHost

    return HieroStage(folder, HieroHost())
