-- A team reads the content of the organisation it belongs to, behind its own and before the public one. What another
-- team has stays that team's.

-- The organisation of the tenant that entered; null where there is none. Looked up and not told by the caller, so that
-- nobody names another. It answers the same whoever asks, as row-level security shows everybody their own tenant.
CREATE FUNCTION app_parent() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.parent_id FROM tenants t WHERE t.tenant_id = app_tenant()
$$;
-- Whose content the tenant that entered may read, the nearest first.
CREATE FUNCTION app_readable() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN array_remove(ARRAY[app_tenant(), app_parent(), public_tenant()], NULL);
-- Whether a tenant is nearer than another of them. The public tenant has the lowest id there is.
CREATE FUNCTION is_nearer(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN other <> app_tenant() AND (one = app_tenant() OR one > other);

-- Asked once for each statement, not for each row.
CREATE PROCEDURE share_with_teams(content_table regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY organisation_content ON %s FOR SELECT USING (tenant_id = (SELECT app_parent()))',
                   content_table);
END $$;
DO $$
DECLARE
    content_table regclass;
BEGIN
    FOR content_table IN SELECT p.polrelid::regclass FROM pg_policy p WHERE p.polname = 'public_content' LOOP
        CALL share_with_teams(content_table);
    END LOOP;
END $$;

-- Tables made from here on: as before, and what is readable by all is readable by teams too.
CREATE OR REPLACE PROCEDURE protect(tenant_table regclass, readable_by_all boolean DEFAULT false) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY own_tenant ON %s USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant())',
                   tenant_table);
    IF readable_by_all THEN
        EXECUTE format('CREATE POLICY public_content ON %s FOR SELECT USING (tenant_id = public_tenant())', tenant_table);
        CALL share_with_teams(tenant_table);
    END IF;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO unamentis_app', tenant_table);
END $$;

-- The topic a session means by an id: the nearest tenant's, unless a nearer one shadows its curriculum. An empty
-- curriculum means any.
CREATE OR REPLACE FUNCTION find_topic(tenant uuid, curriculum text, topic text) RETURNS SETOF topics
    LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT t.* FROM topics t
    WHERE t.tenant_id = ANY ((SELECT app_readable())::uuid[]) AND tenant = app_tenant()
      AND t.id = topic AND (curriculum = '' OR t.curriculum_id = curriculum)
      AND NOT EXISTS (SELECT FROM curricula c WHERE c.tenant_id = ANY ((SELECT app_readable())::uuid[])
                                                AND c.id = t.curriculum_id AND is_nearer(c.tenant_id, t.tenant_id))
    ORDER BY t.tenant_id = tenant DESC, t.tenant_id DESC, t.curriculum_id LIMIT 1;
END;
