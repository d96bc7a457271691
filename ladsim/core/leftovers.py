"""What a process that was killed leaves behind, and how the next one sweeps it up.

Hidden and temporary folders carry the machine's name and the number of the process that made them; semaphores and
shared memory of its workers are found through a note that it keeps while it runs. Only what belongs to a process of
this machine that no longer lives is removed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

MARK = "ladsim"
_SHARED = Path("/dev/shm")


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode('utf-8', 'replace')):08x}"


def owned_prefix(stem: str) -> str:
    """Return how the name of a hidden folder of this process begins."""
    return f".{stem}.{MARK}-{_host()}-{os.getpid()}-"


_OWNED = re.compile(rf"\..*\.{MARK}-(?P<host>[0-9a-f]{{8}})-(?P<pid>\d+)-[^.]*")


def lives(pid: int) -> bool:
    """Return whether a process of this number lives on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def sweep_folder(folder: Path) -> list[Path]:
    """Remove the hidden folders that processes which no longer live left in a folder, and return their paths."""
    swept = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = _OWNED.fullmatch(path.name)
            if found is None or found["host"] != _host() or lives(int(found["pid"])):
                continue
            with suppress(OSError):
                if path.stat().st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)
                    swept.append(path)
    return swept


def _notes() -> Path:
    return Path(tempfile.gettempdir()) / f"{MARK}-running-{os.getuid()}"


def note_running() -> None:
    """Leave a note that this process runs workers; :func:`sweep` finds by it what they left if all are killed."""
    with suppress(OSError):
        folder = _notes()
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
            (folder / f"{os.getpid()}.json").write_text(json.dumps({"host": _host(), "cwd": str(Path.cwd())}))


def note_ended() -> None:
    """Take the note away again."""
    with suppress(OSError):
        (_notes() / f"{os.getpid()}.json").unlink(missing_ok=True)
        _notes().rmdir()


def sweep() -> list[Path]:
    """Remove what killed runs of this user left: notes, semaphores, shared memory, temporary folders."""
    swept: list[Path] = []
    with suppress(OSError):
        for note in sorted(_notes().glob("*.json")):
            if not note.stem.isdigit() or lives(int(note.stem)):
                continue
            swept += _sweep_process(int(note.stem))
            note.unlink(missing_ok=True)
        _notes().rmdir()
    swept += sweep_folder(Path(tempfile.gettempdir()))
    return swept


def _sweep_process(pid: int) -> list[Path]:
    swept = []
    patterns = (f"sem.loky-{pid}-*", f"joblib_memmapping_folder_{pid}_*", f"loky-{pid}-*")
    for place in (_SHARED, Path(tempfile.gettempdir())):
        for pattern in patterns:
            for path in sorted(place.glob(pattern)):
                with suppress(OSError):
                    if path.stat().st_uid != os.getuid():
                        continue
                    if path.is_dir():
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        path.unlink()
                    swept.append(path)
    return swept
