-- The audit log outlives the people it is about: who somebody is shows in it only as having changed, as secrets do. What
-- administrators ask of jobs is noted with before and after too.

CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    work admin_work;
    hidden text[] := ARRAY['password_hash', 'token_hash', 'totp_nonce'];
    was jsonb;
    became jsonb;
    whose uuid;
BEGIN
    SELECT * INTO work FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    was := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    became := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    IF was = became THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'users' THEN
        hidden := hidden || ARRAY['email', 'display_name', 'avatar_url'];
    ELSIF TG_TABLE_NAME = 'tenants' AND coalesce(became, was) ->> 'kind' = 'individual' THEN
        hidden := hidden || ARRAY['name'];
    END IF;
    -- A tenant that is being removed takes its own log along.
    SELECT t.tenant_id INTO whose FROM tenants t WHERE t.tenant_id = (coalesce(became, was) ->> 'tenant_id')::uuid;
    INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, subject, ip_address, request_id, details)
    SELECT coalesce(whose, public_tenant()), uuid7(), work.admin_id, work.name, TG_TABLE_NAME || '.' || lower(TG_OP),
           coalesce(row ->> 'id', row ->> 'user_id', row ->> 'period', row ->> 'tenant_id', ''), work.address,
           work.request_id,
           jsonb_strip_nulls(jsonb_build_object(
               'before', (SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) THEN '"…"' ELSE value END)
                          FROM jsonb_each(was) WHERE became IS NULL OR value <> became -> key),
               'after', (SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) THEN '"…"' ELSE value END)
                         FROM jsonb_each(became) WHERE was IS NULL OR value <> was -> key)))
    FROM (SELECT coalesce(became, was) AS row) changed;
    RETURN NULL;
END $$;

CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION note_change();

-- Mail that waits for somebody, or was sent a moment ago, goes with their account, whatever removes it.
CREATE FUNCTION forget_mail() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM mail_outbox o WHERE o.address = OLD.email;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_mail AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION forget_mail();
