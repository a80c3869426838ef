-- Administrators make teams inside organisations, and see which belongs to which.

DROP FUNCTION admin_add_tenant, admin_tenants;
CREATE FUNCTION admin_add_tenant(tenant uuid, tenant_kind text, tenant_name text, organisation uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('superadmin');
    IF organisation IS NOT NULL AND tenant_kind <> 'team' THEN
        PERFORM refuse('PT400', 'parent_id: only a team belongs to an organisation',
                       '{"details": {"parent_id": "only for a team"}}');
    ELSIF organisation IS NOT NULL AND NOT EXISTS (
        SELECT FROM tenants t WHERE t.tenant_id = organisation AND t.kind = 'organisation') THEN
        PERFORM refuse('PT400', 'parent_id: no such organisation', '{"details": {"parent_id": "an organisation"}}');
    END IF;
    INSERT INTO tenants (tenant_id, kind, name, parent_id) VALUES (tenant, tenant_kind, tenant_name, organisation);
END $$;
CREATE FUNCTION admin_tenants(before uuid, most int)
    RETURNS TABLE (tenant_id uuid, kind text, name text, created_at timestamptz, parent_id uuid, members bigint,
                   total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH found AS (SELECT t.* FROM tenants t WHERE admin_reaches(t.tenant_id) AND t.kind <> 'public')
    SELECT f.tenant_id, f.kind, f.name, f.created_at, f.parent_id,
           (SELECT count(*) FROM memberships m WHERE m.tenant_id = f.tenant_id), (SELECT count(*) FROM found)
    FROM found f WHERE before IS NULL OR f.tenant_id < before ORDER BY f.tenant_id DESC LIMIT most
$$;
REVOKE ALL ON FUNCTION admin_add_tenant, admin_tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_add_tenant, admin_tenants TO unamentis_app;
