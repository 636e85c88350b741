"""Which family a model's id names, and which hosts are the vendor's."""

import pytest

from kimi_tui.providers.capabilities import CAPABILITIES, UNKNOWN, Capability, find_capability, is_vendor


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("moonshotai/Kimi-K2-Thinking", "K2 Thinking"),
        ("kimi-k2-thinking-turbo", "K2 Thinking"),
        ("k2-thinking", "K2 Thinking"),
        ("/models/Kimi_K2_Thinking-Q4_K_M.gguf", "K2 Thinking"),
        ("kimi-k2.5", "K2.5"),
        ("accounts/x/models/kimi-k2p6", "K2.6"),
        ("kimi-k2-6", "K2.6"),
        ("KIMI-K2.7-code", "K2.7"),
        ("kimi-k3", "K3"),
        ("k3.1-pro", "K3"),
        ("kimi-for-coding", "Kimi for Coding"),
        ("Kimi-K2-Instruct-0905", "K2 Instruct"),
        ("kimi-k2-0711-preview", "K2 Instruct"),
        ("kimi-k2", "K2 Instruct"),
        ("kimi-k2:latest", "K2 Instruct"),
        ("kimi-k2-6bit", "another model"),
        ("kimi-k2.55", "another model"),
        ("k2", "another model"),
        ("llm360/k2-chat", "another model"),
        ("kimi-vl", "another model"),
        ("task3", "another model"),
        ("", "another model"),
    ],
)
def test_find_capability_by_model_id(model: str, family: str) -> None:
    assert find_capability(model).family == family


def test_find_capability_of_another_model_adds_and_leaves_nothing() -> None:
    assert find_capability("gpt-oss-120b") is UNKNOWN
    assert (UNKNOWN.sampling, UNKNOWN.refused, UNKNOWN.silent, UNKNOWN.managed) == ((), (), (), ())
    assert not UNKNOWN.needs_reasoning


@pytest.mark.parametrize("row", CAPABILITIES, ids=lambda row: row.family)
def test_capability_that_can_be_silent_says_how(row: Capability) -> None:
    assert bool(row.switch) == bool(row.silent) == bool(row.silent_managed)
    assert [one.family for one in CAPABILITIES].count(row.family) == 1


@pytest.mark.parametrize(
    ("host", "vendor"),
    [
        ("api.moonshot.ai", True),
        ("API.MOONSHOT.CN.", True),
        ("moonshot.ai", True),
        ("api.kimi.com", True),
        ("notmoonshot.ai", False),
        ("moonshot.ai.evil.example", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_is_vendor_of_host(host: str, vendor: bool) -> None:
    assert is_vendor(host) is vendor
