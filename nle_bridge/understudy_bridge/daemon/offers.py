"""What can be asked for now: presets, people and their consent, and what stands against either."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from understudy.domain.errors import NotFound, Transient, UnderstudyError
from understudy.domain.people import Consent, Use
from understudy_bridge.core.shot_ref import Problem
from understudy_bridge.daemon.backend_line import BackendLine
from understudy_bridge.daemon.consents import agreed, consent_problem
from understudy_bridge.daemon.presets import Preset, Recipe, preset_of, read_presets, recipes_of

_NEEDED = ((Use.REPLACE, Use.DELIVER), (Use.LIKENESS, Use.DELIVER))  # of the performer, of the donor


class Offers:
    """Asks the backend each time, since models are trained and consents withdrawn while the daemon runs.

    `file` is read each time too, so that it can be changed.
    """

    def __init__(self, line: BackendLine, file: Path | None) -> None:
        """Raises: BadSettings for a file that is wrong already."""
        self._line, self._file = line, file
        if file is not None:
            read_presets(file)

    def presets(self) -> list[dict[str, Any]]:
        """Every preset as editors hear of it. Raises: BadSettings; ServerUnreachable without a file."""
        try:
            found = self._all()
            production, consents = self._consents()
        except Transient as away:
            return [Preset(recipe=recipe, message=str(away)).table() for recipe in self._written(away)]
        return [one.table(self._lacking(one, production, consents)) for one in found]

    def preset(self, name: str) -> Preset:
        """One by name; one from a file also while the backend is away. Raises: NotFound, BadSettings."""
        try:
            found: Sequence[Preset] = self._all()
        except Transient as away:
            found = [Preset(recipe=recipe, message=str(away)) for recipe in self._written(away)]
        for one in found:
            if one.recipe.name == name:
                return one
        names = ", ".join(one.recipe.name for one in found) or "none; train a model first"
        raise NotFound(f"there is no preset {name!r}; known: {names}")

    def recipe_now(self, name: str) -> Recipe | None:
        """A preset as it is written now, None where it is gone or nobody can tell."""
        try:
            return self.preset(name).recipe
        except UnderstudyError:
            return None

    def people(self) -> list[dict[str, Any]]:
        """The production's people and what they agreed to. Raises: ServerUnreachable."""
        production, consents = self._consents()
        people = self._line.client().people()
        return [agreed(one, consents, production_id=production, today=_today()).table() for one in people]

    def problems(self, preset: Preset) -> list[Problem]:
        """What stands against every shot of a preset."""
        if preset.performer is None or preset.donor is None:
            # Without the backend nobody knows better; what is sent now waits for it.
            is_away = preset.model is None and not self._is_up()
            return [Problem(kind="not_ready", refuses=not is_away, message=preset.message)]
        try:
            found = consent_problem(self._line.client(), preset.performer.id, preset.donor.id)
        except Transient as away:
            return [Problem(kind="backend_away", refuses=False, message=str(away))]
        return [] if found is None else [found]

    def _all(self) -> list[Preset]:
        client = self._line.client()
        models, people = client.models(), client.people()
        recipes = recipes_of(models) if self._file is None else read_presets(self._file)
        return [preset_of(recipe, models, people) for recipe in recipes]

    def _written(self, away: Transient) -> tuple[Recipe, ...]:
        if self._file is None:
            raise away
        return read_presets(self._file)

    def _consents(self) -> tuple[str, list[Consent]]:
        client = self._line.client()
        return client.get_production().id, client.consents()

    def _lacking(self, preset: Preset, production: str, consents: Sequence[Consent]) -> str:
        """Whose consent is missing, in words; "" when nobody's."""
        for person, uses in zip((preset.performer, preset.donor), _NEEDED, strict=True):
            if person is None:
                continue
            state = agreed(person, consents, production_id=production, today=_today())
            if not state.uses:
                return state.message
            if missing := [str(use) for use in uses if str(use) not in state.uses]:
                words = " and ".join(missing)
                return f"the consent of {person.name} does not allow {words}; record one that does"
        return ""

    def _is_up(self) -> bool:
        return bool(self._line.hello()["state"] == "up")


def _today() -> date:
    return datetime.now().astimezone().date()  # the terms on paper are local days
