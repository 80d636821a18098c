-- What is still to be said to an outside system. Ids only; the deliverer loads the rest when it calls.
CREATE TABLE infra_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    ref bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    -- How often in a row the outside system gave no answer at all; these do not wear a letter out.
    unanswered integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    why text NOT NULL DEFAULT '',
    enqueued_at timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (topic, key)
);
CREATE INDEX infra_outbox_due ON infra_outbox (topic, next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX infra_outbox_unanswered ON infra_outbox (topic) WHERE state = 'waiting' AND unanswered > 0;
CREATE INDEX infra_outbox_failed ON infra_outbox (topic) WHERE state = 'failed';
