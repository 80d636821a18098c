-- What the pack says of each kind of card, as far as SQL has to know it: set anew when a pack is activated.
CREATE TABLE cards_kind (
    kind text PRIMARY KEY,
    narrow boolean NOT NULL
);
COMMENT ON TABLE cards_kind IS 'Kinds of card of the active pack.';
COMMENT ON COLUMN cards_kind.narrow IS 'It opens only what is named for it; other kinds open whatever their holder may have.';

CREATE TABLE cards_function (
    kind text NOT NULL,
    entitlement text NOT NULL,
    carried daterange NOT NULL,
    PRIMARY KEY (kind, entitlement)
);
COMMENT ON TABLE cards_function IS 'What a kind of card carries, and from which day to which: a function added to cards already issued has a first day.';

CREATE OR REPLACE VIEW pub.holdings AS
    SELECT b.card_id, b.member_id, r.entitlement, r.valid * coalesce(f.carried, daterange(NULL, NULL)) AS valid,
           b.id AS binding_id, r.right_id
    FROM cards_binding b JOIN pub.rights r ON r.member_id = b.member_id
    JOIN cards_card c ON c.id = b.card_id
    LEFT JOIN cards_function f ON f.kind = c.kind AND f.entitlement = r.entitlement
    LEFT JOIN cards_kind k ON k.kind = c.kind
    WHERE upper_inf(b.recorded) AND upper_inf(b.bound)
      AND (f.kind IS NOT NULL OR NOT coalesce(k.narrow, false))
      AND NOT isempty(r.valid * coalesce(f.carried, daterange(NULL, NULL)));

-- An officer closes or opens a programme at once, with a second officer's approval; the pack's dated windows go on
-- counting when it is given back to them.
CREATE TABLE cards_programme_switch (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme text NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('closed', 'open', 'windows')),
    reason text NOT NULL,
    proposal_id bigint,
    actor text NOT NULL
);
COMMENT ON TABLE cards_programme_switch IS 'When a programme was closed or opened by hand, by whom and why. Append-only.';
CREATE INDEX cards_programme_switch_latest ON cards_programme_switch (programme, at DESC, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON cards_programme_switch FROM citycard_app;
