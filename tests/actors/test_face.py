"""The Mesa face: every operation beside a plain AgentSet of equal content, and the traps of Mesa 3.3.1."""

import copy
import gc
import itertools
import pickle
import weakref
from random import Random

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet
from mesa.datacollection import DataCollector

from ladsim.actors import face
from ladsim.actors.face import Everybody, MigrantSet, PanelCollector
from ladsim.actors.migrant import Migrant
from ladsim.core.person_ids import person_id
from ladsim.core.schema import State
from ladsim.population import COLUMNS, READABLE, Column, Population

COUNT = 40
NODES = ["Quito", "Necocli", "Tapachula"]
LABELS = {
    "nationality": ["VEN", "HTI", "CUB"],
    "group": ["VEN_VEN", "VEN_COL", "HTI_HTI", "HTI_CHL", "CUB_CUB"],
    "node": NODES,
    "way": [],
}


class Country(mesa.Agent):
    """A plain actor."""

    def __init__(self, model, code):
        super().__init__(model)
        self.code = code
        self.steps_taken = 0

    def step(self):
        self.steps_taken += 1


class PlainMigrant(mesa.Agent):
    """What a migrant would be without columns."""

    def __init__(self, model, values):
        super().__init__(model)
        self.__dict__.update(values)


class ColumnModel(mesa.Model):
    def __init__(self):
        super().__init__(seed=1)
        self.countries = [Country(self, code) for code in ("PAN", "MEX")]
        self.population = Population(3, 5, labels=LABELS)
        self.population.add(content())
        self.migrants = face.install(self, self.population)

    def step(self):
        self.agents.do("step")


class PlainModel(mesa.Model):
    def __init__(self):
        super().__init__(seed=1)
        values = {name: np.asarray(column).tolist() for name, column in content().items()}
        rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        self.migrants = AgentSet([PlainMigrant(self, row) for row in rows], random=self.random)


def content():
    number = np.arange(COUNT)
    return {
        "person": person_id(number % 5, number, number),
        "nationality": (number % 5) % 3,
        "group": number % 5,
        "state": np.where(number % 3 == 0, int(State.WAITING), int(State.TRAVELLING)),
        "node": number * 7 % 3,
        "means": (number * 37 % 11) * 100.5,
        "ties": number % 4 == 0,
        "attempts": np.where(number % 2 == 0, 30_000, 20_000),
    }


@pytest.fixture
def columns():
    model = ColumnModel()
    yield model
    face.release(model)


@pytest.fixture
def plain():
    model = PlainModel()
    yield model
    face.release(model)


def ids(agents):
    return [agent.person for agent in agents]


def grouped(groups):
    return [(name, ids(group)) for name, group in groups]


def asked(agents, at_most):
    seen = []
    agents.select(lambda a: seen.append(a.person) or a.ties, at_most=at_most)
    return seen


def changed(agents, method, *others):
    getattr(agents, method)(*others)
    return agents


def taken_out(agents):
    return [agents.pop().person, *ids(agents)]


def rich(migrant):
    return migrant.means > 500 and migrant.state == State.WAITING


