-- What an agency's own system sent, once an upload; sent again it is answered from here.
CREATE TABLE activities_upload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    sender text NOT NULL,
    route text NOT NULL CHECK (route IN ('api', 'file')),
    key_hash bytea NOT NULL,
    content_hash bytea NOT NULL,
    lines integer NOT NULL,
    received_at timestamptz NOT NULL,
    pack_hash text NOT NULL,
    UNIQUE (sender, route, key_hash)
);
COMMENT ON TABLE activities_upload IS 'A file or a batch of an agency''s own system. Append-only.';
COMMENT ON COLUMN activities_upload.key_hash IS 'Of the sender''s own key of the batch, or of the file.';
CREATE INDEX activities_upload_agency ON activities_upload (agency, received_at DESC);

-- Each line once, with its answer. The agency's reference and the number are kept as pseudonyms of that agency.
CREATE TABLE activities_line (
    agency text NOT NULL,
    reference_key bytea NOT NULL,
    content_hash bytea NOT NULL,
    upload_id bigint NOT NULL REFERENCES activities_upload (id),
    campaign_id bigint NOT NULL REFERENCES activities_campaign (id),
    at timestamptz NOT NULL,
    member_id bigint,
    code text NOT NULL CHECK (code IN ('points', 'limit', 'not_resident', 'no_campaign', 'unknown_number',
                                       'not_valid')),
    points bigint NOT NULL CHECK (points >= 0),
    PRIMARY KEY (agency, reference_key),
    CHECK ((code = 'points') = (points > 0)),
    CHECK (code <> 'points' OR member_id IS NOT NULL)
);
COMMENT ON TABLE activities_line IS 'A line of an agency''s own system, with the answer it got. Append-only.';
CREATE INDEX activities_line_campaign ON activities_line (campaign_id);

-- The answers of an upload in the order of its lines: how to say the same again, byte for byte.
CREATE TABLE activities_upload_answer (
    upload_id bigint NOT NULL REFERENCES activities_upload (id),
    place integer NOT NULL,
    code text NOT NULL,
    points bigint NOT NULL,
    again boolean NOT NULL,
    PRIMARY KEY (upload_id, place)
);
REVOKE UPDATE, DELETE, TRUNCATE ON activities_upload, activities_line, activities_upload_answer FROM citycard_app;

-- What is left of a budget goes back to its issuer once late uploads are no longer waited for.
ALTER TABLE activities_campaign ADD COLUMN settled_at timestamptz;
COMMENT ON COLUMN activities_campaign.settled_at IS 'When what was left of the budget went back to the issuer.';
GRANT UPDATE (settled_at) ON activities_campaign TO citycard_app;

-- A draw among those who took part. Entries are counted and fixed by one function, winners found by another;
-- nobody writes either table by hand.
CREATE TABLE activities_draw (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES activities_campaign (id),
    names jsonb NOT NULL,
    counts text NOT NULL CHECK (counts IN ('taps', 'points')),
    each bigint NOT NULL CHECK (each > 0),
    most bigint CHECK (most > 0),
    prizes jsonb NOT NULL,
    winners integer NOT NULL CHECK (winners > 0),
    seed_source text NOT NULL CHECK (seed_source <> ''),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    state text NOT NULL DEFAULT 'announced' CHECK (state IN ('announced', 'committed', 'drawn')),
    entries_hash text,
    people bigint,
    entries bigint,
    committed_at timestamptz,
    committed_by text,
    seed text,
    drawn_at timestamptz,
    drawn_by text,
    CHECK ((state = 'announced') = (entries_hash IS NULL)),
    CHECK ((state = 'drawn') = (seed IS NOT NULL)),
    CHECK (drawn_at > committed_at)
);
CREATE INDEX activities_draw_campaign ON activities_draw (campaign_id);
COMMENT ON COLUMN activities_draw.seed_source IS 'Which public number decides, said before anybody knows it.';
COMMENT ON COLUMN activities_draw.entries_hash IS 'SHA-256 of the list of entries, as its file is published.';

-- No foreign key to the draw: a million rows would each look it up, and one function alone writes them.
CREATE TABLE activities_draw_entry (
    draw_id bigint NOT NULL,
    code text COLLATE "C" NOT NULL,
    tickets bigint NOT NULL CHECK (tickets > 0),
    member_id bigint NOT NULL,
    PRIMARY KEY (draw_id, code)
);
COMMENT ON COLUMN activities_draw_entry.code IS 'A pseudonym of this draw alone; its holder sees it, the list is public.';
CREATE INDEX activities_draw_entry_member ON activities_draw_entry (member_id, draw_id);

CREATE TABLE activities_draw_winner (
    draw_id bigint NOT NULL,
    place integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    ticket bigint NOT NULL,
    score text NOT NULL,
    PRIMARY KEY (draw_id, place),
    UNIQUE (draw_id, code),
    FOREIGN KEY (draw_id, code) REFERENCES activities_draw_entry (draw_id, code)
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON activities_draw_entry, activities_draw_winner FROM citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON activities_draw FROM citycard_app;

-- Even the owner of the tables meets these: what was committed stays as it is.
CREATE FUNCTION activities_draw_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries and winners of a draw stay as they are' USING ERRCODE = 'check_violation';
END $$;
CREATE FUNCTION activities_draw_is_past() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT draw_id FROM added) a JOIN activities_draw d ON d.id = a.draw_id
               WHERE d.state <> TG_ARGV[0]) THEN
        RAISE EXCEPTION 'the draw is past this' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER activities_draw_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON activities_draw_entry
    FOR EACH STATEMENT EXECUTE FUNCTION activities_draw_stays();
