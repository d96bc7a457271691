"""A scenario: which instruments act, at which terms, from when to when, and to what it is compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from ladsim.core import paths
from ladsim.core.checks import day
from ladsim.core.errors import UserError, close_matches
from ladsim.core.strict_yaml import Where, read_yaml, yaml_files
from ladsim.policy.dates import as_date
from ladsim.policy.grades import check_changes, check_counted_once, check_grades, check_ranges
from ladsim.policy.instrument import Instrument, build_instrument
from ladsim.policy.library import (
    SCENARIOS,
    Vocabulary,
    check_names,
    library_of,
    load_instruments,
    packaged_vocabulary,
    vocabulary_of,
    where_in,
)
from ladsim.policy.overrides import override
from ladsim.world.world import World, world_at

ACT_ONLY_IF_INCLUDED = ("announced", "intended")
_KEYS = ("name", "title", "question", "supposes", "reference", "start", "end", "freeze_on", "include", "exclude")
_TEXTS = ("name", "title", "question", "supposes", "reference")
_NEEDED = ("name", "title", "question", "start", "end")
_TOP = ("scenario", "instrument")


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario.

    Attributes:
        name: the name, that of its file.
        title: what it is, in a line.
        question: the question that it answers.
        reference: name of the scenario that it is compared to, or None.
        start, end: first and last day that are simulated.
        instruments: the instruments that apply, by id, at their terms.
        freeze_on: what was in force that day stays in force, and nothing later starts or ends; or None.
        include: ids put in though they are only announced or intended, or begin after the freeze.
        exclude: ids left out.
        supposes: what the changes of instruments in its file rest on, where that is the question's own supposition.
        overrides: what the caller changed of instruments, by id.
        own: ids of instruments of the user's own: of a folder, or written in the scenario's file.
        folder: where its reference lies, if not among ladsim's own scenarios.
        world: folder of the world's tables, or None for the packaged one.
    """

    name: str
    title: str
    question: str
    reference: str | None
    start: date
    end: date
    instruments: dict[str, Instrument]
    freeze_on: date | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    supposes: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    folder: Path | None = field(default=None, repr=False)
    world: Path | None = field(default=None, repr=False)

    @property
    def n_days(self) -> int:
        """Days that are simulated, the first and the last included."""
        return (self.end - self.start).days + 1

    def load_reference(self) -> Scenario | None:
        """Return the reference scenario over the same days, without the caller's changes of instruments."""
        if self.reference is None:
            return None
        world = None if self.world is None else world_at(str(self.world))
        return load_scenario(self.reference, start=self.start, end=self.end, folder=self.folder, world=world)


def list_scenarios(folder: str | Path | None = None) -> list[dict[str, Any]]:
    """Return a row for each scenario: name, title, question, reference, start, end."""
    rows = []
    for file in _files(folder).values():
        told, _, _ = _read(file)
        rows.append({key: told.get(key) for key in ("name", "title", "question", "reference", "start", "end")})
    return rows


