"""Everything that a run reads beside the route, the people and the policies, checked without running anything."""

from __future__ import annotations

from ladsim.behavior.familiarity import check_packaged_familiarity, familiarity_of
from ladsim.world.statistics import NEEDED, consequences, optional
from ladsim.world.wishes import check_packaged_wishes, wishes_of
from ladsim.world.world import World


def check_inputs(world: World) -> None:
    """Raise a UserError for the first mistake in the wishes, journeys, familiarity and statistics of a world.

    Args:
        world: a world of one's own, whose folder holds these files, or the packaged one, whose files are those of
            conf/behavior.
    """
    if world.packaged:
        check_packaged_wishes(world)
        check_packaged_familiarity(world)
        return
    wishes_of(world)
    familiarity_of(world)
    consequences(world)
    for name in NEEDED:
        optional(world, name)
