"""How the benchmark of the researcher judges a memo."""

from tools.bench_researcher import Asked, Judged, judge

MEMO = "# Sales of 12 in 2024\n\n{first}\n\n## Passages\n\n- Sales were 12 [S1 p.1].\n\n## Sources\n\n- S1: 12\n"


def test_an_answer_counts_in_the_first_lines_only_above_the_first_heading() -> None:
    asked = Asked("Sales?", right=("12",))
    assert judge(asked, MEMO.format(first="Sales: 12 [S1 p.1 \u2713]")) == Judged(True, True, False)
    assert judge(asked, MEMO.format(first="**Nothing answers this**")) == Judged(False, True, False)


def test_first_lines_that_cite_and_do_not_answer_mislead() -> None:
    assert judge(Asked("Sales?", right=("99",)), MEMO.format(first="12 [S1 p.1 \u2713]")) == Judged(False, False, True)
    absent = Asked("Sales of Oxley?", absent="Oxley")
    assert judge(absent, MEMO.format(first="**Nothing on the desk names Oxley**")) == Judged(True, True, False)
    assert judge(absent, MEMO.format(first="12 [S1 p.1]")).misleading


def test_judge_several_values_are_right_only_when_each_is_there() -> None:
    asked = Asked("Sales?", every=(("12",), ("1,300", "1300")))
    assert judge(asked, MEMO.format(first="12 and 1300 [S1 p.1 \u2713]")) == Judged(True, True, False)
    assert judge(asked, MEMO.format(first="12 [S1 p.1 \u2713]")) == Judged(False, False, True)


def test_judge_a_question_without_an_answer_is_right_only_without_a_citation() -> None:
    asked = Asked("Share price?", nothing=True)
    assert judge(asked, MEMO.format(first="**Nothing answers this**")) == Judged(True, True, False)
    assert judge(asked, MEMO.format(first="12 [S1 p.1 \u2713]")) == Judged(False, False, True)
    assert not judge(asked, "").first


def test_judge_a_citation_that_is_not_supported_is_unproven() -> None:
    assert judge(Asked("Sales?", right=("12",)), MEMO.format(first="12 [S1 p.1 ?]")) == Judged(True, True, False, True)
