"""When the collector looks for garbage while a session is open."""

import gc

from kimi_tui.tui.gc_tuning import rare_collection


def test_rare_collection_excludes_existing_objects_until_exit() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with rare_collection():
        assert gc.get_freeze_count() > frozen
        assert _collects_more_rarely(gc.get_threshold(), before)
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


def test_rare_collection_keeps_thresholds_that_are_rarer_already() -> None:
    before = gc.get_threshold()
    gc.set_threshold(50_000, 10, 500)
    try:
        with rare_collection():
            assert gc.get_threshold()[0] == 50_000
    finally:
        gc.set_threshold(*before)


def _collects_more_rarely(now: tuple[int, int, int], before: tuple[int, int, int]) -> bool:
    """Return whether no generation is collected more often than before, and one is collected less often.

    The defaults differ between the versions of Python: 3.13 begins with 2,000 new objects, 3.11 with 700.
    """
    return now != before and all(new >= old for new, old in zip(now, before, strict=True))


def test_rare_collection_exit_out_of_order_restores_thresholds() -> None:
    before = gc.get_threshold()
    first, second = rare_collection(), rare_collection()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert _collects_more_rarely(gc.get_threshold(), before)
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