def load_scenario(
    name: str,
    *,
    start: date | str | None = None,
    end: date | str | None = None,
    instrument_overrides: Mapping[str, Any] | None = None,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    folder: str | Path | None = None,
    instruments: Mapping[str, Instrument] | None = None,
    instruments_dir: str | Path | None = None,
    world: World | None = None,
) -> Scenario:
    """Load a scenario and resolve the instruments that apply.

    Args:
        name: a scenario's name, or the path of its YAML file.
        start: another first day.
        end: another last day.
        instrument_overrides: changes of instruments by id, as in `ladsim.policy.instrument.override`; they apply to
            this scenario and not to its reference.
        include: more ids to put in, over those of the file.
        exclude: more ids to leave out.
        folder: the folder of scenarios; ladsim's own by default.
        instruments: the library; ladsim's own by default.
        instruments_dir: a folder with instruments of your own, one YAML file each. They act in this scenario, whatever
            their status, and not in its reference; one with the id of another replaces it here.
        world: the world whose names instruments use, and whose folder holds the library and the scenarios; the packaged
            one by default.

    Raises:
        UserError: if there is no such scenario, or something in it cannot be.
    """
    elsewhere = None if world is None or world.packaged else world.folder
    names = packaged_vocabulary() if elsewhere is None or world is None else vocabulary_of(world)
    if elsewhere is not None and folder is None:
        folder = elsewhere / SCENARIOS
    file = _find(name, folder, elsewhere)
    told, overlay, where = _read(file)
    if instruments is not None:
        library = dict(instruments)
    else:
        library = load_instruments() if world is None else library_of(world)
    written = _written_here(overlay, library, where.below("instrument"), names)
    given_folder = load_instruments(instruments_dir, names) if instruments_dir is not None else {}
    own = {**given_folder, **written}
    library |= own
    overlay = {name: change for name, change in overlay.items() if name not in written}
    if file.parent == paths.scenarios_dir() and told.get("supposes") is None:
        check_changes(overlay, where.below("instrument"))
    first = _day(start, "start", Where("start")) if start is not None else told["start"]
    last = _day(end, "end", Where("end")) if end is not None else told["end"]
    for key, value in (("start", first), ("end", last)):
        try:
            day(key, value)
        except UserError as error:
            place = where.place(("scenario", key))
            raise UserError(
                f"{key} is out of range", file=place, key=key, value=error.value, expected=error.expected
            ) from None
    if last < first:
        place = where.place(("scenario", "end")) if end is None else "end"
        raise UserError("ends before it starts", file=place, key="end", value=str(last), expected=f"from {first} on")
    reference = told.get("reference")
    known = _known(folder or file.parent, elsewhere)
    if reference is not None and reference not in known:
        at = ("scenario", "reference")
        hint = close_matches(reference, known)
        raise UserError("no such scenario", file=where.place(at), key=where.key(at), value=reference, expected=hint)
    for key, names_given in (("include", include), ("exclude", exclude)):
        if isinstance(names_given, str):
            raise UserError(f"{key} is not a list", key=key, value=names_given, expected="a list of ids: [id, ...]")
    if instrument_overrides is not None and not isinstance(instrument_overrides, Mapping):
        expected = "a mapping by instrument, such as {'chnv_parole': {'terms': {...}}}"
        raise UserError("not a mapping", key="instrument_overrides", value=instrument_overrides, expected=expected)
    included = (*told.get("include", ()), *include)
    excluded = (*told.get("exclude", ()), *exclude)
    _check_ids(included, library, where, "include")
    _check_ids(excluded, library, where, "exclude")
    chosen = _choose(library, told.get("freeze_on"), max(last, told["end"]), {*included, *own}, excluded)
    chosen = _overlay(chosen, overlay, library, where.below("instrument"), names)
    given = dict(instrument_overrides or {})
    chosen = _overlay(chosen, given, library, Where("override", prefix=("instrument",)), names)
    places = {name: where_in(Path(instruments_dir or "") / f"{name}.yaml") for name in given_folder}
    places |= {name: partial(where.below, "instrument", name) for name in written}
    check_counted_once(
        [(chosen[name], place) for name, place in places.items() if name in chosen],
        beside=[one for name, one in chosen.items() if name not in places],
    )
    return Scenario(
        name=told["name"],
        title=told["title"],
        question=told["question"],
        reference=reference,
        start=first,
        end=last,
        instruments=dict(sorted(chosen.items())),
        freeze_on=told.get("freeze_on"),
        include=tuple(included),
        exclude=tuple(excluded),
        supposes=told.get("supposes"),
        overrides=given,
        own=tuple(sorted(own)),
        folder=Path(folder) if folder is not None else (None if file.parent == paths.scenarios_dir() else file.parent),
        world=elsewhere,
    )


def _written_here(
    overlay: Mapping[Any, Any], library: Mapping[str, Instrument], where: Where, names: Vocabulary
) -> dict[str, Instrument]:
    """Return the instruments that a scenario's file defines itself: unknown ids with a kind of lever."""
    found: dict[str, Instrument] = {}
    for name, told in overlay.items():
        if name in library or not isinstance(told, Mapping) or "lever" not in told:
            continue
        here = where.below(name)
        if told.get("id", name) != name:
            raise UserError(
                "the id is not the key it stands under", file=here.place(), key="id", value=told["id"], expected=name
            )
        found[name] = build_instrument({"id": name, **told}, here)
        check_names(found[name], names, here)
        check_grades(found[name], here, complete=False)
        check_ranges(found[name], here)
    return found


def _choose(
    library: Mapping[str, Instrument],
    freeze_on: date | None,
    last: date,
    included: Iterable[str],
    excluded: Iterable[str],
) -> dict[str, Instrument]:
    chosen: dict[str, Instrument] = {}
    for name, instrument in library.items():
        if name in included:
            chosen[name] = instrument
        elif name not in excluded and _acts_by(instrument, last):
            kept = instrument.frozen(freeze_on) if freeze_on is not None else instrument
            if kept is not None:
                chosen[name] = kept
    return {name: instrument for name, instrument in chosen.items() if name not in excluded}


def _acts_by(instrument: Instrument, last: date) -> bool:
    """Return whether an instrument acts without being asked for, and somebody hears of it by the last day."""
    return instrument.status not in ACT_ONLY_IF_INCLUDED and min(instrument.announced, instrument.start) <= last


