"""The blocks that an instrument file is made of: whom it concerns, what is announced, who published it, its parts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ladsim.policy.dates import Day, Evidence, Fact, Strict, mistake, reference_numbers, split_dates
from ladsim.policy.terms import Term

Channel = Literal["residence", "port", "transit"]
Queue = Literal["lottery", "first_come"]
Stay = Literal["lasting", "seasonal"]
Application = Literal["petition", "registration"]


class Target(Strict):
    """Who and what an instrument is about. A list that is left out does not restrict; an empty one is refused.

    Attributes:
        nationalities: whom it concerns.
        residences: residence groups (``VEN_COL``) or countries of residence (``COL``) it concerns.
        ways: ways of the route graph, each by its id.
        rules: ways by the entry rule that they need.
        countries: the countries that it acts in.
        nodes: places on the route.
        stretches: ways, or smuggling networks, by stretch of the corridor.
        parties: kinds of party (``single_adult``, ``family_member``, ``unaccompanied_child``); aid only.
    """

    nationalities: tuple[str, ...] = ()
    residences: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    stretches: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_empty(cls, given: Any) -> Any:
        # What was left out comes back as an empty tuple when an instrument is dumped; files and callers give lists.
        if isinstance(given, list) and not given:
            expected = "at least one name; leave the key out to concern everybody"
            raise mistake("an empty list concerns nobody", value=given, expected=expected)
        return given


class Announces(Strict):
    """What people are told when an instrument is announced.

    Attributes:
        claim: ``release`` (share released after an encounter) or ``interdiction`` (added probability of being stopped
            on the ways of the target's countries).
        value: the share or probability that is claimed.
        unit: what the value is: a ``share``, of those encountered or of attempts.
        evidence: how the value is known.
        reference: numbers of the references that show a documented value, from 1.
        arithmetic: what a derived value is calculated from.
        range: bounds for an assumed value.
        note: where it comes from.
    """

    claim: Literal["release", "interdiction"]
    value: float = Field(ge=0.0, le=1.0)
    unit: Literal["share"] = "share"
    evidence: Evidence = "assumed"
    reference: tuple[int, ...] = ()
    arithmetic: str | None = None
    range: tuple[float, float] | None = None
    note: str | None = None

    _numbers = field_validator("reference", mode="before")(reference_numbers)

    @model_validator(mode="after")
    def _check_range(self) -> Announces:
        if self.range is not None and not 0.0 <= self.range[0] <= self.range[1] <= 1.0:
            expected = "[lowest, highest], from 0 to 1"
            raise mistake("not a range of shares", at=("range",), value=list(self.range), expected=expected)
        return self


class Reference(Strict):
    """Where a fact is published: title, publisher, date of publication, place in the document, address."""

    title: str
    publisher: str
    date: Day | str
    locator: str | None = None
    address: str | None = None


class Part(Strict):
    """A part of an instrument that has its own rules, dates or terms, such as one of several offices.

    What a part does not say is as the instrument says; its terms come on top of the instrument's. A part of another
    kind of lever takes over neither terms nor the keys of a pathway. No part acts before or after its instrument.
    Meaning of the keys as in `ladsim.policy.instrument.Instrument`.
    """

    title: str | None = None
    lever: str | None = None
    start: Day | None = None
    end: Day | None = None
    target: Target | None = None
    terms: dict[str, Term] = Field(default_factory=dict)
    evidence: Evidence | None = None
    channel: Channel | None = None
    queue: Queue | None = None
    needs_ties: bool | None = None
    bars_irregular_entry: bool | None = None
    barred_since: Day | None = None
    present_by: Day | None = None
    destination: str | None = None
    stay: Stay | None = None
    application: Application | None = None
    continues: str | None = None
    dates: dict[str, Fact] = Field(default_factory=dict)
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_none(cls, given: Any) -> Any:
        """An empty key says nothing."""
        if not isinstance(given, dict):
            raise mistake("not a mapping", value=given, expected="what is the part's own, such as target and terms")
        return split_dates({key: value for key, value in given.items() if value is not None})
