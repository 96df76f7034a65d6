"""People, their consents, and the shots they are seen in."""

from __future__ import annotations

from dataclasses import replace

from understudy.domain.clock import utc_now
from understudy.domain.errors import BadRecord, Conflict, NotFound
from understudy.domain.identifiers import new_id
from understudy.domain.people import Consent, Person
from understudy.domain.plain import to_json
from understudy.domain.shot import Plate, Shot
from understudy.store.database import Database
from understudy.trust.consent import validate


class PeopleTables(Database):
    """The part of a production that knows who is in it."""

    production_id: str

    def add_person(self, name: str, *, person_id: str = "") -> Person:
        """Write a person down under a working name. Raises: BadRecord, Conflict when the name is taken."""
        name = name.strip()
        if not name:
            raise BadRecord("a person needs a working name")
        if not name.isprintable():
            raise BadRecord(f"{name!r} cannot be a working name; it has characters that nobody sees")
        person = Person(id=person_id or new_id(), name=name)
        self._save(
            "INSERT INTO person (id, name) VALUES (?, ?)",
            (person.id, name),
            conflict=f"there is a person called {name!r} already; choose another working name",
        )
        return person

    def people(self) -> list[Person]:
        """Everybody in the production, oldest first; purged people are not among them."""
        rows = self._rows("SELECT id, name FROM person WHERE name IS NOT NULL ORDER BY rowid")
        return [Person(id=row[0], name=row[1]) for row in rows]

    def person(self, id_or_name: str) -> Person:
        """Raises: NotFound."""
        rows = self._rows(
            "SELECT id, name, purged_at FROM person WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC",
            (id_or_name,),
        )
        if not rows:
            raise NotFound(
                f"there is no person {id_or_name!r} in this production; `understudy person list` shows all"
            )
        identifier, name, purged_at = rows[0]
        if name is None:
            raise NotFound(f"person {identifier} was purged at {purged_at}")
        return Person(id=identifier, name=name)

    def add_consent(self, consent: Consent) -> Consent:
        """Keep a consent record for ever; only its revocation can be added later.

        Raises: BadRecord, NotFound for an unknown person, Conflict when the id is taken.
        """
        validate(consent)
        if consent.revoked_at:
            raise BadRecord(
                "a new consent cannot be revoked already; record it, then revoke it with a reason"
            )
        self.person(consent.person_id)
        self._save(
            "INSERT INTO consent (id, person_id, record) VALUES (?, ?, ?)",
            (consent.id, consent.person_id, to_json(consent)),
            conflict=f"consent {consent.id} is recorded already; a changed agreement is a new record",
        )
        return consent

    def revoke_consent(self, consent_id: str, why: str) -> Consent:
        """Withdraw a consent from now on.

        Raises: NotFound, BadRecord without a reason, Conflict when it is revoked already.
        """
        if not why.strip():
            raise BadRecord("say why the consent is revoked; the reason is kept with the record")
        with self.transaction() as connection:
            consent = self.consent(consent_id)
            if consent.revoked_at:
                raise Conflict(f"consent {consent_id} was revoked already at {consent.revoked_at}")
            revoked = replace(consent, revoked_at=utc_now(), revoked_why=why.strip())
            connection.execute("UPDATE consent SET record = ? WHERE id = ?", (to_json(revoked), consent_id))
        return revoked

    def consents(self, person_id: str | None = None) -> list[Consent]:
        """All consents, or those of one person, oldest first, the revoked and expired ones too."""
        return self._records(
            Consent,
            "SELECT record FROM consent WHERE ?1 IS NULL OR person_id = ?1 ORDER BY rowid",
            (person_id,),
        )

    def consent(self, consent_id: str) -> Consent:
        """Raises: NotFound."""
        return self._one(
            Consent,
            "SELECT record FROM consent WHERE id = ?",
            (consent_id,),
            missing=f"there is no consent {consent_id!r} in this production",
        )

    def add_shot(self, shot: Shot) -> Shot:
        """Remember a shot; the same id again replaces it. Raises: BadRecord, Conflict for a taken name."""
        if shot.role not in ("plate", "learn") or not shot.name.strip():
            raise BadRecord("a shot needs a name, and the role `plate` or `learn`")
        self.person(shot.person_id)
        self._save(
            "INSERT INTO shot (id, name, person_id, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET name = excluded.name, person_id = excluded.person_id, record = excluded.record",
            (shot.id, shot.name, shot.person_id, to_json(shot)),
            conflict=f"there is a shot called {shot.name!r} already; give this one another name",
        )
        return shot

    def shots(self) -> list[Shot]:
        """All shots, oldest first."""
        return self._records(Shot, "SELECT record FROM shot ORDER BY rowid")

    def shot(self, id_or_name: str) -> Shot:
        """Raises: NotFound."""
        return self._one(
            Shot,
            "SELECT record FROM shot WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC",
            (id_or_name,),
            missing=f"there is no shot {id_or_name!r}; `understudy shots` shows all",
        )

    def set_shot_plate(self, shot_id: str, plate: Plate) -> Shot:
        """Say where the shot's plate lies. Faces found in other bytes than the plate's count no longer."""
        with self.transaction() as connection:
            shot = self.shot(shot_id)
            same = shot.plate.sha256 == plate.sha256
            faces = (shot.faces, shot.faces_sha256) if same else ("", "")
            shot = replace(shot, plate=plate, faces=faces[0], faces_sha256=faces[1])
            connection.execute("UPDATE shot SET record = ? WHERE id = ?", (to_json(shot), shot.id))
        return shot

    def set_shot_faces(self, shot_id: str, path: str, sha256: str) -> Shot:
        """Say which extraction record the shot uses from now on. `path` is below the production folder."""
        with self.transaction() as connection:
            shot = replace(self.shot(shot_id), faces=path, faces_sha256=sha256)
            connection.execute("UPDATE shot SET record = ? WHERE id = ?", (to_json(shot), shot.id))
        return shot