# Each is done on both sets; the results must be equal, to the order and the type of value.
OPERATIONS = {
    "len": len,
    "iter": lambda s: ids(s),
    "reversed": lambda s: ids(reversed(s)),
    "item": lambda s: [s[0].person, s[-1].person],
    "slice": lambda s: ids(s[3:20:4]),
    "index": lambda s: s.index(s[5]),
    "contains": lambda s: [s[3] in s, "nobody" in s, s[3] in s.select(lambda a: a.person != s[3].person)],
    "select everybody": lambda s: ids(s.select()),
    "select by function": lambda s: ids(s.select(rich)),
    "select at most": lambda s: ids(s.select(at_most=7)),
    "select at most of matching": lambda s: ids(s.select(rich, at_most=3)),
    "select at most asks no further": lambda s: asked(s, at_most=3),
    "select share": lambda s: ids(s.select(at_most=0.33)),
    "select share of matching": lambda s: ids(s.select(rich, at_most=0.1)),
    "select all as share": lambda s: ids(s.select(at_most=1.0)),
    "select type": lambda s: ids(s.select(agent_type=mesa.Agent)),
    "select other type": lambda s: ids(s.select(agent_type=Country)),
    "select in place": lambda s: ids(s.select().select(rich, inplace=True)),
    "select of a selection": lambda s: ids(s.select(rich).select(lambda a: a.ties)),
    "get": lambda s: s.get("means"),
    "get bool": lambda s: [type(v) for v in s.get("ties")],
    "get several": lambda s: s.get(["node", "means", "ties"]),
    "get unique_id or default": lambda s: s.get("shoe_size", handle_missing="default", default_value=3),
    "get several or default": lambda s: s.get(["node", "shoe_size"], "default", 0),
    "map": lambda s: s.map(lambda a, k: a.node * k, 2),
    "sum beyond int16": lambda s: s.agg("attempts", sum),
    "agg several": lambda s: s.agg("node", [min, max, sum, len]),
    "agg numpy": lambda s: s.agg("attempts", [np.mean, np.max, np.median, np.ptp]),
    "agg function of a list": lambda s: s.agg("node", lambda values: [*values, 1]),
    "agg ties": lambda s: s.agg("ties", sum),
    "shuffle": lambda s: ids(s.shuffle()),
    "shuffle in place": lambda s: ids(s.select().shuffle(inplace=True)),
    "sort by column": lambda s: ids(s.sort("means")),
    "sort by column ascending": lambda s: ids(s.sort("means", ascending=True)),
    "sort by bool": lambda s: ids(s.sort("ties")),
    "sort by function": lambda s: ids(s.sort(lambda a: -a.node)),
    "sort in place": lambda s: ids(s.select().sort("node", inplace=True)),
    "group by column": lambda s: grouped(s.groupby("node")),
    "group in the order met": lambda s: grouped(s.sort("means").groupby("node")),
    "group keys": lambda s: [type(k) for k in s.groupby("ties").groups],
    "group by position": lambda s: grouped(s.groupby(lambda a: a.nationality)),
    "group by function": lambda s: grouped(s.groupby(lambda a: a.means > 300)),
    "group lists": lambda s: grouped(s.groupby("group", result_type="list")),
    "group count": lambda s: s.groupby("state").count(),
    "group agg": lambda s: s.groupby("state").agg("attempts", sum),
    "group map": lambda s: s.groupby("node").map(len),
    "group map method": lambda s: s.groupby("node").map("get", "node"),
    "and": lambda s: ids(s.select(rich) & s.shuffle()),
    "or": lambda s: ids(s.sort("means").select(at_most=5) | s.select(at_most=5)),
    "minus": lambda s: ids(s - s.select(rich)),
    "xor": lambda s: sorted(ids(s.select(at_most=10) ^ s.select(rich))),
    "equal": lambda s: [s.select() == s.shuffle(), s.select(at_most=3) == s, s == {1}],
    "subset": lambda s: [s.select(rich) <= s, s <= s.select(rich), s.select(rich).isdisjoint(s - s.select(rich))],
    "count": lambda s: [s.count(s[2]), s.count("nobody"), s.select(at_most=2).count(s[5])],
    "or in place": lambda s: ids(changed(s.select(at_most=3), "__ior__", s.select(at_most=6))),
    "and in place": lambda s: sorted(ids(changed(s.select(), "__iand__", s.select(rich)))),
    "minus in place": lambda s: ids(changed(s.select(), "__isub__", s.select(rich))),
    "pop": lambda s: taken_out(s.select(at_most=4)),
    "clear": lambda s: ids(changed(s.select(), "clear")),
    "copy": lambda s: ids(copy.copy(s)),
    "empty": lambda s: [len(s.select(lambda a: False)), s.select(lambda a: False).get("node")],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_as_a_plain_agentset(name, columns, plain):
    operation = OPERATIONS[name]
    columns.random.seed(5)
    plain.random.seed(5)
    for mine, theirs in (
        (columns.migrants, plain.migrants),
        (columns.migrants.select(at_most=25), plain.migrants.select(at_most=25)),
    ):
        assert operation(mine) == operation(theirs)


def test_results_keep_their_members(columns):
    migrants = columns.migrants
    results = [
        migrants.select(rich),
        migrants.shuffle(),
        migrants.sort("means"),
        *(group for _, group in migrants.groupby("node")),
        migrants.first(5),
        migrants.sample(5),
        migrants.panel(5, seed=1),
        migrants & migrants,
        migrants | migrants,
    ]
    gc.collect()
    assert all(isinstance(result, MigrantSet) and len(list(result)) == len(result) > 0 for result in results)
    assert len(migrants.sample(1000)) == COUNT


def test_do_set_and_shuffle_do_write_to_the_columns(columns, plain):
    for model in (columns, plain):
        model.random.seed(3)
        model.order = []

        def visit(agent, amount, order=model.order):
            agent.means += amount
            order.append(agent.person)

        assert model.migrants.do(visit, 2.0) is model.migrants
        model.migrants.shuffle_do(visit, amount=1.0)
        model.migrants.select(rich).set("node", 2)
    assert columns.order == plain.order
    assert columns.migrants.get(["means", "node"]) == plain.migrants.get(["means", "node"])
    assert columns.population.view("means").tolist() == plain.migrants.get("means")
    assert columns.migrants.set("means", 5.0).set("node", 1) is columns.migrants
    assert columns.migrants.get(["means", "node"]) == [[5.0, 1]] * COUNT


def test_select_where(columns):
    migrants = columns.migrants
    fast = migrants.select(where=lambda c: (c["means"] > 500) & (c["state"] == State.WAITING))
    assert ids(fast) == ids(migrants.select(rich))
    mask = migrants.column("ties")
    assert ids(migrants.select(lambda a: a.node == 1, where=mask)) == ids(
        migrants.select(lambda a: a.ties and a.node == 1)
    )
    assert ids(migrants.select(where=mask, at_most=2)) == ids(migrants.select(lambda a: a.ties))[:2]
    with pytest.raises(ValueError, match="40 booleans"):
        migrants.select(where=mask[:3])
    with pytest.raises(AttributeError, match="shoe_size"):
        migrants.select(where=lambda c: c["shoe_size"] > 40)


def test_missed_paths_of_mesa_fail_loudly(columns):
    with pytest.raises(NotImplementedError, match="not covered"):
        _ = columns.migrants._agents
    with pytest.raises(NotImplementedError, match="not covered"):
        AgentSet.sort(columns.agents, lambda a: a.unique_id)


def test_every_public_method_of_this_mesas_agentset_is_covered():
    inherited = {name for kind in AgentSet.__mro__ if kind.__module__.startswith("mesa") for name in vars(kind)}
    public = {name for name in inherited if not name.startswith("_")}
    covered = public & (set(vars(face.KeyedSet)) | {"agg"})
    assert covered == public, "agg works by get; everything else must be overridden"


def test_a_view_reads_and_writes_its_person(columns):
    migrant = columns.migrants[7]
    assert isinstance(migrant, mesa.Agent)
    assert (migrant.node, migrant.pos, migrant.node_name) == (1, 1, "Necocli")
    assert (migrant.state_name, migrant.nationality_code, migrant.group_name) == ("travelling", "CUB", "HTI_HTI")
    assert migrant.way_name is None
    assert migrant.unique_id == migrant.person == int(columns.population.view("person")[7])
    for name, kind in {"means": float, "ties": bool, "node": int}.items():
        assert isinstance(getattr(migrant, name), kind)
    migrant.node = 2
    migrant.means += 1.5
    assert columns.population.view("node")[7] == 2
    assert columns.migrants[7].means == migrant.means
    assert migrant.random is columns.random
    assert "travelling" in repr(migrant)
    assert all(hasattr(migrant, name) for name in (*COLUMNS, *READABLE) if name != "outcome")
    assert COLUMNS["means"].doc in Migrant.means.__doc__


def test_unknown_and_fixed_attributes_are_refused(columns):
    migrant = columns.migrants[0]
    with pytest.raises(AttributeError, match="no attribute 'shoe_size'; its columns are person"):
        migrant.shoe_size = 42
    with pytest.raises(AttributeError, match="shoe_size"):
        _ = migrant.shoe_size
    for name in ("person", "unique_id", "pos", "model", "state_name", "row"):
        with pytest.raises(AttributeError, match="cannot be set"):
            setattr(migrant, name, 1)
    with pytest.raises(ValueError, match="attempts"):
        migrant.attempts = 40_000
    for change in (lambda: columns.migrants.set("shoe_size", 42), lambda: columns.migrants.set("person", 1)):
        with pytest.raises(AttributeError, match="cannot be set"):
            change()
    with pytest.raises(AttributeError, match="shoe_size"):
        columns.migrants.get("shoe_size")
    with pytest.raises(ValueError, match="handle_missing"):
        columns.migrants.get("node", "ignore")
    with pytest.raises(TypeError, match=r"Population\.add"):
        Migrant.create_agents(columns, 3)
    bare = Population(1, 1)
    bare.add({"person": np.array([5]), "nationality": 0, "group": 0})
    with pytest.raises(AttributeError, match="no names for 'node'"):
        _ = MigrantSet(columns, bare)[0].node_name


def test_views_are_equal_by_person_and_follow_their_row(columns):
    first, again, other = columns.migrants[10], columns.migrants[10], columns.migrants[11]
    assert first == again
    assert first != other
    assert len({first, again, other}) == 2
    assert first != columns.countries[0]
    means = first.means
    columns.migrants[2].remove()
    assert (first.means, first.row, first.present) == (means, 9, True)
    columns.population.add({**content(), "person": content()["person"] + 10**6})
    assert first.means == means
    first.remove()
    first.remove()
    assert not first.present
    assert first.person == again.unique_id
    assert "left the table" in repr(first)
    with pytest.raises(LookupError, match="left the table"):
        _ = first.means
    columns.population.check()


def test_those_who_left_the_table_are_in_no_set(columns):
    chosen = columns.migrants.select(rich)
    views = chosen.to_list()
    size = len(chosen)
    everybody = columns.agents.select(lambda a: True)
    views[0].remove()
    assert len(chosen) == len(list(chosen)) == size - 1
    assert views[0] not in chosen
    assert views[0] not in columns.migrants
    assert views[0] not in columns.agents
    assert len(everybody) == len(list(everybody)) == COUNT + 1
    chosen.do("remove")
    assert len(chosen) == 0
    assert len(columns.migrants) == COUNT - size
    columns.population.check()


def test_those_removed_during_a_loop_are_not_visited(columns):
    seen = []

    def meet(agent):
        seen.append(agent.person)
        for other in columns.migrants[:3]:
            if other != agent:
                other.remove()

    columns.migrants.do(meet)
    assert len(seen) == len(set(seen))
    assert len(columns.migrants) == 1
    assert columns.population.counts_by_state().sum() == COUNT


def test_fixed_sets_can_be_edited_and_live_ones_not(columns):
    migrants = columns.migrants
    some = migrants.first(3)
    some.add(migrants[5])
    some.add(migrants[5])
    some.remove(migrants[0])
    some.discard(migrants[0])
    assert ids(some) == ids([migrants[1], migrants[2], migrants[5]])
    with pytest.raises(KeyError):
        some.remove(migrants[0])
    with pytest.raises(TypeError, match="own population"):
        some.add(columns.countries[0])
    for change in (
        lambda: migrants.shuffle(inplace=True),
        lambda: migrants.add(migrants[0]),
        lambda: migrants.remove(migrants[0]),
        lambda: columns.agents.add(migrants[0]),
        lambda: columns.agents.remove(migrants[0]),
    ):
        with pytest.raises(TypeError):
            change()


def test_model_agents_holds_actors_and_migrants(columns):
    assert isinstance(columns.agents, Everybody)
    assert len(columns.agents) == COUNT + 2
    assert set(columns.agent_types) == {Country, Migrant}
    assert columns.agents_by_type[Migrant] is columns.migrants
    assert list(columns.agents)[:2] == columns.countries
    assert columns.agents[-1] == columns.migrants[-1]
    assert columns.countries[0] in columns.agents
    assert columns.migrants[0] in columns.agents
    assert "nobody" not in columns.agents
    ids_of_all = columns.agents.get("unique_id")
    assert len(set(ids_of_all)) == COUNT + 2

    late = Country(columns, "USA")
    assert len(columns.agents) == COUNT + 3
    assert [*ids_of_all[:2], late.unique_id] == [a.unique_id for a in columns.agents_by_type[Country]]
    late.remove()
    assert len(columns.agents) == COUNT + 2
    columns.step()
    assert [c.steps_taken for c in columns.countries] == [1, 1]
    columns.agents.shuffle_do("step")
    assert [c.steps_taken for c in columns.countries] == [2, 2]


def test_what_is_selected_from_everybody(columns):
    agents = columns.agents
    assert isinstance(agents.select(agent_type=Migrant), MigrantSet)
    assert list(agents.select(agent_type=Country)) == columns.countries
    assert ids(agents.select(lambda a: isinstance(a, Migrant) and rich(a))) == ids(columns.migrants.select(rich))
    by_type = agents.groupby(type)
    assert by_type.count() == {Country: 2, Migrant: COUNT}
    assert isinstance(by_type.groups[Migrant], MigrantSet)
    assert agents.groupby("unique_id").count() == dict.fromkeys(agents.get("unique_id"), 1)

    mixed = agents.sort("unique_id").select(at_most=41)
    assert isinstance(mixed, Everybody)
    assert not mixed.live
    assert mixed.get("unique_id") == sorted(agents.get("unique_id"), reverse=True)[:41]
    assert mixed.agg("unique_id", [min, len]) == [2, 41]
    assert mixed.map(lambda a: a.unique_id) == [a.unique_id for a in mixed]
    assert ids(a for a in mixed.shuffle() if isinstance(a, Migrant)) != ids(columns.migrants)
    assert mixed.get("code", "default", "none").count("none") == COUNT
    pan, mex = columns.countries
    assert mex in mixed
    assert pan not in mixed
    mixed.add(pan)
    mixed.add(pan)
    mixed.remove(mex)
    with pytest.raises(KeyError):
        mixed.remove(mex)
    mixed.remove(columns.migrants[0])
    assert len(mixed) == COUNT
    assert mixed[-1] is pan


def test_set_operators_across_kinds(columns):
    actors = columns.agents.select(agent_type=Country)
    some = columns.migrants.first(3)
    for both in (some | actors, actors | some):
        gc.collect()
        assert isinstance(both, Everybody)
        assert len(both) == len(list(both)) == 5
    assert ids(columns.agents & some) == ids(some & columns.agents) == ids(some)
    assert list(columns.agents - columns.migrants) == columns.countries
    assert list((actors | some) - some) == columns.countries
    assert len(some ^ columns.agents) == COUNT - 1
    assert list(actors & some) == []
    assert (some | actors) == (actors | some)


def test_dead_actors_drop_out_of_fixed_sets(columns):
    late = Country(columns, "USA")
    fixed = columns.agents.select(lambda a: True)
    assert len(fixed) == COUNT + 3
    late.remove()
    del late
    gc.collect()
    assert len(fixed) == len(list(fixed)) == COUNT + 2
    assert [a.unique_id for a in copy.deepcopy(fixed)] == [a.unique_id for a in fixed]


def test_remove_all_agents(columns):
    columns.remove_all_agents()
    assert len(columns.agents) == 0
    assert columns.population.counts_by_state().sum() == COUNT


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_copies_are_whole_and_apart(columns, way):
    chosen = columns.migrants.sort("means").select(rich)
    mixed = columns.agents.shuffle()
    other = way(columns)
    model_again, chosen_again, mixed_again = way((columns, chosen, mixed))
    assert other.migrants is other.agents_by_type[Migrant]
    assert other.population is other.migrants.population
    assert other.migrants.model is other
    assert other.agents.live
    assert other.agents.get("unique_id") == columns.agents.get("unique_id")
    assert ids(chosen_again) == ids(chosen)
    assert chosen_again.model is model_again
    assert mixed_again.get("unique_id") == mixed.get("unique_id")
    view = way(columns.migrants[3])
    assert view.person == columns.migrants[3].person
    assert view != columns.migrants[3], "a copied model has people of its own"
    other.migrants.set("means", 0.0)
    other.migrants.first(4).do("remove")
    assert columns.migrants.agg("means", sum) > 0
    assert len(columns.migrants) == COUNT
    other.step()
    assert other.countries[0].steps_taken == 1
    assert columns.countries[0].steps_taken == 0
    for model in (other, model_again, view.model):
        face.release(model)


def test_panel_is_a_keyed_sample_that_lasts(columns):
    migrants = columns.migrants
    panel = migrants.panel(10, seed=4)
    assert len(panel) == 10
    assert ids(panel) == sorted(ids(panel))
    assert ids(migrants.shuffle().panel(10, seed=4)) == ids(panel)
    assert ids(migrants.panel(10, seed=5)) != ids(panel)
    assert set(ids(migrants.panel(4, seed=4))) < set(ids(panel))
    gone = next(m for m in migrants if m not in panel)
    gone.remove()
    assert ids(migrants.panel(10, seed=4)) == ids(panel)
    assert len(migrants.panel(1000, seed=4)) == COUNT - 1


def test_data_collector(columns, plain):
    reporters = {
        "model_reporters": {"waiting": lambda m: len(m.migrants.select(lambda a: a.state == State.WAITING))},
        "agent_reporters": {"means": lambda a: getattr(a, "means", None), "unique_id": "unique_id"},
    }
    mine = DataCollector(**reporters, agenttype_reporters={Migrant: {"means": "means"}, Country: {"code": "code"}})
    theirs = DataCollector(**reporters)
    mine.collect(columns)
    theirs.collect(plain)
    assert mine.get_model_vars_dataframe().equals(theirs.get_model_vars_dataframe())
    table = mine.get_agent_vars_dataframe().reset_index()
    assert len(table) == COUNT + 2
    of_migrants = table[table["AgentID"].isin(columns.migrants.get("person"))]
    assert of_migrants["means"].tolist() == theirs.get_agent_vars_dataframe()["means"].tolist()
    assert mine.get_agenttype_vars_dataframe(Migrant)["means"].tolist() == plain.migrants.get("means")
    assert mine.get_agenttype_vars_dataframe(Country)["code"].tolist() == ["PAN", "MEX"]


def test_panel_collector_holds_actors_and_the_panel(columns):
    collector = PanelCollector(
        panel=6,
        seed=2,
        model_reporters={"people": lambda m: len(m.migrants)},
        agent_reporters={"node": lambda a: getattr(a, "node", None)},
        agenttype_reporters={Migrant: {"means": "means"}, Country: {"code": "code"}},
    )
    collector.collect(columns)
    panel = columns.migrants.panel(6, seed=2)
    table = collector.get_agent_vars_dataframe().reset_index()
    assert table["AgentID"].tolist() == [1, 2, *ids(panel)]
    assert collector.get_agenttype_vars_dataframe(Migrant)["means"].tolist() == panel.get("means")
    assert collector.get_agenttype_vars_dataframe(Country)["code"].tolist() == ["PAN", "MEX"]
    assert collector.get_model_vars_dataframe()["people"].tolist() == [COUNT]


def test_install_once_and_only_into_a_mesa_that_fits(columns):
    with pytest.raises(RuntimeError, match="already"):
        face.install(columns, columns.population)
    with pytest.raises(RuntimeError, match=r"needs mesa>=3\.3\.1,<4"):
        face.install(object(), columns.population)


def test_a_plain_agentset_of_views_keeps_its_members(columns):
    """Mesa's own sets refer weakly; a person's view is always the same object, which the model keeps."""
    held = AgentSet(columns.migrants, random=Random(1))
    gc.collect()
    assert len(held) == COUNT
    assert columns.migrants[3] is columns.migrants[3]


def test_views_of_those_gone_are_forgotten(columns):
    """A model of many years would otherwise keep a view of everybody that anybody ever looked at."""
    kept = columns.migrants[0]
    most = 2 * columns.population.capacity + 1
    for number in range(3 * most // COUNT):
        new = columns.population.add({**content(), "person": content()["person"] + 10**6 * (1 + number)})
        people = list(columns.migrants)
        columns.population.remove(np.arange(new.start, new.stop))
        assert len(people) == 2 * COUNT
    assert len(columns._migrant_views) <= most
    assert columns.migrants[0] is kept


def test_models_are_freed_without_release_too():
    model = ColumnModel()
    trace = weakref.ref(model)
    del model
    gc.collect()
    assert trace() is None


def test_released_models_are_freed():
    model = ColumnModel()
    view, chosen = model.migrants[0], model.agents.select(lambda a: True)
    DataCollector(agent_reporters={"id": "unique_id"}).collect(model)
    face.release(model)
    face.release(model)
    trace = weakref.ref(model)
    del model, view, chosen
    gc.collect()
    assert trace() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("node", 30_000),
        ("node", -5),
        ("way", 5),
        ("lag", -1),
        ("lag", 400),
        ("party", 99),
        ("goal", -3),
        ("state", 15),
        ("outcome", 9),
        ("traveler_class", 10_000),
        ("means", -1.0),
        ("means", float("nan")),
        ("urgency", float("inf")),
        ("due", -1),
    ],
)
def test_values_out_of_range_are_refused_and_change_nothing(columns, name, value):
    before = columns.migrants.get(name)
    with pytest.raises(ValueError, match=name):
        columns.migrants.set(name, value)
    with pytest.raises(ValueError, match=name):
        setattr(columns.migrants[0], name, value)
    assert columns.migrants.get(name) == before


