"""The library of instruments: every file of conf/instrument, loaded strictly and checked against the world's names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ladsim.core import paths, schema
from ladsim.core.errors import UserError, close_matches
from ladsim.core.strict_yaml import Where, read_yaml, yaml_files
from ladsim.policy.fields import Part, Target
from ladsim.policy.grades import check_counted_once, check_grades, check_ranges
from ladsim.policy.instrument import Instrument, build_instrument
from ladsim.policy.terms import DEFAULT, Term
from ladsim.world.world import World

INSTRUMENTS, SCENARIOS = "instruments", "scenarios"
"""Folders of a world of one's own, beside its tables."""


@dataclass(frozen=True)
class Vocabulary:
    """The names that a target may use; an empty list of names is not checked.

    Attributes:
        nationalities, residences, ways, rules, countries, nodes, stretches, parties: the names, as in `Target`.
    """

    nationalities: frozenset[str] = frozenset()
    residences: frozenset[str] = frozenset()
    ways: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    stretches: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset(party.name.lower() for party in schema.Party)


@cache
def packaged_vocabulary() -> Vocabulary:
    """Return the names in ladsim's own data tables."""
    data = paths.data_dir()
    countries = _column(data / "countries.csv", "country")
    return Vocabulary(
        nationalities=_column(data / "nationalities.csv", "nationality"),
        residences=_column(data / "residences.csv", "group") | countries,
        ways=_column(data / "route_ways.csv", "way"),
        rules=_column(data / "entry_rules.csv", "rule") | _column(data / "route_ways.csv", "entry_rule"),
        countries=countries,
        nodes=_column(data / "route_nodes.csv", "node"),
        stretches=_column(data / "route_ways.csv", "stretch"),
    )


def vocabulary_of(world: World) -> Vocabulary:
    """Return the names in a world's tables."""
    if world.packaged:
        return packaged_vocabulary()
    route = world.route
    countries = frozenset(route.countries)
    return Vocabulary(
        nationalities=frozenset(world.nationalities),
        residences=frozenset(world.people.groups) | countries,
        ways=frozenset(route.ways),
        rules=frozenset(route.entry_rules.names),
        countries=countries,
        nodes=frozenset(route.nodes),
        stretches=frozenset(route.stretches),
    )


def library_of(world: World) -> dict[str, Instrument]:
    """Return the instruments of a world: the packaged library, or the folder ``instruments`` of its tables, if any."""
    if world.packaged:
        return load_instruments()
    folder = world.folder / INSTRUMENTS
    return load_instruments(folder, vocabulary_of(world)) if folder.is_dir() else {}


def _column(file: Path, name: str) -> frozenset[str]:
    if not file.exists():
        return frozenset()
    with file.open(encoding="utf-8", newline="") as rows:
        return frozenset(row[name] for row in csv.DictReader(rows) if row.get(name))


def load_instruments(folder: str | Path | None = None, vocabulary: Vocabulary | None = None) -> dict[str, Instrument]:
    """Load every instrument of a folder.

    Args:
        folder: a folder with one YAML file an instrument; ladsim's own by default.
        vocabulary: the names that targets may use; those of ladsim's own data tables by default.

    Returns:
        The instruments by id, in the order of their ids.

    Raises:
        UserError: naming file and line, key, value and what would be right.
    """
    place = Path(folder) if folder is not None else paths.instruments_dir()
    complete = place == paths.instruments_dir()
    if not place.is_dir():
        raise UserError("no such folder of instruments", file=place, expected="a folder with one YAML file each")
    files = list(yaml_files(place).values())
    stamps = tuple((file, *_stamp(file)) for file in files)
    return dict(_load_all(stamps, vocabulary or packaged_vocabulary(), complete))


