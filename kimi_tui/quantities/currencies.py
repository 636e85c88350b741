"""Currencies: their signs, words and codes, and the one code that each of these means."""

import re

SIGNS = {
    "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "HK$": "HKD", "NZ$": "NZD", "NT$": "TWD",
    "S$": "SGD", "R$": "BRL", "MX$": "MXN", "$": "USD", "\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "JPY",
    "\u5186": "JPY", "\u5143": "CNY", "\u20b9": "INR", "\u20a9": "KRW", "\u20aa": "ILS", "\u20bd": "RUB",
    "\u20ba": "TRY", "\u0e3f": "THB", "\u20ab": "VND", "\u20b1": "PHP", "\u20a6": "NGN", "\u20b4": "UAH",
    "\u20b8": "KZT", "Rs.": "INR", "Rs": "INR",
}  # fmt: skip
"""The code by the sign; a sign of several letters comes before the one that it ends with."""
SYMBOLS = "".join(sign for sign in SIGNS if len(sign) == 1 and sign not in "\u5186\u5143")
"""Every sign of one character that is no letter of a script."""
SIGN = "|".join(sorted(map(re.escape, SIGNS), key=len, reverse=True))
"""A pattern for one sign: `$`, `HK$`, `Rs`."""
WORDS = {
    "dollar": "USD", "euro": "EUR", "teur": "EUR", "pound": "GBP", "sterling": "GBP", "yen": "JPY", "yuan": "CNY",
    "renminbi": "CNY", "rupee": "INR", "franc": "CHF", "won": "KRW", "krona": "SEK", "krone": "NOK", "peso": "MXN",
    "real": "BRL", "rand": "ZAR", "руб": "RUB", "рублей": "RUB", "рубля": "RUB", "人民币": "CNY",
    "원": "KRW",
}  # fmt: skip
"""The code by the word in its singular."""
CODES = frozenset({
    "USD", "EUR", "GBP", "JPY", "CHF", "CNY", "RMB", "INR", "CAD", "AUD", "NZD", "HKD", "SGD", "SEK", "NOK", "DKK",
    "ISK", "PLN", "CZK", "HUF", "RON", "RUB", "TRY", "ILS", "KRW", "TWD", "THB", "MYR", "IDR", "PHP", "VND", "BRL",
    "MXN", "ARS", "CLP", "COP", "ZAR", "NGN", "EGP", "SAR", "AED", "QAR", "KWD",
})  # fmt: skip
"""Codes as people write them; of these `RMB` is none of ISO 4217."""
_DOLLARS = {"C": "CAD", "A": "AUD"}
"""The code of a dollar that is not of the United States, by the first letter of its country."""
_BY_SIGN = {sign.upper(): code for sign, code in SIGNS.items()}


def currency_code(named: str) -> str:
    """Return the code that a sign, code or word means; empty for anything else.

    `US$`, `U.S.$` and `Canadian dollars` are understood, and an unknown country before a sign is passed over.
    """
    plain = re.sub(r"[\s.]", "", named).upper()
    if not plain:
        return ""
    if plain in _BY_SIGN:
        return _BY_SIGN[plain]
    if plain in CODES:
        return "CNY" if plain == "RMB" else plain
    word = named.lower().split()[-1].rstrip("s")
    if word == "dollar":
        return _DOLLARS.get(plain[0], "USD")
    return WORDS.get(word, SIGNS.get(plain[-1], ""))