def _overlay(
    chosen: Mapping[str, Instrument],
    changes: Mapping[Any, Any],
    library: Mapping[str, Instrument],
    where: Where,
    names: Vocabulary,
) -> dict[str, Instrument]:
    result = dict(chosen)
    for name, change in changes.items():
        here = where.below(name)
        if name not in library:
            hint = close_matches(name, library)
            raise UserError("unknown instrument", file=here.place(), key=here.key(()), value=name, expected=hint)
        if name not in chosen:
            raise UserError(
                "the instrument does not act in this scenario",
                file=here.place(),
                key=here.key(()),
                value=name,
                expected="an instrument that acts; put it into the scenario's include first",
            )
        result[name] = override(result[name], change, where=here)
        check_names(result[name], names, here)
        check_grades(result[name], here, complete=False)
    return result


def _check_ids(ids: Iterable[str], library: Mapping[str, Instrument], where: Where, key: str) -> None:
    for i, name in enumerate(ids):
        if name not in library:
            at = ("scenario", key, i)
            hint = close_matches(name, library)
            raise UserError("unknown instrument", file=where.place(at), key=where.key(at), value=name, expected=hint)


def _files(folder: str | Path | None) -> dict[str, Path]:
    place = Path(folder) if folder is not None else paths.scenarios_dir()
    return yaml_files(place)


def _known(folder: str | Path | None, world: Path | None = None) -> dict[str, Path]:
    """Return the scenarios of a folder and, behind them, ladsim's own or those of a world of one's own."""
    behind = None if world is None else world / SCENARIOS
    return {**_files(behind), **_files(folder)}


def _find(name: str, folder: str | Path | None, world: Path | None) -> Path:
    if str(name).endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise UserError(
                "no such scenario file", file=name, expected="the path of a YAML file, or a scenario's name"
            )
        return Path(name)
    files = _known(folder, world)
    if name not in files:
        raise UserError("no such scenario", key="scenario", value=name, expected=close_matches(name, files))
    return files[name]


def _read(file: Path) -> tuple[dict[str, Any], dict[Any, Any], Where]:
    """Return what a scenario's file tells, with dates as dates, its instrument overlay, and where things stand."""
    data, where = read_yaml(file)
    for key in data:
        if key not in _TOP:
            hint = close_matches(key, _TOP)
            raise UserError("unknown key", file=where.place((key,)), key=key, value=key, expected=hint)
    told, overlay = data.get("scenario"), data.get("instrument", {})
    overlay = {} if overlay is None else overlay
    if not isinstance(told, dict):
        raise UserError("no scenario", file=where.place(), key="scenario", value=told, expected="name, title, ...")
    if not isinstance(overlay, dict):
        at = ("instrument",)
        raise UserError("not a mapping", file=where.place(at), key="instrument", value=overlay, expected="id: changes")
    _check_shape(told, file, where)
    found: dict[str, Any] = {str(key): value for key, value in told.items() if value is not None}
    for key in ("start", "end", "freeze_on"):
        if key in found:
            found[key] = _day(found[key], f"scenario.{key}", where)
    return found, overlay, where


def _check_shape(told: Mapping[Any, Any], file: Path, where: Where) -> None:
    for key, value in told.items():
        at = ("scenario", key)
        if key not in _KEYS:
            hint = close_matches(key, _KEYS)
            raise UserError("unknown key", file=where.place(at), key=where.key(at), value=value, expected=hint)
        is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if key in ("include", "exclude") and value is not None and not is_list:
            raise UserError(
                "not a list of ids", file=where.place(at), key=where.key(at), value=value, expected="[id, ...]"
            )
        if key in _TEXTS and value is not None and not isinstance(value, str):
            expected = "text, in quotes"
            raise UserError("not text", file=where.place(at), key=where.key(at), value=value, expected=expected)
        if key in _TEXTS and isinstance(value, str) and not value.strip():
            expected = "some words, or leave the key out"
            raise UserError("no text", file=where.place(at), key=where.key(at), value=value, expected=expected)
    for key in _NEEDED:
        if told.get(key) is None:
            raise UserError("a key is missing", file=where.place(("scenario",)), key=f"scenario.{key}", expected=key)
    if told["name"] != file.stem:
        at = ("scenario", "name")
        raise UserError(
            "the name is not that of the file",
            file=where.place(at),
            key=where.key(at),
            value=told["name"],
            expected=file.stem,
        )


def _day(value: Any, key: str, where: Where) -> date:
    try:
        return as_date(value)
    except PydanticCustomError as error:
        want = (error.context or {}).get("want")
        place = where.place(tuple(key.split(".")))
        raise UserError(error.message(), file=place, key=key, value=str(value), expected=want) from None
