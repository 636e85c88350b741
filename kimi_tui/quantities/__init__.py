"""Quantities as text: periods, days, currencies, units and numbers, as the readers and the checks both know them."""
