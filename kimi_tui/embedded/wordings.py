"""One wording for what filings and people call differently, in English, German and French: `Umsatz` is revenue."""

import re

_TERMS: dict[str, tuple[str, ...]] = {
    "order backlog": ("auftragsbestand", "orders on hand", "orders in hand", "carnet de commandes"),
    "order intake": ("auftragseingang", "auftragseingänge", "prises de commandes", "orders received"),
    "net income": (
        "net profit", "net earnings", "profit for the year", "profit for the period", "profit after tax",
        "jahresüberschuss", "nettogewinn", "nettoergebnis", "bénéfice net", "résultat net",
    ),
    "operating profit": (
        "operating income", "operating result", "betriebsergebnis", "résultat opérationnel",
        "résultat d'exploitation", "ebit",
    ),
    "revenue": ("umsatz", "umsätze", "umsatzerlöse", "chiffre d'affaires", "chiffre d’affaires", "turnover"),
    "employees": (
        "mitarbeiter", "mitarbeiterinnen", "mitarbeitende", "beschäftigte", "beschäftigten", "salariés", "effectif",
        "effectifs", "headcount", "people employed", "people work for", "people work at", "employed people",
    ),
    "equity ratio": ("eigenkapitalquote", "ratio de fonds propres", "shareholders' equity ratio"),
    "equity": ("eigenkapital", "capitaux propres", "fonds propres"),
    "net debt": ("nettoverschuldung", "nettofinanzverschuldung", "nettoschulden", "dette nette", "endettement net"),
    "inventories": ("vorräte", "lagerbestand", "lagerbestände"),
    "dividend": ("dividende", "dividenden", "dividendes"),
    "chief executive officer": (
        "ceo", "vorstandsvorsitzende", "vorstandsvorsitzender", "vorstandsvorsitzenden", "directeur général",
        "directrice générale", "pdg",
    ),
    "chief financial officer": ("cfo", "finanzvorstand", "directeur financier", "directrice financière"),
    "capital expenditure": ("capex", "capital expenditures", "capital spending", "investitionen", "investissements"),
    "gross margin": ("bruttomarge", "rohertragsmarge", "marge brute"),
    "operating margin": ("operative marge", "umsatzrendite", "ebit margin", "marge opérationnelle"),
    "total assets": ("bilanzsumme", "total du bilan", "total de l'actif"),
    "cash flow": ("cashflow", "cashflows", "flux de trésorerie"),
    "research and development": ("r&d", "r & d", "forschung und entwicklung", "recherche et développement"),
    "share price": ("aktienkurs", "cours de l'action", "stock price"),
    "risk": ("risiko", "risiken", "risque", "risques"),
    "supplier": ("lieferant", "lieferanten", "fournisseur", "fournisseurs"),
    "headquarters": ("hauptsitz", "firmensitz", "siège social"),
    "forecast": ("prognose", "prévision", "prévisions"),
    "costs": ("kosten", "coûts", "aufwendungen"),
    "largest": ("größte", "größten", "größter", "größtes", "grösste", "plus grand", "plus grande", "biggest"),
    "smallest": ("kleinste", "kleinsten", "kleinster", "plus petit", "plus petite"),
    "highest": ("höchste", "höchsten", "höchster", "plus élevé", "plus élevée"),
    "lowest": ("niedrigste", "niedrigsten", "geringste", "geringsten", "plus bas", "plus faible"),
    "average": ("durchschnitt", "durchschnittlich", "durchschnittliche", "durchschnittlichen", "moyenne", "moyen"),
    "total": ("insgesamt", "gesamt", "summe"),
    "latest": ("aktuell", "aktuelle", "aktuellen", "neueste", "neuesten", "zuletzt", "dernier", "dernière", "actuel"),
    "share": ("aktie",),
    "propose": ("schlägt", "vorschlagen", "schlagen"),
}  # fmt: skip
"""What is said for it, by the wording that everything is brought to."""

_KNOWN = {wording: term for term, wordings in _TERMS.items() for wording in wordings}
_PATTERN = re.compile(r"(?<![\w])(?:" + "|".join(sorted(map(re.escape, _KNOWN), key=len, reverse=True)) + r")(?![\w])")


def in_one_wording(text: str) -> str:
    """Return a text in lower case, with one wording for each known thing."""
    return _PATTERN.sub(lambda match: _KNOWN[match.group()], text.lower())


def translate(text: str) -> str:
    """Return a text with one wording for each known thing, its other words as they are written."""
    lower = text.lower()
    if len(lower) != len(text):
        return text
    pieces, at = list[str](), 0
    for match in _PATTERN.finditer(lower):
        pieces += [text[at : match.start()], _KNOWN[match.group()]]
        at = match.end()
    return "".join([*pieces, text[at:]])


def wordings_of(beginning: str) -> tuple[str, ...]:
    """Return the other wordings of the terms whose last word begins so."""
    return tuple(one for term, wordings in _TERMS.items() if term.split()[-1].startswith(beginning) for one in wordings)
