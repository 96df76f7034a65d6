"""What a plate's colour space is called, and what kind of space it is.

Names are OpenColorIO's, as in its built-in ACES configuration. Plates that say what they are in H.273's words
only (movies) are named here; the arithmetic for them is `colour`'s own and needs no configuration.
"""

from __future__ import annotations

from dataclasses import asdict

from understudy.domain.frame import ColourTags
from understudy.media.ocio import DISPLAY_GAMUT, config_id, encoding_of, scene_linear_name

_P3, _REC2020 = frozenset({"smpte431", "smpte432"}), "bt2020"
_GAMUTS = {"709": "Rec.709", "2020": "Rec.2020", "p3": "P3-D65"}
_LINEAR = {"709": DISPLAY_GAMUT, "2020": "Linear Rec.2020", "p3": "Linear P3-D65"}
_SRGB = {"709": "sRGB Encoded Rec.709 (sRGB)", "2020": "sRGB Encoded Rec.2020", "p3": "sRGB Encoded P3-D65"}
_GAMMAS = {"gamma22": "2.2", "gamma28": "2.8"}


def named_space(tags: ColourTags) -> str:
    """The space of a plate's R'G'B', as OpenColorIO would name it.

    A few combinations of curve and primaries that H.273 knows are in no configuration that we know of
    ("Gamma 2.4 Encoded Rec.2020"); they are named in the same manner. Primaries of BT.601 count as BT.709's.
    """
    if tags.space:
        return tags.space
    gamut = _gamut(tags)
    match tags.transfer:
        case "linear":
            return _LINEAR[gamut]
        case "iec61966-2-1":
            return _SRGB[gamut]
        case "smpte2084":
            return "ST2084-P3-D65 - Display" if gamut == "p3" else "Rec.2100-PQ - Display"
        case "arib-std-b67":
            return "Rec.2100-HLG - Display"
    return f"Gamma {_GAMMAS.get(tags.transfer, '2.4')} Encoded {_GAMUTS[gamut]}"


def linear_space_of(tags: ColourTags) -> str:
    """The space of a plate's working linear light: of `colour.to_linear`. Raises: BadSettings."""
    if not tags.space:
        return _LINEAR[_gamut(tags)]
    return tags.space if is_scene_linear(tags) else scene_linear_name()


def is_scene_linear(tags: ColourTags) -> bool:
    """Whether the plate's values are themselves linear light of the scene. Raises: BadSettings."""
    return encoding_of(tags.space) == "scene-linear" if tags.space else tags.transfer == "linear"


def is_scene_referred(tags: ColourTags) -> bool:
    """Whether the plate's values say what light there was, not what a screen is to show: linear or log.

    Raises: BadSettings.
    """
    return is_scene_linear(tags) or bool(tags.space and encoding_of(tags.space) == "log")


def colour_facts(tags: ColourTags) -> dict[str, object]:
    """What decides a plate's colours, for hashes: its tags, and which configuration has a part in them.

    Of plates that need no configuration the facts are what they always were. Raises: BadSettings.
    """
    facts: dict[str, object] = asdict(tags)
    if not tags.space:
        del facts["space"]
    return facts | ({"configuration": config_id()} if tags.space or is_scene_referred(tags) else {})


def _gamut(tags: ColourTags) -> str:
    if tags.primaries in _P3:
        return "p3"
    if tags.primaries == _REC2020 or (
        tags.primaries == "unknown" and tags.transfer in ("smpte2084", "arib-std-b67")
    ):
        return "2020"
    return "709"
