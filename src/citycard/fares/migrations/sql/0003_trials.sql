CREATE TABLE fares_trial (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    agency text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    months date[] NOT NULL CHECK (cardinality(months) > 0),
    changes jsonb NOT NULL,
    settings jsonb NOT NULL,
    guesses jsonb NOT NULL,
    pack_hash text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'refused')),
    done integer NOT NULL DEFAULT 0,
    whole integer NOT NULL DEFAULT 0,
    touched_at timestamptz,
    ended_at timestamptz,
    said text NOT NULL DEFAULT '',
    figures jsonb,
    CHECK ((state = 'done') = (figures IS NOT NULL))
);
COMMENT ON TABLE fares_trial IS 'A policy that was tried on stored months, and what it came to. Figures only, nobody''s rides.';
COMMENT ON COLUMN fares_trial.changes IS 'The proposal: YAML by table, laid over the pack of pack_hash.';
COMMENT ON COLUMN fares_trial.settings IS 'The levers that were set, as they were before and after.';
COMMENT ON COLUMN fares_trial.touched_at IS 'When whoever runs it was last heard of; after a lease without a word another takes it.';
COMMENT ON COLUMN fares_trial.guesses IS 'By how many percent riders follow lower prices, by guess and mode.';
CREATE INDEX fares_trial_waiting ON fares_trial (id) WHERE state IN ('waiting', 'running');
REVOKE DELETE, TRUNCATE ON fares_trial FROM citycard_app;
