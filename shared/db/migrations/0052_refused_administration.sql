-- Attempts to administer that were refused: the transaction of the attempt is undone, so they are noted in one of their
-- own, in the deployment's log.

-- Note attempts of somebody whose identity is known: the administrator of a session, whoever Cloudflare Access vouches
-- for, or the administrator whose password was wrong. Nobody's attempts are noted for an identity that is none.
-- attempts: how many there were of the same kind; see shared/auth/admin_refusals.py.
CREATE FUNCTION note_refused_admin(
    proof text, credential text, login text, operation text, target text, reason text, attempts int, address text,
    request text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who admins;
    called text;
BEGIN
    PERFORM app_enter(public_tenant(), NULL), set_config('synchronous_commit', 'off', true);
    IF proof = 'session' THEN
        SELECT a.* INTO who FROM admins a JOIN admin_sessions s ON s.admin_id = a.id WHERE s.token_hash = credential;
    ELSE
        SELECT a.* INTO who FROM admins a WHERE a.name = lower(login);
    END IF;
    called := coalesce(who.name, CASE WHEN proof = 'access' THEN lower(login) END);
    IF called <> '' THEN
        INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, subject, ip_address, request_id, details)
        VALUES (public_tenant(), uuid7(), who.id, called, 'admin_refused', target, address, request,
                jsonb_build_object('operation', operation, 'reason', reason, 'attempts', attempts));
    END IF;
END $$;
REVOKE ALL ON FUNCTION note_refused_admin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_refused_admin TO unamentis_app;
