-- How many people could use a service in a month: numbers, and nobody.
CREATE TABLE insight_reach (
    month date NOT NULL CHECK (date_part('day', month) = 1),
    need text NOT NULL,
    holders bigint NOT NULL,
    carded bigint NOT NULL CHECK (carded BETWEEN 0 AND holders),
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (month, need)
);
COMMENT ON COLUMN insight_reach.need IS 'The right that services ask for; empty: none, a card will do.';
COMMENT ON COLUMN insight_reach.holders IS 'People who had it on at least one day of the month.';
COMMENT ON COLUMN insight_reach.carded IS 'Of these, people to whom a card belonged on at least one day of the month.';
