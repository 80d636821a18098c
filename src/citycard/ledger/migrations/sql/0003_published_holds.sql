-- Whether what was held is still held: for contexts that hold points for something.
CREATE VIEW pub.ledger_holds AS
SELECT key, booked_month, holder, unit, amount, state, ended_key, ended_at FROM ledger_hold;
GRANT SELECT ON pub.ledger_holds TO citycard_app;
