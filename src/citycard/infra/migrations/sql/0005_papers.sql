-- Papers: files that are signed, kept and served again unchanged.
CREATE TABLE infra_paper (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    about text NOT NULL,
    sealed boolean NOT NULL,
    made_at timestamptz NOT NULL,
    UNIQUE (kind, about)
);
COMMENT ON COLUMN infra_paper.sealed IS 'Files that name people are encrypted where they lie.';

CREATE TABLE infra_paper_file (
    paper_id bigint NOT NULL REFERENCES infra_paper (id),
    name text NOT NULL CHECK (name <> ''),
    media_type text NOT NULL,
    content bytea NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    signature bytea NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (paper_id, name)
);
COMMENT ON COLUMN infra_paper_file.sha256 IS 'Of the file as it is served, before sealing; so is the signature (Ed25519).';

REVOKE UPDATE, DELETE, TRUNCATE ON infra_paper, infra_paper_file FROM citycard_app;
