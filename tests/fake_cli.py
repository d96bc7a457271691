"""The command line over the fake model: `python tests/fake_cli.py scenario=...`, run as a process by test_cli.py."""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import fakes
import pandas as pd

from ladsim.cli.app import main
from ladsim.runs import ensemble


class SlowModel(fakes.FakeModel):
    """A fake that takes as long as the environment says, so that it can be interrupted."""

    def run(self) -> pd.DataFrame:
        if mark := os.environ.get("LADSIM_FAKE_MARK"):
            Path(mark).touch()
        time.sleep(float(os.environ.get("LADSIM_FAKE_SECONDS", "0")))
        return super().run()


def install() -> None:
    """Let the command line run the fake, in worker processes too."""
    run_options = ensemble.run_options
    ensemble.run_options = functools.partial(run_options, model=SlowModel)


if __name__ == "__main__":
    install()
    sys.exit(main())
