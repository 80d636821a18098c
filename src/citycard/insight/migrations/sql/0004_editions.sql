-- Months as they went out.
CREATE TABLE insight_edition (
    month date PRIMARY KEY CHECK (date_part('day', month) = 1),
    made_at timestamptz NOT NULL,
    content jsonb NOT NULL
);
COMMENT ON TABLE insight_edition IS 'A month as it was published when its late days were over: figures with small cells hidden. It never changes.';
REVOKE UPDATE, DELETE, TRUNCATE ON insight_edition FROM citycard_app;
