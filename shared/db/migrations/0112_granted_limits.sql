-- What an operator grants a tenant instead of the deployment's limits is an administrator's to set, noted like any change.

REVOKE INSERT, UPDATE, DELETE ON tenant_limits FROM unamentis_app;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON tenant_limits
    FOR EACH ROW EXECUTE FUNCTION note_change();

-- Requests per minute of each account and of all together, for the tenant that entered; null leaves it with the
-- deployment's.
CREATE FUNCTION admin_set_limits(account int, everybody int) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    INSERT INTO tenant_limits (tenant_id, account_per_minute, tenant_per_minute)
    VALUES (app_tenant(), account, everybody)
    ON CONFLICT (tenant_id) DO UPDATE
    SET account_per_minute = excluded.account_per_minute, tenant_per_minute = excluded.tenant_per_minute;
END $$;
REVOKE ALL ON FUNCTION admin_set_limits FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_set_limits TO unamentis_app;
