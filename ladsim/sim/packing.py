"""A tree of Python objects as plain data and a few arrays, and back: what a checkpoint is made of.

Only numbers, text, dates, arrays, containers and the classes that a caller names are taken. Anything
else is refused when it is written, so that a checkpoint cannot forget what was added to a model later. What is referred
to twice is referred to twice again, as in a deep copy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

Node = Any
"""Plain data: text, numbers, None, or a list whose first item names what it is."""


@dataclass(frozen=True)
class Kind:
    """A class of which objects are taken.

    Attributes:
        cls: the class.
        left: attributes that follow from how a model is made; they are left as a new model has them.
    """

    cls: type
    left: tuple[str, ...] = ()


@dataclass
class Packed:
    """Plain data, and the arrays it points into by dtype."""

    tree: Node
    buffers: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


class Packer:
    """Turns objects into plain data.

    Args:
        kinds: the classes of which objects are taken.
        shared: name -> object that both sides have; only its name is written.
    """

    def __init__(self, kinds: Sequence[Kind], shared: Mapping[str, Any]) -> None:
        self._kinds = {kind.cls: kind for kind in kinds}
        self._shared = {id(value): name for name, value in shared.items()}
        self._seen: dict[int, int] = {}
        self._alive: list[Any] = []
        self._parts: dict[str, list[np.ndarray[Any, Any]]] = {}
        self._length: dict[str, int] = {}
        self._names: dict[Any, str] = {}

    def pack(self, value: Any, where: str = "model") -> Packed:
        """Return a value as plain data and arrays.

        Raises:
            TypeError: something in it is not of the kinds that are taken; the message says where.
        """
        tree = self._node(value, where)
        return Packed(tree, {name: np.concatenate(parts) for name, parts in self._parts.items()})

    def _node(self, value: Any, where: str) -> Node:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if id(value) in self._shared:
            return ["shared", self._shared[id(value)]]
        if id(value) in self._seen:
            return ["same", self._seen[id(value)]]
        self._seen[id(value)] = len(self._alive)
        self._alive.append(value)
        return self._made(value, where)

    def _made(self, value: Any, where: str) -> Node:
        if type(value) is np.ndarray:
            return self._array(value, where)
        if isinstance(value, np.generic):
            return ["scalar", *self._array(np.asarray(value), where)[1:]]
        if isinstance(value, date):
            return ["date", value.isoformat()]
        if type(value) is dict:
            return ["dict", [[self._node(k, where), self._node(v, f"{where}[{k!r}]")] for k, v in value.items()]]
        if type(value) in (list, tuple):
            return [type(value).__name__, [self._node(v, f"{where}[{i}]") for i, v in enumerate(value)]]
        if type(value) in (set, frozenset) and all(type(v) in (int, str) for v in value):
            return [type(value).__name__, sorted(value)]
        if type(value) is deque:
            return ["deque", [self._node(v, where) for v in value], value.maxlen]
        kind = self._kinds.get(type(value))
        if kind is None:
            raise TypeError(f"{where} is a {type(value).__name__}, which no checkpoint holds")
        name = kind.cls.__name__
        if hasattr(value, "_fields"):
            return ["fields", name, [self._node(v, f"{where}.{f}") for f, v in zip(value._fields, value, strict=True)]]
        held = {key: inner for key, inner in vars(value).items() if key not in kind.left}
        return ["object", name, [[key, self._node(inner, f"{where}.{key}")] for key, inner in held.items()]]

    def _array(self, value: np.ndarray[Any, Any], where: str) -> Node:
        if value.dtype.kind not in "biuf":
            raise TypeError(f"{where} is an array of {value.dtype}, which no checkpoint holds")
        name = self._names.get(value.dtype) or self._names.setdefault(value.dtype, value.dtype.name)
        begin = self._length.get(name, 0)
        self._parts.setdefault(name, []).append(np.ascontiguousarray(value).reshape(-1))
        self._length[name] = begin + value.size
        return ["array", name, begin, list(value.shape)]


class Unpacker:
    """Turns plain data back into objects.

    Args:
        kinds, shared: as for the Packer, of the other side.
        packed: what it made.
    """

    def __init__(self, kinds: Sequence[Kind], shared: Mapping[str, Any], packed: Packed) -> None:
        self._kinds = {kind.cls.__name__: kind for kind in kinds}
        self._shared, self._packed = shared, packed
        self._alive: list[Any] = []

    def unpack(self, target: Any = None) -> Any:
        """Return what was packed.

        Args:
            target: what of it is there already; objects in the same places as there are changed, not made.

        Raises:
            ValueError, KeyError, TypeError, IndexError: it was not made by a Packer of the same kinds.
        """
        return self._value(self._packed.tree, target)

    def _value(self, node: Node, target: Any = None) -> Any:
        if not isinstance(node, list):
            return node
        if node[0] == "shared":
            return self._shared[node[1]]
        if node[0] == "same":
            return self._alive[node[1]]
        place = len(self._alive)
        self._alive.append(None)
        if node[0] == "object":
            return self._object(node, place, target)
        value = self._alive[place] = self._made(node, target)
        return value

    def _object(self, node: Node, place: int, target: Any) -> Any:
        kind = self._kinds[node[1]]
        bare: Any = object.__new__
        made = target if type(target) is kind.cls else bare(kind.cls)
        self._alive[place] = made
        for key, inner in node[2]:
            setattr(made, key, self._value(inner, vars(made).get(key)))
        return made

    def _made(self, node: Node, target: Any) -> Any:
        what, content = node[0], node[1]
        if what == "array":
            return self._array(*node[1:])
        if what == "scalar":
            return self._array(*node[1:])[()]
        if what == "date":
            return date.fromisoformat(content)
        if what == "dict":
            held = target if type(target) is dict else {}
            made: dict[Any, Any] = {}
            for named, inner in content:
                key = self._value(named)
                made[key] = self._value(inner, held.get(key))
            return made
        if what in ("list", "tuple", "set", "frozenset"):
            kinds: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
            return kinds[what](self._value(v) for v in content)
        if what == "deque":
            return deque((self._value(v) for v in content), maxlen=node[2])
        if what == "fields":
            kind: Any = self._kinds[content].cls
            return kind(*(self._value(v) for v in node[2]))
        raise ValueError(f"unknown kind of node: {what!r}")

    def _array(self, name: str, begin: int, shape: list[int]) -> np.ndarray[Any, Any]:
        buffer = self._packed.buffers[name]
        size = int(np.prod(shape, dtype=np.int64))
        if begin < 0 or size < 0 or begin + size > len(buffer):
            raise ValueError("an array lies outside its buffer")
        return buffer[begin : begin + size].reshape(shape).copy()
