"""`understudy person`, `consent`, `custody`: who is seen, what they agreed to, what was done."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import click

from understudy.cli.session import Session, session
from understudy.domain.files import sha256_of
from understudy.domain.people import Basis, Consent, Need, Use
from understudy.media.sequence_files import clip_sha256


@click.group()
def person() -> None:
    """The people whose faces are seen in plates or put into them."""


@person.command("add")
@click.argument("name")
@session
def add(session: Session, name: str) -> None:
    """Add a person under a working NAME."""
    with session.client() as client:
        made = client.create_person(name)
    session.record(made, f"{made.name} is {made.id}")


@person.command("list")
@session
def list_people(session: Session) -> None:
    """List the people."""
    with session.client() as client:
        people = client.people()
    session.table(people, ("name", "id"), ((entry.name, entry.id) for entry in people))


@person.command("purge")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@session
def purge(session: Session, name: str, yes: bool) -> None:
    """Delete everything that shows a person, and say what was deleted."""
    if not yes:
        click.confirm(f"Delete every shot, faceset, model, take and delivery that shows {name}?", abort=True)
    with session.client() as client:
        report = client.purge_person(name)
    lines = [f"deleted {path}" for path in report.paths]
    lines += [f"not ours to delete, it shows {name} too: {path}" for path in report.outside]
    session.record(
        report, "\n".join([*lines, f"{len(report.paths)} files and {report.rows} records deleted"])
    )


@click.group()
def consent() -> None:
    """What people agreed to. No training, render or delivery without it."""


def _in_a_year() -> datetime:
    return datetime.combine(date.today() + timedelta(days=365), datetime.min.time())


@consent.command("add")
@click.argument("person_name", metavar="PERSON")
@click.option(
    "--basis",
    type=click.Choice([basis.value for basis in Basis]),
    required=True,
    help="Why the person may be used at all.",
)
@click.option(
    "--use", "uses", type=click.Choice([use.value for use in Use]), multiple=True, required=True,
    help="May be given several times.",
)  # fmt: skip
@click.option(
    "--from",
    "valid_from",
    type=click.DateTime(["%Y-%m-%d"]),
    default=date.today().isoformat(),
    help="First day of the term. Default: today.",
)
@click.option(
    "--to",
    "valid_to",
    type=click.DateTime(["%Y-%m-%d"]),
    default=_in_a_year,
    help="Last day of the term. Default: in a year.",
)
@click.option("--description", required=True, help="What was agreed, specifically: character, scenes, media.")
@click.option(
    "--document",
    type=click.Path(path_type=Path, exists=True),
    help="The signed paper; only its hash is kept.",
)
@click.option("--reference", default="", help="Where the signed paper is kept.")
@click.option(
    "--footage", "footage", type=(click.Path(path_type=Path), str), multiple=True,
    metavar="CLIP SOURCE", help="Evaluation licence: a clip it covers, and where it comes from.",
)  # fmt: skip
@session
def add_consent(
    session: Session,
    person_name: str,
    basis: str,
    uses: tuple[str, ...],
    valid_from: datetime,
    valid_to: datetime,
    description: str,
    document: Path | None,
    reference: str,
    footage: tuple[tuple[Path, str], ...],
) -> None:
    """Record what PERSON agreed to."""
    asked = Consent(
        id="",
        person_id=person_name,
        production_id="",
        basis=Basis(basis),
        uses=frozenset(Use(use) for use in uses),
        valid_from=valid_from.date(),
        valid_to=valid_to.date(),
        description=description,
        document_sha256=sha256_of(document) if document else "",
        reference=reference,
        footage=tuple((clip_sha256(clip), source) for clip, source in footage),
    )
    with session.client() as client:
        made = client.record_consent(asked)
    session.record(
        made, f"consent {made.id}: {person_name} allows {', '.join(sorted(made.uses))} to {made.valid_to}"
    )


@consent.command("list")
@click.argument("person_name", metavar="PERSON", required=False, default="")
@session
def list_consents(session: Session, person_name: str) -> None:
    """List the consent records of PERSON, or of everybody."""
    with session.client() as client:
        people = {entry.id: entry.name for entry in client.people()}
        found = client.consents(person_name)
    session.table(
        found,
        ("person", "basis", "uses", "from", "to", "state", "id"),
        (
            (
                people.get(entry.person_id, "?"),
                entry.basis,
                ", ".join(sorted(entry.uses)),
                entry.valid_from,
                entry.valid_to,
                f"revoked {entry.revoked_at[:10]}" if entry.revoked_at else "",
                entry.id,
            )
            for entry in found
        ),
    )


@consent.command("revoke")
@click.argument("consent_id")
@click.option("--why", required=True, help="The reason; it goes to the custody log.")
@session
def revoke(session: Session, consent_id: str, why: str) -> None:
    """Withdraw a consent. Running jobs that rest on it are stopped."""
    with session.client() as client:
        gone = client.revoke_consent(consent_id, why)
    session.record(gone, f"consent {gone.id} is revoked")


@consent.command("check")
@click.argument("person_name", metavar="PERSON")
@click.option(
    "--use",
    "uses",
    type=click.Choice([use.value for use in Use]),
    multiple=True,
    required=True,
    help="May be given several times.",
)
@session
def check(session: Session, person_name: str, uses: tuple[str, ...]) -> None:
    """Ask the gate whether PERSON may be used so today; exit code 3 when not."""
    with session.client() as client:
        decision = client.check_consent([Need(person_id=person_name, use=Use(use)) for use in uses])
    marked = "; results must carry the evaluation mark" if decision.marked else ""
    session.record(decision, f"allowed by {', '.join(decision.consent_ids)}{marked}")


@click.group()
def custody() -> None:
    """The log of every decision about people: hash-chained, signed at its head."""


@custody.command("list")
@click.option("--after", default=0, help="Only entries numbered above this.")
@click.option("--limit", default=1000, show_default=True, help="At most so many entries.")
@session
def list_custody(session: Session, after: int, limit: int) -> None:
    """List the entries."""
    with session.client() as client:
        found = client.custody_entries(after, limit)
    session.table(
        found,
        ("", "time", "event", "facts"),
        (
            (
                entry.sequence,
                entry.time[:19],
                entry.event,
                " ".join(f"{k}={v}" for k, v in entry.facts.items()),
            )
            for entry in found
        ),
    )


@custody.command("verify")
@session
def verify(session: Session) -> None:
    """Check the whole chain; exit code 1 when it was altered or cut."""
    with session.client() as client:
        state = client.verify_custody()
    session.record(state, f"whole: {state.entries} entries, head {state.head}")
