"""Events cut out of bytes."""

import pytest

from kimi_tui.providers.chunks import MalformedChunk
from kimi_tui.providers.sse import FrameReader
from tests.providers.replay import Recorded

STREAM = (
    ': ping\r\n\r\nevent: message\ndata: {"a": "\u00e9\u2028\U0001f600"}\n\nid: 3\ndata:one\rdata: two\r\r'
    "retry: 5\ndata: [DONE]\n\n"
).encode()
FRAMES = ['{"a": "\u00e9\u2028\U0001f600"}'.encode(), b"one\ntwo", b"[DONE]"]


def frames(*reads: bytes) -> list[bytes]:
    """All frames in some reads."""
    reader = FrameReader()
    found = [frame for read in reads for frame in reader.feed(read)]
    return found + reader.finish()


def test_frames_do_not_depend_on_how_the_bytes_were_cut() -> None:
    assert frames(STREAM) == FRAMES
    assert frames(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == FRAMES
    for cut in range(len(STREAM)):
        assert frames(STREAM[:cut], STREAM[cut:]) == FRAMES


@pytest.mark.parametrize("name", ["vllm/tools_auto", "llamacpp/tools_auto", "sglang/parallel_true"])
def test_recorded_frames_do_not_depend_on_how_the_bytes_were_cut(name: str) -> None:
    body = b"".join(Recorded.capture(name).pieces)
    whole = frames(body)
    assert whole[-1] == b"[DONE]"
    for cut in range(len(body)):
        assert frames(body[:cut], body[cut:]) == whole


def test_a_last_frame_without_its_empty_line_is_not_lost() -> None:
    assert frames(b"data: [DONE]") == [b"[DONE]"]
    assert frames(b"data: [DONE]\r") == [b"[DONE]"]


@pytest.mark.parametrize("reads", [[b"data: " + b"x" * 101], [b"x"] * 101, [b"data: " + b"x" * 40 + b"\n"] * 3])
def test_a_frame_beyond_the_limit_is_refused(reads: list[bytes]) -> None:
    reader = FrameReader(limit=100)
    with pytest.raises(MalformedChunk):
        for read in reads:
            reader.feed(read)


def test_many_small_frames_are_no_large_one() -> None:
    reader = FrameReader(limit=100)
    assert len(reader.feed(b"data: x\n\n" * 1000)) == 1000


def test_frame_reader_other_content_is_not_recognised() -> None:
    reader = FrameReader()
    assert reader.feed(b"<html>\n\nHello\n\n") == []
    assert not reader.recognised
    reader.feed(b": ping\n\n")
    assert reader.recognised


def test_byte_order_mark_before_the_first_event_costs_nothing_wherever_it_is_cut() -> None:
    marked = b"\xef\xbb\xbf" + STREAM[STREAM.index(b"event") :]
    plain = b"\xef\xbb\xbfdata: one\n\ndata: two\n\n"
    for cut in range(len(marked)):
        assert frames(marked[:cut], marked[cut:]) == FRAMES
    for cut in range(len(plain)):
        assert frames(plain[:cut], plain[cut:]) == [b"one", b"two"]
