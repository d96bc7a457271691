"""Tables, figures and the map."""

import os
import sys

if "MPLBACKEND" in os.environ and "matplotlib" not in sys.modules:
    # Matplotlib cannot even be imported where the environment names a backend that is not there, such as a
    # notebook's; figures here are drawn without any.
    _backend = os.environ.pop("MPLBACKEND")
    import matplotlib as matplotlib

    os.environ["MPLBACKEND"] = _backend
