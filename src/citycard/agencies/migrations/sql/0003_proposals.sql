-- What one officer proposes, another approves: two people, by the table's own constraint.
CREATE TABLE agencies_proposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    about text NOT NULL,
    content jsonb NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    agency text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'approved', 'rejected', 'withdrawn')),
    checked_by text,
    ended_at timestamptz,
    said text NOT NULL DEFAULT '',
    CONSTRAINT agencies_proposal_two_people CHECK (checked_by <> made_by),
    CHECK ((state IN ('approved', 'rejected')) = (checked_by IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK (state <> 'rejected' OR said <> '')
);
COMMENT ON TABLE agencies_proposal IS 'Proposals of officers; content holds ids and amounts, nothing of a person.';
CREATE UNIQUE INDEX agencies_proposal_waiting ON agencies_proposal (kind, about) WHERE state = 'waiting';

-- What was proposed never changes; how it ended is written once.
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_proposal FROM citycard_app;
GRANT UPDATE (state, checked_by, ended_at, said) ON agencies_proposal TO citycard_app;

CREATE FUNCTION agencies_proposal_ends_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'proposal % is % already', OLD.id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agencies_proposal_ends_once BEFORE UPDATE ON agencies_proposal
    FOR EACH ROW EXECUTE FUNCTION agencies_proposal_ends_once();
