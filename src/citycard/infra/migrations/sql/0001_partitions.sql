-- Views that one context shows to the SQL of others.
CREATE SCHEMA IF NOT EXISTS pub;
GRANT USAGE ON SCHEMA pub TO citycard_app;

-- Tables that are cut by month. The owner makes a month; the application may ask for one by name only.
CREATE TABLE infra_partitioned (
    parent text PRIMARY KEY,
    column_type text NOT NULL CHECK (column_type IN ('date', 'timestamptz'))
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON infra_partitioned FROM citycard_app;

CREATE FUNCTION citycard_ensure_partition(parent_name text, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kind text;
    first date := date_trunc('month', month)::date;
    after date := (date_trunc('month', month) + interval '1 month')::date;
    child text := parent_name || '_' || to_char(month, 'YYYYMM');
    suffix text;
BEGIN
    SELECT column_type INTO kind FROM infra_partitioned WHERE parent = parent_name;
    IF kind IS NULL THEN
        RAISE EXCEPTION 'table % is not cut by month', parent_name;
    END IF;
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext(child));
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    suffix := CASE kind WHEN 'timestamptz' THEN ' 00:00:00+00' ELSE '' END;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   child, parent_name, first || suffix, after || suffix);
    -- Rights come through the parent alone, so that what is append-only there is so here.
    EXECUTE format('REVOKE ALL ON %I FROM citycard_app', child);
    RETURN true;
END $$;

CREATE FUNCTION citycard_analyze_partition(parent_name text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM infra_partitioned WHERE parent = parent_name) THEN
        RAISE EXCEPTION 'table % is not cut by month', parent_name;
    END IF;
    EXECUTE format('ANALYZE %I', parent_name || '_' || to_char(month, 'YYYYMM'));
END $$;

REVOKE ALL ON FUNCTION citycard_ensure_partition, citycard_analyze_partition FROM public;
GRANT EXECUTE ON FUNCTION citycard_ensure_partition, citycard_analyze_partition TO citycard_app;
