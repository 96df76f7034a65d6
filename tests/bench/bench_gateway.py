"""What the gateway adds to a call: the same picture over gRPC alone and over HTTP, and other requests.

    python tests/bench/bench_gateway.py --picture-kib 387 --times 200

The backend lives in memory, so that everything measured is transport: gRPC, threads, the gate, HTTP.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes import PLATE, SHOT, FakeBackend
from tests.review_room import KEY, OneProduction, running_room
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.summary import Layer

P = f"/api/p/{KEY}"
WARM_UP = 20


def measure(what: str, call: Callable[[], object], times: int) -> None:
    for _ in range(WARM_UP):
        call()
    took_ms = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took_ms.append(1000 * (time.perf_counter() - began))
    took_ms.sort()
    print(f"{what:<34} median {took_ms[times // 2]:6.2f} ms   95 % {took_ms[int(times * 0.95)]:6.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture-kib", type=int, default=387, help="a 1080p JPEG of quality 90")
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    backend = FakeBackend()
    backend.picture = os.urandom(options.picture_kib * 1024)
    with (
        running(backend) as server,
        Client(server.address, TOKEN) as client,
        running_room(OneProduction(server.address)) as room,
        room.browser() as browser,
    ):
        line = http.client.HTTPConnection(room.base.removeprefix("http://"))
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

        def get(path: str) -> bytes:
            line.request("GET", path, headers={"cookie": cookie})
            answer = line.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return body

        def picture() -> object:
            return client.frame_picture(shot_id=SHOT.id, frame=1004, layer=Layer.PLATE)

        plate = f"{P}/pictures/plate/{SHOT.id}/{PLATE.sha256[:16]}/1004.jpg"
        solved = f"{P}/shots/{SHOT.id}/solved?first=1001&last=1009&landmarks=1&plans=1"
        measure("a picture, gRPC alone", picture, options.times)
        measure("a picture, HTTP and gRPC", lambda: get(plate), options.times)
        measure("the session, HTTP alone", lambda: get("/api/session"), options.times)
        measure("nine solved frames, HTTP and gRPC", lambda: get(solved), options.times)
        line.close()


if __name__ == "__main__":
    main()
