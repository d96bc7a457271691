"""An instrument: one dated, sourced commitment or rule, typed and checked.

An instrument says what a policy is: who acts, on whom, from when, at which terms, and who said so. How strongly people
respond is not part of it; that lies in the behavior parameters.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ladsim.core.checks import plain_value, why_no_date
from ladsim.core.errors import close_matches
from ladsim.core.strict_yaml import Where
from ladsim.policy.dates import Day, Evidence, Fact, Strict, mistake, split_dates
from ladsim.policy.fields import Announces, Application, Channel, Part, Queue, Reference, Stay, Target
from ladsim.policy.kinds.registry import ONE_OF, TERMS, kind_of, kinds
from ladsim.policy.mistakes import as_user_error, first_mistake
from ladsim.policy.terms import Term

PILLARS = ("stability", "lawful_pathways", "humane_enforcement", "baseline")
STATUSES = ("in_force", "announced", "intended", "institutional")
CHANNELS = ("residence", "port", "transit")
QUEUES = ("lottery", "first_come")
CLAIMS = ("release", "interdiction")
STAYS = ("lasting", "seasonal")
APPLICATIONS = ("petition", "registration")
PATHWAY_KEYS = (
    "channel",
    "queue",
    "needs_ties",
    "bars_irregular_entry",
    "barred_since",
    "present_by",
    "destination",
    "stay",
    "application",
    "continues",
)


class Instrument(Strict):
    """One policy: dated, sourced, and acting only through the primitives of its kind of lever.

    Attributes:
        id: the name, that of its file.
        title: what it is, in a line.
        actors: ISO3 codes of the countries that act.
        pillar: pillar of the Declaration, or ``baseline`` for history that the Declaration does not list.
        lever: the kind, one of `ladsim.policy.kinds.registry.kinds()`.
        status: ``in_force``; ``announced`` and ``intended`` act only where a scenario includes them;
            ``institutional`` acts on nothing.
        start, end: in force from start until the day before end; no end means that it stays.
        announced: the day on which people learn of it; the start unless said.
        target: who and what it concerns.
        announces: what people are told on that day.
        terms: its numbers.
        references: where it is published.
        evidence: how it is known that there is such a policy.
        dates: how each of its dates is known, by key; in a file it stands with the date itself, as
            ``start: {date: 2024-05-06, evidence: documented, reference: 2}``.
        channel: for a lawful pathway, where one applies: ``residence``, ``port`` or ``transit``.
        queue: for a lawful pathway, ``lottery`` or ``first_come``.
        needs_ties: for a lawful pathway, whether a US sponsor or family is needed.
        bars_irregular_entry: for a lawful pathway, whether an irregular entry bars from it, since ``barred_since`` or
            else the start.
        barred_since: for a lawful pathway, the day from which an irregular entry bars.
        present_by: for a lawful pathway, the day by which one must have been present in the country where one applies;
            nationals of that country always were.
        destination: for a lawful pathway, ISO3 of the country of arrival; unless said, the one that people are bound
            for.
        stay: for a lawful pathway, whether one may stay (``lasting``) or for a season of work (``seasonal``).
        application: for a lawful pathway, whether it takes a ``petition`` with papers, by a sponsor or an employer, or
            a ``registration`` that one makes oneself and at no cost.
        continues: for a lawful pathway, id of the pathway whose queue it takes over from its start on, at its own
            terms, in place of that pathway's.
        parts: parts with their own rules, dates or terms by name; see `ladsim.policy.fields.Part`. Each acts as an
            instrument of its own, with the id ``instrument.part``.
        note: anything a reader should know.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")
    title: str = Field(min_length=1)
    actors: tuple[str, ...] = Field(min_length=1)
    pillar: Literal["stability", "lawful_pathways", "humane_enforcement", "baseline"]
    lever: str
    status: Literal["in_force", "announced", "intended", "institutional"]
    start: Day
    end: Day | None = None
    announced: Day
    target: Target = Target()
    announces: Announces | None = None
    terms: dict[str, Term] = Field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    evidence: Evidence
    channel: Channel | None = None
    queue: Queue = "lottery"
    needs_ties: bool = False
    bars_irregular_entry: bool = False
    barred_since: Day | None = None
    present_by: Day | None = None
    destination: str | None = None
    stay: Stay = "lasting"
    application: Application = "petition"
    continues: str | None = None
    parts: dict[str, Part] = Field(default_factory=dict)
    dates: dict[str, Fact] = Field(default_factory=dict)
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        given = split_dates(given)
        if given.get("announced") is None and "start" in given:
            given["announced"] = given["start"]
        lever = given.get("lever")
        if "lever" in given and (not isinstance(lever, str) or lever not in TERMS):
            raise mistake("unknown kind of lever", at=("lever",), value=lever, expected=close_matches(lever, TERMS))
        for key, owners in _keys_of_others(lever).items() if isinstance(lever, str) else ():
            if key in given and given[key] != cls.model_fields[key].default:
                raise mistake(f"{lever} has no {key}", at=(key,), value=given[key], expected="only a " + owners)
        _check_start(given.get("start"), ("start",))
        terms = given.get("terms")
        if terms is None:
            given["terms"] = {}
        elif isinstance(terms, dict) and isinstance(lever, str):
            given["terms"] = {name: _fill_term(name, term, lever, given.get("start")) for name, term in terms.items()}
        if isinstance(given.get("parts"), dict) and isinstance(lever, str):
            given["parts"] = {name: _fill_part(name, part, lever, given) for name, part in given["parts"].items()}
        elif given.get("parts") is None:
            given.pop("parts", None)
        return given

    @model_validator(mode="after")
    def _check(self) -> Instrument:
        if "." in self.id and self.parts:
            raise mistake("a part has no parts", at=("parts",), value=list(self.parts), expected="one level of parts")
        if self.end is not None and self.end <= self.start:
            raise mistake("ends before it starts", at=("end",), value=str(self.end), expected=f"after {self.start}")
        if self.announced > self.start:
            raise mistake(
                "starts before it is announced", at=("start",), value=str(self.start), expected=f"from {self.announced}"
            )
        for name, term in self.terms.items():
            try:
                term.check(name, TERMS[self.lever][name])
            except PydanticCustomError as error:
                context = error.context or {}
                at = ("terms", name, *context.get("at", ()))
                raise mistake(
                    context.get("message", str(error)), at=at, value=context.get("value"), expected=context.get("want")
                ) from None
        self._check_whole()
        for name in self.parts:
            self.checked_part(name)
        return self

    def _check_whole(self) -> None:
        if self.status == "institutional":
            if self.terms:
                raise mistake("an institutional instrument has no terms", at=("terms",), value=list(self.terms))
            if self.parts:
                raise mistake("an institutional instrument has no parts", at=("parts",), value=list(self.parts))
            return
        if self.parts:
            return
        if not any(name in self.terms for name in ONE_OF[self.lever]):
            expected = "one of " + ", ".join(ONE_OF[self.lever])
            raise mistake(f"a {self.lever} without effect", at=("terms",), value=list(self.terms), expected=expected)
        check = kind_of(self.lever).check
        if check is not None:
            check(self)

    def in_force(self, day: date) -> bool:
        """Return whether the instrument is in force on a day (from start until the day before end)."""
        return self.start <= day and (self.end is None or day < self.end)

    def frozen(self, day: date) -> Instrument | None:
        """Return the instrument as if nothing new happened after a day.

        In force that day, it stays for good at that day's terms; over by then, it keeps its history; not yet begun, it
        is None.
        """
        if self.start > day:
            return None
        if self.end is not None and self.end <= day:
            return self
        terms = {name: term.until(day) for name, term in self.terms.items()}
        begun = {name: part for name, part in self.parts.items() if part.start is None or part.start <= day}
        if self.parts and not begun:
            return None
        parts = {name: _frozen_part(part, day) for name, part in begun.items()}
        dates = {key: fact for key, fact in self.dates.items() if key != "end"}
        return self.model_copy(update={"end": None, "dates": dates, "terms": terms, "parts": parts})

    def expanded(self) -> tuple[Instrument, ...]:
        """Return what acts: the instrument itself, or its parts as instruments of their own."""
        if not self.parts:
            return (self,)
        found = (self.checked_part(name) for name in self.parts)
        return tuple(part for part in found if part is not None)

    def checked_part(self, name: str) -> Instrument | None:
        """Return a part as an instrument, or None where the instrument's dates leave it no day."""
        part = self.parts[name]
        start = max(part.start or self.start, self.start)
        end = min((day for day in (part.end, self.end) if day is not None), default=None)
        if end is not None and end < start:
            return None
        same_kind = part.lever is None or part.lever == self.lever
        own = {key: getattr(part, key) for key in part.model_fields_set - {"terms", "start", "end", "dates"}}
        given: dict[str, Any] = {
            "title": f"{self.title}: {name.replace('_', ' ')}",
            "lever": self.lever,
            "target": self.target,
            "evidence": self.evidence,
            **({key: getattr(self, key) for key in PATHWAY_KEYS} if same_kind else {}),
            **own,
            "id": f"{self.id}.{name}",
            "actors": self.actors,
            "pillar": self.pillar,
            "status": self.status,
            "start": start,
            "end": end,
            "announced": min(self.announced, start),
            "terms": {**(self.terms if same_kind else {}), **part.terms},
            "references": self.references,
            "dates": {**self.dates, **part.dates},
        }
        try:
            return Instrument.model_validate(given)
        except ValidationError as error:
            raise _mistake_in_part(error, name, part) from None


