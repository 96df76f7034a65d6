"""Clips that clients send: whole or not at all, by a name that is one, and gone with the person they show."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edit_show import Show
from tests.running_backend import RunningBackend, wait_until
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobState
from understudy.domain.job_spec import IngestSpec
from understudy.domain.shot import Shot
from understudy.domain.summary import StoredClip
from understudy.rpc.server import RunningServer
from understudy.store.clips import GIB, MEDIA_FOLDER, Clips, check_clip_name
from understudy.store.production import Production
from understudy.store.purge import purge_person
from understudy.v1 import shots_pb2 as pb
from understudy.wire.limits import CLIP_CHUNK_BYTES, MAX_CLIP_CHUNK_BYTES

BYTES = bytes(range(256)) * 8000  # about 2 MB: several messages
METHOD = "/understudy.v1.ShotService/PutClip"


@pytest.fixture
def server(show: Show) -> Iterator[RunningServer]:
    with running(show.studio, max_workers=16) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(server.address, TOKEN) as client:
        yield client


def media(show: Show) -> list[Path]:
    """Everything in the media folder, folders and hidden files too."""
    while True:
        with suppress(FileNotFoundError):  # a folder that the server takes away while it is looked at
            return sorted((show.production.folder / MEDIA_FOLDER).rglob("*"))


def raw_call(server: RunningServer, *messages: pb.PutClipRequest, token: str = TOKEN) -> grpc.StatusCode:
    """How a call ends that the client would not make."""
    with grpc.insecure_channel(server.address) as channel:
        call = channel.stream_unary(
            METHOD,
            request_serializer=pb.PutClipRequest.SerializeToString,
            response_deserializer=pb.PutClipResponse.FromString,
        )
        with pytest.raises(grpc.RpcError) as failed:
            call(iter(messages), metadata=(("authorization", f"Bearer {token}"),), timeout=20)
    assert isinstance(failed.value, grpc.Call)
    return failed.value.code()


def header(name: str = "a.mov", size: int = 3) -> pb.PutClipRequest:
    return pb.PutClipRequest(header=pb.ClipHeader(name=name, size=size))


# Sending


@pytest.mark.parametrize("chunk", [len(BYTES), 1000, CLIP_CHUNK_BYTES + 1])
def test_a_clip_arrives_whole_and_is_hashed(show: Show, client: Client, chunk: int) -> None:
    parts = [BYTES[start : start + chunk] for start in range(0, len(BYTES), chunk)]
    clip = client.put_clip("A001 Kamera ä.mov", len(BYTES), parts)
    path = Path(clip.path)
    assert path.read_bytes() == BYTES and clip.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert path.parent.parent == show.production.folder / MEDIA_FOLDER and path.name == "A001 Kamera ä.mov"
    assert media(show) == [path.parent, path]


def test_clips_of_one_name_do_not_meet(client: Client) -> None:
    one, other = (client.put_clip("a.mov", 3, [data]) for data in (b"one", b"two"))
    assert one.path != other.path
    assert [Path(clip.path).read_bytes() for clip in (one, other)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("size", "parts", "says"),
    [
        (9, [b"abc", b"def"], "ended after 6 of 9"),
        (4, [b"abc", b"def"], "more came of a.mov than the 4"),
        (5, [], "ended after 0 of 5"),
        (0, [], "0 bytes"),
        (-1, [b"abc"], "-1 bytes"),
        (300 * GIB, [b"abc"], "most-upload-gib"),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(
    show: Show, client: Client, size: int, parts: list[bytes], says: str
) -> None:
    with pytest.raises(errors.BadInput, match=says):
        client.put_clip("a.mov", size, parts)
    assert media(show) == []


def test_a_full_disk_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    clips = Clips(tmp_path, most_bytes=2**62)
    sent: list[bytes] = []

    def parts() -> Iterator[bytes]:
        sent.append(b"a")
        yield b"a"

    with pytest.raises(errors.DiskFull, match="has room for"):
        clips.put("a.mov", shutil.disk_usage(tmp_path).total * 2, parts())
    assert not sent and not list((tmp_path / MEDIA_FOLDER).iterdir())


def test_room_is_kept_for_what_is_on_its_way(tmp_path: Path) -> None:
    clips = Clips(tmp_path, most_bytes=2**62)
    most = int(shutil.disk_usage(tmp_path).free * 0.6)
    second: list[Exception] = []

    def parts() -> Iterator[bytes]:
        try:
            clips.put("b.mov", most, [])
        except errors.DiskFull as error:
            second.append(error)
        yield b"a"

    with pytest.raises(errors.BadInput, match="ended after 1"):
        clips.put("a.mov", most, parts())
    assert len(second) == 1
    with pytest.raises(errors.BadInput, match="ended after 0"):
        clips.put("c.mov", most, [])  # and it is given back


@pytest.mark.parametrize(
    "name",
    ["", ".hidden", "..", "a/b.mov", "/etc/passwd", "a\\b.mov", "C:a.mov", "a\nb", "a\0b", " a.mov", "a.mov ",
     "x" * 201, "ä" * 150, "a\u202eb.mov"],
)  # fmt: skip
def test_what_is_no_name_is_refused(show: Show, client: Client, name: str) -> None:
    with pytest.raises(errors.BadInput):
        client.put_clip(name, 3, [b"abc"])
    assert media(show) == []


@given(st.text(max_size=210))
def test_a_name_that_is_taken_stays_in_its_folder(name: str) -> None:
    try:
        check_clip_name(name)
    except errors.BadInput:
        return
    path = Path("/media/one") / name
    assert path.parent == Path("/media/one") and path.name == name and len(name.encode()) < 240


def test_the_longest_name_can_be_written(client: Client) -> None:
    name = "x" * 196 + ".mov"
    assert Path(client.put_clip(name, 3, [b"abc"]).path).name == name


# What else may go wrong on the way


def test_what_breaks_at_home_is_raised_there_and_leaves_nothing(show: Show, client: Client) -> None:
    def parts() -> Iterator[bytes]:
        yield b"abc"
        raise OSError("the card was pulled out")

    with pytest.raises(OSError, match="pulled out"):
        client.put_clip("a.mov", 9, parts())
    wait_until(lambda: media(show) == [], seconds=10)


def test_a_client_that_goes_away_leaves_nothing(show: Show, server: RunningServer) -> None:
    gone = threading.Event()

    def parts() -> Iterator[pb.PutClipRequest]:
        yield header(size=100)
        yield pb.PutClipRequest(data=b"abc")
        gone.wait(20)

    channel = grpc.insecure_channel(server.address)
    call = channel.stream_unary(
        METHOD,
        request_serializer=pb.PutClipRequest.SerializeToString,
        response_deserializer=pb.PutClipResponse.FromString,
    )
    under_way = call.future(parts(), metadata=(("authorization", f"Bearer {TOKEN}"),))
    wait_until(lambda: len(media(show)) == 2, seconds=10)
    under_way.cancel()
    wait_until(lambda: media(show) == [], seconds=10)
    gone.set()
    channel.close()
    assert under_way.cancelled() and media(show) == []


def test_messages_out_of_order_are_refused(show: Show, server: RunningServer) -> None:
    refused = grpc.StatusCode.INVALID_ARGUMENT
    assert raw_call(server) == refused
    assert raw_call(server, pb.PutClipRequest(data=b"abc")) == refused
    assert raw_call(server, header(), header()) == refused
    large = pb.PutClipRequest(data=b"x" * (MAX_CLIP_CHUNK_BYTES + 1))
    assert raw_call(server, header(size=MAX_CLIP_CHUNK_BYTES + 1), large) == refused
    assert media(show) == []


def test_without_the_token_nothing_is_taken(show: Show, server: RunningServer) -> None:
    sent = (header(), pb.PutClipRequest(data=b"abc"))
    assert raw_call(server, *sent, token="wrong") == grpc.StatusCode.UNAUTHENTICATED
    with Client(server.address, "wrong") as client, pytest.raises(errors.NotAuthenticated):
        client.put_clip("a.mov", 3, [b"abc"])
    assert media(show) == []


def test_only_so_many_at_once_and_threads_are_left_for_others(show: Show, client: Client) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    stored: list[StoredClip] = []

    def slow() -> Iterator[bytes]:
        yield b"a"
        begun.release()
        go_on.wait(20)
        yield b"b"

    senders = [
        threading.Thread(target=lambda: stored.append(client.put_clip("a.mov", 2, slow()))) for _ in range(2)
    ]
    for sender in senders:
        sender.start()
    for _ in senders:
        assert begun.acquire(timeout=10)
    wait_until(lambda: len(media(show)) == 4, seconds=10)
    with pytest.raises(errors.Transient, match="too many clips"):
        client.put_clip("c.mov", 1, [b"c"])
    assert client.get_production().name == "The Film"
    go_on.set()
    for sender in senders:
        sender.join(timeout=10)
    assert len(stored) == 2
    client.put_clip("c.mov", 1, [b"c"])


def test_those_who_say_nothing_leave_threads_for_others(client: Client, server: RunningServer) -> None:
    never, channel = threading.Event(), grpc.insecure_channel(server.address)
    call = channel.stream_unary(
        METHOD,
        request_serializer=pb.PutClipRequest.SerializeToString,
        response_deserializer=pb.PutClipResponse.FromString,
    )

    def silent() -> Iterator[pb.PutClipRequest]:
        never.wait(20)
        yield header()

    meant = [call.future(silent(), metadata=(("authorization", f"Bearer {TOKEN}"),)) for _ in range(16)]
    wait_until(lambda: sum(one.done() for one in meant) == 14, seconds=10)
    assert client.get_production().name == "The Film"
    never.set()
    channel.close()


def test_a_server_that_starts_sweeps_what_was_on_its_way(show: Show) -> None:
    place = show.production.folder / MEDIA_FOLDER
    (place / "half").mkdir(parents=True)
    (place / "half" / ".a.xyz.part.mov").write_bytes(b"half")
    whole = show.studio.put_clip("b.mov", 3, [b"abc"])
    (Path(whole.path).parent / ".b.xyz.part.mov").write_bytes(b"half")
    (place / "notes.txt").write_text("not a clip")
    again = show.reopen()
    try:
        again.studio.start()
        assert media(show) == sorted([place / "notes.txt", Path(whole.path).parent, Path(whole.path)])
    finally:
        again.studio.stop()
        again.production.close()


# What becomes of it


def filed(show: Show, person_id: str, clip: StoredClip, name: str) -> Shot:
    plate = replace(show.shot.plate, path=clip.path, sha256=clip.sha256)
    return show.production.add_shot(
        Shot(id=new_id(), name=name, person_id=person_id, role="plate", plate=plate)
    )


def test_a_purge_takes_the_persons_clips_along(show: Show, client: Client) -> None:
    other = show.production.add_person("Mira")
    clips = {name: client.put_clip(f"{name}.mov", 3, [b"abc"]) for name in ("theirs", "both", "mira", "left")}
    for name in ("theirs", "both"):
        filed(show, show.performer.id, clips[name], name)
    for name in ("both", "mira"):
        filed(show, other.id, clips[name], f"{name}-of-mira")
    spec = IngestSpec(path=clips["left"].path, name="left", person_id="Rowan")
    failed, _ = show.production.create_job(spec, new_id())
    show.production.move_job(failed.id, JobState.FAILED)
    report = purge_person(show.production, show.performer.id)
    gone = {show.production.relative(Path(clips[name].path)) for name in ("theirs", "left")}
    assert gone <= set(report.paths)
    assert clips["both"].path in report.outside and Path(clips["both"].path).exists()
    kept = [Path(clips[name].path) for name in ("both", "mira")]
    assert media(show) == sorted([*kept, *(path.parent for path in kept)])


def test_an_older_production_gets_its_media_folder(show: Show) -> None:
    show.production.close()
    (show.folder / MEDIA_FOLDER).rmdir()
    with Production.open(show.folder):
        assert (show.folder / MEDIA_FOLDER).is_dir()


@pytest.mark.slow
def test_a_clip_that_was_sent_becomes_a_shot_and_a_killed_server_leaves_no_half_one(
    tmp_path: Path, tiny_shot: object
) -> None:
    plate: Path = tiny_shot.plate  # type: ignore[attr-defined]
    Production.create(tmp_path / "show", "Show")
    backend = RunningBackend.start(tmp_path / "show", "--most-upload-gib", "0.25")
    try:
        with pytest.raises(errors.BadInput, match=str(GIB // 4)):
            backend.client.put_clip("a.mov", GIB // 4 + 1, [b"abc"])
        backend.client.create_person("Rowan")
        with plate.open("rb") as file:
            parts = iter(lambda: file.read(100_000), b"")
            clip = backend.client.put_clip(plate.name, plate.stat().st_size, parts)
        assert clip.sha256 == sha256_of(plate)
        backend.do(IngestSpec(path=clip.path, name="sent", person_id="Rowan"))
        assert backend.client.shot("sent").plate.path == clip.path

        def slow() -> Iterator[bytes]:
            yield b"abc"
            wait_until(lambda: len(list((tmp_path / "show" / MEDIA_FOLDER).iterdir())) == 2, seconds=20)
            time.sleep(0.2)
            backend.kill()
            yield b"def"

        with pytest.raises((errors.Transient, errors.UnderstudyError)):
            backend.client.put_clip("half.mov", 6, slow())
        backend.client.close()
        backend = RunningBackend.start(tmp_path / "show")
        left = [path.name for path in (tmp_path / "show" / MEDIA_FOLDER).rglob("*") if path.is_file()]
        assert left == [plate.name]
    finally:
        backend.stop()
