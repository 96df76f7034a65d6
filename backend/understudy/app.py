"""The composition root: the only place that reads the environment and builds the parts together.

UNDERSTUDY_PRODUCTION   the production folder that client verbs talk to when none is named
UNDERSTUDY_SERVER       host:port of a backend elsewhere, used with UNDERSTUDY_TOKEN
UNDERSTUDY_TOKEN        its access token; for `serve`, the token to ask for (else a fresh one)
UNDERSTUDY_CERTIFICATE  PEM file with whom to trust when that backend speaks TLS
UNDERSTUDY_CLIENT_CERTIFICATE, UNDERSTUDY_CLIENT_KEY
                        PEM files to show to a backend that asks its clients for a certificate
UNDERSTUDY_CACHE        where pulled model files are kept (else XDG_CACHE_HOME or ~/.cache)
UNDERSTUDY_MODELS       a folder with model files that the studio staged
UNDERSTUDY_OFFLINE      set to 1: never fetch model files
UNDERSTUDY_TRUST_KEY    public key file that a farm node checks consent grants with
UNDERSTUDY_REVIEW_TOKEN the token that the bridge shows to the review room (else one in the state folder)
UNDERSTUDY_PATH_MAP     file (TOML or JSON) that says where here the folders lie that other machines name
UNDERSTUDY_STATE        where the review room and the bridge keep what they know (else XDG_STATE_HOME or
                        ~/.local/state; on Windows LOCALAPPDATA)
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import ssl
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from understudy.client import Client
from understudy.domain.errors import BadSettings, GrantInvalid
from understudy.domain.files import write_bytes
from understudy.domain.path_map import NO_MAP, PathMap, rule_of, rules_of
from understudy.domain.server_file import ServerLocation, remove_server_file, write_server_file

if TYPE_CHECKING:
    from understudy.house import LocalHouse
    from understudy.model_files import ModelFiles

_NOT_FOR_WORKERS = frozenset({"UNDERSTUDY_TOKEN", "UNDERSTUDY_PATH_MAP"})
_NOT_FOR_SERVERS = frozenset({"UNDERSTUDY_REVIEW_TOKEN", "UNDERSTUDY_TOKEN"})  # theirs are their own
"""What a server's own workers do without: they need no access, and their paths are this machine's already."""

_SYSTEMS = {"win32": "windows", "darwin": "macos"}

# The backend's own parts are imported where they are used: client verbs must start fast, without torch.


@dataclass(frozen=True, kw_only=True, slots=True)
class Tls:
    """PEM files of a server: its certificate with its chain, the key, and whose clients alone may come."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What the surroundings say, read once."""

    production: Path | None
    server: str
    token: str
    certificate: Path | None
    client_certificate: Path | None
    client_key: Path | None
    model_cache: Path
    staged_models: Path | None
    offline: bool
    trust_key: Path | None
    path_map: Path | None
    state_folder: Path
    review_token: str