def _keys_of_others(lever: str) -> dict[str, str]:
    """Return the keys that a kind of lever does not have, each with the kinds that have it."""
    mine = kind_of(lever).keys
    found: dict[str, str] = {}
    for kind in kinds().values():
        for key in kind.keys:
            if key not in mine:
                found[key] = f"{found[key]} or {kind.name}" if key in found else kind.name
    return found


def _frozen_part(part: Part, day: date) -> Part:
    ended = part.end is not None and part.end <= day
    terms = part.terms if ended else {name: term.until(day) for name, term in part.terms.items()}
    kept = {key: getattr(part, key) for key in part.model_fields_set if key != "end" or ended}
    if not ended and "dates" in kept:
        kept["dates"] = {key: fact for key, fact in part.dates.items() if key != "end"}
    return Part(**{**kept, "terms": terms})


def _fill_part(name: Hashable, part: Any, lever: str, given: dict[Hashable, Any]) -> Any:
    if isinstance(part, Part):
        return part
    if not isinstance(part, dict):
        expected = "what is the part's own, such as target and terms"
        raise mistake("not a mapping", at=("parts", name), value=part, expected=expected)
    kind = part.get("lever") or lever
    if not isinstance(kind, str) or kind not in TERMS:
        expected = close_matches(kind, TERMS)
        raise mistake("unknown kind of lever", at=("parts", name, "lever"), value=kind, expected=expected)
    try:
        part = split_dates(part)
    except PydanticCustomError as error:
        raise _below(error, "parts", name) from None
    start = part.get("start") or given.get("start")
    _check_start(start, ("parts", name, "start"))
    if not isinstance(part.get("terms") or {}, dict):
        expected = "a number, or unit, values and evidence, by term"
        raise mistake("not a mapping", at=("parts", name, "terms"), value=part["terms"], expected=expected)
    try:
        terms = {key: _fill_term(key, term, kind, start) for key, term in (part.get("terms") or {}).items()}
    except PydanticCustomError as error:
        raise _below(error, "parts", name) from None
    return {**part, "terms": terms}


