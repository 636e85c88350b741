"""Ordinary addresses and queries of research pass: an alarm that rings every day is no alarm."""

from pathlib import Path

from kimi_tui import events
from kimi_tui.egress.unexplained import trace_call
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.sources import SourceRef
from kimi_tui.tools.web.address_guard import host_of
from tests.tui.sessions import MemorySession, opened

MAX_ALARMS_SHARE = 0.05
SAMPLE_DESK = Path(__file__).parents[2] / "kimi_tui" / "sample_desk"

ADDRESSES = """
https://en.wikipedia.org/wiki/Heat_pump
https://en.wikipedia.org/wiki/Goodwill_(accounting)
https://de.wikipedia.org/wiki/W%C3%A4rmepumpe
https://fr.wikipedia.org/wiki/Pompe_%C3%A0_chaleur
https://en.wikipedia.org/wiki/S%26P_500
https://en.wikipedia.org/wiki/Johnson_%26_Johnson
https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&type=10-K
https://www.sec.gov/edgar/search/
https://www.ecb.europa.eu/press/pr/date/2024/html/index.en.html
https://www.federalreserve.gov/monetarypolicy/fomccalendars.htm
https://ec.europa.eu/eurostat/databrowser/view/nrg_cb_e/default/table?lang=en
https://data.worldbank.org/indicator/NY.GDP.MKTP.CD
https://fred.stlouisfed.org/series/CPIAUCSL
https://www.iea.org/reports/world-energy-outlook-2024
https://www.iea.org/reports/the-future-of-heat-pumps
https://www.oecd.org/economic-outlook/november-2024/
https://www.imf.org/en/Publications/WEO/Issues/2024/10/22/world-economic-outlook-october-2024
https://investors.coca-colacompany.com/filings-reports/annual-filings-10-k
https://abc.xyz/investor/
https://www.bmwgroup.com/en/investor-relations/financial-reports.html
https://www.siemens.com/global/en/company/investor-relations/events-publications-ad-hoc.html
https://www.nature.com/subjects/energy-policy
https://arxiv.org/list/econ.GN/recent
https://pubmed.ncbi.nlm.nih.gov/?term=semaglutide+cardiovascular+outcomes
https://www.bundesbank.de/en/statistics/money-and-capital-markets
https://www.destatis.de/EN/Themes/Economy/Prices/Consumer-Price-Index/_node.html
https://www.ifrs.org/issued-standards/list-of-standards/ifrs-16-leases/
https://www.gov.uk/government/statistics/energy-trends-section-6-renewables
https://github.com/topics/xbrl
https://www.reuters.com/business/autos-transportation/
https://www.example.com/business/energy/heat-pump-makers-cut-jobs-2024-05-12/
https://www.example.org/investors/annual-report-2024.pdf
https://www.example.org/en/press/releases?year=2024&page=2
https://www.example.org/search?q=heat+pump+subsidies+germany
"""
QUERIES = """
heat pump market share Germany 2024
interest rate decision of the European Central Bank June 2024
Marktanteile der Wärmepumpenhersteller in Österreich
subventions pompes à chaleur France 2025
consumer price index euro area December 2023
Nike annual report fiscal 2024 gross margin
Home Depot comparable sales fourth quarter 2023
Johnson & Johnson talc litigation settlement
Meta Platforms capital expenditure guidance 2025
Alphabet cloud segment operating income
"effective tax rate" reconciliation 10-K
IFRS 16 lease liabilities disclosure requirements
ASC 606 revenue recognition variable consideration
S&P 500 earnings growth Q3 2024
semiconductor export controls China 2023
lithium price forecast analysts
EU carbon border adjustment mechanism timeline
site:sec.gov 10-K heat pump manufacturer
goodwill impairment test discount rate disclosure
Volkswagen Skoda production Czech Republic
Schwarz Gruppe Umsatz Geschäftsjahr 2023
what is the weighted average cost of capital for utilities
LNG spot prices Asia winter
supply chain disruption Red Sea shipping rates
US Treasury 10-year yield history
WACC EBITDA EV multiples HVAC industry
Bundesnetzagentur Strompreise Industrie
GDPR fines against large technology companies
"""
ORDINARY = (*ADDRESSES.split(), *QUERIES.strip().splitlines())


def _session() -> MemorySession:
    """Return a session that has read the texts of the sample desk."""
    session = MemorySession()
    session.record(opened(), events.QuestionAsked("How did demand for heat pumps develop?"))
    for number, path in enumerate(sorted(SAMPLE_DESK.rglob("*.*"))):
        if path.suffix in (".md", ".txt", ".csv", ".html"):
            call, ref = (
                f"r{number}",
                SourceRef(f"S{number}", "0" * 64, path.name, path.name, "text/plain", "document", ""),
            )
            session.record(
                ToolCallProposed(call, "read", {}, "{}", effects=(Effect("read", path.name),)),
                events.ObservationRecorded(call, "ok", f"[S] T\n{path.read_text()}", (ref,)),
            )
    return session


def find_alarms(session: MemorySession) -> dict[str, str]:
    """Return which of the ordinary texts raise an alarm, and why."""
    alarms = {}
    for number, text in enumerate(ORDINARY):
        call, name = f"o{number}", "url" if "://" in text else "query"
        target = host_of(text) if name == "url" else "search.example.net"
        session.record(ToolCallProposed(call, "look", {name: text}, "{}", effects=(Effect("network", target),)))
        if unexplained := trace_call(session.state.calls.by_id[call], session.state).unexplained:
            alarms[text] = unexplained
        session.record(events.ToolCallStarted(call), events.ObservationRecorded(call, "ok", "Nothing."))
    return alarms


def test_trace_call_lets_ordinary_research_pass() -> None:
    assert len(ORDINARY) >= 60
    alarms = find_alarms(_session())
    assert len(alarms) < len(ORDINARY) * MAX_ALARMS_SHARE, alarms
