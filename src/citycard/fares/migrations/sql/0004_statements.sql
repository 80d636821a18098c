-- What operators were told of a month when its books were closed. It stays; what changes afterwards stands in the next closing.
CREATE TABLE fares_closing (
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version integer NOT NULL CHECK (version > 0),
    frozen_at timestamptz NOT NULL,
    PRIMARY KEY (month, version)
);
COMMENT ON TABLE fares_closing IS 'Closings of the books whose operators'' statements are frozen; month and version are the ledger''s. Append-only.';

CREATE TABLE fares_statement (
    closing_month date NOT NULL,
    version integer NOT NULL,
    month date NOT NULL,
    operator text NOT NULL,
    rides bigint NOT NULL,
    taps bigint NOT NULL,
    due_micro bigint NOT NULL,
    collected_micro bigint NOT NULL,
    subsidised_micro bigint NOT NULL,
    difference_micro bigint NOT NULL,
    points bigint NOT NULL,
    PRIMARY KEY (closing_month, version, month, operator),
    FOREIGN KEY (closing_month, version) REFERENCES fares_closing (month, version),
    CHECK (month <= closing_month),
    CONSTRAINT fares_statement_adds_up CHECK (due_micro = collected_micro + subsidised_micro + difference_micro)
);
COMMENT ON TABLE fares_statement IS 'What an operator was told of a month''s rides by a closing: of the closing''s own month and of those before it that none had told all; of a month that an earlier closing told, what is other since. Append-only.';
COMMENT ON COLUMN fares_statement.points IS 'Points of the allowance that rides take, part of what is subsidised.';

CREATE TABLE fares_statement_line (
    closing_month date NOT NULL,
    version integer NOT NULL,
    month date NOT NULL,
    operator text NOT NULL,
    route text NOT NULL,
    ticket text NOT NULL,
    rides bigint NOT NULL,
    taps bigint NOT NULL,
    due_micro bigint NOT NULL,
    collected_micro bigint NOT NULL,
    difference_micro bigint NOT NULL,
    points bigint NOT NULL,
    subsidies jsonb NOT NULL,
    PRIMARY KEY (closing_month, version, month, operator, route, ticket),
    FOREIGN KEY (closing_month, version, month, operator) REFERENCES fares_statement (closing_month, version, month, operator)
);
COMMENT ON TABLE fares_statement_line IS 'A statement''s lines: route × kind of ticket. Append-only.';
COMMENT ON COLUMN fares_statement_line.subsidies IS 'Millionths of a dollar by column of the operators'' form.';

CREATE TABLE fares_statement_booking (
    closing_month date NOT NULL,
    version integer NOT NULL,
    operator text NOT NULL,
    opening bigint NOT NULL,
    points bigint NOT NULL,
    booked bigint NOT NULL,
    carried bigint NOT NULL,
    PRIMARY KEY (closing_month, version, operator),
    FOREIGN KEY (closing_month, version) REFERENCES fares_closing (month, version),
    CHECK (carried = opening + points - booked)
);
COMMENT ON TABLE fares_statement_booking IS 'How a closing''s statements meet the ledger''s clearing: the points that rides take and those that are booked to the operator. Append-only.';
COMMENT ON COLUMN fares_statement_booking.booked IS 'Points that the ledger booked to the operator for rides in the closing''s month, less what was taken back.';
COMMENT ON COLUMN fares_statement_booking.opening IS 'What the closing before carried over; carried: told and not booked when the month closed.';
REVOKE UPDATE, DELETE, TRUNCATE ON fares_closing, fares_statement, fares_statement_line, fares_statement_booking FROM citycard_app;
