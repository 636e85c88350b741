"""The benchmark of finding pages makes its questions from a filing's own tags, and measures them."""

import gzip
import subprocess
import sys
from pathlib import Path

from tools.bench.questions import questions_of, registrant

ROWS = "".join(f"<tr><td>Row {n}</td><td>{n},111</td><td>{n},222</td></tr>" for n in range(1, 20))
PAGE = f"""<html><body>
<xbrli:context id="y"><xbrli:period><xbrli:startDate>2023-01-01</xbrli:startDate>
<xbrli:endDate>2023-12-31</xbrli:endDate></xbrli:period></xbrli:context>
<xbrli:context id="s"><xbrli:segment><xbrldi:explicitMember>a</xbrldi:explicitMember></xbrli:segment>
<xbrli:period><xbrli:startDate>2023-01-01</xbrli:startDate><xbrli:endDate>2023-12-31</xbrli:endDate></xbrli:period>
</xbrli:context>
<p><ix:nonNumeric name="dei:EntityRegistrantName" contextRef="y">Acme &amp; Sons, Inc.</ix:nonNumeric></p>
<p>(Exact name of registrant as specified in its charter) for the fiscal year ended December 31, 2023</p>
<h2>Consolidated Statements of Income</h2>
<table>{ROWS}<tr><td>Operating income</td>
<td><ix:nonFraction name="us-gaap:OperatingIncomeLoss" contextRef="s">7</ix:nonFraction></td>
<td><ix:nonFraction name="us-gaap:OperatingIncomeLoss" contextRef="y">4,321</ix:nonFraction></td></tr></table>
</body></html>"""


def test_a_question_is_made_of_a_plain_fact_with_its_row() -> None:
    assert registrant(PAGE) == "Acme & Sons, Inc."
    [asked] = [one for one in questions_of("acme", "Acme", PAGE) if one.kind == "figure"]
    assert "operating income" in asked.text
    assert "2023" in asked.text
    assert asked.needles == ("4,321", "Operating", "income")


def test_the_program_measures_a_folder_of_filings(tmp_path: Path) -> None:
    (tmp_path / "filings").mkdir()
    (tmp_path / "filings" / "acme.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    command = [sys.executable, "tools/bench_retrieval.py", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 0, done.stderr
    assert "figure (1): document@8 100.0%, page@8 100.0%" in done.stdout
    command[-1] = str(tmp_path / "filings")
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert (done.returncode, "give --data" in done.stdout) == (2, True)