def test_positions_compare_with_names(columns):
    migrants = columns.migrants
    venezuelans = migrants.select(lambda a: a.nationality == "VEN")
    assert len(venezuelans) == migrants.get("nationality").count(0) > 0
    assert ids(migrants.select(where=lambda c: c["nationality"] == "VEN")) == ids(venezuelans)
    assert len(migrants.select(where=lambda c: c["nationality"] != "VEN")) == COUNT - len(venezuelans)
    assert migrants[0].state == State.WAITING
    for wrong in ("Venezuela", "ven"):
        with pytest.raises(ValueError, match="VEN"):
            migrants.select(lambda a, wrong=wrong: a.nationality == wrong)
        with pytest.raises(ValueError, match="VEN"):
            migrants.select(where=lambda c, wrong=wrong: c["nationality"] == wrong)


def test_sets_and_dicts_never_miss_a_name(columns):
    migrants = columns.migrants
    wanted = migrants.select(lambda a: a.nationality in ("VEN", "HTI"))
    assert ids(wanted) == ids(migrants.select(where=lambda c: np.isin(c["nationality"], ["VEN", "HTI"])))
    assert ids(wanted) == ids(migrants.select(where=lambda c: np.isin(c["nationality"], [0, 1])))
    assert 0 < len(wanted) < COUNT
    with pytest.raises(ValueError, match="XXX"):
        migrants.select(where=lambda c: np.isin(c["nationality"], ["XXX"]))
    for lookup in ({"VEN"}, {0}, {"VEN": 1}):
        with pytest.raises(TypeError, match=r"compare with a tuple, such as nationality in \('VEN', 'HTI'\)"):
            migrants.select(lambda a, lookup=lookup: a.nationality in lookup)
    assert {int(a.nationality) for a in migrants} == {0, 1, 2}