def _below(error: PydanticCustomError, *keys: Hashable) -> Exception:
    """Return a mistake at its place below some keys."""
    context = error.context or {}
    at = (*keys, *context["at"])
    return mistake(context["message"], at=at, value=context["value"], expected=context["want"])


def _mistake_in_part(error: ValidationError, name: str, part: Part) -> Exception:
    """Return the first mistake found in a part, at its place in the whole instrument."""
    path, value, message, expected = first_mistake(error, Instrument)
    own = not path or path[0] in part.model_fields_set or path[0] == "terms"
    return mistake(message, at=("parts", name, *path) if own else path, value=value, expected=expected)


def _check_start(start: Any, at: tuple[object, ...]) -> None:
    """Raise a mistake if a start is a list or a mapping; terms given as bare numbers hold from the start."""
    if not isinstance(plain_value(start), Hashable):
        raise mistake("not a date", at=at, value=start, expected=why_no_date(start))


def _fill_term(name: Hashable, term: Any, lever: str, start: Any) -> Any:
    known = TERMS[lever]
    if name not in known:
        raise mistake(f"{lever} has no such term", at=("terms", name), value=name, expected=close_matches(name, known))
    if isinstance(term, Term) or (isinstance(term, dict) and set(Term.model_fields) & set(term)):
        return term
    return {"unit": known[str(name)].units[0], "values": {start: term}, "evidence": "assumed"}


def build_instrument(data: dict[Any, Any], where: Where) -> Instrument:
    """Return the instrument that the data say.

    Args:
        data: what stands in the file.
        where: where it stands, for messages.

    Raises:
        UserError: naming file and line, key, value and what would be right.
    """
    try:
        return Instrument.model_validate(data)
    except ValidationError as error:
        raise as_user_error(error, Instrument, where) from None
