-- What has lapsed leaves the database: rows that nothing asks for any more, and that only time has ended.

-- cross-tenant: the sweep works as the owner, on rows of whichever tenant, while this setting says so.
CREATE POLICY sweeping ON ws_tickets TO CURRENT_USER USING (current_setting('app.sweeping', true) = 'on');
CREATE POLICY sweeping ON realtime_secrets TO CURRENT_USER USING (current_setting('app.sweeping', true) = 'on');
CREATE POLICY sweeping ON one_time_tokens TO CURRENT_USER USING (current_setting('app.sweeping', true) = 'on');
CREATE POLICY sweeping ON auth_sessions TO CURRENT_USER USING (current_setting('app.sweeping', true) = 'on');

CREATE INDEX rate_buckets_age ON rate_buckets (updated_at);

-- Remove up to `most` rows of each kind and return how many there were. One process at a time; no row that is in use is
-- waited for.
CREATE FUNCTION sweep_lapsed(most int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    swept int := 0;
    found_rows int;
BEGIN
    IF NOT pg_try_advisory_xact_lock(8766014) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('app.sweeping', 'on', true);
    -- A bucket that has filled up again is the same as none. The longest windows are an hour.
    DELETE FROM rate_buckets b WHERE b.key IN (
        SELECT o.key FROM rate_buckets o
        WHERE o.updated_at < now() - make_interval(secs => 2 * coalesce(o.window_s, 3600))
        ORDER BY o.updated_at LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    DELETE FROM login_attempts a WHERE (a.account, a.source) IN (
        SELECT o.account, o.source FROM login_attempts o WHERE o.last_at < now() - interval '1 day'
        ORDER BY o.last_at LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    DELETE FROM ws_tickets t WHERE t.expires_at < now() - interval '1 hour';
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    DELETE FROM realtime_secrets r WHERE r.expires_at < now() - interval '1 hour';
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    DELETE FROM one_time_tokens t WHERE t.expires_at < now() - interval '1 day';
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    -- With its refresh tokens: a replay of one is refused as an unknown token from then on.
    DELETE FROM auth_sessions s WHERE (s.tenant_id, s.id) IN (
        SELECT o.tenant_id, o.id FROM auth_sessions o
        WHERE greatest(o.expires_at, o.revoked_at) < now() - interval '30 days' LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    -- What was settled is in usage_events; a settlement that comes later than a week finds nothing.
    DELETE FROM reservations r WHERE (r.tenant_id, r.id) IN (
        SELECT o.tenant_id, o.id FROM reservations o
        WHERE o.charged IS NOT NULL AND o.expires_at < now() - interval '7 days' LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    swept := swept + found_rows;
    DELETE FROM admin_sessions s WHERE s.expires_at < now() - interval '1 hour';
    DELETE FROM admin_work w WHERE w.at < now() - interval '1 hour';
    DELETE FROM removal_duties d WHERE d.done_at < now() - interval '1 year';
    PERFORM set_config('app.sweeping', '', true);
    RETURN swept;
END $$;
REVOKE ALL ON FUNCTION sweep_lapsed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_lapsed TO unamentis_app;
