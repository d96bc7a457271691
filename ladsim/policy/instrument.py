"""An instrument: one dated, sourced commitment or rule, typed and checked.

An instrument says what a policy is: who acts, on whom, from when, at which terms, and who said so. How strongly people
respond is no part of it; that lies in the behavior parameters.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import LEVER_KINDS
from ladsim.core.strict_yaml import Where
from ladsim.policy.fields import Announces, Application, Channel, Part, Queue, Reference, Stay, Strict, Target
from ladsim.policy.terms import EVIDENCE, ONE_OF, TERMS, Day, Evidence, Term, mistake

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
CLOSED_LISTS: dict[str, tuple[str, ...]] = {
    "pillar": PILLARS,
    "status": STATUSES,
    "lever": LEVER_KINDS,
    "channel": CHANNELS,
    "queue": QUEUES,
    "stay": STAYS,
    "application": APPLICATIONS,
    "claim": CLAIMS,
    "evidence": EVIDENCE,
}


class Instrument(Strict):
    """One policy: dated, sourced, and acting only through the primitives of its kind of lever.

    Attributes:
        id: the name, that of its file.
        title: what it is, in a line.
        actors: ISO3 codes of the countries that act.
        pillar: pillar of the Declaration, or ``baseline`` for history that the Declaration does not list.
        lever: the kind, one of `ladsim.core.schema.LEVER_KINDS`.
        status: ``in_force``; ``announced`` and ``intended`` act only where a scenario includes them;
            ``institutional`` acts on nothing.
        start, end: in force from start until the day before end; no end means that it stays.
        announced: the day on which people learn of it; the start unless said.
        target: who and what it concerns.
        announces: what people are told on that day.
        terms: its numbers.
        references: where it is published.
        evidence: how its existence and dates are known.
        channel: for a lawful pathway, where one applies: ``residence``, ``port`` or ``transit``.
        queue: for a lawful pathway, ``lottery`` or ``first_come``.
        needs_ties: for a lawful pathway, whether a US sponsor or family is needed.
        bars_irregular_entry: for a lawful pathway, whether an irregular entry bars from it, since ``barred_since`` or
            else the start.
        barred_since: for a lawful pathway, the day from which an irregular entry bars.
        present_by: for a lawful pathway, the day by which one must have been present in the country where one applies;
            nationals of that country always were.
        destination: for a lawful pathway, ISO3 of the country of arrival.
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
    destination: str = "USA"
    stay: Stay = "lasting"
    application: Application = "petition"
    continues: str | None = None
    parts: dict[str, Part] = Field(default_factory=dict)
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        given = dict(given)
        if given.get("announced") is None and "start" in given:
            given["announced"] = given["start"]
        lever = given.get("lever")
        if "lever" in given and lever not in TERMS:
            raise mistake("unknown kind of lever", at=("lever",), value=lever, expected=close_matches(lever, TERMS))
        for key in PATHWAY_KEYS if isinstance(lever, str) and lever != "lawful_pathway" else ():
            if key in given and given[key] != cls.model_fields[key].default:
                raise mistake(f"{lever} has no {key}", at=(key,), value=given[key], expected="only a lawful_pathway")
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
        if self.end is not None and self.end < self.start:
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
        if self.lever == "lawful_pathway" and self.channel is None:
            raise mistake("no channel", at=("channel",), expected="one of " + ", ".join(CHANNELS))
        on, off = self.terms.get("threshold_on"), self.terms.get("threshold_off")
        if (on is None) != (off is None):
            raise mistake("one threshold only", at=("terms",), value=list(self.terms), expected="both thresholds")
        if on is not None and off is not None:
            for day in {*on.values, *off.values}:
                if off.number(day) > on.number(day):
                    at = ("terms", "threshold_off")
                    raise mistake("above threshold_on", at=at, value=off.number(day), expected="not above threshold_on")
        if self.lever == "aid" and "displaced_persons" not in self.terms:
            raise mistake("no displaced_persons", at=("terms",), expected="the persons whom the aid is for")

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
        return self.model_copy(update={"end": None, "terms": terms, "parts": parts})

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
        own = {key: getattr(part, key) for key in part.model_fields_set - {"terms", "start", "end"}}
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
        }
        try:
            return Instrument.model_validate(given)
        except ValidationError as error:
            raise _mistake_in_part(error, name, part) from None


