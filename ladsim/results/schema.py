"""What a results folder holds, told once: what is written is checked by it, and so is what is read back.

A table is sorted and has no row twice; its values are whole numbers above zero; its scenario, seeds and months are
those of the manifest; its measures are known. The manifest carries a digest of every file that is read back, and one of
itself, so that a change by hand is noticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ladsim.core.checks import FIRST_DAY, LAST_DAY, iso_day, why_no_date
from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import MEASURES
from ladsim.results.intervals import months_between
from ladsim.results.run_result import COLUMNS
from ladsim.results.scenario_info import ScenarioInfo
from ladsim.results.variance import CHANCE, TERMS

FORMAT = 2
"""Raised when folders change so that an older ladsim could misread them."""
MOST_SEEDS = 100_000
MOST_SCALE = 10**9
_TEXT = ("scenario", "month", "measure", "place", "nationality")
_LARGEST = 2**53
_LONGEST_NAME = 200
_MOST_BYTES, _MOST_ROWS = 8 * 2**30, 200_000_000
_WHOLE = "a results folder as ladsim wrote it; allow_edited=True loads one that was changed by hand, if it is coherent"


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with a digest of everything else in it."""
    rest = {k: v for k, v in manifest.items() if k != "digest"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return {**rest, "digest": digest(text.encode())}


def check_seal(manifest: Mapping[str, Any], path: Path) -> None:
    """Raise a UserError for a manifest that is not as it was written."""
    if manifest.get("format") is None:
        raise UserError("the folder was written by an earlier ladsim, without digests", file=path, expected=_WHOLE)
    if manifest.get("digest") != sealed(dict(manifest))["digest"]:
        raise UserError("the manifest was changed after it was written", file=path, expected=_WHOLE)


def check_digest(name: str, data: bytes, manifest: Mapping[str, Any], folder: Path) -> None:
    """Raise a UserError for a file that is not as it was written."""
    if manifest["digests"].get(name) != digest(data):
        raise UserError("the file was changed after it was written", file=folder / name, expected=_WHOLE)


def check_manifest(manifest: Any, path: Path) -> None:
    """Raise a UserError for a manifest that is incomplete or holds invalid values."""

    def refuse(key: str, value: Any, expected: str) -> None:
        raise UserError("manifest is not whole", file=path, key=key, value=value, expected=expected)

    if not isinstance(manifest, dict):
        refuse("manifest", type(manifest).__name__, "a mapping")
    made = manifest.get("format", FORMAT)
    if type(made) is not int or not 1 <= made <= FORMAT:
        refuse("format", made, f"a whole number up to {FORMAT}; a newer ladsim wrote this")
    seeds = manifest.get("seeds")
    whole = isinstance(seeds, list) and all(type(s) is int and 0 <= s < 2**63 for s in seeds)
    if not whole or not 1 <= len(seeds) <= MOST_SEEDS or len(set(seeds)) < len(seeds):
        refuse("seeds", seeds, f"1 to {MOST_SEEDS:,} different whole numbers")
    if type(manifest.get("scale")) is not int or not 1 <= manifest["scale"] <= MOST_SCALE:
        refuse("scale", manifest.get("scale"), f"a whole number, 1 to {MOST_SCALE:,}")
    for key, kind in (("rows", int), ("digests", str)):
        held = manifest.get(key, {} if key == "digests" else None)
        if not isinstance(held, dict) or not all(type(v) is kind for v in held.values()):
            refuse(key, held, f"file: {'rows' if kind is int else 'SHA-256'}")
    sets = manifest.get("parameter_sets")
    if sets is not None and not (
        isinstance(sets, list) and len(sets) == len(seeds) and all(type(s) is int and s >= 0 for s in sets)
    ):
        refuse("parameter_sets", sets, "a whole number for each seed")
    again = manifest.get("run_again", {})
    if not isinstance(again, dict) or not all(
        kind in (TERMS, CHANCE) and isinstance(held, list) and held == seeds[: len(held)]
        for kind, held in again.items()
    ):
        refuse("run_again", again, f"the first few seeds under {TERMS} or {CHANCE}")
    check_info(manifest.get("scenario"), "scenario", path)
    other = manifest.get("reference")
    if other is not None:
        check_info(other, "reference", path)
        for key in ("start", "end"):
            if other[key] != manifest["scenario"][key]:
                refuse(f"reference.{key}", other[key], f"{manifest['scenario'][key]}, as in the scenario")


def check_info(info: Any, role: str, path: Path) -> None:
    """Raise a UserError for what a manifest says about a scenario, if it cannot be."""

    def refuse(key: str, value: Any, expected: str) -> None:
        raise UserError("manifest is not whole", file=path, key=key, value=value, expected=expected)

    needed = ("name", "title", "question", "reference", "start", "end")
    lists = ("changes", "notes")
    if not isinstance(info, dict) or not set(needed) <= set(info) <= {*needed, *lists, "freeze_on"}:
        refuse(role, info, ", ".join(needed))
    for key in needed:
        if not isinstance(info[key], str) and not (key == "reference" and info[key] is None):
            refuse(f"{role}.{key}", info[key], "text")
    if not isinstance(info.get("freeze_on"), str | None):
        refuse(f"{role}.freeze_on", info["freeze_on"], "YYYY-MM-DD")
    if not info["name"]:
        refuse(f"{role}.name", info["name"], "a name")
    for key in lists:
        held = info.get(key, [])
        if not isinstance(held, list | tuple) or not all(isinstance(v, str) for v in held):
            refuse(f"{role}.{key}", held, "a list of text")
    days: list[date] = []
    for key in ("start", "end"):
        day = iso_day(info[key])
        if day is None:
            refuse(f"{role}.{key}", info[key], why_no_date(info[key]))
            return
        days.append(day)
        if not FIRST_DAY <= day <= LAST_DAY:
            refuse(f"{role}.{key}", info[key], f"a day from {FIRST_DAY} to {LAST_DAY}")
    if days[1] < days[0]:
        refuse(f"{role}.end", info["end"], f"a day from {info['start']} on")


def as_arrow(table: pd.DataFrame, path: Path) -> pa.Table:
    """Return a tidy table in Arrow's form, its text coded.

    Raises:
        UserError: It has other columns or types.
    """
    if list(table.columns) != list(COLUMNS):
        raise UserError("table has other columns", file=path, value=list(table.columns), expected=", ".join(COLUMNS))
    try:
        made = pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise UserError(f"the table cannot be written: {error}", file=path) from error
    return _coded(made)


def _coded(table: pa.Table) -> pa.Table:
    columns = [
        table[name].dictionary_encode()
        if name in _TEXT and not pa.types.is_dictionary(table[name].type)
        else table[name]
        for name in table.column_names
    ]
    return pa.table(columns, names=table.column_names)


def read_arrow(path: Path, rows: int | None, data: bytes) -> pa.Table:
    """Return a table of a results folder, not checked yet beyond its shape.

    Args:
        path: The file, for messages.
        rows: How many rows the manifest says, or None for any.
        data: The file's bytes.

    Raises:
        UserError: No whole Parquet file, other columns or types, another number of rows, or far too much.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=list(_TEXT))
        meta, schema = file.metadata, file.schema_arrow
        if list(schema.names) != list(COLUMNS):
            raise UserError("table has other columns", file=path, value=list(schema.names), expected=", ".join(COLUMNS))
        for name in COLUMNS:
            _check_type(name, schema.field(name).type, path)
        if rows is not None and meta.num_rows != rows:
            raise UserError("table is not whole", file=path, value=meta.num_rows, expected=f"{rows} rows")
        check_size(meta, path)
        return _coded(file.read(use_threads=True).replace_schema_metadata(None).combine_chunks())
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"cannot read table: {error}", file=path, expected="a whole parquet file") from error


def check_size(meta: Any, path: Path) -> None:
    """Refuse a Parquet file that would fill the memory, by what its metadata says.

    Raises:
        UserError: Too many bytes, or too many rows, which take hardly any bytes where all are the same.
    """
    size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    for value, most, unit in ((size, _MOST_BYTES, "bytes"), (meta.num_rows, _MOST_ROWS, "rows")):
        if value > most:
            raise UserError("the table is too large", file=path, value=value, expected=f"at most {most:,} {unit}")


def _check_type(name: str, kind: pa.DataType, path: Path) -> None:
    if name in _TEXT:
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        right, expected = pa.types.is_string(inner) or pa.types.is_large_string(inner), "text"
    else:
        right, expected = kind == pa.int64(), "whole numbers (int64)"
    if not right:
        raise UserError("a column has another type", file=path, key=name, value=str(kind), expected=expected)


def check_table(table: pa.Table, info: ScenarioInfo, seeds: Sequence[int], path: Path) -> None:
    """Raise a UserError for a table that does not fit its scenario and seeds; the same when writing and reading.

    Args:
        table: The table, its text coded.
        info: The scenario.
        seeds: The run's seeds.
        path: The file, for messages.
    """
    for name in COLUMNS:
        kind = table[name].type
        _check_type(name, kind, path)
        if table[name].null_count:
            raise UserError("a column has gaps", file=path, key=name, expected="a value in every row")
    codes = {name: _codes(table[name]) for name in _TEXT}
    known: dict[str, Sequence[str]] = {
        "scenario": (info.name,),
        "month": months_between(info.start, info.end),
        "measure": tuple(MEASURES),
    }
    for name, (_, words) in codes.items():
        _check_words(name, words, known.get(name), path)
    seed, value = table["seed"].to_numpy(), table["value"].to_numpy()
    foreign = sorted(set(np.unique(seed).tolist()) - set(seeds))
    if foreign:
        raise UserError("a seed that the run does not have", file=path, key="seed", value=foreign[0], expected=_WHOLE)
    if len(value) and (value.min() < 1 or value.max() > _LARGEST):
        wrong = int(value.min()) if value.min() < 1 else int(value.max())
        raise UserError("a value is out of range", file=path, key="value", value=wrong, expected="1 to 2**53")
    _check_order(codes, seed, path)


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Return for each row the rank of its word, and the words in order."""
    made = column.unify_dictionaries().combine_chunks()
    if isinstance(made, pa.ChunkedArray):
        made = made.chunk(0) if made.num_chunks else pa.array([], pa.string()).dictionary_encode()
    words = made.dictionary.to_pylist()
    order = sorted(range(len(words)), key=lambda i: words[i] or "")
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(words))
    indices = made.indices.to_numpy(zero_copy_only=False)
    return rank[indices] if len(words) else np.empty(0, np.int64), [words[i] for i in order]


