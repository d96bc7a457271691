"""The command line, checked before Hydra sees it: one clear message for a mistake, and no run begun.

Hydra would accept a key given twice, answer an unknown one with a traceback of its own, and ask for '+' before a term
that a file does not hold. So every argument is parsed here with Hydra's own grammar, checked against what exists, and
handed on in a form that Hydra takes.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ladsim.cli.braces import key_given_twice
from ladsim.cli.jobs import DEFAULTS_OF, OPTIONS, check, scenario_files
from ladsim.core.checks import WHAT_A_WORLD_IS
from ladsim.core.errors import UserError, close_matches
from ladsim.runs.options import LISTINGS, TASKS

FLAGS = {
    "--help": 0,
    "-h": 0,
    "--version": 0,
    "--hydra-help": 0,
    "--multirun": 0,
    "-m": 0,
    "--run": 0,
    "-r": 0,
    "--cfg": 1,
    "-c": 1,
    "--resolve": 0,
    "--package": 1,
    "-p": 1,
    "--info": 1,
    "-i": 1,
    "--config-dir": 1,
    "-cd": 1,
}
"""Flags, Hydra's own among them, and how many values follow."""

SHORT = {"-m": "--multirun", "-r": "--run", "-c": "--cfg", "-p": "--package", "-i": "--info", "-cd": "--config-dir"}
ONE_OF = ("--run", "--multirun", "--cfg", "--info")
"""Flags of which a command line takes one."""
CHOICES = {
    "--cfg": ("job", "hydra", "all"),
    "--info": ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath"),
}
PATHS = ("instruments_dir", "results_dir", "scenario", "study", "observed", "world", "checkpoints")
"""Keys whose value is the name of a file or folder, with whatever characters it has."""

MOST_CHECKED = 256
"""Jobs of a sweep that are checked one by one before the first is run."""
MOST_JOBS = 10_000
"""Jobs of a sweep, and values of a key."""


@dataclass
class Arguments:
    """A checked command line.

    Attributes:
        flags: Flags in their order, each with its values.
        overrides: Overrides in a form that Hydra takes.
        files: Scenario name -> file, for scenarios given by path.
        values: Key -> the values that it is given; more than one in a sweep.
        multirun: Whether every combination of the values is a job.
        choices: The scenarios as Hydra knows them.
        own: Whether instruments of the user's own may be named: by a folder, or in a scenario file.
        new: Whether a file to start from is asked for, whose name nothing has yet.
        world: Folder of a world of the user's own, whose scenarios and instruments are meant.
    """

    flags: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    values: dict[str, list[Any]] = field(default_factory=dict)
    multirun: bool = False
    choices: list[str] = field(default_factory=list)
    own: bool = False
    new: bool = False
    world: Path | None = None

    def has(self, *names: str) -> bool:
        """Return whether one of these flags is given."""
        return any(n in self.flags for n in names)

    @property
    def swept(self) -> list[str]:
        """The keys that have several values."""
        return [key for key, values in self.values.items() if len(values) > 1]

    @property
    def listing(self) -> bool:
        """Whether only listings are asked for, which need neither a scenario nor Hydra."""
        tasks = self.values.get("task", [])
        return bool(tasks) and all(t in LISTINGS for t in tasks)

    def jobs(self) -> Iterable[dict[str, Any]]:
        """Yield key -> value for each job."""
        for combination in itertools.product(*self.values.values()):
            yield dict(zip(self.values, combination, strict=True))


def parse(argv: Sequence[str]) -> Arguments:
    """Return the checked arguments of a command line.

    Raises:
        UserError: Anything that is not an option, is given twice, or has an invalid value.
    """
    flags, words = _split(argv)
    arguments = Arguments(flags=flags, multirun=any(f in ("-m", "--multirun") for f in flags))
    arguments.new = "task=new" in words
    arguments.own = any(w.startswith(("instruments_dir=", "world=")) or w.endswith((".yaml", ".yml")) for w in words)
    for word in sorted(words, key=lambda w: not w.startswith("world=")):
        _take(word, arguments)
    if arguments.listing:
        return arguments
    if "instrument" in arguments.values:
        value = arguments.values["instrument"][0]
        raise UserError("only task=new takes an instrument", key="instrument", value=value, expected="task=new")
    for key, value in DEFAULTS_OF.get(str(arguments.values.get("task", [""])[0]), {}).items():
        if key not in arguments.values:
            _take(f"{key}={value}", arguments)
    for task in arguments.values.get("task", ()):
        if task not in TASKS:
            raise UserError("unknown task", key="task", value=task, expected=close_matches(str(task), TASKS))
    if "scenario" not in arguments.values:
        raise UserError(
            "no scenario given",
            key="scenario",
            expected="scenario=NAME, NAME being " + close_matches("", scenario_files(arguments.world)),
        )
    jobs = math.prod(len(values) for values in arguments.values.values())
    if jobs > MOST_JOBS:
        raise UserError("the sweep has too many jobs", value=f"{jobs:,}", expected=f"at most {MOST_JOBS:,}")
    for job in itertools.islice(arguments.jobs(), MOST_CHECKED):
        check(job)
    return arguments


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    flags: list[str] = []
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        if not word.startswith("-"):
            words.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in FLAGS:
            raise UserError("unknown flag", value=name, expected=close_matches(name, FLAGS))
        if equals and not FLAGS[name]:
            raise UserError("flag takes no value", key=name, value=value, expected=name)
        name = SHORT.get(name, name)
        if name in flags:
            raise UserError("flag given twice", value=name, expected="each flag once")
        flags.append(name)
        if FLAGS[name]:
            given = value if equals else next(rest, None)
            if given is None:
                raise UserError("the flag needs a value", key=name, expected=f"{name} VALUE; see --hydra-help")
            flags.append(_checked_value(name, given))
    _check_flags(flags)
    return flags, words


