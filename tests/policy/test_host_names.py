"""Hosts: a denied one stays denied under every spelling."""

import pytest

from kimi_tui.config import PolicySettings
from kimi_tui.events import Effect
from kimi_tui.policy.host_names import canonical_host, spellings_of_site
from kimi_tui.policy.rules import CallFacts, PolicyState, decide
from kimi_tui.tools.web.address_guard import host_of


@pytest.mark.parametrize(
    ("denied", "address"),
    [
        ("evil.example", "https://EVIL.Example/x"),
        ("EVIL.example.", "https://evil.example./x"),
        ("evil.example", "https://evil.example.:443/x"),
        ("evil.example", "https://www.evil.example/x"),
        ("www.evil.example", "https://evil.example/x"),
        ("*.evil.example", "https://a.b.EVIL.example/"),
        ("b\u00fccher.example", "https://xn--bcher-kva.example/"),
        ("xn--bcher-kva.example", "https://B\u00dcCHER.example/"),
        ("evil.example", "https://evil\u3002example/"),
        ("evil.example", "https://\uff45vil.example/"),
        ("93.184.216.34", "http://93.184.216.34:80/"),
        ("2606:2800:220:1:248:1893:25c8:1946", "http://[2606:2800:0220:0001:0248:1893:25C8:1946]/"),
        ("[2606:2800:220:1::1]", "http://[2606:2800:220:1:0:0:0:1]/"),
    ],
)
def test_decide_denies_a_host_under_every_spelling(denied: str, address: str) -> None:
    settings = PolicySettings(deny_hosts=(denied,), allow_hosts=("*",))
    state = PolicyState(settings, (), offline=False, approve="all", person=True)
    ruling = decide(CallFacts("open_page", (Effect("network", host_of(address)),)), state)
    assert (ruling.verdict, ruling.rule) == ("deny", "denied-host")


def test_decide_does_not_deny_another_host_with_a_like_name() -> None:
    settings = PolicySettings(deny_hosts=("evil.example",), allow_hosts=("*",))
    state = PolicyState(settings, (), offline=False, approve="all", person=True)
    ruling = decide(CallFacts("open_page", (Effect("network", "devil.example"),)), state)
    assert ruling.verdict == "allow"


def test_canonical_host_gives_one_spelling() -> None:
    assert canonical_host("::FFFF:93.184.216.34") == "93.184.216.34"
    assert canonical_host("*.B\u00fccher.example.") == "*.xn--bcher-kva.example"
    assert set(spellings_of_site("WWW.evil.example")) == {"www.evil.example", "evil.example"}