def test_a_set_equals_sets_of_the_same_members_alone(columns):
    migrants = columns.migrants
    assert migrants == migrants.select()
    for other in (None, 5, "VEN", [1, 2]):
        assert migrants != other
        assert columns.agents != other


def test_a_mask_or_positions_give_a_set(columns):
    migrants = columns.migrants
    mask = migrants.column("means") > 500
    assert ids(migrants[mask]) == ids(migrants.select(where=mask))
    assert ids(migrants[[3, 1]]) == [migrants[3].person, migrants[1].person]
    with pytest.raises(IndexError, match="mask"):
        migrants[mask[:-1]]


def test_aggregation_by_name(columns):
    means = columns.migrants.column("means")
    assert columns.migrants.agg("means", "mean") == pytest.approx(means.mean())
    assert columns.migrants.agg("means", ["min", "max"]) == [means.min(), means.max()]
    with pytest.raises(ValueError, match="'mean'"):
        columns.migrants.agg("means", "meen")


def test_removing_one_by_one_costs_one_pass(columns):
    version = columns.population.version
    for agent in columns.migrants[:10]:
        agent.remove()
    assert columns.population.version == version
    assert len(columns.migrants) == COUNT - 10
    assert columns.population.version == version + 1
    columns.population.check()


def test_a_model_may_declare_columns_of_its_own():
    model = ColumnModel()
    trips = Column("trips", "int16", 0, "count", "Trips so far", high=5)
    model.population = Population(3, 5, labels=LABELS, more=[trips])
    model.population.add(content())
    agent = MigrantSet(model, model.population)[4]
    assert agent.trips == 0
    agent.trips = 2
    assert agent.trips == 2
    with pytest.raises(ValueError, match="trips"):
        agent.trips = 6
    with pytest.raises(AttributeError, match="trips"):
        agent.shoe_size = 42
    with pytest.raises(ValueError, match="own"):
        Population(3, 5, more=[Column("means", "float64", 0.0, "USD", "Twice")])
    face.release(model)


@pytest.mark.parametrize("of", [lambda m: m.migrants, lambda m: m.agents], ids=["migrants", "everybody"])
@pytest.mark.parametrize("call", ["do", "shuffle_do", "map", "select"])
def test_nobody_is_visited_once_removed(columns, of, call):
    """Removing one by one waits until the table is next looked at; whoever comes next may be gone by then."""
    actors, people, gone = columns.countries, columns.migrants.to_list(), set()
    following = dict(itertools.pairwise(people))

    def meet(agent):
        assert agent not in gone
        other = following.get(agent)
        if other is not None and other not in gone:
            gone.add(other)
            other.remove()

    getattr(of(columns).shuffle() if call == "select" else of(columns), call)(meet)
    assert gone
    assert len(columns.agents) == len(actors) + COUNT - len(gone)
