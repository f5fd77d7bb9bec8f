"""The shape of `state.db`, as an ordered list of steps. A step that has been released is never changed."""

from __future__ import annotations

import sqlite3

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "001_first",
        """
        CREATE TABLE proposals (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL, state TEXT NOT NULL, run_id TEXT NOT NULL,
            created REAL NOT NULL, value TEXT NOT NULL
        );
        CREATE INDEX proposals_by_state ON proposals (state);
        CREATE TABLE proposal_paths (
            path TEXT NOT NULL, proposal_id TEXT NOT NULL REFERENCES proposals (id) ON DELETE CASCADE,
            PRIMARY KEY (path, proposal_id)
        ) WITHOUT ROWID;
        CREATE TABLE findings (
            id TEXT NOT NULL, agent TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, position INTEGER NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (agent, path, position)
        );
        CREATE INDEX findings_by_id ON findings (id);
        CREATE INDEX findings_by_path ON findings (path);
        CREATE TABLE outcomes (
            number INTEGER PRIMARY KEY AUTOINCREMENT, proposal_id TEXT NOT NULL, value TEXT NOT NULL
        );
        CREATE TABLE dismissals (
            fingerprint TEXT NOT NULL, rule TEXT NOT NULL, path TEXT NOT NULL, expires REAL NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (fingerprint, rule)
        );
        CREATE TABLE runs (id TEXT PRIMARY KEY, started REAL NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL);
        CREATE TABLE texts (sha256 TEXT PRIMARY KEY, text BLOB NOT NULL, used REAL NOT NULL);
        CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE requests (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, created REAL NOT NULL
        );
        """,
    ),
    (
        "002_ledger",
        """
        CREATE TABLE exchanges (
            id TEXT PRIMARY KEY, run_id TEXT NOT NULL, day TEXT NOT NULL, purpose TEXT NOT NULL, model TEXT NOT NULL,
            state TEXT NOT NULL, holder TEXT NOT NULL, created REAL NOT NULL, ended REAL NOT NULL,
            tokens INTEGER NOT NULL, cost INTEGER NOT NULL,
            prompt INTEGER NOT NULL, cached INTEGER NOT NULL, completion INTEGER NOT NULL, reasoning INTEGER NOT NULL,
            estimated INTEGER NOT NULL
        );
        CREATE INDEX exchanges_open ON exchanges (state) WHERE state = 'open';
        CREATE INDEX exchanges_by_run ON exchanges (run_id);
        CREATE TABLE spent (
            scope TEXT NOT NULL, key TEXT NOT NULL, tokens INTEGER NOT NULL, cost INTEGER NOT NULL,
            PRIMARY KEY (scope, key)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "003_batches",
        """
        CREATE TABLE batches (id TEXT PRIMARY KEY, started REAL NOT NULL, value TEXT NOT NULL);
        CREATE TABLE batch_files (
            batch_id TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (batch_id, path)
        );
        """,
    ),
    ("004_unpriced", "ALTER TABLE exchanges ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;"),
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database up to date. Each step is one transaction, so a crash leaves whole steps only."""
    db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
    done = {name for (name,) in db.execute("SELECT name FROM migrations")}
    for name, script in MIGRATIONS:
        if name in done:
            continue
        try:
            db.executescript(f"BEGIN IMMEDIATE; INSERT INTO migrations VALUES ('{name}'); {script}; COMMIT;")  # noqa: S608 - our own
        except sqlite3.IntegrityError:  # another process was quicker, between our look and our turn
            db.execute("ROLLBACK")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
