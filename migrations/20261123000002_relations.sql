-- How a message relates to an earlier one ("replaces", "thread", "ends" or "redacts", a space, the
-- platform's id), the resident's message that it answers, and when it was first given to a sender.
ALTER TABLE outbox ADD COLUMN relation TEXT;
ALTER TABLE outbox ADD COLUMN cause TEXT;
ALTER TABLE outbox ADD COLUMN tried_at BIGINT;

-- A broadcast may change what another one delivered: then its recipients are those who got that
-- one, and deed is the relation of its messages to those.
ALTER TABLE broadcast ADD COLUMN amends BIGINT;
ALTER TABLE broadcast ADD COLUMN deed TEXT;

-- What a channel keeps for itself, committed with the events it belongs to.
CREATE TABLE channel_note (
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (channel, name)
);