CREATE TRIGGER activities_draw_winner_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON activities_draw_winner
    FOR EACH STATEMENT EXECUTE FUNCTION activities_draw_stays();
CREATE TRIGGER activities_draw_entry_added AFTER INSERT ON activities_draw_entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION activities_draw_is_past('announced');
CREATE TRIGGER activities_draw_winner_added AFTER INSERT ON activities_draw_winner REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION activities_draw_is_past('committed');
CREATE FUNCTION activities_draw_terms_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'announced' THEN
            RAISE EXCEPTION 'a draw begins by being announced' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.state = 'drawn'
       OR (NEW.id, NEW.campaign_id, NEW.names, NEW.counts, NEW.each, NEW.prizes, NEW.winners, NEW.seed_source)
          IS DISTINCT FROM
          (OLD.id, OLD.campaign_id, OLD.names, OLD.counts, OLD.each, OLD.prizes, OLD.winners, OLD.seed_source)
       OR NEW.most IS DISTINCT FROM OLD.most
       OR (OLD.state = 'committed' AND (NEW.state <> 'drawn'
           OR (NEW.entries_hash, NEW.people, NEW.entries, NEW.committed_at)
              IS DISTINCT FROM (OLD.entries_hash, OLD.people, OLD.entries, OLD.committed_at))) THEN
        RAISE EXCEPTION 'the terms of the draw %s stay as they were announced', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER activities_draw_fixed BEFORE INSERT OR UPDATE OR DELETE ON activities_draw
    FOR EACH ROW EXECUTE FUNCTION activities_draw_terms_fixed();

-- The list of entries as it is published: a head, then one line a pseudonym in the order of its bytes.
CREATE FUNCTION activities_draw_list(draw bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp
RETURN (SELECT E'entry,tickets\n' || coalesce(string_agg(code || ',' || tickets || E'\n', '' ORDER BY code), '')
        FROM activities_draw_entry WHERE draw_id = draw);

-- Count the entries and fix them: the hash of the list is what the city commits to.
CREATE FUNCTION activities_commit_draw(draw bigint, moment timestamptz, who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM activities_draw WHERE id = draw AND state = 'announced' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO activities_draw_entry (draw_id, code, tickets, member_id)
    SELECT d.id,
           replace(substr(gen_random_uuid()::text, 1, 13) || substr(gen_random_uuid()::text, 1, 4), '-', '')
           COLLATE "C" AS code, least(t.tickets, d.most), p.member_id
    FROM activities_draw d
    JOIN activities_participation p ON p.campaign_id = d.campaign_id
    CROSS JOIN LATERAL (
        SELECT CASE d.counts WHEN 'taps' THEN p.taps ELSE p.points END / d.each AS tickets) t
    WHERE d.id = draw AND t.tickets > 0 ORDER BY code;
    UPDATE activities_draw SET state = 'committed', committed_at = moment, committed_by = who,
        entries_hash = encode(sha256(convert_to(activities_draw_list(draw), 'UTF8')), 'hex'),
        people = (SELECT count(*) FROM activities_draw_entry WHERE draw_id = draw),
        entries = (SELECT coalesce(sum(tickets), 0) FROM activities_draw_entry WHERE draw_id = draw)
    WHERE id = draw;
    RETURN true;
END $$;

-- Each ticket's score is a hash that nobody can know before the seed; the lowest score of each entry counts, and the
-- lowest of these win. A person wins once.
CREATE FUNCTION activities_hold_draw(draw bigint, public_seed text, moment timestamptz, who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM activities_draw WHERE id = draw AND state = 'committed' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO activities_draw_winner (draw_id, place, code, ticket, score)
    SELECT draw, row_number() OVER (ORDER BY lowest.score), lowest.code,
           split_part(lowest.score, ':', 2)::bigint, split_part(lowest.score, ':', 1)
    FROM (
        SELECT e.code, best.score
        FROM activities_draw d
        JOIN activities_draw_entry e ON e.draw_id = d.id
        CROSS JOIN LATERAL (
            SELECT min((encode(sha256(convert_to(
                       d.entries_hash || ':' || public_seed || ':' || e.code || ':' || n, 'UTF8')), 'hex')
                       || ':' || n) COLLATE "C") AS score
            FROM generate_series(1, e.tickets) AS n) best
        WHERE d.id = draw
        ORDER BY best.score LIMIT (SELECT winners FROM activities_draw WHERE id = draw)) AS lowest;
    UPDATE activities_draw SET state = 'drawn', seed = public_seed, drawn_at = moment, drawn_by = who
    WHERE id = draw;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION activities_draw_list(bigint), activities_commit_draw(bigint, timestamptz, text),
    activities_hold_draw(bigint, text, timestamptz, text) FROM public;
GRANT EXECUTE ON FUNCTION activities_draw_list(bigint), activities_commit_draw(bigint, timestamptz, text),
    activities_hold_draw(bigint, text, timestamptz, text) TO citycard_app;
