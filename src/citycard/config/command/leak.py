"""`citycard leak`: what rights go on costing after they ended, by how often registers are
followed."""

import dataclasses
from typing import Annotated

import typer

from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import out, print_json, stop
from citycard.infra.packs import PackError, find_pack
from citycard.infra.packs.finding import current_code
from citycard.insight import api as insight


def leak(
    city: City = None,
    every: Annotated[
        list[int] | None,
        typer.Option(help="Days between two looks; several may be given.", min=1, metavar="DAYS"),
    ] = None,
    share: Annotated[
        float, typer.Option(help="Which part of the holders is drawn.", min=0.001, max=1.0)
    ] = 0.1,
    as_json: AsJson = False,
) -> None:
    """Print what leaks in a year when registers are followed every 180, 30 or 1 days.

    Needs no database: only the figures of the city's pack, with their source.
    """
    try:
        pack = find_pack(city or current_code())
    except PackError as error:
        stop(error)
    row = pack.table("pack").get("register_feed", {}).get("leak")
    if row is None:
        stop(f"The pack of {pack.code} has no figures for this (pack.yaml: register_feed: leak).")
    inputs = insight.LeakInputs.read(row)
    found = insight.leak_figures(
        inputs=inputs, policies=every or insight.LEAK_POLICIES, share=share
    )
    if as_json:
        figures = [dataclasses.asdict(one) for one in found]
        print_json({"inputs": dataclasses.asdict(inputs), "figures": figures})
        return
    for line in _lines(inputs, found):
        out.print(line, markup=False, soft_wrap=True)


def _lines(inputs: insight.LeakInputs, found: list[insight.LeakFigure]) -> list[str]:
    lines = [
        f"{inputs.right}: {inputs.holders:,} holders, {inputs.moves_out_a_month:,} move away a"
        f" month, NT${inputs.ntd_a_month:,} a month (NT${inputs.ntd_a_month_used:,} used).",
        f"Source: {inputs.source}",
    ]
    lines += [
        f"every {one.every_days:>3} days: switched off after {one.delay_days:>5} days on average,"
        f" NT${one.ntd_possible:>11,} a year could be taken, NT${one.ntd_used:>10,} at average use"
        for one in found
    ]
    if inputs.reported_ntd_a_year is not None:
        lines.append(f"Reported: NT${inputs.reported_ntd_a_year:,} a year.")
    return lines
