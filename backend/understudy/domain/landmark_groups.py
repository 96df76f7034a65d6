"""Parts of the face by their landmarks, for moving a whole part at once.

Left and right are the performer's own. Source: the connections of MediaPipe's face mesh (Apache-2.0).
"""

from __future__ import annotations

from understudy.domain.face import LANDMARKS

# Four rings of twenty points from the lips' outer edge to their inner one.
_MOUTH = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 408, 304, 303, 302, 11, 72, 73, 74, 184,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 407, 272, 271, 268, 12, 38, 41, 42, 183,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
# Both lids and the iris.
_RIGHT_EYE = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 468, 469, 470, 471, 472,
)  # fmt: skip
_LEFT_EYE = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 473, 474, 475, 476, 477,
)  # fmt: skip
_BROWS = (
    70, 63, 105, 66, 107, 55, 65, 52, 53, 46,
    300, 293, 334, 296, 336, 285, 295, 282, 283, 276,
)  # fmt: skip
_NOSE = (
    168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 97, 326, 327, 294, 278, 344, 440, 275, 45, 220, 115, 48, 64,
)  # fmt: skip
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

LANDMARK_GROUPS: dict[str, tuple[int, ...]] = {
    "mouth": _MOUTH,
    "left_eye": _LEFT_EYE,
    "right_eye": _RIGHT_EYE,
    "brows": _BROWS,
    "nose": _NOSE,
    "oval": _OVAL,
    "all": tuple(range(LANDMARKS)),
}
"""Numbers of the landmarks of each part, of the 478."""
