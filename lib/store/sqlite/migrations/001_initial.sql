-- Every table is keyed by scope first: one file holds all shops of an installation.
-- Text compares by its bytes (BINARY, SQLite's default), as members of a Redis sorted set do.

-- Documents and log entries can be large, so they are rowid tables: their b-trees stay shallow, and
-- the unique index alone is read to find a row.
CREATE TABLE document (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (scope, key)
);

CREATE TABLE once (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  until_ms REAL NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX once_by_until ON once (scope, until_ms);

CREATE TABLE counter (
  scope TEXT NOT NULL,
  grp TEXT NOT NULL,
  field TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (scope, grp, field)
) WITHOUT ROWID;

CREATE TABLE entry (
  scope TEXT NOT NULL,
  idx TEXT NOT NULL,
  key TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (scope, idx, key)
) WITHOUT ROWID;
CREATE INDEX entry_by_value ON entry (scope, idx, value, key);

-- Apart from the entries, so that a claim writes into one small tree and leaves the large ones alone.
-- A row stays after its lease ran out or was released (token NULL): it counts the attempts.
CREATE TABLE lease (
  scope TEXT NOT NULL,
  idx TEXT NOT NULL,
  key TEXT NOT NULL,
  token TEXT,
  until_ms REAL NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY (scope, idx, key)
) WITHOUT ROWID;

CREATE TABLE log (
  scope TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at_ms REAL NOT NULL,
  type TEXT NOT NULL,
  subject TEXT,
  data TEXT NOT NULL,
  UNIQUE (scope, seq)
);
CREATE INDEX log_by_subject ON log (scope, subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX log_by_time ON log (scope, at_ms, seq);

-- Which numbers were given out, and up to which one entries were trimmed away.
CREATE TABLE log_state (
  scope TEXT PRIMARY KEY,
  last_seq INTEGER NOT NULL,
  trimmed_seq INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE log_reader (
  scope TEXT NOT NULL,
  reader TEXT NOT NULL,
  after_seq INTEGER NOT NULL,
  PRIMARY KEY (scope, reader)
) WITHOUT ROWID;