def read_environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """The only reading of environment variables."""
    cache = Path(variables.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "understudy"
    if sys.platform == "win32":
        state = Path(variables.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "understudy"
    else:
        state = Path(variables.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "understudy"
    path = {
        name: Path(variables[name])
        for name in variables
        if name.startswith("UNDERSTUDY_") and variables[name]
    }
    return Environment(
        production=path.get("UNDERSTUDY_PRODUCTION"),
        server=variables.get("UNDERSTUDY_SERVER", ""),
        token=variables.get("UNDERSTUDY_TOKEN", ""),
        certificate=path.get("UNDERSTUDY_CERTIFICATE"),
        client_certificate=path.get("UNDERSTUDY_CLIENT_CERTIFICATE"),
        client_key=path.get("UNDERSTUDY_CLIENT_KEY"),
        model_cache=path.get("UNDERSTUDY_CACHE", cache) / "models",
        staged_models=path.get("UNDERSTUDY_MODELS"),
        offline=variables.get("UNDERSTUDY_OFFLINE", "") not in ("", "0"),
        trust_key=path.get("UNDERSTUDY_TRUST_KEY"),
        path_map=path.get("UNDERSTUDY_PATH_MAP"),
        state_folder=path.get("UNDERSTUDY_STATE", state),
        review_token=variables.get("UNDERSTUDY_REVIEW_TOKEN", ""),
    )


def connect(environment: Environment, production: Path | None) -> Client:
    """A client of the named production's server, or of the one in the environment. Raises: BadSettings."""
    if production is None and environment.server:
        return Client(
            environment.server,
            environment.token,
            certificate=_pem(environment.certificate),
            client_certificate=_pem(environment.client_certificate),
            client_key=_pem(environment.client_key),
        )
    folder = production or environment.production
    if folder is None:
        raise BadSettings("say which production: --production FOLDER, or set UNDERSTUDY_PRODUCTION")
    return Client.of_production(folder)


def open_local_house(
    environment: Environment, *, home: Path, named: Sequence[Path], only_named: bool = False
) -> LocalHouse:
    """The productions of this machine, for its review room."""
    from understudy.house import LocalHouse

    servers = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_SERVERS}
    return LocalHouse(
        home=home,
        named=named,
        only_named=only_named,
        state_folder=environment.state_folder,
        environment=servers,
    )


def review_token(environment: Environment) -> str:
    """The token that lets the bridge into the review room; made once and kept for this user alone."""
    if environment.review_token:
        return environment.review_token
    kept = environment.state_folder / "review.token"
    if not kept.exists():
        write_bytes(kept, secrets.token_urlsafe(32).encode(), mode=0o600)
    return _read(kept).decode().strip()


def open_model_files(environment: Environment) -> ModelFiles:
    """The pinned model files of this machine."""
    from understudy.model_files import ModelFiles

    return ModelFiles(environment.model_cache, environment.staged_models, offline=environment.offline)


def trust_key(environment: Environment, named: Path | None) -> Path:
    """The public key that a worker checks grants with. Raises: GrantInvalid."""
    key = named or environment.trust_key
    if key is None:
        raise GrantInvalid(
            "say which production to trust: --public-key FILE, or set UNDERSTUDY_TRUST_KEY "
            "(the file is keys/production.ed25519.pub in the production's folder)"
        )
    return key


def path_map(environment: Environment, pairs: Sequence[str] = ()) -> PathMap:
    """The path map of this machine: what the command line says, then the file. Raises: BadSettings."""
    said = tuple(map(rule_of, pairs))
    if environment.path_map is None:
        return PathMap(said)
    file, data = environment.path_map, _read(environment.path_map)
    try:
        text = data.decode()
        table = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise BadSettings(f"{file} is no path map: {cause}") from cause
    if not isinstance(table, dict):
        raise BadSettings(f"{file} is no path map; it has `map` and `place`")
    return PathMap((*said, *rules_of(table, system=_SYSTEMS.get(sys.platform, "linux"))))


def serve_production(
    folder: Path,
    *,
    address: str,
    slots: int,
    most_upload_gib: float,
    environment: Environment,
    started: Callable[[str], None],
    tls: Tls | None = None,
    path_map: PathMap = NO_MAP,
) -> None:
    """Serve one production until SIGTERM or Ctrl-C. Raises: NotFound, ProductionInUse, BadSettings."""
    from understudy.admission import Admission
    from understudy.jobs.previewer import Previewer
    from understudy.rpc.server import serve
    from understudy.store.clips import GIB
    from understudy.store.production import Production
    from understudy.studio import Studio
    from understudy.trust.keys import PUBLIC_NAME
    from understudy.trust.tokens import LEAST_CHARACTERS, new_token

    token = environment.token or new_token()
    if len(token) < LEAST_CHARACTERS or not token.isascii() or not token.isprintable():
        raise BadSettings(
            f"UNDERSTUDY_TOKEN is no safe token; give {LEAST_CHARACTERS} random characters or more, or none"
        )
    with Production.open(folder) as production:
        key = production.folder / "keys" / PUBLIC_NAME
        environment_of_workers = {
            name: value for name, value in os.environ.items() if name not in _NOT_FOR_WORKERS
        }
        studio = Studio(
            production,
            worker_command=lambda bundle: _worker_command(bundle, key),
            worker_environment=environment_of_workers,
            slots=slots,
            most_upload_bytes=int(most_upload_gib * GIB),
            path_map=path_map,
            previewer=Previewer(
                [sys.executable, "-P", "-m", "understudy", "-v", "preview-worker"],
                environment_of_workers,
                log_file=production.folder / "preview.log",
            ),
        )
        asked_to_end = _signals(signal.SIGTERM, signal.SIGINT)
        credentials = _server_credentials(tls)
        studio.start()  # before anybody calls: it sweeps what broken-off calls left
        try:
            server = serve(
                studio,
                address=address,
                access=Admission(production, own_token=token, audit=production.custody.append),
                credentials=credentials,
            )
        except BaseException:
            studio.stop()
            raise
        location = ServerLocation(address=server.local_address, token=token, pid=os.getpid())
        write_server_file(production.folder, location)
        try:
            started(server.address)
            asked_to_end.recv(1)
        finally:
            studio.stop()
            server.stop(grace_s=2)
            remove_server_file(production.folder, pid=os.getpid())


def _signals(*numbers: signal.Signals) -> socket.socket:
    """A socket with a byte to read for each of these signals that comes.

    An Event set by a handler is not enough: the system may hand the signal to any thread, and Python runs
    the handler in the main one only when that wakes, which a wait for the Event itself never does.
    """
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.detach())
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return reading


def _server_credentials(tls: Tls | None) -> grpc.ServerCredentials | None:
    """Raises: BadSettings for files that are missing, no PEM, or do not belong together."""
    if tls is None:
        return None
    key, chain = _read(tls.key), _read(tls.certificate)
    authority = _read(tls.client_ca) if tls.client_ca else None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key, password="")
        if authority is not None:
            ssl.create_default_context(cadata=authority.decode("ascii"))
    except (ssl.SSLError, ValueError) as cause:
        raise BadSettings(
            f"the TLS files {tls.certificate}, {tls.key}, {tls.client_ca} cannot be used: {cause}; "
            "give PEM files, and the key that belongs to the certificate"
        ) from cause
    return grpc.ssl_server_credentials(
        [(key, chain)], root_certificates=authority, require_client_auth=authority is not None
    )


def _pem(path: Path | None) -> str:
    """The text of a PEM file, empty without one. Raises: BadSettings."""
    try:
        return _read(path).decode("ascii") if path else ""
    except UnicodeDecodeError as cause:
        raise BadSettings(f"{path} is no PEM file; give the certificate as text") from cause


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise BadSettings(f"cannot read {path}: {cause.strerror}") from cause


def _worker_command(bundle: Path, public_key: Path) -> list[str]:
    """How a worker is started on this machine; it inherits the environment, and so the model files."""
    return [
        sys.executable,
        "-P",
        "-m",
        "understudy",
        "-v",
        "worker",
        str(bundle),
        "--public-key",
        str(public_key),
    ]
