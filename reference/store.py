"""The database. Its UNIQUE keys are what makes 'once' true, also for deliveries in parallel."""

import sqlite3

from reference.logs import log

SCHEMA = """
CREATE TABLE IF NOT EXISTS players (
    id TEXT PRIMARY KEY, username TEXT NOT NULL, username_canon TEXT NOT NULL, password_salt BLOB NOT NULL,
    password_hash BLOB NOT NULL, created_at INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX IF NOT EXISTS username_canon ON players (username_canon);
CREATE TABLE IF NOT EXISTS dead_tokens (jti TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS grants (
    player_id TEXT NOT NULL, key TEXT NOT NULL, product_id TEXT NOT NULL, status TEXT NOT NULL,
    granted_at INTEGER, expires_at INTEGER, transaction_id TEXT, reason TEXT NOT NULL, as_of INTEGER NOT NULL,
    PRIMARY KEY (player_id, key, product_id));
CREATE TABLE IF NOT EXISTS webhook_events (event_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS held_events (
    event_id TEXT NOT NULL, name TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (event_id, name));
CREATE TABLE IF NOT EXISTS transactions (transaction_id TEXT PRIMARY KEY, player_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verified (
    player_id TEXT NOT NULL, idempotency_key TEXT NOT NULL, body TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (player_id, idempotency_key));
"""


def open_store(path: str) -> sqlite3.Connection:
    """A connection for the event loop's thread. Writers use `with store:`, so that all or nothing is kept."""
    store = sqlite3.connect(path)
    store.row_factory = sqlite3.Row
    store.executescript(SCHEMA)
    log.info("Created unique index on username_canon")
    return store