_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")


def _check_words(name: str, words: Sequence[str], known: Sequence[str] | None, path: Path) -> None:
    for word in words:
        if known is not None and word not in known:
            raise UserError(f"unknown {name}", file=path, key=name, value=word, expected=close_matches(word, known))
        if len(word) > _LONGEST_NAME or not _NAME.fullmatch(word):
            expected = f"a name of at most {_LONGEST_NAME} characters"
            raise UserError(f"not a {name}", file=path, key=name, value=word, expected=expected)
    if len(set(words)) < len(words):
        raise UserError("a word is listed twice", file=path, key=name, expected=_WHOLE)


def _check_order(codes: Mapping[str, tuple[Any, list[str]]], seed: Any, path: Path) -> None:
    """Raise a UserError unless every row comes after the one before: sorted, and none twice."""
    if len(seed) < 2:
        return
    seeds, seed_code = np.unique(seed, return_inverse=True)
    columns = [
        codes["scenario"][0],
        seed_code,
        *(codes[name][0] for name in ("month", "measure", "place", "nationality")),
    ]
    sizes = [max(1, len(codes["scenario"][1])), len(seeds)]
    sizes += [max(1, len(codes[name][1])) for name in ("month", "measure", "place", "nationality")]
    total = 1
    for size in sizes:
        total *= size
    if total >= 2**62:
        raise UserError("the table names too many things", file=path, expected=_WHOLE)
    key = np.zeros(len(seed), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        key = key * size + column
    if not (np.diff(key) > 0).all():
        row = int(np.argmax(np.diff(key) <= 0)) + 1
        raise UserError("rows are given twice or out of order", file=path, key=f"row {row}", expected=_WHOLE)


def as_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a checked table as a data frame of stable types."""
    plain = pa.table(
        [table[n].cast(pa.large_string()) if n in _TEXT else table[n] for n in COLUMNS], names=list(COLUMNS)
    ).to_pandas()
    types: dict[str, Any] = {**dict.fromkeys(_TEXT, "str"), "seed": "int64", "value": "int64"}
    made: pd.DataFrame = plain.astype(types)
    return made
