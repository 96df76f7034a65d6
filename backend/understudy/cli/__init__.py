"""The command line: one verb per stage, one group per noun.

Exit codes: 0 done; 1 render error; 2 wrong usage or settings; 3 an input is missing or bad, or consent is
refused (a retry will not help); 75 a passing trouble (a retry may help); 143 asked to stop, frames are whole.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import click

import understudy
from understudy.app import read_environment
from understudy.cli.backend import preview_worker, render, serve, worker
from understudy.cli.bridge import bridge
from understudy.cli.edit_verbs import bind, crop, mark, nudge, smooth, strength
from understudy.cli.edits import edit, edits, redo, undo
from understudy.cli.faces import coverage, curate, faces
from understudy.cli.jobs import jobs
from understudy.cli.landmarks import landmarks
from understudy.cli.look import look
from understudy.cli.mattes import export, import_matte, matte_net, mattes, parse_matte, propagate
from understudy.cli.measure import measure, worst
from understudy.cli.media import media, pull, push
from understudy.cli.models import models
from understudy.cli.people import consent, custody, person
from understudy.cli.probe import probe
from understudy.cli.production import production, shots, takes
from understudy.cli.review import review
from understudy.cli.run import run
from understudy.cli.session import Session
from understudy.cli.stages import convert, deliver, evaluate, extract, ingest, train
from understudy.cli.tokens import certificates, token
from understudy.domain.errors import UnderstudyError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(understudy.__version__, prog_name="understudy")
@click.option(
    "-p",
    "--production",
    "folder",
    type=click.Path(path_type=Path),
    help="The production folder whose server to talk to (else UNDERSTUDY_PRODUCTION, or UNDERSTUDY_SERVER).",
)
@click.option(
    "--server", default="", metavar="HOST:PORT", help="A server elsewhere; its token is in UNDERSTUDY_TOKEN."
)
@click.option(
    "--certificate", type=click.Path(path_type=Path), help="PEM: whose certificate that server must show."
)
@click.option(
    "--client-certificate", type=click.Path(path_type=Path), help="PEM: what to show to a server that asks."
)
@click.option("--client-key", type=click.Path(path_type=Path), help="PEM: the key of the client certificate.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON; progress as one JSON event a line.")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens, with times.")
@click.pass_context
def understudy_command(
    context: click.Context,
    folder: Path | None,
    server: str,
    certificate: Path | None,
    client_certificate: Path | None,
    client_key: Path | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Understudy: face replacement for film and television post-production.

    Somebody with footage: `understudy run recipe.toml`. Step by step: production, serve, person, consent,
    ingest, extract, train, convert, deliver. Frame ranges are written as 1001-1100x2,1120.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if folder is not None and server:
        raise click.UsageError("name either a production with -p or a --server, not both")
    environment = read_environment()
    environment = replace(
        environment,
        server=server or environment.server,
        production=None if server else environment.production,
        certificate=certificate or environment.certificate,
        client_certificate=client_certificate or environment.client_certificate,
        client_key=client_key or environment.client_key,
    )
    context.obj = Session(environment=environment, production=folder, as_json=as_json)


for command in (
    production, person, consent, shots, ingest, extract, train, convert, deliver, evaluate, takes, jobs,
    mattes, propagate, matte_net, import_matte, parse_matte, export, measure, worst, models, custody, run,
    serve, review, worker, render, preview_worker, look, probe,
    edits, edit, undo, redo, mark, bind, smooth, strength, nudge, crop,
    faces, curate, coverage, landmarks, token, certificates,
    media, push, pull, bridge,
):  # fmt: skip
    understudy_command.add_command(command)


def main() -> None:
    """Run the command line; errors become one line on standard error and an exit code."""
    try:
        # In this mode `context.exit(code)` comes back as a value.
        code = understudy_command(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as misuse:
        misuse.show()
        sys.exit(misuse.exit_code)
    except UnderstudyError as error:
        _tell(error)
        sys.exit(error.exit_code)


def _tell(error: UnderstudyError) -> None:
    name = type(error).__name__
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": name, "message": str(error), "exit_code": error.exit_code}))
    click.echo(f"understudy: {name}: {error}", err=True)