def _frozen_part(part: Part, day: date) -> Part:
    ended = part.end is not None and part.end <= day
    terms = part.terms if ended else {name: term.until(day) for name, term in part.terms.items()}
    kept = {key: getattr(part, key) for key in part.model_fields_set if key != "end" or ended}
    return Part(**{**kept, "terms": terms})


def _fill_part(name: Hashable, part: Any, lever: str, given: dict[Hashable, Any]) -> Any:
    if isinstance(part, Part):
        return part
    if not isinstance(part, dict):
        expected = "what is the part's own, such as target and terms"
        raise mistake("no mapping", at=("parts", name), value=part, expected=expected)
    kind = part.get("lever") or lever
    if kind not in TERMS:
        expected = close_matches(kind, TERMS)
        raise mistake("unknown kind of lever", at=("parts", name, "lever"), value=kind, expected=expected)
    start = part.get("start") or given.get("start")
    try:
        terms = {key: _fill_term(key, term, kind, start) for key, term in (part.get("terms") or {}).items()}
    except PydanticCustomError as error:
        context = error.context or {}
        at = ("parts", name, *context["at"])
        raise mistake(context["message"], at=at, value=context["value"], expected=context["want"]) from None
    return {**part, "terms": terms}


def _mistake_in_part(error: ValidationError, name: str, part: Part) -> Exception:
    """Return the first mistake found in a part, at its place in the whole instrument."""
    first = error.errors()[0]
    context = first.get("ctx", {})
    path = (*first["loc"], *context.get("at", ()))
    own = not path or path[0] in part.model_fields_set or path[0] == "terms"
    at = ("parts", name, *path) if own else path
    return mistake(
        context.get("message", first["msg"]), at=at, value=context.get("value"), expected=context.get("want")
    )


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
        raise _as_user_error(error, data, where) from None


_LEVELS: dict[str, type[BaseModel]] = {
    "target": Target,
    "announces": Announces,
    "references": Reference,
    "terms": Term,
    "parts": Part,
}


def _as_user_error(error: ValidationError, data: Any, where: Where) -> UserError:
    """Translate the first of pydantic's errors; unknown keys first, for they explain missing ones."""
    details = sorted(error.errors(), key=lambda e: e["type"] not in ("extra_forbidden", "mistake"))
    first = details[0]
    context = first.get("ctx", {})
    path: tuple[Any, ...] = tuple(p for p in first["loc"] if p != "[key]")
    value, message, expected = first.get("input"), first["msg"], None
    if first["type"] == "mistake":
        path = (*path, *context["at"])
        value, message, expected = context["value"], context["message"], context["want"]
    elif first["type"] == "extra_forbidden":
        level = _level_of(path)
        message, value, expected = "unknown key", path[-1], close_matches(path[-1], level.model_fields)
    elif first["type"] == "missing":
        message, value, expected = "a key is missing", None, path[-1]
    elif first["type"] == "literal_error":
        message = "not in the closed list"
        expected = close_matches(value, CLOSED_LISTS[str(path[-1])]) if path[-1] in CLOSED_LISTS else context
    elif isinstance(value, (dict, list, tuple)):
        value = type(value).__name__
    path = tuple(p for p in path if _is_key(p))
    return UserError(
        message, file=where.place(path), key=where.key(path), value=value, expected=expected or first["msg"]
    )


def _level_of(path: tuple[Any, ...]) -> type[BaseModel]:
    """Return the block in which the last key of a path stands."""
    if len(path) < 2:
        return Instrument
    if path[0] == "parts" and len(path) > 3:
        return _LEVELS.get(path[2], Part)
    return _LEVELS[path[0]]


def _is_key(part: Any) -> bool:
    """Pydantic names the branch of a union in its location; those parts are no keys of the file."""
    return not (isinstance(part, str) and (part.startswith("function-") or part in ("constrained-str", "is-instance")))
