"""Facesets, models, takes, matte layers and deliveries: what jobs made.

Adding the same id again replaces the record, since a result may be taken in twice after a crash.
"""

from __future__ import annotations

from understudy.domain.artefact import Delivery, Faceset, MatteLayer, Model, Take
from understudy.domain.errors import Conflict
from understudy.domain.plain import to_json
from understudy.store.database import Database


class ArtefactTables(Database):
    """The part of a production that knows its artefacts."""

    def add_faceset(self, faceset: Faceset) -> Faceset:
        """Raises: NotFound for an unknown person."""
        self._save(
            "INSERT INTO faceset (id, person_id, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET person_id = excluded.person_id, record = excluded.record",
            (faceset.id, faceset.person_id, to_json(faceset)),
            conflict=f"faceset {faceset.id} is taken",
        )
        return faceset

    def facesets(self, person_id: str | None = None) -> list[Faceset]:
        """All facesets, or those of one person, oldest first."""
        return self._records(
            Faceset,
            "SELECT record FROM faceset WHERE ?1 IS NULL OR person_id = ?1 ORDER BY rowid",
            (person_id,),
        )

    def faceset(self, faceset_id: str) -> Faceset:
        """Raises: NotFound."""
        return self._one(
            Faceset,
            "SELECT record FROM faceset WHERE id = ?",
            (faceset_id,),
            missing=f"there is no faceset {faceset_id!r} in this production",
        )

    def add_model(self, model: Model) -> Model:
        """Keep a model. Several may have one name (trained anew); the name then means the newest."""
        self._save(
            "INSERT INTO model (id, name, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET name = excluded.name, record = excluded.record",
            (model.id, model.name, to_json(model)),
            conflict=f"model {model.id} is taken",
        )
        return model

    def models(self) -> list[Model]:
        """All models, oldest first."""
        return self._records(Model, "SELECT record FROM model ORDER BY rowid")

    def model(self, id_or_name: str) -> Model:
        """A model by its id, else the newest one of that name. Raises: NotFound."""
        return self._one(
            Model,
            "SELECT record FROM model WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC, rowid DESC LIMIT 1",
            (id_or_name,),
            missing=f"there is no model {id_or_name!r}; `understudy models trained` shows all",
        )

    def add_take(self, take: Take) -> Take:
        """Raises: NotFound for an unknown shot, Conflict when the version is another take's."""
        if take.version < 1:
            raise Conflict(f"take versions count from 1, not {take.version}")
        self._save(
            "INSERT INTO take (id, shot_id, version, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET shot_id = excluded.shot_id, version = excluded.version, record = excluded.record",
            (take.id, take.shot_id, take.version, to_json(take)),
            conflict=f"the shot has a take {take.label} already; ask for the next version",
        )
        return take

    def next_version(self, shot_id: str) -> int:
        """The version that a shot's next take gets."""
        return int(
            self._rows("SELECT coalesce(max(version), 0) + 1 FROM take WHERE shot_id = ?", (shot_id,))[0][0]
        )

    def takes(self, shot_id: str | None = None) -> list[Take]:
        """All takes, or those of one shot, by shot and version."""
        return self._records(
            Take,
            "SELECT record FROM take WHERE ?1 IS NULL OR shot_id = ?1 ORDER BY shot_id, version",
            (shot_id,),
        )

    def take(self, take_id: str) -> Take:
        """Raises: NotFound."""
        return self._one(
            Take,
            "SELECT record FROM take WHERE id = ?",
            (take_id,),
            missing=f"there is no take {take_id!r}; `understudy takes` shows all",
        )

    def add_matte_layer(self, layer: MatteLayer) -> MatteLayer:
        """Raises: NotFound for an unknown shot."""
        self._save(
            "INSERT INTO matte_layer (id, shot_id, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET shot_id = excluded.shot_id, record = excluded.record",
            (layer.id, layer.shot_id, to_json(layer)),
            conflict=f"matte layer {layer.id} is taken",
        )
        return layer

    def matte_layers(self, shot_id: str | None = None) -> list[MatteLayer]:
        """All matte layers, or those of one shot, oldest first."""
        return self._records(
            MatteLayer,
            "SELECT record FROM matte_layer WHERE ?1 IS NULL OR shot_id = ?1 ORDER BY rowid",
            (shot_id,),
        )

    def matte_layer(self, layer_id: str) -> MatteLayer:
        """Raises: NotFound."""
        return self._one(
            MatteLayer,
            "SELECT record FROM matte_layer WHERE id = ?",
            (layer_id,),
            missing=f"there is no matte layer {layer_id!r} in this production",
        )

    def add_delivery(self, delivery: Delivery) -> Delivery:
        """Raises: NotFound for an unknown take."""
        self._save(
            "INSERT INTO delivery (id, take_id, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET take_id = excluded.take_id, record = excluded.record",
            (delivery.id, delivery.take_id, to_json(delivery)),
            conflict=f"delivery {delivery.id} is taken",
        )
        return delivery

    def deliveries(self, take_id: str | None = None) -> list[Delivery]:
        """All deliveries, or those of one take, oldest first."""
        return self._records(
            Delivery,
            "SELECT record FROM delivery WHERE ?1 IS NULL OR take_id = ?1 ORDER BY rowid",
            (take_id,),
        )

    def delivery(self, delivery_id: str) -> Delivery:
        """Raises: NotFound."""
        return self._one(
            Delivery,
            "SELECT record FROM delivery WHERE id = ?",
            (delivery_id,),
            missing=f"there is no delivery {delivery_id!r} in this production",
        )