def _checked_value(name: str, value: str) -> str:
    if name in CHOICES and value not in CHOICES[name]:
        expected = close_matches(value, CHOICES[name])
        raise UserError(f"{name} cannot show this", key=name, value=value, expected=expected)
    if name == "--config-dir" and not Path(value).is_dir():
        raise UserError("no such folder", key=name, value=value, expected="a folder of configuration")
    return value


def _check_flags(flags: Sequence[str]) -> None:
    """Raise a UserError for flags that cannot stand together."""
    given = [name for name in ONE_OF if name in flags]
    if len(given) > 1:
        raise UserError("flags that exclude each other", value=" ".join(given), expected="one of them")
    for name in ("--package", "--resolve"):
        if name in flags and "--cfg" not in flags:
            raise UserError("flag has no meaning here", value=name, expected=f"--cfg job {name}")


def _take(word: str, arguments: Arguments) -> None:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    if "=" not in word:
        expected = "key=value, for instance scenario=panama_removal; see --help"
        raise UserError("argument is not of the form key=value", value=word, expected=expected)
    if len(word) > LONGEST_WORD:
        raise UserError("argument is too long", value=word, expected=f"at most {LONGEST_WORD:,} characters")
    try:
        override = OverridesParser.create().parse_override(_as_path(word, arguments.multirun))
        key = override.get_key_element().lstrip("+~")
    except (HydraException, ValueError, AttributeError, TypeError, RecursionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"argument cannot be read: {reason}", value=word, expected="key=value; see --help") from None
    if key == "hydra" or key.startswith(("hydra.", "hydra/")):
        _check_hydra(key, word)
        arguments.overrides.append(word)
        return
    if override.is_delete():
        raise UserError(
            "'~' cannot be used here", key=key, value=word, expected="key=value; exclude=[id] leaves one out"
        )
    _check_key(key, arguments.own)
    if key in arguments.values:
        raise UserError("key given twice", key=key, value=word, expected="each key once")
    values = _values(override, key, arguments.multirun)
    text = override.get_value_string()
    if (twice := key_given_twice(text)) is not None:
        raise UserError("the same key is given twice", key=f"{key}.{twice}", value=text, expected="one value a key")
    if key in PATHS:
        values = [_unescaped(v) if isinstance(v, str) else v for v in values]
    if key == "world" and values != [None]:
        arguments.world = _world(values)
        text = quoted(str(arguments.world))
    if key == "scenario" and not arguments.new:
        values, text = _scenarios(values, text, arguments)
    arguments.values[key] = values
    dynamic = key.startswith(("instrument.", "behavior.", "calibration."))
    arguments.overrides.append(f"{'++' if dynamic else ''}{key}={text}")


LONGEST_WORD = 100_000
_HYDRA_OURS = {"hydra.searchpath": "scenario=FILE for a scenario of your own", "hydra.mode": "-m for a sweep"}


def _check_hydra(key: str, word: str) -> None:
    if word.startswith(("+", "~")):
        raise UserError("Hydra's own keys are changed, not added or taken away", value=word, expected=f"{key}=...")
    if key in _HYDRA_OURS:
        raise UserError("this key of Hydra cannot be set here", key=key, value=word, expected=_HYDRA_OURS[key])


def quoted(text: str) -> str:
    """Return text as a quoted value of Hydra's grammar that means the text itself, whatever stands in it."""
    # In quotes, backslashes count only before a quote, at the end, and before an interpolation.
    made = re.sub(r"(\\*)'", lambda m: 2 * m[1] + r"\'", re.sub(r"(\\*)\$\{", lambda m: 2 * m[1] + r"\${", text))
    ending = len(made) - len(made.rstrip("\\"))
    return f"'{made}{ending * chr(92)}'"


