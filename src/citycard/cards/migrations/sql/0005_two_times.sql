-- Whose a card was, and what number an agency gave, is closed and added to, never rewritten.
REVOKE UPDATE ON cards_binding FROM citycard_app;
GRANT UPDATE (bound, recorded) ON cards_binding TO citycard_app;
REVOKE UPDATE ON cards_agency_link FROM citycard_app;
GRANT UPDATE (recorded, ended_why) ON cards_agency_link TO citycard_app;
-- A number never changes its card; one that met another card's is taken back as it is written.
REVOKE UPDATE, TRUNCATE ON cards_card_number FROM citycard_app;
