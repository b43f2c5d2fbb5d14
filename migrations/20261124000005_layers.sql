-- Content laid over the files of the release: what the municipality writes ("local"), and packs.
-- based_on is the fingerprint of the answer that an own one replaces, as it was then.
CREATE TABLE content_file (
    layer TEXT NOT NULL,
    path TEXT NOT NULL,
    text TEXT NOT NULL,
    based_on TEXT,
    PRIMARY KEY (layer, path)
);

-- Packs of answers from elsewhere, each with the key that signs its versions.
CREATE TABLE pack (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    manifest TEXT NOT NULL,
    public_key TEXT NOT NULL,
    imported_on TEXT NOT NULL
);

-- Answers that a person has compared with their source; holds as long as the answer stays the same.
CREATE TABLE confirmation (
    entry TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    day TEXT NOT NULL
);

-- Why a question is kept: "unknown" (no answer), "down" (the answer of this entry did not help) or
-- "sent" (the resident sent it to the municipality).
ALTER TABLE gap ADD COLUMN kind TEXT NOT NULL DEFAULT 'sent';
ALTER TABLE gap ADD COLUMN entry TEXT;
CREATE INDEX gap_day ON gap (day);
