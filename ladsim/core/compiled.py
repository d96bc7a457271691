"""Where Numba keeps compiled kernels: a folder named by the sources, so that no stale code is ever run.

Numba's own cache looks only at the file of a kernel, not at the files of the kernels that it calls.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def keep_compiled_kernels() -> None:
    """Point Numba's cache at a folder of this version of the sources, unless the user chose one."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for file in [*sorted((package / "core").glob("*.py")), *sorted((package / "behavior").glob("*.py"))]:
        digest.update(file.read_bytes())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "ladsim" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"ladsim-{digest.hexdigest()[:16]}"
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)
