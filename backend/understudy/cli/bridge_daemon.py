"""`understudy bridge serve`, `status` and `install`: the daemon that editors talk to, and their side."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import understudy
from understudy.app import review_token
from understudy.cli.path_maps import path_map_option
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings, NotAuthenticated, ServerUnreachable
from understudy.domain.listening import address_of
from understudy.domain.plain import to_plain

if TYPE_CHECKING:
    from understudy_bridge.installing.doing import Outcome

_PATH = click.Path(path_type=Path)
_FEW = 4
DEFAULT_ADDRESS = "127.0.0.1:8431"  # panels find any other too, but Premiere's may ask this one only
DEFAULT_ROOM = "http://127.0.0.1:8420"  # where `understudy review` listens


@click.command("serve")
@click.option(
    "--address", default=DEFAULT_ADDRESS, show_default=True, help="Where to listen: this machine only."
)
@click.option(
    "--presets", type=_PATH, help="TOML: what editors may ask for (else one preset for each model)."
)
@click.option(
    "--room", default=DEFAULT_ROOM, show_default=True, metavar="URL", help="The review room's address."
)
@click.option("--push", is_flag=True, help="Send clips to the backend that it cannot see.")
@click.option("--media", type=_PATH, help="Where deliveries are fetched to that this machine cannot see.")
@path_map_option
@session
def serve_bridge(
    session: Session, address: str, presets: Path | None, room: str, push: bool, media: Path | None
) -> None:
    """Run the daemon that editing software on this machine talks to, until it is ended.

    Its address and token are in bridge.json in the state folder, which panels read. Jobs go on in the backend
    when it ends, and it takes them up again.
    """
    _need_a_door()
    from understudy_bridge.daemon.app import create_app
    from understudy_bridge.daemon.bridge import Bridge, BridgeSetting
    from understudy_bridge.daemon.bridge_file import announced, only_daemon
    from understudy_bridge.daemon.gate import Gate
    from understudy_bridge.daemon.serving import listen, server_of

    with suppress(ServerUnreachable):  # it may come later; that none was named is said now
        session.client().close()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    state = session.environment.state_folder
    setting = BridgeSetting(
        connect=session.client,
        state=state,
        presets=presets,
        room=room,
        room_token=review_token(session.environment) if room else "",
        path_map=session.path_map(),
        push=push,
        media=media,
    )
    with only_daemon(state), listen(address) as listening, closing(Bridge(setting)) as bridge:
        host, port = address_of(listening)
        where = f"{host}:{port}"
        with announced(state, address=where, version=understudy.__version__) as told:
            gate = Gate(create_app(bridge), token=told.token, port=port)

            def started() -> None:
                session.record({"address": where, "pid": told.pid}, f"the bridge's daemon: {where}")
                sys.stdout.flush()

            server_of(gate, started=started, ending=bridge.close).run(sockets=[listening])


def _end(number: int, frame: object) -> NoReturn:
    """Before and after uvicorn has the signals in its own hands."""
    raise SystemExit(0)


def _need_a_door() -> None:
    if not all(find_spec(name) for name in ("starlette", "uvicorn")):
        raise BadSettings(
            "this needs starlette and uvicorn; install the extra: pip install 'understudy[bridge]'"
        )


@click.command("status")
@session
def bridge_status(session: Session) -> None:
    """Ask the daemon how it is, and which backend it talks to."""
    from understudy_bridge.panel.daemon_calls import Daemon, DaemonTrouble, WrongToken

    daemon = Daemon(session.environment.state_folder)
    try:
        told = daemon.hello()
    except WrongToken as trouble:
        raise NotAuthenticated(str(trouble)) from trouble
    except DaemonTrouble as trouble:
        raise ServerUnreachable(str(trouble)) from trouble
    session.record(told, _told(told))


def _told(told: dict[str, Any]) -> str:
    backend = told["backend"]
    production = backend["production"]["name"] if backend["production"] else "no production"
    text = f"daemon {told['version']}; backend {backend['address']} is {backend['state']}: {production}"
    return "\n".join([text, *filter(None, [backend["message"]]), *told.get("notes", [])])


@click.command("install")
@click.argument("host")
@click.option("--to", "root", type=_PATH, help="The folder for our files (else one in your data folder).")
@click.option("--dry-run", is_flag=True, help="Tell what would be written, and write nothing.")
@click.option("--remove", is_flag=True, help="Take away what was installed.")
@click.option("--blender", type=_PATH, help="The Blender program that the extension is to be installed into.")
@session
def install_host(
    session: Session, host: str, root: Path | None, dry_run: bool, remove: bool, blender: Path | None
) -> None:
    """Put the side of the editor HOST where that editor finds it.

    HOST is blender, resolve, nuke, hiero, premiere or after_effects. Installing again updates it. Files of
    others are never overwritten.
    """
    from understudy_bridge.installing.doing import Outcome, install, refuse_others, remove_host
    from understudy_bridge.installing.kept import read_list
    from understudy_bridge.installing.places import Places
    from understudy_bridge.installing.plan import plan_installation

    if blender is not None and (host != "blender" or remove):
        raise BadSettings("--blender is for installing the host blender")
    places = Places.of_this_machine(os.environ)
    root = (root or places.our_folder()).absolute()
    if remove:
        _tell(session, remove_host(host, root, dry_run=dry_run), "", root, dry_run=dry_run)
        return
    plan = plan_installation(host, root, places)
    if dry_run:
        refuse_others(plan, read_list(root))
        written = tuple(str(path) for path in (*plan.files, *plan.blocks))
        _tell(session, Outcome(written=written, notes=plan.notes), plan.says(), root, dry_run=True)
        return
    outcome = install(plan)
    if blender is not None:
        from understudy_bridge.installing.blender import install_into

        (package,) = plan.files
        version = install_into(blender, package)
        where = "sequencer, sidebar (N), tab Understudy"
        _tell(session, outcome, f"installed and enabled in Blender {version}: {where}", root, dry_run=False)
        return
    _tell(session, outcome, plan.says(), root, dry_run=False)


def _tell(session: Session, outcome: Outcome, says: str, root: Path, *, dry_run: bool) -> None:
    """A dry run names every file; what was done names those in the editor's own folders, and counts ours."""
    if session.as_json:
        click.echo(json.dumps({**to_plain(outcome), "says": says, "dry_run": dry_run}, ensure_ascii=False))
        return
    would = "would be " if dry_run else ""
    for done, paths in (("written", outcome.written), ("removed", outcome.removed)):
        ours = [path for path in paths if not dry_run and Path(path).is_relative_to(root)]
        for path in paths:
            if len(ours) < _FEW or path not in ours:
                click.echo(f"{would}{done}: {path}")
        if len(ours) >= _FEW:
            click.echo(f"{done}: {len(ours)} files in {root}")
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)
    if says:
        click.echo(says)
