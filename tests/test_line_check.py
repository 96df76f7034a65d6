"""What a handshake of the client's own says about a line that does not stand."""

from __future__ import annotations

import gc
import socket
import struct
import threading
import warnings

from understudy.client.line_check import line_fault
from understudy.domain.server_file import ServerLocation

RESET_AT_ONCE = struct.pack("ii", 1, 0)


def test_a_line_that_is_reset_leaves_no_socket_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopping = threading.Event()

        def reset_everybody() -> None:
            while not stopping.is_set():
                line, _ = server.accept()
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
                line.close()

        thread = threading.Thread(target=reset_everybody)
        thread.start()
        port = server.getsockname()[1]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(200):
                assert line_fault(ServerLocation(address=f"127.0.0.1:{port}", token="")) is None
            gc.collect()
        stopping.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
    assert [str(warning.message) for warning in caught] == []


def test_nobody_there_is_no_fault_of_the_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert line_fault(ServerLocation(address=f"localhost:{port}", token="")) is None
