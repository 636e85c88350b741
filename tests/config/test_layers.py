"""Settings: four layers, the origin of each value reported, and one clear error for everything unusable."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui.config import (
    ENVIRONMENT,
    PROTOCOLS,
    ConfigError,
    Prices,
    Settings,
    config_path,
    load_settings,
    recorded_settings,
)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder that exists."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def written(folder: Path, toml: str) -> dict[str, str]:
    """The environment that names a settings file with this text."""
    path = folder / "settings.toml"
    path.write_text(toml, encoding="utf-8")
    return {"KIMI_TUI_CONFIG": str(path)}


def problem(folder: Path, toml: str = "", flags: dict[str, Any] | None = None, **environment: str) -> str:
    """The error that these settings give."""
    with pytest.raises(ConfigError) as error:
        load_settings(written(folder, toml) | environment, flags)
    return str(error.value)


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load_settings(written(tmp_path, ""))
    assert loaded.settings == Settings()
    assert loaded.origins == {}
    assert loaded.settings.embedded


def test_a_later_layer_wins_and_its_origin_is_reported(tmp_path: Path) -> None:
    toml = 'model = "file"\nbase_url = "http://file.example/v1"\nprotocol = "search"\noffline = true'
    environment = written(tmp_path, toml) | {"KIMI_TUI_MODEL": "env", "KIMI_TUI_BASE_URL": "http://env.example/v1"}
    loaded = load_settings(environment, {"model": "flag", "max_steps": None, "offline": False})
    assert (loaded.settings.model, loaded.settings.base_url) == ("flag", "http://env.example/v1")
    assert (loaded.settings.protocol, loaded.settings.offline, loaded.settings.max_steps) == ("search", False, None)
    assert loaded.origins == {
        "model": "flag",
        "base_url": "KIMI_TUI_BASE_URL",
        "protocol": environment["KIMI_TUI_CONFIG"],
        "offline": "flag",
    }


def test_relative_paths_are_seen_from_the_callers_folder_and_hold_in_any(
    tmp_path: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.parent)
    toml = 'notify_command = ["bin/tell", "now"]\n[policy.hooks]\nbefore_call = ["./guard", "-v"]'
    environment = written(tmp_path, toml) | {"KIMI_TUI_HOME": "data"}
    loaded = load_settings(environment, {"desk": desk.name})
    monkeypatch.chdir("/")
    assert loaded.settings.desk == str(desk)
    assert loaded.settings.home_path == desk.parent / "data"
    assert loaded.settings.notify_command == (str(tmp_path / "bin" / "tell"), "now"), "beside the settings"
    assert loaded.settings.policy.hooks.before_call == (str(tmp_path / "guard"), "-v")
    assert loaded.origins["policy.hooks.before_call"] == environment["KIMI_TUI_CONFIG"]


def test_every_variable_sets_what_it_says_and_an_empty_one_nothing(tmp_path: Path, desk: Path) -> None:
    values = {
        "KIMI_TUI_DESK": str(desk),
        "KIMI_TUI_HOME": str(tmp_path / "data"),
        "KIMI_TUI_BASE_URL": "http://a.example",
        "KIMI_TUI_SEARCH_URL": "http://b.example",
    }
    for variable, name in ENVIRONMENT.items():
        value = values.get(variable, "value")
        loaded = load_settings(written(tmp_path, "") | {variable: value})
        assert getattr(loaded.settings, name) == value
        assert loaded.origins == {name: variable}
        assert load_settings(written(tmp_path, "") | {variable: ""}).origins == {}


def test_tables_of_the_file_are_read(tmp_path: Path) -> None:
    toml = """
    max_minutes = 5
    [policy]
    allow_hosts = ["*.example.org"]
    [ui]
    keys = { pause = "f5" }
    leave = "pause"
    [prices]
    input = 1
    """
    settings = load_settings(written(tmp_path, "\ufeff" + toml)).settings
    assert settings.policy.allow_hosts == ("*.example.org",)
    assert (settings.ui.keys, settings.ui.leave) == ({"pause": "f5"}, "pause")
    assert settings.prices == Prices(1.0, None, 0.0)
    assert settings.max_minutes == 5.0


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("modell = 1", "unknown setting `modell` in .*settings.toml; did you mean `model`?"),
        ("xyzzy = 1", "unknown setting `xyzzy` .*`kimi-tui config` lists all settings"),
        ("[ui]\nthem = 1", "setting `ui` .*unknown field `them`"),
        ("[policy]\nallow = []", "setting `policy` .*unknown field `allow`"),
        ('max_steps = "many"', "setting `max_steps` in .*settings.toml: expected `int"),
        ("model = 5", "setting `model` .*expected `str`"),
        ('offline = "perhaps"', "setting `offline` .*bool"),
        ('protocol = "slow"', "setting `protocol` .*'slow'"),
        ('[ui]\nleave = "now"', "setting `ui.leave` .*'now'"),
        ('[policy]\nallow_hosts = [1]', "setting `policy.allow_hosts.*expected `str`"),
        ("max_steps = 0", "`max_steps` must be a number above 0, not 0"),
        ("max_tokens = -1", "`max_tokens` must be a number above 0, not -1"),
        ("max_minutes = inf", "`max_minutes` must be a number above 0, not inf"),
        ("max_cost = nan", "`max_cost` must be a number above 0, not nan"),
        ("idle_seconds = 0", "`idle_seconds` must be a number above 0"),
        ("retries = -1", "`retries` must be a number 0 or more, not -1"),
        ("temperature = nan", "`temperature` must be a number 0 or more"),
        ("[prices]\ninput = -1", "`prices.input` must be a number 0 or more"),
        ('base_url = "ftp://a.example"', "`base_url` must be an http or https address"),
        ('base_url = "a.example/v1"', "`base_url` must be an http or https address"),
        ('base_url = "http://"', "`base_url` must be an http or https address"),
        ('base_url = "http://[::1"', "`base_url` is not an address"),
        ('base_url = "http://a.example:99999"', "`base_url` is not an address"),
        ('search_url = "file:///etc/passwd"', "`search_url` must be an http or https address"),
        ('base_url = "http://a.example/v1?key=x"', "without `.` or `#`; set `api_key`"),
        ('desk = "/no/such/folder"', "there is no desk folder at /no/such/folder; give --desk"),
        ('desk = "~nobody-at-all/desk"', "the home folder of a user who has none"),
        ("model =", "is not valid TOML"),
        ("a = 1\na = 2", "is not valid TOML"),
    ],
)  # fmt: skip
def test_unusable_settings_are_reported(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_settings(written(tmp_path, toml))


@pytest.mark.parametrize(
    "address",
    ["http://user:hunter2@a.example/v1", "ftp://user:hunter2@a.example", "http://user:hunter2@", "https://hunter2@a"],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    for name in ("base_url", "search_url"):
        reported = problem(tmp_path, f'{name} = "{address}"')
        assert "must not carry a user or password" in reported
        assert "hunter2" not in reported


def test_a_secret_of_the_wrong_type_is_not_repeated(tmp_path: Path) -> None:
    assert "271828" not in problem(tmp_path, "api_key = 271828")


def test_wrong_flags_and_variables_name_their_origin(tmp_path: Path) -> None:
    assert problem(tmp_path, flags={"max_steps": "many"}).startswith("setting `max_steps` in flag:")
    assert "unknown setting `nothing` in flag" in problem(tmp_path, flags={"nothing": 1})
    assert "KIMI_TUI_DESK" not in problem(tmp_path, KIMI_TUI_DESK="/no/such/folder")


def test_a_file_that_is_named_must_be_there_and_readable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no settings file at .*; correct KIMI_TUI_CONFIG or unset it"):
        load_settings({"KIMI_TUI_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({"KIMI_TUI_CONFIG": str(tmp_path)})
    (tmp_path / "latin.toml").write_bytes('model = "ü"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({"KIMI_TUI_CONFIG": str(tmp_path / "latin.toml")})
    with pytest.raises(ConfigError, match="a user who has none"):
        load_settings({"KIMI_TUI_CONFIG": "~nobody-at-all/x.toml"})


def test_without_a_name_the_file_is_looked_for_in_the_platforms_folder_and_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for environment in ({}, {"KIMI_TUI_CONFIG": ""}):
        assert config_path(environment).name == "config.toml"
        assert tmp_path in config_path(environment).parents
        settings = load_settings(environment).settings
        assert settings == Settings()
        assert tmp_path in settings.home_path.parents
    assert Settings(home="~/here").home_path == tmp_path / "here"


def test_a_session_records_what_holds_and_no_secret(tmp_path: Path, desk: Path) -> None:
    toml = (
        f'api_key = "hunter2"\nbase_url = "http://a.example/v1"\ndesk = "{desk}/../desk"\nmax_cost = 2\nmax_minutes = 5'
    )
    settings = load_settings(written(tmp_path, toml)).settings
    recorded = recorded_settings(settings, model="kimi", window=1000)
    assert (recorded.model, recorded.endpoint, recorded.context_window) == ("kimi", "http://a.example/v1", 1000)
    assert recorded.desk == str(desk.resolve())
    assert recorded.caps == {"steps": PROTOCOLS["desk"].steps, "cost": 2.0, "minutes": 5.0}
    assert recorded.reasoning_cap == PROTOCOLS["desk"].reasoning
    encoded = msgspec.json.encode(recorded)
    assert b"hunter2" not in encoded
    assert msgspec.json.decode(encoded, type=type(recorded)) == recorded


@pytest.mark.parametrize(
    ("settings", "endpoint"),
    [
        (Settings(), "embedded"),
        (Settings(base_url="http://a.example"), "http://a.example"),
        (Settings(provider="litellm"), "litellm"),
        (Settings(provider="litellm", base_url="http://a.example"), "http://a.example"),
    ],
)
def test_a_session_names_its_endpoint(settings: Settings, endpoint: str) -> None:
    recorded = recorded_settings(settings, model="m", window=None)
    assert recorded.endpoint == endpoint
    assert settings.embedded == (endpoint == "embedded")
    assert recorded.desk == ""


def test_caps_of_a_session_come_from_its_protocol_unless_they_are_given() -> None:
    for name, caps in PROTOCOLS.items():
        assert recorded_settings(Settings(protocol=name), model="", window=None).caps == {"steps": caps.steps}
        given = recorded_settings(Settings(protocol=name, max_steps=7, max_tokens=9), model="", window=None)
        assert given.caps == {"steps": 7, "tokens": 9}


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
@pytest.mark.parametrize(
    ("toml", "name"),
    [
        ('api_key = "sk-1"', "api_key"),
        ('notify_command = ["say"]', "notify_command"),
        ('[policy.hooks]\nbefore_call = ["guard"]', "policy.hooks.before_call"),
        ('[retrieval]\napi_key = "sk-2"', "retrieval.api_key"),
    ],
)
def test_settings_file_that_others_may_change_is_refused_with_a_key_or_command(
    tmp_path: Path, mode: int, toml: str, name: str
) -> None:
    environment = written(tmp_path, toml)
    path = Path(environment["KIMI_TUI_CONFIG"])
    path.chmod(0o600)
    load_settings(environment)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="can be changed by other users") as error:
        load_settings(environment)
    assert f"`{name}`" in str(error.value)
    assert "chmod 600" in str(error.value)
    path.write_text('model = "kimi"')
    load_settings(environment)
