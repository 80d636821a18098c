-- Whose an agency's own number is, for what its own system sends under that number: sealed, so that the links of two
-- agencies still share no value. A link from before then carries none and is found again when it is made anew.
ALTER TABLE cards_agency_link ADD COLUMN member_sealed bytea;
COMMENT ON COLUMN cards_agency_link.member_sealed IS 'The member, sealed; opened only to give points that the agency''s own system reports.';
