-- Portable between SQLite and PostgreSQL: instants are Unix milliseconds (UTC), truth is 0 or 1,
-- states are words. Ids come from id_block, in runs, so that a set-based INSERT can number its rows.

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE id_block (
    name TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);
INSERT INTO id_block (name, next) VALUES ('id', 1);

-- An address and choices; no names, no words.
CREATE TABLE resident (
    id BIGINT PRIMARY KEY,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    lang TEXT NOT NULL,
    lang_chosen BIGINT NOT NULL DEFAULT 0,
    status TEXT NOT NULL CHECK (status IN ('active', 'stopped', 'gone')),
    quiet_from BIGINT,
    quiet_to BIGINT,
    dialogue TEXT NOT NULL DEFAULT '{}',
    direct BIGINT NOT NULL DEFAULT 1,
    UNIQUE (channel, address)
);

CREATE TABLE resident_topic (
    resident_id BIGINT NOT NULL,
    topic TEXT NOT NULL,
    PRIMARY KEY (resident_id, topic)
);

CREATE TABLE resident_area (
    resident_id BIGINT NOT NULL,
    area TEXT NOT NULL,
    PRIMARY KEY (resident_id, area)
);

-- Which events were handled; their words are not kept.
CREATE TABLE inbox (
    channel TEXT NOT NULL,
    external_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (channel, external_id)
);
CREATE INDEX inbox_received_at ON inbox (received_at);

CREATE TABLE notice (
    id BIGINT PRIMARY KEY,
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'moderate', 'severe', 'extreme')),
    topic TEXT,
    area TEXT,
    sent_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE TABLE notice_info (
    notice_id BIGINT NOT NULL,
    lang TEXT NOT NULL,
    headline TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (notice_id, lang)
);

CREATE TABLE poll (
    id BIGINT PRIMARY KEY,
    topic TEXT,
    area TEXT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE TABLE poll_text (
    poll_id BIGINT NOT NULL,
    lang TEXT NOT NULL,
    question TEXT NOT NULL,
    PRIMARY KEY (poll_id, lang)
);

CREATE TABLE poll_option (
    poll_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    lang TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (poll_id, position, lang)
);

-- The secret that ties a ballot to a voter while the poll is open. Deleted at close: from then on
-- nothing stored leads from a ballot to a person.
CREATE TABLE poll_secret (
    poll_id BIGINT PRIMARY KEY,
    secret TEXT NOT NULL
);

CREATE TABLE ballot (
    poll_id BIGINT NOT NULL,
    voter TEXT NOT NULL,
    choice BIGINT NOT NULL,
    PRIMARY KEY (poll_id, voter)
);

-- One message to an audience, expanded into outbox rows in chunks; expanded_to is the last resident
-- looked at, moved in the same transaction as the rows it stands for.
CREATE TABLE broadcast (
    id BIGINT PRIMARY KEY,
    notice_id BIGINT,
    poll_id BIGINT,
    lane BIGINT NOT NULL,
    everyone BIGINT NOT NULL,
    topic TEXT,
    area TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    expanded_to BIGINT NOT NULL DEFAULT 0,
    expanded_at BIGINT
);
CREATE INDEX broadcast_open ON broadcast (lane, id) WHERE expanded_at IS NULL;

-- Words that many get, written once and never changed: a broadcast's in one language, or an answer
-- that is the same for everyone (then without a broadcast).
CREATE TABLE rendering (
    id BIGINT PRIMARY KEY,
    broadcast_id BIGINT,
    lang TEXT NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (broadcast_id, lang)
);

-- The ledger: every outgoing message is a row here before it is sent.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    channel TEXT NOT NULL,
    lane BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'ambiguous', 'sent', 'gone', 'failed')),
    due_at BIGINT NOT NULL,
    resident_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    rendering_id BIGINT,
    message TEXT,
    broadcast_id BIGINT,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    doubts BIGINT NOT NULL DEFAULT 0,
    external_id TEXT,
    reason TEXT,
    settled_at BIGINT
);
-- What is still to be done, in the order in which it is done; due_at of a row being sent is the end
-- of its lease.
CREATE INDEX outbox_open ON outbox (channel, lane, due_at, id) WHERE settled_at IS NULL;
CREATE INDEX outbox_broadcast ON outbox (broadcast_id) WHERE broadcast_id IS NOT NULL;
CREATE INDEX outbox_resident ON outbox (resident_id);

-- The web chat's own page of each session: the channel has no other place where messages stay.
CREATE TABLE web_line (
    resident_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    speaker TEXT NOT NULL CHECK (speaker IN ('bot', 'resident')),
    lang TEXT NOT NULL,
    message TEXT NOT NULL,
    ballot BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (resident_id, seq)
);
CREATE INDEX web_line_ballot ON web_line (ballot) WHERE ballot = 1;
CREATE INDEX web_line_at ON web_line (at);

-- Questions without an answer, kept without who asked or when in the day.
CREATE TABLE gap (
    id BIGINT PRIMARY KEY,
    day TEXT NOT NULL,
    lang TEXT NOT NULL,
    question TEXT NOT NULL
);

-- Entries imported beside the content folder.
CREATE TABLE entry (
    id TEXT NOT NULL,
    lang TEXT NOT NULL,
    topic TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (id, lang)
);
