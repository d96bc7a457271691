"""Where Numba keeps compiled kernels: a folder named by the sources, so that no stale code is ever run.

Numba's own cache looks only at the file of a kernel, not at the files of the kernels that it calls.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path


def _cache_folder(name: str) -> Path:
    """Return a folder of ours that can be written: in the user's cache, else among temporary files, else a new one."""
    places = []
    with suppress(RuntimeError):  # no home
        places.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ladsim" / name)
    places.append(Path(tempfile.gettempdir()) / f"ladsim-{os.getuid()}-{name}")
    for folder in places:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Compiled code is loaded from here, so that nobody else may write in it.
            if folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
                return folder
    return Path(tempfile.mkdtemp(prefix=f"ladsim-{name}-"))


def keep_compiled_kernels() -> None:
    """Point Numba's cache at a folder of this version of the sources, unless the user chose one."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for file in [*sorted((package / "core").glob("*.py")), *sorted((package / "behavior").glob("*.py"))]:
        digest.update(file.read_bytes())
    folder = _cache_folder(digest.hexdigest()[:16])
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)
