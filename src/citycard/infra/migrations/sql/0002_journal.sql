-- A restore from backup begins a new generation: transaction ids start anew there.
CREATE TABLE infra_generation (
    number integer PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO infra_generation (number) VALUES (1);

CREATE TABLE infra_journal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    generation integer NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    code text NOT NULL,
    body jsonb NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE INDEX infra_journal_order ON infra_journal (generation, xid, id);
REVOKE UPDATE, DELETE, TRUNCATE ON infra_journal FROM citycard_app;
INSERT INTO infra_partitioned VALUES ('infra_journal', 'timestamptz');

CREATE TABLE infra_cursor (
    subscriber text PRIMARY KEY,
    generation integer NOT NULL,
    xid xid8 NOT NULL,
    id bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now(),
    stopped_at timestamptz,
    stopped_on bigint,
    stopped_why text
);

SELECT citycard_ensure_partition('infra_journal', (date_trunc('month', now()) + n * interval '1 month')::date)
FROM generate_series(0, 2) AS n;
