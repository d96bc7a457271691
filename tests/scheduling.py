"""Which tests run in one process, and which of these groups begins first, where pytest-xdist spreads them.

Tests of a file share what its fixtures have made, so a file goes to one process; so do tests whose ids end with the
same ``@group``. Groups that take long begin first, so that no process is left with a long one when others are done.
pytest-xdist's own ``--dist loadgroup`` does not see the groups of pytest 9.2.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler.loadscope import LoadScopeScheduling

SECONDS = {
    "tests/test_pages.py": 120,
    "tests/hostile/test_corpus.py": 110,
    "tests/explore/test_live_page.py": 100,
    "tests/twin/test_twin.py": 60,
    "tests/policy/test_overrides.py": 60,
    "tests/sim/test_model.py": 50,
    "tests/site/test_atlas_pages.py": 40,
    "tests/test_readme.py": 40,
    "tests/test_lock.py": 40,
    "tests/cli/test_cli.py": 40,
    "tests/hostile/test_signals.py": 30,
}
"""What files take, roughly, on one core; of others and of groups it is guessed by the number of tests."""
OF_A_CASE, OF_A_GROUP, OF_A_TEST = 4.0, 10.0, 0.2


def group_of(nodeid: str) -> str:
    """Return the group of a test: what follows ``@`` in the id of its parameters, or else its file."""
    file, _, test = nodeid.partition("::")
    name = test.partition("[")[2].removesuffix("]").rpartition("@")[2] if "@" in test else ""
    return f"@{name}" if name.startswith("cases_") else file


def seconds_of(group: str, tests: int) -> float:
    """Return roughly how long a group takes."""
    if group.startswith("@"):
        return OF_A_GROUP + OF_A_CASE * tests
    return SECONDS.get(group, OF_A_TEST * tests)


class LongestFirst(LoadScopeScheduling):
    """Gives each group of tests to one process, those that take longest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        longest = max(self.workqueue, key=lambda group: seconds_of(group, len(self.workqueue[group])))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
