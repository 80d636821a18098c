-- What the house's auditor found, each time it was asked.
CREATE TABLE insight_proof_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    ended_at timestamptz,
    findings jsonb NOT NULL DEFAULT '[]',
    asked_contexts text[] NOT NULL DEFAULT '{}'
);
