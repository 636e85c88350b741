"""The HTML pages of the desk: articles wrapped in what real pages wrap them in.

Navigation, cookie notice, teasers, scripts and footers are there so that the extraction of the article is exercised.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from tools.sample_desk.facts import THARNHOLM
from tools.sample_desk.figures import FiguresView, fields
from tools.sample_desk.template import PROSE


@dataclass(frozen=True)
class Site:
    """An invented web site."""

    name: str
    """As in the head of its pages."""
    host: str
    """Under `.example`."""
    menu: tuple[str, ...]
    """Entries of the navigation."""
    teasers: tuple[str, ...]
    """Headlines beside the article."""


@dataclass(frozen=True)
class Page:
    """One page of a site."""

    name: str
    """File name without its ending, and the name of its template."""
    site: Site
    """Where it was found."""
    title: str
    """Its title."""
    published: str
    """Day of publication, ISO 8601."""


_COMPANY = Site(
    "Tharnholm",
    "www.tharnholm.example",
    ("Products", "Cold chain", "Service", "Investors", "Careers", "Press"),
    ("Training calendar for installers", "Find a service point near you", "Download centre", "Annual meeting 2025"),
)
_TRADE = Site(
    "Heat & Cold Weekly",
    "www.heatandcoldweekly.example",
    ("News", "Markets", "Technology", "Opinion", "Jobs", "Subscribe"),
    ("Five myths about propane", "Installers’ wages: the survey", "Why pipes sweat", "Trade fair diary"),
)
_PANEL = Site(
    "Panel for Financial Reporting",
    "www.reporting-panel.example",
    ("About the panel", "Examinations", "Publications", "Contact"),
    ("Focal points of examinations 2025", "How to read a finding", "Rules of procedure"),
)
_SUPPLIER = Site(
    "Kestrel Compression",
    "www.kestrelcompression.example",
    ("Compressors", "Selection tool", "Quality", "Company"),
    ("HX-5: the next generation", "Visit us in hall 7", "Certificates"),
)
_FORUM = Site(
    "Installers’ Bench",
    "forum.installersbench.example",
    ("Boards", "Search", "Members", "Marketplace", "Rules"),
    ("Defrost valve stuck, again", "Best flare tool under 200", "Who pays for the second visit?"),
)
_REFRIGERANTS = Site(
    "Continental Refrigerant Authority",
    "www.refrigerant-authority.example",
    ("Quota", "Registration", "Reporting", "Guidance", "Contact"),
    ("Registration portal maintenance", "List of banned uses", "Forms and templates"),
)

PAGES = (
    Page("press-release-preliminary-figures-2024", _COMPANY, "Preliminary figures 2024: orders rise", "2025-01-30"),
    Page("ad-hoc-release-correction-2023", _COMPANY, "Ad hoc: correction of the fiscal year 2023", "2024-11-18"),
    Page("analyst-day-2025", _COMPANY, "Analyst day 2025: targets for 2027", "2025-05-21"),
    Page("product-aerro-12", _COMPANY, "Aerro 12: the quiet heat pump", "2022-03-14"),
    Page(
        "trade-press-heat-pump-market", _TRADE, "After the hangover: heat pump makers count their stocks", "2025-04-11"
    ),
    Page("interview-veltrup", _TRADE, "“A signature too few”: interview with Ansgar Veltrup", "2025-06-05"),
    Page("panel-finding-tharnholm", _PANEL, "Finding of error: Tharnholm SE", "2025-06-12"),
    Page("refrigerant-quota-2025", _REFRIGERANTS, "Quota for synthetic refrigerants 2025 to 2030", "2024-12-02"),
    Page("supplier-kestrel-hx4", _SUPPLIER, "Customer information on HX-4 scroll compressors", "2024-10-14"),
    Page("forum-hx4-compressors", _FORUM, "HX-4 dying after one winter?", "2024-12-19"),
)
"""All pages."""

LAYOUT = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>$title | $site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="og:site_name" content="$site">
<meta property="article:published_time" content="$published">
<link rel="canonical" href="https://$host/$name">
<style>body { font: 16px/1.5 serif; margin: 0 } nav li { display: inline; margin: 0 1em } aside { float: right }</style>
<script>window.pageData = { "section": "$name", "consent": null, "track": function () { return false; } };</script>
</head>
<body>
<div class="cookie-banner" role="dialog"><p>We use cookies to make this site work and to understand how it is used.</p>
<button>Accept all</button> <button>Only necessary</button> <a href="/privacy">Settings</a></div>
<header><a class="logo" href="/">$site</a>
<nav><ul>$menu</ul></nav>
<form action="/search"><input name="q" placeholder="Search this site"><button>Search</button></form></header>
<div class="breadcrumb"><a href="/">Home</a> &rsaquo; <a href="/archive">Archive</a> &rsaquo; $title</div>
<main>
<article>
<h1>$title</h1>
<p class="dateline">Published: <time datetime="$published">$published</time></p>
$body
</article>
<aside><h2>More on this site</h2><ul>$teasers</ul>
<div class="newsletter"><p>Never miss an update: subscribe to our newsletter.</p><input type="email"></div></aside>
</main>
<footer><p>&copy; $site. All rights reserved.</p>
<ul><li><a href="/imprint">Imprint</a></li><li><a href="/privacy">Privacy</a></li>
<li><a href="/terms">Terms of use</a></li></ul>
<p>Share this page: <a href="#">Mail</a> <a href="#">Print</a></p></footer>
<script>document.querySelectorAll("a").forEach(function (link) { link.rel = "noopener"; });</script>
</body>
</html>
""")
"""What surrounds an article."""


def write(folder: Path) -> None:
    """Write every page."""
    folder.mkdir(parents=True, exist_ok=True)
    known = fields(FiguresView(THARNHOLM, restated=True), "2024")
    for page in PAGES:
        body = (PROSE / "pages" / f"{page.name}.html").read_text("utf-8").format(**known)
        (folder / f"{page.name}.html").write_text(_wrap(page, body.strip()), encoding="utf-8", newline="\n")


def _wrap(page: Page, body: str) -> str:
    """An article as a page of its site."""
    return LAYOUT.substitute(
        title=escape(page.title, quote=False),
        site=escape(page.site.name),
        host=page.site.host,
        name=page.name,
        published=page.published,
        menu=_links(page.site.menu),
        teasers=_links(page.site.teasers),
        body=body,
    )


def _links(names: tuple[str, ...]) -> str:
    """A list of links."""
    return "".join(f'<li><a href="/{name.split()[0].lower()}">{escape(name, quote=False)}</a></li>' for name in names)