def literal_values(value: Any) -> Any:
    """Return data whose text OmegaConf takes as it stands, with no interpolation in it."""
    if isinstance(value, dict):
        return {str(key): literal_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [literal_values(inner) for inner in value]
    if isinstance(value, str):
        return re.sub(r"(\\*)\$\{", lambda m: 2 * m[1] + r"\${", value)
    return value


def _unescaped(text: str) -> str:
    """Return what a text means in which interpolations were escaped."""
    return re.sub(r"(\\*)\\\$\{", lambda m: m[1][: len(m[1]) // 2] + "${", text)


_QUOTES = "'\""


def _as_path(word: str, multirun: bool) -> str:
    """Return a word with its value quoted, where that is a file's or folder's name which Hydra would misread."""
    key, _, text = word.partition("=")
    if key not in PATHS or not text or text == "null":
        return word
    if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
        return word
    if re.fullmatch(r"[A-Za-z_./][\w./@+%-]*", text, re.ASCII) and text.lower() not in ("true", "false"):
        return word
    if multirun and not _exists(text):
        # Commas part the values of a sweep; each value is a name of its own.
        return f"{key}={','.join(part if part[:1] in _QUOTES else quoted(part) for part in text.split(','))}"
    return f"{key}={quoted(text)}" if key != "scenario" or "," not in text or _exists(text) else word


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _check_key(key: str, own: bool = False) -> None:
    if key in OPTIONS or key == "instrument":
        return
    head = key.split(".")[0]
    if head == "behavior" and key.count(".") == 1:
        from ladsim.behavior.parameters import Parameters

        name = key.partition(".")[2]
        if name not in Parameters._fields:
            raise UserError("unknown behavior parameter", key=key, expected=close_matches(name, Parameters._fields))
        return
    if head == "calibration" and key.count(".") == 1:
        _check_calibration(key.partition(".")[2], key)
        return
    if head == "instrument" and key.count(".") >= 2:
        _check_instrument(key.split(".")[1], key, own)
        return
    known = [*OPTIONS, "instrument.<id>.terms.<term>", "instrument.<id>.start", "behavior.<name>"]
    raise UserError("unknown key", key=key, expected=close_matches(key, known))


def _check_calibration(name: str, key: str) -> None:
    from ladsim.calibration.options import KEYS

    if name not in KEYS:
        raise UserError("unknown option of a calibration", key=key, expected=close_matches(name, KEYS))


def _check_instrument(name: str, key: str, own: bool) -> None:
    from ladsim.core.paths import instruments_dir

    known = [p.stem for p in instruments_dir().glob("*.yaml")]
    if name not in known and not own:
        raise UserError("unknown instrument", key=key, value=name, expected=close_matches(name, known))


def _values(override: Any, key: str, multirun: bool) -> list[Any]:
    if not override.is_sweep_override():
        return [override.value()]
    from hydra.errors import HydraException

    if not multirun:
        raise UserError(
            "several values need a sweep", key=key, value=override.get_value_string(), expected="-m before the keys"
        )
    if not override.is_discrete_sweep() or override.value_type.name == "GLOB_CHOICE_SWEEP":
        kind = "patterns" if override.value_type.name == "GLOB_CHOICE_SWEEP" else "intervals"
        raise UserError(f"{kind} cannot be swept", key=key, value=override.get_value_string(), expected="a,b,c")
    try:
        values = [getattr(v, "text", v) for v in itertools.islice(override.sweep_iterator(), MOST_JOBS + 1)]
    except (HydraException, ValueError, ZeroDivisionError, TypeError) as error:
        raise UserError(
            f"a sweep that cannot be: {error}", key=key, value=override.get_value_string(), expected="a,b,c"
        ) from None
    if not 1 <= len(values) <= MOST_JOBS:
        found = "no value" if not values else "too many values"
        raise UserError(
            f"a sweep with {found}", key=key, value=override.get_value_string(), expected=f"1 to {MOST_JOBS:,}"
        )
    return values


def _scenarios(values: list[Any], text: str, arguments: Arguments) -> tuple[list[Any], str]:
    """Give every scenario a name that Hydra knows; one that is a path is known by its file's name, or a number."""
    own, names = scenario_files(arguments.world), []
    for name in map(str, values):
        if not name.endswith((".yaml", ".yml")):
            if name not in own:
                raise UserError("no such scenario", key="scenario", value=name, expected=close_matches(name, own))
            if arguments.world is not None:
                arguments.files[name] = own[name]
            names.append(name)
            continue
        file = _file(name)
        plain_name = re.fullmatch(r"[A-Za-z][\w-]*", file.stem, re.ASCII) and file.stem.lower() not in _WORDS
        known = file.stem if plain_name else f"file_{len(arguments.files)}"
        if arguments.files.setdefault(known, file) != file:
            raise UserError("two scenario files of one name", key="scenario", value=name, expected="names that differ")
        names.append(known)
    arguments.choices = names
    return values, text if names == [str(v) for v in values] else ",".join(names)


def _world(values: list[Any]) -> Path:
    """Return the folder of the world that a command line is about; one command is about one world."""
    if len(values) > 1:
        raise UserError("several worlds", key="world", value=", ".join(map(str, values)), expected="one at a time")
    if not Path(str(values[0])).is_dir():
        raise UserError("the world is not a folder", key="world", value=values[0], expected=WHAT_A_WORLD_IS)
    return Path(str(values[0])).absolute()


_WORDS = ("true", "false", "null", "nan", "inf")
"""Names that Hydra's grammar takes for values."""


def _file(name: str) -> Path:
    try:
        if Path(name).is_file():
            return Path(name).absolute()
    except (OSError, ValueError):
        pass
    raise UserError("no such scenario file", key="scenario", value=name, expected="the path of a YAML file")
