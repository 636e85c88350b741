"""Lists of models, for the doctor: missing, damaged, or beginning with models of other kinds."""

import pytest

from kimi_tui.events import ServerFinding
from kimi_tui.probe import ProbeTarget, probe_fully
from tests.providers.replay import Recorded, Replay
from tests.runner.test_server import SO, UNLISTED, listed


async def found(models: Recorded, model: str = "") -> dict[str, ServerFinding]:
    """The findings on a server, by name."""
    async with Replay(SO, models) as server:
        probed = await probe_fully(ProbeTarget(server.address, model=model, seconds=5.0), 1)
    return {finding.name: finding for finding in probed.findings}


@pytest.mark.parametrize("what", UNLISTED)
async def test_named_model_without_a_list_is_amber_and_tried_all_the_same(what: str) -> None:
    findings = await found(UNLISTED[what], "kimi")
    assert findings["model"].grade == "amber"
    assert findings["model"].detail.startswith("kimi, as you name it: ")
    assert "usage" in findings  # the model was asked


@pytest.mark.parametrize("what", UNLISTED)
async def test_no_model_named_without_a_list_is_red(what: str) -> None:
    findings = await found(UNLISTED[what])
    assert "red" in {finding.grade for finding in findings.values()}
    assert "usage" not in findings


async def test_first_model_that_answers_is_tried() -> None:
    findings = await found(listed("bge-m3", "whisper-1", "kimi"))
    assert (findings["model"].grade, findings["model"].detail) == ("green", "kimi")
    assert "none of its models answers questions: bge-m3" in (await found(listed("bge-m3")))["model"].detail
