"""`understudy serve`, `worker`, `render`: the programs behind the client's verbs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from understudy.app import Tls, open_model_files, serve_production, trust_key
from understudy.cli.path_maps import path_map_option
from understudy.cli.progress import describe, openjd_line
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings
from understudy.domain.job import Event, EventKind
from understudy.domain.plain import to_json
from understudy.domain.time import parse_frames


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--address", default="127.0.0.1:0", show_default=True, help="Where to listen; port 0 takes a free one."
)
@click.option("--slots", default=1, show_default=True, help="How many workers may run at once.")
@click.option(
    "--tls-certificate",
    type=click.Path(path_type=Path),
    help="PEM, with its chain; needed to listen on anything but this machine.",
)
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM; the certificate's key.")
@click.option(
    "--client-ca",
    type=click.Path(path_type=Path),
    help="PEM; only clients with a certificate signed by it are let in from the network.",
)
@click.option(
    "--most-upload-gib",
    type=click.FloatRange(min=0, min_open=True),
    default=200.0,
    show_default=True,
    help="The largest clip that a client may send.",
)
@path_map_option
@session
def serve(
    session: Session,
    folder: Path,
    address: str,
    slots: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    most_upload_gib: float,
) -> None:
    """Open the production in FOLDER and serve it over gRPC until SIGTERM or Ctrl-C.

    Address and access token are written to FOLDER/server.json (readable by its owner only), where this
    user's clients find them. Workers go on when the server ends and are found again by the next one.

    To serve other machines give a TLS certificate and its key (`understudy certificates make` makes some to
    try it with), and each client a token of its own (`understudy token create`). Clients on this machine
    then use a port of their own, without TLS.
    """
    if (tls_certificate is None) != (tls_key is None):
        raise BadSettings("--tls-certificate and --tls-key belong together")
    if client_ca is not None and tls_certificate is None:
        raise BadSettings("--client-ca needs --tls-certificate and --tls-key")
    tls = None
    if tls_certificate and tls_key:
        tls = Tls(certificate=tls_certificate, key=tls_key, client_ca=client_ca)

    def started(at: str) -> None:
        session.record({"address": at, "folder": str(folder)}, f"serving {folder} at {at}")
        sys.stdout.flush()

    serve_production(
        folder,
        address=address,
        slots=slots,
        most_upload_gib=most_upload_gib,
        environment=session.environment,
        started=started,
        tls=tls,
        path_map=session.path_map(),
    )


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--public-key", type=click.Path(path_type=Path, exists=True), help="Checks the bundle's consent grant."
)
@path_map_option
@session
@click.pass_context
def worker(context: click.Context, session: Session, bundle: Path, public_key: Path | None) -> None:
    """Carry out BUNDLE, a job's folder. The server starts this itself."""
    from understudy.jobs.worker import run_worker

    key = trust_key(session.environment, public_key)
    files = open_model_files(session.environment)
    context.exit(run_worker(bundle, public_key=key, model_files=files, path_map=session.path_map()))


@click.command(name="preview-worker", hidden=True)
def preview_worker() -> None:
    """Make previews for the server that started this: tasks on standard input, pictures on the output."""
    from understudy.jobs.preview_worker import run_preview_worker

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not meet the answers
    run_preview_worker(sys.stdin.buffer, answers)


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-F", "--frames", required=True, help="Which frames of the bundle, such as 1001-1010.")
@click.option(
    "--public-key", type=click.Path(path_type=Path, exists=True), help="Checks the bundle's consent grant."
)
@click.option(
    "--progress",
    type=click.Choice(["plain", "openjd", "json"]),
    default="plain",
    show_default=True,
    help="The form of progress lines on standard output.",
)
@path_map_option
@session
@click.pass_context
def render(
    context: click.Context,
    session: Session,
    bundle: Path,
    frames: str,
    public_key: Path | None,
    progress: str,
) -> None:
    """Render frames of a convert BUNDLE, as a farm does: no server, no database, no display, no network.

    Frames that are there and valid are skipped, so any engine may run any part again.
    """
    from understudy.jobs.worker import render_bundle

    code = render_bundle(
        bundle,
        parse_frames(frames),
        public_key=trust_key(session.environment, public_key),
        model_files=open_model_files(session.environment),
        tell=lambda event: _tell(event, progress),
        path_map=session.path_map(),
    )
    context.exit(code)


def _tell(event: Event, form: str) -> None:
    if form == "json":
        click.echo(to_json(event))
    elif event.kind is EventKind.PROGRESS:
        plain = f"PROGRESS: {100 * event.done // max(1, event.total)}%  {describe(event)}"
        click.echo(openjd_line(event) if form == "openjd" else plain)
    elif event.kind is EventKind.FRAME_FAILED:
        click.echo(f"frame {event.frame} failed: {event.error}: {event.message}", err=True)
    elif event.error:
        click.echo(f"understudy: {event.error}: {event.texts.get('detail', '')}", err=True)
    sys.stdout.flush()
