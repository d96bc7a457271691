"""Keys of mappings on the command line, of which Hydra keeps the last where one is given twice."""

from __future__ import annotations


def key_given_twice(text: str) -> str | None:
    """Return the first key that stands twice in one mapping of a value such as ``{a: 1, b: {c: 2, c: 3}}``, or None.

    Args:
        text: a value that Hydra's grammar has read already.
    """
    seen: list[set[str]] = []  # of each open bracket, the keys so far; a list's stay empty
    key: list[str] | None = None
    i = 0
    while i < len(text):
        letter = text[i]
        if letter in "'\"":
            end = _after_quote(text, i)
            if key is not None:
                key.append(text[i + 1 : end - 1])
            i = end
            continue
        if letter in "{[(":
            seen.append(set())
            key = [] if letter == "{" else None
        elif letter in "}])":
            seen = seen[:-1]
            key = None
        elif letter == "," and seen:
            key = []
        elif letter == ":" and key is not None and seen:
            name = "".join(key).strip()
            if name in seen[-1]:
                return name
            seen[-1].add(name)
            key = None
        elif key is not None:
            key.append(letter)
        i += 1
    return None


def _after_quote(text: str, start: int) -> int:
    """Return the position after the quoted text that begins at one; a backslash takes the next letter along."""
    i = start + 1
    while i < len(text) and text[i] != text[start]:
        i += 2 if text[i] == "\\" else 1
    return i + 1
