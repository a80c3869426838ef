-- A backup reads every row, and an owner without a superuser's rights is bound by forced row-level security. So the owner
-- may read everything under a setting, and only where the owner itself has logged in: in a function that works with the
-- owner's rights, the session is the application's.

CREATE PROCEDURE let_back_up(tenant_table regclass) LANGUAGE plpgsql AS $$
BEGIN
    -- cross-tenant: the backup works as the owner, on rows of every tenant, while this setting says so.
    EXECUTE format('CREATE POLICY backup ON %s FOR SELECT TO CURRENT_USER
                    USING (session_user = current_user AND current_setting(''app.backup'', true) = ''on'')',
                   tenant_table);
END $$;

DO $$
DECLARE
    tenant_table regclass;
BEGIN
    FOR tenant_table IN SELECT c.oid::regclass FROM pg_class c
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relforcerowsecurity AND c.relpersistence = 'p'
    LOOP
        CALL let_back_up(tenant_table);
    END LOOP;
END $$;

-- Tables made from here on: as before, and a backup may read them.
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
    CALL let_back_up(tenant_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO unamentis_app', tenant_table);
END $$;
