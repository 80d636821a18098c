ALTER TABLE applications_part ADD COLUMN medium text;
COMMENT ON COLUMN applications_part.medium IS 'The medium that the applicant chose, where the kind of card has several.';
