"""`server.json` in a production folder: where its server listens, and the token that it asks for.

Only the user who runs the server may read it. Local clients find the server by it, also after a restart.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from understudy.domain.errors import ServerUnreachable
from understudy.domain.files import write_bytes
from understudy.domain.outside_text import json_value

SERVER_FILE = "server.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerLocation:
    """Where a server listens (`host:port`), its access token and its process id.

    `certificate` (PEM) is whom to trust when the server speaks TLS; without it the line is plain.
    `client_certificate` and `client_key` (PEM) are shown to a server that asks for them.
    """

    address: str
    token: str
    pid: int = 0
    certificate: str = ""
    client_certificate: str = ""
    client_key: str = ""

    def __repr__(self) -> str:
        return f"ServerLocation(address={self.address!r}, pid={self.pid})"


def write_server_file(folder: Path, location: ServerLocation) -> None:
    """Tell local clients where the server of this production listens (mode 0600)."""
    table = {**asdict(location), "folder": str(folder.resolve())}
    write_bytes(folder / SERVER_FILE, json.dumps(table, indent=2).encode(), mode=0o600)


def read_server_file(folder: Path) -> ServerLocation:
    """Raises: ServerUnreachable when no server wrote one, it cannot be read, or came with a copied folder."""
    path = folder / SERVER_FILE
    try:
        table = json_value(path.read_text())
        if _is_of_another(folder, Path(str(table.get("folder", "")))):
            raise FileNotFoundError(f"{path} was copied from {table['folder']}")
        return ServerLocation(
            address=str(table["address"]),
            token=str(table["token"]),
            pid=int(table["pid"]),
            certificate=str(table.get("certificate", "")),
            client_certificate=str(table.get("client_certificate", "")),
            client_key=str(table.get("client_key", "")),
        )
    except FileNotFoundError as cause:
        raise ServerUnreachable(
            f"no server has {folder} open; start one with: understudy serve {folder}"
        ) from cause
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ServerUnreachable(f"cannot read {path}: {cause}; start the server again") from cause


def _is_of_another(folder: Path, served: Path) -> bool:
    """Whether the server's folder is another one than this. One that is not here may be this one, mounted."""
    return served.is_absolute() and served.is_dir() and not served.samefile(folder)


def remove_server_file(folder: Path, *, pid: int) -> None:
    """Take the file away when the server stops, unless another process wrote it since."""
    try:
        owner = read_server_file(folder).pid
    except ServerUnreachable:
        return
    if owner == pid:
        (folder / SERVER_FILE).unlink(missing_ok=True)
