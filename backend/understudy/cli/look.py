"""`understudy look`: one picture of a shot or a take, as the backend sees it now."""

from __future__ import annotations

from pathlib import Path

import click

from understudy.cli.session import Session, session
from understudy.domain.errors import BadInput, BadSettings
from understudy.domain.files import write_bytes
from understudy.domain.identifiers import new_id
from understudy.domain.preview import PreviewRequest
from understudy.domain.summary import Layer


@click.command()
@click.argument("shot")
@click.argument("frame", type=int)
@click.option(
    "--layer",
    type=click.Choice([layer.value for layer in Layer]),
    default=Layer.OVERLAY.value,
    show_default=True,
    help="What to show. `replaced` and `raw` need a model or a take.",
)
@click.option("--model", default="", help="Draw with this model, with all edits as they are now.")
@click.option("--take", default="", help="Show a rendered take instead.")
@click.option(
    "--width", "max_width_px", type=click.IntRange(0, 65535), default=0, help="At most so many pixels wide."
)
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="The JPEG to write.")
@session
def look(
    session: Session,
    shot: str,
    frame: int,
    layer: str,
    model: str,
    take: str,
    max_width_px: int,
    target: Path,
) -> None:
    """Write a preview of FRAME of SHOT, with its edits, as a JPEG in 8-bit display colour."""
    if model and take:
        raise BadSettings("say --model or --take, not both")
    with session.client() as client:
        if take:
            if client.take(take).shot_id != client.shot(shot).id:
                raise BadInput(f"take {take} is not one of shot {shot}; `understudy takes` shows whose it is")
            jpeg = client.frame_picture(
                take_id=take, frame=frame, layer=Layer(layer), max_width_px=max_width_px
            ).jpeg
            facts: dict[str, object] = {"file": str(target)}
        else:
            request = PreviewRequest(
                session=new_id(),
                shot_id=shot,
                frame=frame,
                layer=Layer(layer),
                model_id=model,
                max_width_px=max_width_px,
            )
            picture = client.preview_frame(request)
            jpeg = picture.jpeg
            facts = {"file": str(target), "revision": picture.revision, "seconds": picture.seconds}
    write_bytes(target, jpeg)
    session.record(facts, f"{target}: frame {frame}, {layer}")
