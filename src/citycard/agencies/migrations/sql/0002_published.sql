REVOKE DELETE, TRUNCATE ON agencies_agency, agencies_place, agencies_counter, agencies_staff, agencies_device
    FROM citycard_app;

-- For the SQL of others: no key.
CREATE VIEW pub.devices AS
    SELECT id AS device_id, code, kind, agency, place, service, epoch, state, posted_at FROM agencies_device;
GRANT SELECT ON pub.devices TO citycard_app;
