"""How fast a clip is pushed over loopback, beside a bare gRPC stream of the same bytes.

    python tests/bench/bench_push.py --mib 512 --times 3

The bare stream carries the same bytes in messages of the same size from one program to another, and does
nothing with them: no hash, no disk. A push reads the clip and hashes it whole and in pieces, reads and sends
it, and has it hashed, kept, put together and synced to the disk by the server.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.running_backend import RunningBackend

from understudy.domain.chunks import chunked
from understudy.rpc.server import OPTIONS
from understudy.store.production import Production
from understudy.wire.limits import MAX_CLIP_CHUNK_BYTES

METHOD = "/bench.Bare/Send"


def serve_bare(pipe: Connection) -> None:
    """Count the bytes that come, until somebody says enough."""

    def count(messages: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        return str(sum(map(len, messages))).encode()

    server = grpc.server(futures.ThreadPoolExecutor(2), options=OPTIONS)
    handler = grpc.stream_unary_rpc_method_handler(count)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Bare", {"Send": handler}),))
    pipe.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    pipe.recv()
    server.stop(None)


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(MAX_CLIP_CHUNK_BYTES):
            yield data


def bare_seconds(clip: Path, times: int) -> list[float]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_bare, args=(theirs,))
    process.start()
    with grpc.insecure_channel(f"127.0.0.1:{ours.recv()}", options=OPTIONS) as channel:
        send = channel.stream_unary(METHOD)
        took = [seconds(lambda: send(parts(clip))) for _ in range(times)]
    ours.send("enough")
    process.join()
    return took


def pushed_seconds(folder: Path, clips: list[Path]) -> tuple[list[float], list[float]]:
    """For new clips, and for the same again."""
    Production.create(folder / "show", "Show")
    backend = RunningBackend.start(folder / "show", "--most-upload-gib", "100")
    try:
        new = [seconds(lambda clip=clip: backend.client.push_clip(clip.name, [clip])) for clip in clips]  # type: ignore[misc]
        again = [seconds(lambda clip=clip: backend.client.push_clip(clip.name, [clip])) for clip in clips]  # type: ignore[misc]
    finally:
        backend.stop()
    return new, again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    size = options.mib << 20
    with tempfile.TemporaryDirectory() as place:
        folder, clips = Path(place), []
        for number in range(options.times):
            clip, draw = folder / f"c{number}.mov", random.Random(number)
            with clip.open("wb") as file:
                for _ in range(options.mib // 4):
                    file.write(draw.randbytes(4 << 20))
            clips.append(clip)
        hashed = [seconds(lambda clip=clip: chunked(clip, clip.name)) for clip in clips]  # type: ignore[misc]
        once = [seconds(lambda clip=clip: hashlib.file_digest(clip.open("rb"), "sha256")) for clip in clips]  # type: ignore[misc]
        bare = bare_seconds(clips[0], options.times)
        new, again = pushed_seconds(folder, clips)
    rows = {
        "bare gRPC stream": bare,
        "SHA-256 of the file": once,
        "manifest (whole and pieces)": hashed,
        "push, new clip": new,
        "push, all there": again,
    }
    for what, took in rows.items():
        best = min(took)
        print(f"{what:<30} {size / best / 1e6:8.0f} MB/s   best of {len(took)}: {best:6.2f} s")
    print(f"share of the bare stream: {min(bare) / min(new):.2f}")


if __name__ == "__main__":
    main()
