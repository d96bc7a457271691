"""Read YAML strictly: a key given twice is an error, and every value knows the line it stands in."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ladsim.core.checks import why_no_date
from ladsim.core.errors import UserError
from ladsim.core.limits import HAND_WRITTEN, Limits, check_yaml, read_text

KeyPath = tuple[Hashable, ...]
UNBUILDABLE = (ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
"""What PyYAML raises for a tagged scalar that is not what its tag says, such as ``!!int ""``."""
_YAML = "tag:yaml.org,2002:"
_TEXT = f"{_YAML}str"
_NUMBERS = (f"{_YAML}int", f"{_YAML}float")
_ANOTHER_NUMBER = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?)")


@dataclass(frozen=True)
class Where:
    """The place that data came from, for messages: a file with the line of each key, or a plain name.

    Attributes:
        name: the file, or where else the data came from (``override``).
        lines: line number by path of keys.
        prefix: keys put before every path that is named in a message.
    """

    name: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    prefix: KeyPath = ()

    def place(self, path: Sequence[Hashable] = ()) -> str:
        """Return ``file:line`` for the path, or for the nearest key above it."""
        full = (*self.prefix, *path)
        for end in range(len(full), -1, -1):
            if full[:end] in self.lines:
                return f"{self.name}:{self.lines[full[:end]]}"
        return self.name

    def key(self, path: Sequence[Hashable]) -> str:
        """Return the path as one dotted key."""
        return ".".join(str(part) for part in (*self.prefix, *path))

    def below(self, *keys: Hashable) -> Where:
        """Return the place of what stands under some keys of this one."""
        return Where(self.name, self.lines, (*self.prefix, *keys))


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """PyYAML's safe loader, the fast one where it is there; its own class so that nothing registered changes it."""


def read_yaml(file: str | Path) -> tuple[dict[Hashable, Any], Where]:
    """Read a YAML mapping from a file.

    Args:
        file: the file.

    Returns:
        The data, and where each key of it stands.

    Raises:
        UserError: if there is no such file, if it is no YAML, no mapping, or gives a key twice.
    """
    path = Path(file)
    return parse_yaml(read_text(path), str(path))


def yaml_files(folder: Path) -> dict[str, Path]:
    """Return the YAML files of a folder by name without ending, sorted; ``.yml`` is as good as ``.yaml``.

    Raises:
        UserError: two files that differ only in their ending.
    """
    found: dict[str, Path] = {}
    for file in sorted(f for f in folder.glob("*") if f.suffix in (".yaml", ".yml")):
        if file.stem in found:
            expected = f"one file; {found[file.stem].name} is there too"
            raise UserError("two files of one name", file=file, value=file.name, expected=expected)
        found[file.stem] = file
    return found


def parse_yaml(text: str, name: str, limits: Limits = HAND_WRITTEN) -> tuple[dict[Hashable, Any], Where]:
    """Read a YAML mapping from text; ``name`` is what messages call it. See `read_yaml`."""
    check_yaml(text, name, limits)
    loader = _Loader(text)
    where = Where(name)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, where
        data = _build(loader, node, (), where)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise UserError("this is not YAML", file=place, value=error.problem, expected="valid YAML") from error
    except yaml.YAMLError as error:
        raise UserError("this is not YAML", file=name, value=str(error), expected="valid YAML") from error
    except UNBUILDABLE as error:
        raise UserError("a value cannot be read", file=name, value=str(error), expected="a date that exists") from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise UserError("not a mapping", file=f"{name}:1", value=data, expected="key: value")
    return data, where


class _WordLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """PyYAML's loader that leaves every scalar as the text it is written as."""


def read_words(file: Path) -> Any:
    """Return what a YAML file holds, every scalar as the text it is written as; checked as strictly as `read_yaml`.

    Raises:
        UserError: As `read_yaml`.
    """
    text = read_text(file)
    parse_yaml(text, str(file))
    return yaml.load(text, Loader=_WordLoader)


def _build(loader: _Loader, node: yaml.Node, path: KeyPath, where: Where) -> Any:
    if path not in where.lines:
        where.lines[path] = node.start_mark.line + 1
    if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.CollectionNode) and node.tag not in (f"{_YAML}map", f"{_YAML}seq"):
        raise UserError(
            "a tag that has no place here",
            file=where.place(path),
            key=where.key(path),
            value=node.tag,
            expected="plain lists and mappings",
        )
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, path, where)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, child, (*path, i), where) for i, child in enumerate(node.value)]
    if node.tag in _NUMBERS and _ANOTHER_NUMBER.fullmatch(node.value):
        # YAML 1.1 reads 030000 as an octal number (12,288) and 8:20 as a sexagesimal one (500).
        raise UserError(
            "this would be read as another number",
            file=where.place(path),
            key=where.key(path),
            value=node.value,
            expected="a number without leading zeros and colons, or text in quotes",
        )
    try:
        return loader.construct_object(node)
    except UNBUILDABLE as error:
        # Dates that do not exist say what is wrong with them; a wrong tag's error tells about PyYAML's inside.
        is_date = node.tag == f"{_YAML}timestamp" and isinstance(error, ValueError)
        expected = why_no_date(node.value) if is_date else "a plain value"
        raise UserError(
            "a value cannot be read", file=where.place(path), key=where.key(path), value=node.value, expected=expected
        ) from error


def _build_mapping(loader: _Loader, node: yaml.MappingNode, path: KeyPath, where: Where) -> dict[Hashable, Any]:
    found: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        place = f"{where.name}:{line}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError("a key must be a word, a number or a date", file=place, key=where.key(path))
        try:
            key = key_node.value if key_node.tag == _TEXT else loader.construct_object(key_node)
        except UNBUILDABLE as error:
            raise UserError(
                "a key cannot be read",
                file=place,
                key=where.key(path),
                value=key_node.value,
                expected=why_no_date(key_node.value) if key_node.tag == f"{_YAML}timestamp" else "a plain word",
            ) from error
        here = (*path, key)
        if key in found:
            raise UserError(
                "the same key is given twice",
                file=place,
                key=where.key(here),
                value=getattr(value_node, "value", None) if isinstance(value_node, yaml.ScalarNode) else "...",
                expected=f"one value; the first is on line {where.lines[here]}",
            )
        where.lines[here] = line
        found[key] = _build(loader, value_node, here, where)
    return found
