"""`understudy token`, `certificates`: who may use a server, and over which lines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from understudy.cli.session import Session, session
from understudy.domain.access import AccessToken, Scope


@click.group()
def token() -> None:
    """Access tokens of the production's server: who else may use it.

    A farm token reads jobs and takes, an artist token works on shots, an admin token also records consents,
    purges people and makes tokens. Clients elsewhere give theirs in UNDERSTUDY_TOKEN.
    """


@token.command("create")
@click.option("--name", required=True, help="Who or what it is for; edits and the custody log refer to it.")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.ARTIST.value,
    show_default=True,
    help="What it allows; each scope includes those before it.",
)
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), default=90.0, show_default=True,
    help="How long it is good for.",
)  # fmt: skip
@session
def create(session: Session, name: str, scope: str, days: float) -> None:
    """Make a token and show it, this once. The server keeps only a hash of it."""
    valid_s = max(1, round(timedelta(days=min(days, 1e6)).total_seconds()))
    with session.client() as client:
        made = client.create_token(name, Scope(scope), valid_s)
    told = f"token {made.token.id} for {made.token.name}, scope {made.token.scope}, "
    session.record(
        {"token": made.token, "secret": made.secret},
        f"{told}until {made.token.expires_at[:16]} UTC; this is the only time it is shown:\n{made.secret}",
    )


@token.command("list")
@session
def list_tokens(session: Session) -> None:
    """List the tokens, the ended ones too."""
    with session.client() as client:
        found = client.tokens()
    session.table(
        found,
        ("name", "scope", "made", "until", "last used", "state", "id"),
        (
            (
                entry.name,
                entry.scope,
                entry.created_at[:10],
                entry.expires_at[:16],
                entry.last_used_at[:16] or "never",
                _state(entry),
                entry.id,
            )
            for entry in found
        ),
    )


@token.command("revoke")
@click.argument("token_id", metavar="ID_OR_NAME")
@session
def revoke(session: Session, token_id: str) -> None:
    """End a token now. What is followed with it ends within seconds."""
    with session.client() as client:
        gone = client.revoke_token(token_id)
    session.record(gone, f"token {gone.id} of {gone.name} is revoked")


def _state(entry: AccessToken) -> str:
    return f"revoked {entry.revoked_at[:10]}" if entry.revoked_at else ""


@click.group()
def certificates() -> None:
    """Certificates for TLS, for a studio that has no authority of its own."""


_DAYS = click.option(
    "--days", type=click.IntRange(1, 825), default=365, show_default=True, help="How long they are good for."
)


@certificates.command("make")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--host", "hosts", multiple=True, required=True,
    help="A name or address that clients reach the server by. May be given several times.",
)  # fmt: skip
@_DAYS
@session
def make(session: Session, folder: Path, hosts: tuple[str, ...], days: int) -> None:
    """Make an authority, a server's and a client's certificate in FOLDER.

    \b
    understudy serve PRODUCTION --address 0.0.0.0:8500 --tls-certificate FOLDER/server.pem \\
        --tls-key FOLDER/server.key --client-ca FOLDER/ca.pem
    understudy --server HOST:8500 --certificate FOLDER/ca.pem \\
        --client-certificate FOLDER/client.pem --client-key FOLDER/client.key shots

    Clients get ca.pem and their own pair; ca.key stays where it is, and server.key with the server.
    Needs no server.
    """
    from understudy.trust.tls import make_certificates

    made = make_certificates(folder, hosts, lifetime=timedelta(days=days))
    session.record({"files": [str(path) for path in made]}, "\n".join(map(str, made)))


@certificates.command("add-client")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("name")
@_DAYS
@session
def add_client(session: Session, folder: Path, name: str, days: int) -> None:
    """Make another client's certificate, NAME.pem and NAME.key, with the authority in FOLDER."""
    from understudy.trust import tls

    made = tls.add_client(folder, name, lifetime=timedelta(days=days))
    session.record({"files": [str(path) for path in made]}, "\n".join(map(str, made)))