def _stamp(file: Path) -> tuple[int, int]:
    """Return what changes when a file is written: the time and its size."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0  # reading it will tell
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _load_all(stamps: tuple[tuple[Path, int, int], ...], names: Vocabulary, complete: bool) -> Mapping[str, Instrument]:
    """Load files as they are at the moments of their stamps; a scenario and its reference ask for the same ones."""
    found = {file: load_instrument(file, names, complete=complete) for file, *_ in stamps}
    _check_continued(found)
    check_counted_once((one, where_in(file)) for file, one in found.items())
    return {instrument.id: instrument for instrument in found.values()}


def where_in(file: Path) -> Callable[[], Where]:
    """Return what tells where things stand in a file."""
    return lambda: read_yaml(file)[1]


def _check_continued(found: Mapping[Path, Instrument]) -> None:
    """Raise a UserError if an instrument continues a pathway that no instrument opens."""
    acting = {file: instrument.expanded() for file, instrument in found.items()}
    opened = {one.id for several in acting.values() for one in several if one.lever == "lawful_pathway"}
    for file, several in acting.items():
        for one in several:
            if one.continues is not None and one.continues not in opened:
                raise UserError(
                    "no such pathway",
                    file=file,
                    key="continues",
                    value=one.continues,
                    expected=close_matches(one.continues, opened),
                )


def load_instrument(file: str | Path, vocabulary: Vocabulary | None = None, *, complete: bool = False) -> Instrument:
    """Load one instrument file.

    Args:
        file: the file.
        vocabulary: as in `load_instruments`.
        complete: whether every date and number must have its grade, as in ladsim's own instruments.

    Raises:
        UserError: as in `load_instruments`.
    """
    data, where = read_yaml(file)
    instrument = build_instrument(data, where)
    stem = Path(file).stem
    if instrument.id != stem:
        raise UserError(
            "the id is not the name of the file",
            file=where.place(("id",)),
            key="id",
            value=instrument.id,
            expected=stem,
        )
    check_names(instrument, vocabulary or packaged_vocabulary(), where)
    check_grades(instrument, where, complete=complete)
    check_ranges(instrument, where)
    return instrument


def check_names(instrument: Instrument, vocabulary: Vocabulary, where: Where) -> None:
    """Raise a UserError if the instrument names a nationality, place or way that does not exist."""
    for i, actor in enumerate(instrument.actors):
        _check_name(actor, vocabulary.countries, ("actors", i), where)
    _check_block(instrument, vocabulary, where)
    for name, part in instrument.parts.items():
        _check_block(part, vocabulary, where.below("parts", name))


def _check_block(block: Instrument | Part, vocabulary: Vocabulary, where: Where) -> None:
    target = block.target or Target()
    for key in type(target).model_fields:
        for i, name in enumerate(getattr(target, key)):
            _check_name(name, getattr(vocabulary, key), ("target", key, i), where)
    if block.destination is not None:
        _check_name(block.destination, vocabulary.countries, ("destination",), where)
    if not vocabulary.nationalities:
        return
    for term, value in block.terms.items():
        for day, number in value.values.items():
            for code in number if isinstance(number, dict) else ():
                known = vocabulary.nationalities | {DEFAULT}
                _check_name(code, known, ("terms", term, "values", day, code), where)


def _check_name(name: str, known: Iterable[str], path: tuple[Hashable, ...], where: Where) -> None:
    known = frozenset(known)
    if known and name not in known:
        raise UserError(
            "unknown name", file=where.place(path), key=where.key(path), value=name, expected=close_matches(name, known)
        )


def as_rows(instruments: Mapping[str, Instrument]) -> list[dict[str, Any]]:
    """Return the instruments as rows of a table: one row each, ready for a DataFrame.

    Returns:
        Rows with id, title, pillar, lever, actors, status, start, end, announced, terms (text: each term's values),
        units (text), evidence, references (text).
    """
    return [
        {
            "id": i.id,
            "title": i.title,
            "pillar": i.pillar,
            "lever": i.lever,
            "actors": ";".join(i.actors),
            "status": i.status,
            "start": i.start,
            "end": i.end,
            "announced": i.announced,
            "terms": "; ".join(f"{name}: {_values_text(term.values)}" for name, term in _all_terms(i).items()),
            "units": "; ".join(f"{name}: {term.unit}" for name, term in _all_terms(i).items()),
            "evidence": i.evidence,
            "references": "; ".join(f"{r.publisher}: {r.title} ({r.date})" for r in i.references),
        }
        for i in instruments.values()
    ]


def _all_terms(instrument: Instrument) -> dict[str, Term]:
    """Return the terms of an instrument by name, those of its parts by ``part.term``."""
    of_parts = {f"{part}.{name}": term for part, said in instrument.parts.items() for name, term in said.terms.items()}
    return {**instrument.terms, **of_parts}


def _values_text(values: Mapping[Any, Any]) -> str:
    def text(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{code} {number:g}" for code, number in value.items()) + "}"
        return f"{value:g}"

    if len(values) == 1:
        return text(next(iter(values.values())))
    return ", ".join(f"{day}: {text(value)}" for day, value in values.items())
