"""The natural experiments as Markdown: sizes and rebounds, and what refits without an event say."""

from __future__ import annotations

from typing import Any

from ladsim.series.panel import records
from ladsim.validation import experiments
from ladsim.validation.pages.markdown import span, table
from ladsim.validation.score import Score


def natural_experiments(scored: Score) -> str:
    """Return the natural experiments."""
    found, factor = scored.experiments, scored.settings.factor
    n = experiments.n_events(found)
    lines = ["### 1. Natural experiments", ""]
    sign, size, ratio = (experiments.count(found, v) for v in ("sign_right", "size_right", "ratio_right"))
    means = experiments.count(found, "means_right")
    lines += [
        f"Right sign: **{sign} of {n}**. Size (log ratio) within a factor {factor:g}: **{size} of {n}**; the ratio of "
        f"after to before itself within a factor {factor:g}: {ratio} of {n}. An event with two figures needs both.",
        "",
        "The simulated log ratio is the mean over replicates, half an agent added to both months, so that a fall to "
        f"nothing has a size. Taken of the means over replicates instead, {means} of {n} are within the factor. † "
        f"fewer than {experiments.FEW_AGENTS} agents per run in one of the months: there the size hangs on that, and "
        "says little more than that hardly anybody came.",
        "",
    ]
    head = ["what happened", "observed", "simulated", "log ratio observed", "simulated (90%)", "error", "sign", "size"]
    lines += table(head, "lrrrrrll", (_experiment_row(r) for r in records(found)))
    back = [r for r in records(found) if r["rebound"]]
    if back:
        lines += ["", "Rebound, log ratio of a later month to the month after:", ""]
        lines += table(
            ["what happened", "months", "observed", "simulated (90%)", "sign"], "llrrl", (_rebound_row(r) for r in back)
        )
    return "\n".join(lines)


def _experiment_row(r: dict[str, Any]) -> list[str]:
    return [
        f"{r['title']}: {r['before']} to {r['after']}",
        f"{r['observed_before']:,.0f} to {r['observed_after']:,.0f}",
        f"{r['simulated_before']:,.0f} to {r['simulated_after']:,.0f}",
        f"{r['observed_log']:.2f}",
        f"{r['simulated_log']:.2f} ({span(r['low'], r['high'])})",
        f"{r['error']:+.2f}",
        "right" if r["sign_right"] else "**wrong**",
        f"{r['size']:.2f}{'†' if r['agents'] < experiments.FEW_AGENTS else ''}"
        f"{'' if r['size_right'] else ' **missed**'}",
    ]


def _rebound_row(r: dict[str, Any]) -> list[str]:
    return [
        str(r["title"]),
        f"{r['after']} to {r['rebound']}",
        f"{r['observed_rebound']:.2f}",
        f"{r['simulated_rebound']:.2f} ({span(r['rebound_low'], r['rebound_high'])})",
        "right" if r["rebound_right"] else "**wrong**",
    ]


def left_out(scored: Score) -> str:
    """Return the experiments whose months were left out of the fit."""
    lines = ["#### Left out of the fit", ""]
    found = scored.refits
    if found is None:
        lines.append("Refits without an event's months have not been made yet: nothing is claimed about them.")
        return "\n".join(lines)
    factor = scored.settings.factor_left_out
    right, n = experiments.count(found, "size_right"), experiments.n_events(found)
    lines += [
        f"Within a factor {factor:g} in size: **{right} of {n}** that were refitted. An event with two figures is left "
        "out with the months of both, and needs both.",
        "",
    ]
    head = ["event left out", "what was taken out of the fit", "log ratio observed", "simulated", "size"]
    lines += table(
        head,
        "llrrl",
        (
            [
                str(r["title"]),
                str(r["left_out"]),
                f"{r['observed_log']:.2f}",
                f"{r['simulated_log']:.2f}",
                f"{r['size']:.2f}{'' if r['size_right'] else ' **missed**'}",
            ]
            for r in records(found)
        ),
    )
    return "\n".join(lines)
