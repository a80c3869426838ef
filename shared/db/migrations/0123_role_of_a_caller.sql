-- The role of the caller in the tenant they have entered, null where they have none: their own membership's, or an
-- administrator's where they run the organisation above it. In PL/pgSQL, because before PostgreSQL 18 a function in SQL
-- is planned anew in every request.
CREATE OR REPLACE FUNCTION app_role() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    tenant uuid := app_tenant();
    person uuid := app_user();
    own text;
BEGIN
    SELECT m.role INTO own FROM memberships m WHERE m.tenant_id = tenant AND m.user_id = person;
    IF own IN ('owner', 'admin') THEN
        RETURN own;
    END IF;
    IF EXISTS (SELECT FROM tenants t JOIN memberships m ON m.tenant_id = t.parent_id
               WHERE t.tenant_id = tenant AND m.user_id = person AND m.role IN ('admin', 'owner')) THEN
        RETURN 'admin';
    END IF;
    RETURN own;
END $$;
