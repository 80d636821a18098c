-- Figures. No table here holds a member's id; a pseudonym belongs to one service and to no other.

-- Where a service is used; the figures name a place by its number.
CREATE TABLE insight_place (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL,
    agency text NOT NULL,
    place text NOT NULL,
    UNIQUE (service, agency, place)
);

-- The figures themselves, kept up to date by differences.
CREATE TABLE insight_count (
    service text NOT NULL,
    month date NOT NULL CHECK (date_part('day', month) = 1),
    what text NOT NULL CHECK (what IN (
        'uses', 'day_uses', 'day_refusals', 'place_uses',
        'people', 'new', 'day_people', 'days', 'interval', 'place_people')),
    agency text NOT NULL,
    key integer NOT NULL,
    n bigint NOT NULL CHECK (n >= 0),
    PRIMARY KEY (service, month, what, agency, key)
) WITH (fillfactor = 50);
COMMENT ON COLUMN insight_count.agency IS 'Empty: all agencies of the service together, with different people counted once.';
COMMENT ON COLUMN insight_count.key IS 'Of day_*: the day of the month; of days: on how many days somebody came; of interval: the median of the days from one day of use to the next; of place_*: the place''s number; else 0.';

-- Who came where and when: what the people above are counted from. By week, so that a day's taps write a week anew
-- and not the month.
CREATE TABLE insight_visits (
    month date NOT NULL CHECK (date_part('day', month) = 1),
    bucket integer NOT NULL,
    week smallint NOT NULL CHECK (week BETWEEN 0 AND 3),
    bits smallint NOT NULL CHECK (bits BETWEEN 0 AND 31),
    service text NOT NULL,
    visits bytea NOT NULL,
    PRIMARY KEY (service, month, week, bucket)
) WITH (toast_tuple_target = 8160, fillfactor = 50);
ALTER TABLE insight_visits ALTER visits SET STORAGE EXTERNAL;
COMMENT ON COLUMN insight_visits.week IS 'Of the month: days 1 to 8, 9 to 16, 17 to 24, 25 to 31.';
COMMENT ON COLUMN insight_visits.bits IS 'By how many bits of the pseudonym the rows of a service''s month are cut; the same in all of them.';
COMMENT ON COLUMN insight_visits.bucket IS 'The first bits of the pseudonyms that lie here.';
COMMENT ON COLUMN insight_visits.visits IS 'Sorted numbers of 64 bits: pseudonym (32), place (24), days of the week (8). Little-endian.';

-- In which month somebody first used a service.
CREATE TABLE insight_first (
    bucket integer NOT NULL,
    bits smallint NOT NULL CHECK (bits BETWEEN 0 AND 31),
    service text NOT NULL,
    firsts bytea NOT NULL,
    PRIMARY KEY (service, bucket)
) WITH (toast_tuple_target = 8160, fillfactor = 50);
ALTER TABLE insight_first ALTER firsts SET STORAGE EXTERNAL;
COMMENT ON COLUMN insight_first.firsts IS 'Sorted numbers of 64 bits: pseudonym (32), month as year * 12 + month - 1 (32). Little-endian.';

-- Which months of which services have figures, and when they last changed.
CREATE TABLE insight_cell (
    month date NOT NULL,
    service text NOT NULL,
    -- Changes with every change of the figures, so that what was worked out once can be kept.
    version xid8 NOT NULL,
    PRIMARY KEY (month, service)
);

-- Different people of several services together, counted from the taps: numbers, and nobody.
CREATE TABLE insight_city_people (
    month date NOT NULL CHECK (date_part('day', month) = 1),
    code text NOT NULL,
    people bigint NOT NULL CHECK (people >= 0),
    version text NOT NULL,
    PRIMARY KEY (month, code)
);
COMMENT ON COLUMN insight_city_people.code IS 'Of the city''s tree: the top, or a category.';
COMMENT ON COLUMN insight_city_people.version IS 'Of the figures that it was counted with; with others it isn''t shown.';

-- Which batches of taps are in the figures: what makes counting exact, and recounting too.
CREATE TABLE insight_absorbed (
    source text PRIMARY KEY,
    batches int8multirange NOT NULL DEFAULT '{}'
);
INSERT INTO insight_absorbed (source) VALUES ('taps');
