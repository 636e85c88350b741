"""The screen: it draws what the projections say and sends what a person asks; it decides nothing."""
