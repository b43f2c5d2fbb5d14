-- Set on a broadcast that amends another: whether it also ends it, so that whoever hasn't got that
-- one yet won't. On a broadcast that was amended: whose words it sends on with. When an open one is
-- worth looking at again.
ALTER TABLE broadcast ADD COLUMN closes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE broadcast ADD COLUMN words BIGINT;
ALTER TABLE broadcast ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE notice ADD COLUMN updated_at BIGINT;

-- Deliveries that an amending broadcast has come to and not dealt with: those still under way.
CREATE TABLE broadcast_late (
    broadcast_id BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    PRIMARY KEY (broadcast_id, delivery_id)
);

-- An amendment walks the deliveries of a broadcast by their numbers.
DROP INDEX outbox_broadcast;
CREATE INDEX outbox_broadcast ON outbox (broadcast_id, id) WHERE broadcast_id IS NOT NULL;
