"""The journal: one SQLite file per session, append-only and hash-chained, with its sources beside its entries."""
