-- What people say of a use when they are asked: one question, one answer, under the service's own pseudonym.
CREATE TABLE insight_answer (
    use bytea PRIMARY KEY,
    service text NOT NULL,
    agency text NOT NULL,
    month date NOT NULL CHECK (date_part('day', month) = 1),
    pseudonym bytea NOT NULL,
    answered_on date NOT NULL,
    score smallint CHECK (score BETWEEN 1 AND 5)
);
CREATE INDEX insight_answer_month ON insight_answer (month, service, agency);
CREATE INDEX insight_answer_person ON insight_answer (service, pseudonym, answered_on);
COMMENT ON COLUMN insight_answer.use IS 'A keyed hash of the tap: the same use can''t be answered twice, and nobody without the key finds the tap.';
COMMENT ON COLUMN insight_answer.month IS 'The month of the use, not of the answer.';
COMMENT ON COLUMN insight_answer.score IS 'Null: asked, and not answered; counts for when to ask again, and in no figure.';
