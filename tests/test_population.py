"""Population: identities, adding and leaving, conservation to the person, snapshots."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ladsim.core.person_ids import person_id, person_parts
from ladsim.core.schema import State
from ladsim.population import COLUMNS, READABLE, SCHEMA, Population

N_NATIONALITIES, N_GROUPS = 3, 5


def people(population, count, *, first=0, state=State.CONSIDERING):
    number = np.arange(first, first + count)
    group = number % N_GROUPS
    return population.add(
        {
            "person": person_id(group, 7, number),
            "nationality": group % N_NATIONALITIES,
            "group": group,
            "means": number * 10.0,
            "state": int(state),
        }
    )


def table(count=10):
    population = Population(N_NATIONALITIES, N_GROUPS)
    people(population, count)
    return population


@given(st.integers(0, 254), st.integers(0, 2**20 - 1), st.integers(0, 2**28 - 1))
def test_person_id_and_its_inverse(group, day, number):
    person = person_id(group, day, number)
    assert person_parts(person) == (group, day, number)
    assert 2**48 <= person < 2**56, "ids must not meet those of plain Mesa agents"
    array = person_id(group, day, np.array([number]))
    assert array.dtype == np.int64
    assert array.tolist() == [person]


@pytest.mark.parametrize("parts", [(255, 0, 0), (-1, 0, 0), (0, 2**20, 0), (0, -1, 0), (0, 0, 2**28), (0.5, 0, 0)])
def test_person_id_refuses_what_does_not_fit(parts):
    with pytest.raises(ValueError, match="person id must be"):
        person_id(*parts)


def test_schema_says_all_it_must():
    assert len(COLUMNS) == len(SCHEMA) == 34
    assert all(c.unit and c.doc for c in SCHEMA)
    assert set(READABLE.values()) <= set(COLUMNS)


def test_defaults_dtypes_and_live_views():
    population = table(4)
    for column in SCHEMA:
        assert population.view(column.name).dtype == np.dtype(column.dtype)
        if column.name not in ("person", "nationality", "group", "means"):
            assert (population.view(column.name) == column.default).all(), column.name
    population.view("node")[2] = 9
    means, node = population.arrays("means", "node")
    assert means.tolist() == [0.0, 10.0, 20.0, 30.0]
    assert node.tolist() == [-1, -1, 9, -1]
    assert len(population.arrays()) == len(SCHEMA)


def test_capacity_grows_by_half_at_least():
    population = Population(1, 1)
    sizes = {population.capacity}
    for i in range(40):
        people_one = np.arange(100) + 100 * i
        population.add({"person": people_one, "nationality": 0, "group": 0})
        sizes.add(population.capacity)
    ordered = sorted(sizes)
    assert len(ordered) > 2
    assert all(b >= 1.5 * a for a, b in pairwise(ordered))
    assert population.view("person").tolist() == list(range(4000))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"shoe_size": 42}, KeyError, "shoe_size"),
        ({"group": None}, TypeError, "group"),
        ({"attempts": 40_000}, ValueError, "attempts"),
        ({"attempts": 0.5}, TypeError, "attempts"),
        ({"means": np.zeros(3)}, ValueError, "length 2"),
        ({"state": 15}, ValueError, "cannot be 15: 0 to 14"),
        ({"nationality": -1}, ValueError, "nationality.*cannot be -1"),
        ({"group": N_GROUPS}, ValueError, "group.*cannot be"),
    ],
)
def test_add_refuses_what_does_not_fit_and_adds_nobody(change, error, words):
    population = table(3)
    columns = {"person": np.array([1, 2]), "nationality": 0, "group": 0, **change}
    with pytest.raises(error, match=words):
        population.add(columns)
    assert (population.n, population.considered) == (3, 3)
    with pytest.raises(KeyError, match="nationality"):
        population.add({"person": np.array([1]), "group": 0})


def test_write_checks_what_it_writes():
    population = table(5)
    population.write("node", np.array([1, 3]), [7, 8])
    assert population.view("node").tolist() == [-1, 7, -1, 8, -1]
    with pytest.raises(ValueError, match="node"):
        population.write("node", slice(0, 5), 70_000)
    with pytest.raises(ValueError, match="state"):
        population.write("state", slice(0, 5), 99)


def test_compact_keeps_order_and_tallies_by_state_nationality_group():
    population = table(10)
    population.view("state")[[2, 7]] = int(State.DEAD)
    before = population.counts()
    keep = population.view("state") != State.DEAD
    stay = population.view("person")[keep].copy()
    assert population.compact(keep) == 2
    assert population.view("person").tolist() == stay.tolist()
    assert population.view("means").tolist() == [0.0, 10.0, 30.0, 40.0, 50.0, 60.0, 80.0, 90.0]
    assert population.tally[State.DEAD].sum() == 2
    assert population.tally[State.DEAD, 2, 2] == 2
    assert np.array_equal(population.counts(), before)
    assert population.counts_by_state()[State.DEAD] == 2
    assert population.compact(np.ones(8, dtype=bool)) == 0
    with pytest.raises(ValueError, match="one value a person"):
        population.compact(np.ones(3, dtype=bool))


def test_locate_follows_people_through_changes():
    population = table(10)
    persons = population.view("person").copy()
    population.remove([0, 4])
    assert population.locate(persons).tolist() == [-1, 0, 1, 2, -1, 3, 4, 5, 6, 7]
    people(population, 2, first=10)
    assert population.locate(person_id(0, 7, 10)) == 8
    assert population.locate(-5) == -1
    assert Population(1, 1).locate([1, 2]).tolist() == [-1, -1]


def test_readable_names():
    population = Population(3, 5, labels={"node": ["A", "B"], "nationality": ["VEN", "HTI", "CUB"]})
    people(population, 3)
    population.view("node")[1] = 1
    assert population.readable("node_name").tolist() == [None, "B", None]
    assert population.readable("state_name", [0]).tolist() == ["considering"]
    assert population.readable("nationality_code").tolist() == ["VEN", "HTI", "CUB"]
    with pytest.raises(KeyError):
        population.readable("way_name")


def test_snapshot_is_a_copy_and_restores_everything():
    population = table(10)
    population.remove([3])
    saved = pickle.loads(pickle.dumps(population.snapshot()))
    people(population, 5, first=10)
    population.view("means")[:] = -1.0
    population.remove([0, 1])
    population.restore(saved)
    population.check()
    again = population.snapshot()
    assert again["considered"] == 10
    assert np.array_equal(again["tally"], saved["tally"])
    assert all(np.array_equal(again["columns"][name], saved["columns"][name]) for name in COLUMNS)
    with pytest.raises(ValueError, match="other nationalities"):
        Population(1, 1).restore(saved)


def test_check_finds_a_lost_and_a_doubled_person():
    population = table(4)
    population._n = 3
    with pytest.raises(AssertionError, match="4 people were considered, but 3"):
        population.check()
    population._n = 4
    population.view("person")[0] = population.view("person")[1]
    with pytest.raises(AssertionError, match="twice"):
        population.check()


class Conservation(RuleBasedStateMachine):
    """Any order of adding, moving between states, leaving, and going back to a snapshot."""

    @initialize()
    def start(self):
        self.population = Population(N_NATIONALITIES, N_GROUPS)
        self.next = 0
        self.rows = {}
        self.left = {}
        self.saved = None

    @rule(count=st.integers(0, 900), state=st.sampled_from(State))
    def add(self, count, state):
        rows = people(self.population, count, first=self.next, state=state)
        assert rows.stop - rows.start == count
        for number in range(self.next, self.next + count):
            self.rows[number] = int(state)
        self.next += count

    @rule(seed=st.integers(0, 2**32 - 1), state=st.sampled_from(State))
    def move(self, seed, state):
        chosen = np.random.default_rng(seed).random(self.population.n) < 0.3
        self.population.view("state")[chosen] = int(state)
        for number in (self.population.view("person")[chosen] & (2**28 - 1)).tolist():
            self.rows[number] = int(state)

    @rule(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.1, 1.0]))
    def leave(self, seed, share):
        going = np.random.default_rng(seed).random(self.population.n) < share
        for number in (self.population.view("person")[going] & (2**28 - 1)).tolist():
            self.left[number] = self.rows.pop(number)
        assert self.population.compact(~going) == going.sum()

    @rule()
    def save(self):
        self.saved = (self.population.snapshot(), dict(self.rows), dict(self.left), self.next)

    @rule()
    def go_back(self):
        if self.saved:
            snapshot, rows, left, self.next = self.saved
            self.rows, self.left = dict(rows), dict(left)
            self.population.restore(snapshot)

    @invariant()
    def everybody_is_counted_once(self):
        self.population.check()
        assert self.population.considered == self.next == self.population.counts_by_state().sum()
        states = [*self.rows.values(), *self.left.values()]
        assert self.population.counts_by_state().tolist() == np.bincount(states, minlength=len(State)).tolist()
        numbers = (self.population.view("person") & (2**28 - 1)).tolist()
        assert numbers == list(self.rows), "order of arrival is kept"
        assert (self.population.view("means") == np.array(numbers) * 10.0).all(), "columns moved together"


TestConservation = Conservation.TestCase
TestConservation.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
