"""Questions to begin with on the sample desk, offered in a session without any.

They are kept outside the desk so that a search on it never finds them, and each needs several kinds of source.
"""

SAMPLE_QUESTIONS: tuple[str, ...] = (
    # The restated figure: reported in one filing, corrected in two others, on both bases in the database.
    "Why was Tharnholm's 2023 operating profit restated, by how much, and what did it do to the margin and to the "
    "fourth quarter in the database?",
    # The contradiction between press release and annual report, settled by a footnote and by the order book (CSV).
    "How large was Tharnholm's order backlog at the end of 2024? Reconcile the press release, the annual report and "
    "the order book.",
    # The figure that appears only in a footnote, and the covenant beside it.
    "What is Tharnholm's net debt to EBITDA at the end of 2024 with receivables sold counted as debt, and how far is "
    "it from the covenant?",
    # The unit trap (EUR million, EUR thousand) and the competitor with another fiscal year end.
    "Compare revenue and operating margin of Tharnholm, Corvanne and Isbrekka for the calendar year 2024, using "
    "filings and the database.",
    # The stale page, the injection page and the supplier's own figures.
    "What went wrong with the HX-4 compressors, how many were returned and at what cost, and how much of the heat "
    "pump capacity in Karrenbrück is used?",
)
"""Five questions, as a person would type them."""
