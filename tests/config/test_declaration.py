"""Each setting is declared once: flags, variables, checks, recording and resuming follow from it."""

from typing import Annotated, Any

import msgspec
import pytest

from kimi_tui.cli.parser import build_parser
from kimi_tui.config import (
    ConfigError,
    RetrievalSettings,
    SessionSettings,
    Settings,
    load_settings,
    recorded_settings,
    resumed_settings,
)
from kimi_tui.config.declaration import Flag, Setting, declared_settings
from kimi_tui.config.tree import CourseSettings

DECLARED = {one.name: one for one in declared_settings(Settings)}
FLAGS = [one for one in DECLARED.values() if one.setting.flag is not None]
RANGES = [one for one in DECLARED.values() if one.setting.number_range]
NO_FILE = {"KIMI_TUI_CONFIG": "/dev/null"}
SAMPLES: dict[str, Any] = {
    "provider": "litellm", "protocol": "hle", "context": "keep-5", "compaction": "ask", "approve": "none",
    "judge": "off", "offline": True, "desk": "/tmp", "base_url": "http://a.example", "model": "kimi",
}  # fmt: skip
"""A value other than the default for each flag that takes no number."""


class Group(msgspec.Struct):
    """A group of settings."""

    share: Annotated[float, Setting(at_least=0, at_most=1)] = 0.5


class Base(msgspec.Struct):
    """A base of the tree."""

    inherited: bool = False
    group: Group = msgspec.field(default_factory=Group)


class Tree(Base):
    """A tree of settings."""

    own: Annotated[int | None, Setting(flag=Flag(metavar="N"), above=2)] = None


def test_declared_settings_lists_own_before_inherited_and_names_groups() -> None:
    found = declared_settings(Tree)
    assert [one.name for one in found] == ["own", "inherited", "group.share"]
    assert [one.owner for one in found] == [Tree, Base, Group]
    assert [one.default for one in found] == [None, False, 0.5]
    assert found[1].choices == ("true", "false")
    assert found[2].value_in(Tree()) == 0.5


@pytest.mark.parametrize(
    ("setting", "words", "accepted", "refused"),
    [
        (Setting(above=0), "a number above 0", (0.1, 9), (0, -1)),
        (Setting(at_least=0), "a number 0 or more", (0, 1), (-0.1,)),
        (Setting(at_least=2, at_most=100), "a number from 2 to 100", (2, 100), (1, 101)),
        (Setting(), "", (-5, 0), ()),
    ],
)
def test_setting_range_is_what_it_accepts(
    setting: Setting, words: str, accepted: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    assert setting.number_range == words
    assert all(map(setting.accepts, accepted))
    assert not any(map(setting.accepts, refused))


@pytest.mark.parametrize("declared", FLAGS, ids=lambda one: one.name)
def test_flag_sets_its_setting_in_every_command_that_works(declared: Any) -> None:
    value = SAMPLES.get(declared.name, 7)
    typed = [f"--{declared.name.replace('_', '-')}", *([] if declared.kind is bool else [str(value)])]
    for words in (["app", *typed], ["run", "Why?", *typed], ["resume", "last", *typed]):
        options = build_parser().parse_args(words)
        assert getattr(options, declared.name) == value
        assert value != declared.default
        loaded = load_settings(NO_FILE, {declared.name: getattr(options, declared.name)})
        assert declared.value_in(loaded.settings) == value


@pytest.mark.parametrize("declared", RANGES, ids=lambda one: one.name)
def test_number_out_of_range_is_refused_with_its_range(declared: Any) -> None:
    flags: Any = -1
    for part in reversed(declared.name.split(".")):
        flags = {part: flags}
    with pytest.raises(ConfigError, match=f"setting `{declared.name}` must be {declared.setting.number_range}, not -1"):
        load_settings(NO_FILE, flags)


def test_addresses_of_groups_carry_no_secret() -> None:
    with pytest.raises(ConfigError, match=r"`retrieval.rerank_url` must not carry a user or password"):
        load_settings(NO_FILE, {"retrieval": {"rerank_url": "http://user:hunter2@a.example"}})


def test_recording_has_every_setting_of_the_course_and_no_secret() -> None:
    settings = Settings(
        base_url="http://a.example", api_key="hunter2", retrieval=RetrievalSettings(api_key="hunter3"), stall_steps=3
    )
    recorded = recorded_settings(settings, model="kimi", window=None)
    for name in set(CourseSettings.__struct_fields__) - {"retrieval"}:
        assert getattr(recorded, name) == getattr(settings, name), name
    assert b"hunter" not in msgspec.json.encode(recorded)


def test_recording_without_newer_settings_still_loads() -> None:
    plain = msgspec.to_builtins(recorded_settings(Settings(base_url="http://a"), model="m", window=None))
    for name in ("judge", "judge_statements", "stall_steps", "retrieval", "prefetch", "compaction"):
        del plain[name]
    old = msgspec.convert(plain, SessionSettings)
    assert (old.judge, old.judge_statements, old.compaction) == ("off", 12, "auto")


def resumed(*flagged: str) -> SessionSettings:
    """A session of the protocol `search` that is resumed today with the protocol `hle`."""
    recorded = recorded_settings(Settings(protocol="search", offline=True, stall_steps=9), model="m", window=None)
    return resumed_settings(recorded_settings(Settings(protocol="hle"), model="m", window=None), recorded, {*flagged})


@pytest.mark.parametrize(
    ("flagged", "protocol", "steps", "reasoning"),
    [
        ((), "search", 300, 24_000),
        (("protocol",), "hle", 120, 48_000),
        (("max_minutes",), "search", 120, 24_000),
        (("max_reasoning",), "search", 300, 48_000),
        (("offline", "model"), "search", 300, 24_000),
    ],
)
def test_resume_keeps_recorded_values_until_a_flag_that_sets_them_is_typed(
    flagged: tuple[str, ...], protocol: str, steps: float, reasoning: int
) -> None:
    settings = resumed(*flagged)
    assert (settings.protocol, settings.caps["steps"], settings.reasoning_cap) == (protocol, steps, reasoning)
    assert settings.offline is ("offline" not in flagged)
    assert settings.stall_steps == 25, "not kept: today's setting holds"
