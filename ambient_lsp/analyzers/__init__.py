"""Tools that look at source text and know nothing of proposals: each finds, measures or rewrites."""
