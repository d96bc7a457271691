"""Assumed terms and claims, drawn within their ranges: the same draw in a scenario and its reference.

What is drawn: the assumed terms of the instruments in which the two differ, and every assumed claim that people were
told of after the months of the fit. An earlier claim of an instrument that both have is part of what was fitted: the
fitted sets answer to it as it stands, and drawing it too would count the same doubt twice. A term that only one of the
two leaves open (somebody set it in the other) is as its file has it in both.

A draw is a quantile: 0.5 is the filed value, 0 and 1 are the ends of the range, and values lie evenly on either side.
Each date and nationality of a term has the same quantile. Eight replicates in a row have one quantile in each eighth
(McKay, Beckman and Conover 1979, Latin hypercube sampling), by instrument and term in an order of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ladsim.policy.fields import Announces
from ladsim.policy.instrument import Instrument
from ladsim.policy.scenario import Scenario
from ladsim.policy.terms import Term, Value
from ladsim.series.months import LAST_FITTED

CLAIM = "announces"
_BLOCK = 8
_YES_NO = "0|1"


@dataclass(frozen=True)
class Drawn:
    """A term, or a claim, that is drawn.

    Attributes:
        instrument: id of its instrument.
        path: ``(term,)``, ``(part, term)`` or ``("announces",)``.
        low, high: ends of its range.
    """

    instrument: str
    path: tuple[str, ...]
    low: float
    high: float

    @property
    def key(self) -> str:
        """The key by which the command line would set it."""
        *parts, name = self.path
        if name == CLAIM:
            return f"instrument.{self.instrument}.{CLAIM}.value"
        inner = "".join(f"parts.{part}." for part in parts)
        return f"instrument.{self.instrument}.{inner}terms.{name}"

    def quantile(self, root_seed: int, replicate: int, *, other: bool = False) -> float:
        """Return the quantile of a replicate, in (0, 1).

        Args:
            root_seed: names the list of replicates.
            replicate: position in it.
            other: the second draw of the replicate, which tells how much the first one matters.
        """
        block, place = divmod(replicate, _BLOCK)
        address = f"{root_seed}|{self.key}|{block}|{'other' if other else 'first'}"
        order = [_unit(f"{address}|order|{i}") for i in range(_BLOCK)]
        eighth = sum(one < order[place] for one in order)
        return (eighth + _unit(f"{address}|within|{place}")) / _BLOCK


def _unit(address: str) -> float:
    """Return a number in (0, 1) that an address names."""
    word = int.from_bytes(hashlib.sha256(address.encode()).digest()[:6], "big")
    return (word + 0.5) / 2**48


def drawn_of(pair: Mapping[str, Scenario]) -> tuple[Drawn, ...]:
    """Return what is drawn for a scenario and perhaps its reference, by role, in order of key."""
    ours = pair["scenario"].instruments
    theirs = pair["reference"].instruments if "reference" in pair else ours
    found: list[Drawn] = []
    for name in sorted({*ours, *theirs}):
        held = [instruments[name] for instruments in (ours, theirs) if name in instruments]
        open_to = [dict(_open(one)) for one in held]
        differs = len(held) == 1 or held[0] != held[1]
        fitted = pair["scenario"].world is None and held[0].announced.isoformat()[:7] <= LAST_FITTED
        for path, ends in open_to[0].items():
            wanted = differs or (path == (CLAIM,) and not fitted)
            if wanted and all(one.get(path) == ends for one in open_to):
                found.append(Drawn(name, path, *ends))
    return tuple(found)


def at_quantiles(scenario: Scenario, quantiles: Mapping[Drawn, float]) -> Scenario:
    """Return a scenario whose assumed terms are at these quantiles; instruments that it lacks are passed over."""
    instruments = dict(scenario.instruments)
    for drawn, quantile in quantiles.items():
        if drawn.instrument in instruments:
            instruments[drawn.instrument] = _changed(instruments[drawn.instrument], drawn, quantile)
    return replace(scenario, instruments=instruments)


def pair_of(
    pair: Mapping[str, Scenario], drawn: tuple[Drawn, ...], root_seed: int, replicate: int, *, other: bool = False
) -> dict[str, Scenario]:
    """Return scenario and reference of a replicate, with the same draw in both; arguments as of Drawn.quantile."""
    if not drawn:
        return dict(pair)
    quantiles = {one: one.quantile(root_seed, replicate, other=other) for one in drawn}
    return {role: at_quantiles(scenario, quantiles) for role, scenario in pair.items()}


def told(drawn: tuple[Drawn, ...], root_seed: int, replicates: int) -> list[dict[str, Any]]:
    """Return what a manifest says: for each term its key, its range and the quantile of each replicate."""
    return [
        {
            "key": one.key,
            "range": [one.low, one.high],
            "quantiles": [round(one.quantile(root_seed, i), 6) for i in range(replicates)],
        }
        for one in drawn
    ]


def within(value: float, low: float, high: float, quantile: float) -> float:
    """Return the value at a quantile of a range around a filed value; a value outside of the range stays as it is."""
    if not low <= value <= high:
        return value
    if quantile < 0.5:
        return low + 2 * quantile * (value - low)
    return value + (2 * quantile - 1) * (high - value)


def _open(instrument: Instrument) -> Iterator[tuple[tuple[str, ...], tuple[float, float]]]:
    """Yield path and range of each assumed term of an instrument, of those of its parts, and of its claim."""
    for name, term in instrument.terms.items():
        if (ends := _range(term)) is not None:
            yield (name,), ends
    for part, what in instrument.parts.items():
        for name, term in what.terms.items():
            if (ends := _range(term)) is not None:
                yield (part, name), ends
    claim = instrument.announces
    if claim is not None and claim.evidence == "assumed" and claim.range is not None:
        yield (CLAIM,), claim.range


def _range(term: Term) -> tuple[float, float] | None:
    assumed = term.evidence == "assumed" and term.unit != _YES_NO
    return term.range if assumed and term.range is not None and term.range[0] < term.range[1] else None


def _changed(instrument: Instrument, drawn: Drawn, quantile: float) -> Instrument:
    *parts, name = drawn.path
    if name == CLAIM:
        claim = instrument.announces
        assert isinstance(claim, Announces)
        value = within(claim.value, drawn.low, drawn.high, quantile)
        return instrument.model_copy(update={CLAIM: claim.model_copy(update={"value": value})})
    if not parts:
        terms = {**instrument.terms, name: _at(instrument.terms[name], drawn, quantile)}
        return instrument.model_copy(update={"terms": terms})
    part = instrument.parts[parts[0]]
    terms = {**part.terms, name: _at(part.terms[name], drawn, quantile)}
    changed = {**instrument.parts, parts[0]: part.model_copy(update={"terms": terms})}
    return instrument.model_copy(update={"parts": changed})


def _at(term: Term, drawn: Drawn, quantile: float) -> Term:
    def moved(value: Value) -> Value:
        if isinstance(value, dict):
            return {code: within(one, drawn.low, drawn.high, quantile) for code, one in value.items()}
        return within(value, drawn.low, drawn.high, quantile)

    return term.model_copy(update={"values": {day: moved(value) for day, value in term.values.items()}})
