"""A squeezed plate the whole way through a production: ingested, extracted, converted, measured, exported."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.replaced_shots import PLATE
from tests.running_backend import RunningBackend
from tests.squeezed import squeezed_shot

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.face import load_faces, no_faces
from understudy.domain.job_spec import ConvertSpec, ExportSpec, ExtractSpec, IngestSpec, MeasureSpec
from understudy.faces.align import unsqueezed
from understudy.media.layers import layers_path, read_layers
from understudy.stages.ingest import ingest
from understudy.store.production import Production


@pytest.mark.slow
def test_a_squeezed_plate_goes_the_whole_way(
    replaced_show: Path, tiny_shot: TinyShot, tmp_path: Path
) -> None:
    folder = tmp_path / "show"
    shutil.copytree(replaced_show, folder)
    plate, _ = squeezed_shot((ingest(tiny_shot.plate), no_faces()), tmp_path / "narrow.mov")
    backend = RunningBackend.start(folder)
    try:
        client = backend.client
        person = next(shot.person_id for shot in client.shots() if shot.name == PLATE)
        spec = IngestSpec(
            path=plate.path, name="narrow", person_id=person, role="plate", pixel_aspect=Fraction(2)
        )
        shot = str(backend.do(spec).result["shot_id"])
        backend.do(ExtractSpec(shot_id=shot))
        model = client.models()[0].id
        take = str(
            backend.do(ConvertSpec(shot_id=shot, model_id=model, frames="1001-1004")).result["take_id"]
        )
        backend.do(MeasureSpec(take_id=take))
        export = ExportSpec(shot_id=shot, what="alignments", format="json", folder=str(tmp_path / "out"))
        made = backend.do(export).result
        assert client.shot("narrow").plate.pixel_aspect == 2
    finally:
        backend.stop()
    with Production.open(folder) as production:
        shots = {one.name: one for one in production.shots()}
        narrow, wide = (load_faces(production.path(shots[name].faces)) for name in ("narrow", PLATE))
        takes = {one.id: production.path(one.path) for one in production.takes()}
        whole = next(one for one in production.takes() if one.shot_id == shots[PLATE].id)
    apart = unsqueezed(narrow.landmarks_NK3, 2.0)[..., :2] - wide.landmarks_NK3[..., :2]
    away = np.hypot(apart[..., 0], apart[..., 1])  # of a picture 384 px wide, coded at half that
    assert np.percentile(away, 99) < 1.5 and away.mean() < 0.5
    ours, theirs = (
        read_layers(layers_path(takes[take], 1002)),
        read_layers(layers_path(takes[whole.id], 1002)),
    )
    covered = [float(layers.matte_HW.sum(dtype=np.float64)) for layers in (ours, theirs)]
    assert covered[1] / covered[0] == pytest.approx(2, rel=0.1)
    drawn = [np.asarray(layers.faces[0].raw_SS3, np.float32) for layers in (ours, theirs)]
    assert np.abs(drawn[0] - drawn[1]).mean() < 0.03
    record = json.loads((Path(str(made["folder"])) / "narrow.alignments.json").read_text())
    assert record["plate"]["pixel_aspect"] == "2"
    points = np.array(record["faces"][0]["landmarks"])
    assert record["faces"][0]["square"]["centre"][0] == pytest.approx(2 * points[:, 0].mean(), rel=0.1)
