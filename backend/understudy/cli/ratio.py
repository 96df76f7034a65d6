"""Exact ratios on the command line: rates and pixel aspects."""

from __future__ import annotations

from fractions import Fraction

import click

_BROADCAST = {"23.976": Fraction(24000, 1001), "23.98": Fraction(24000, 1001), "29.97": Fraction(30000, 1001),
              "47.95": Fraction(48000, 1001), "59.94": Fraction(60000, 1001)}  # fmt: skip


class _Ratio(click.ParamType[Fraction]):
    name = "ratio"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        try:
            ratio = _BROADCAST.get(str(value)) or Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            ratio = Fraction(0)
        if ratio <= 0:
            self.fail(f"{value!r} is no ratio; write 24, 23.976 or 24000/1001", param, ctx)
        return ratio


RATIO = _Ratio()
