-- Figures. No table here holds a member's id; a pseudonym belongs to one service and to no other.

-- What happened: uses that were served and taps that were refused.
CREATE TABLE insight_usage (
    service text NOT NULL,
    agency text NOT NULL,
    place text NOT NULL,
    day date NOT NULL,
    uses bigint NOT NULL DEFAULT 0 CHECK (uses >= 0),
    refusals bigint NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    PRIMARY KEY (day, service, agency, place)
);
CREATE INDEX insight_usage_service ON insight_usage (agency, service, day);

-- Who, under a pseudonym, on which day: for people a day and for how regularly they come.
CREATE TABLE insight_person_day (
    service text NOT NULL,
    agency text NOT NULL,
    day date NOT NULL,
    pseudonym bytea NOT NULL,
    uses bigint NOT NULL CHECK (uses > 0),
    PRIMARY KEY (agency, service, day, pseudonym)
);

-- Who, under a pseudonym, at which place in which month: for people a place.
CREATE TABLE insight_person_month (
    service text NOT NULL,
    agency text NOT NULL,
    place text NOT NULL,
    month date NOT NULL CHECK (date_part('day', month) = 1),
    pseudonym bytea NOT NULL,
    uses bigint NOT NULL CHECK (uses > 0),
    PRIMARY KEY (agency, service, month, place, pseudonym)
);
CREATE INDEX insight_person_month_city ON insight_person_month (month, service, pseudonym);

-- Which batches of taps are in the figures: what makes counting exact, and recounting too.
CREATE TABLE insight_absorbed (
    source text PRIMARY KEY,
    batches int8multirange NOT NULL DEFAULT '{}',
    -- Changes with every change of the figures, so that what was worked out once can be kept.
    version xid8 NOT NULL DEFAULT '0'
);
INSERT INTO insight_absorbed (source) VALUES ('taps');
