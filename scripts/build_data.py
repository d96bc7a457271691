"""Build the packaged tables of ladsim/data from the collected statistics of data-raw/. Same bytes each time.

    python scripts/build_data.py [--check]

``--check`` writes nothing and fails if a committed table or the generated part of docs/data.md differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from data_tables import document, figures, observed, outcomes, people, reference_tables
from data_tables.common import Raw, Tables, text_of

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "ladsim" / "data"
DOCS = ROOT / "docs" / "data.md"


def build(raw: Raw) -> Tables:
    """Return every table that this script owns, by name."""
    tables: Tables = {}
    for part in (reference_tables, people, observed, outcomes, figures):
        tables.update(part.build(raw))
    return tables


def as_csv(table: object) -> str:
    """Write a table as CSV text with plain numbers."""
    frame = table.copy()  # type: ignore[attr-defined]
    for column in frame.columns:
        if frame[column].dtype.kind in "fi":
            frame[column] = frame[column].map(text_of)
    return str(frame.fillna("").to_csv(index=False, lineterminator="\n"))


def main() -> int:
    """Build or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed files differ")
    args = parser.parse_args()
    tables = build(Raw())
    files = {DATA / f"{name}.csv": as_csv(table) for name, table in tables.items()}
    files[DOCS] = document.insert(DOCS, tables)
    different = [p for p, text in files.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if args.check:
        for path in different:
            print(f"differs from what the script builds: {path.relative_to(ROOT)}", file=sys.stderr)
        return 1 if different else 0
    for path in different:
        path.write_text(files[path], encoding="utf-8", newline="\n")
    print(f"{len(files)} files, {len(different)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
