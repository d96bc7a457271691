"""Tables whose arrays nobody may write to, not even after they have been pickled."""

from __future__ import annotations

from typing import Any

import numpy as np


class ReadOnlyArrays:
    """Base of a dataclass whose arrays are read-only.

    Kernels are compiled for read-only arrays, and pickling forgets that an array is one: a table that is read back
    says so again, or else every kernel that gets it would be compiled anew.
    """

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was pickled or copied, and make the arrays read-only again."""
        vars(self).update(state)
        self.__post_init__()
