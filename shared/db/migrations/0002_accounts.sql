-- Devices, refresh tokens and the audit log; sign-in's one deliberate look across tenants.

-- What somebody signs in from: the same person with the same fingerprint is the same row.
CREATE TABLE devices (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    fingerprint text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    model text NOT NULL DEFAULT '',
    os_version text NOT NULL DEFAULT '',
    app_version text NOT NULL DEFAULT '',
    is_trusted boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id, fingerprint)
);
CALL protect('devices');

ALTER TABLE auth_sessions ADD FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
    ON DELETE SET NULL (device_id);

-- The tokens of one sign-in form a chain: each is followed by one successor, and only the last is not rotated.
CREATE TABLE refresh_tokens (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    auth_session_id uuid NOT NULL,
    -- hex of a keyed hash; the token itself is never stored
    token_hash text NOT NULL,
    expires_at timestamptz NOT NULL,
    rotated_at timestamptz,
    PRIMARY KEY (tenant_id, auth_session_id, token_hash),
    FOREIGN KEY (tenant_id, auth_session_id) REFERENCES auth_sessions (tenant_id, id) ON DELETE CASCADE
);
CALL protect('refresh_tokens');

-- What happened to accounts and credentials. The application may add and read, never change or remove.
CREATE TABLE audit_log (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    -- whose deed; null when nobody had proved who they are
    actor_id uuid,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',
    ip_address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_log_at ON audit_log (tenant_id, at);
CALL protect('audit_log');
REVOKE UPDATE, DELETE ON audit_log FROM unamentis_app;
-- Removing a tenant would take its audit log along.
REVOKE DELETE ON tenants FROM unamentis_app;

-- Signing in finds the tenant by the address, so this one function looks across tenants. Row-level security stays
-- forced: the owner's own policy lets it read users, and the application role reaches them only through here.
CREATE POLICY sign_in ON users FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION find_sign_in(address text)
    RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, is_active boolean, is_locked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.tenant_id, u.id, u.password_hash, u.is_active, u.is_locked FROM users u WHERE lower(u.email) = lower(address);
$$;
REVOKE ALL ON FUNCTION find_sign_in FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_sign_in TO unamentis_app;

-- Exchange a refresh token for its successor, in one step that two callers cannot interleave.
-- outcome: rotated · reused (the family is revoked now) · expired · inactive · locked · unknown.
-- step: which of the successors is the chain's end: 1, or more for a token that was rotated within the grace period.
-- Reuse is answered, not raised: raising would undo the revocation.
CREATE FUNCTION rotate_refresh_token(
    tenant uuid, auth_session uuid, presented text, successors text[], lifetime_s int, grace_s int, address text,
    audit_id uuid, request text
) RETURNS TABLE (outcome text, user_id uuid, step int) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    family auth_sessions;
    token refresh_tokens;
    person users;
    successor text;
BEGIN
    step := 0;
    outcome := 'unknown';
    SELECT * INTO family FROM auth_sessions s WHERE s.tenant_id = tenant AND s.id = auth_session FOR UPDATE;
    SELECT * INTO token FROM refresh_tokens t
    WHERE t.tenant_id = tenant AND t.auth_session_id = auth_session AND t.token_hash = presented;
    IF token.token_hash IS NULL OR family.revoked_at IS NOT NULL THEN
        RETURN NEXT; RETURN;
    END IF;
    user_id := family.user_id;
    IF token.rotated_at < moment - make_interval(secs => grace_s) THEN
        outcome := 'reused';
        UPDATE auth_sessions s SET revoked_at = moment WHERE s.tenant_id = tenant AND s.id = auth_session;
        INSERT INTO audit_log (tenant_id, id, action, subject, ip_address, request_id)
        VALUES (tenant, audit_id, 'refresh_token_reused', auth_session::text, address, request);
        RETURN NEXT; RETURN;
    END IF;
    SELECT * INTO person FROM users u WHERE u.id = family.user_id;
    outcome := CASE WHEN token.expires_at < moment THEN 'expired'
                    WHEN person.is_active IS NOT TRUE THEN 'inactive'
                    WHEN person.is_locked THEN 'locked'
                    ELSE 'rotated' END;
    IF outcome <> 'rotated' THEN
        RETURN NEXT; RETURN;
    END IF;
    UPDATE refresh_tokens t SET rotated_at = moment
    WHERE t.tenant_id = tenant AND t.auth_session_id = auth_session AND t.token_hash = presented AND t.rotated_at IS NULL;
    DELETE FROM refresh_tokens t
    WHERE t.tenant_id = tenant AND t.auth_session_id = auth_session AND t.rotated_at IS NOT NULL AND t.expires_at < moment;
    UPDATE auth_sessions s SET last_activity_at = moment, expires_at = moment + make_interval(secs => lifetime_s)
    WHERE s.tenant_id = tenant AND s.id = auth_session;
    -- Follow the chain to its end: another tab may have been here a moment ago.
    FOREACH successor IN ARRAY successors LOOP
        step := step + 1;
        INSERT INTO refresh_tokens (tenant_id, auth_session_id, token_hash, expires_at)
        VALUES (tenant, auth_session, successor, moment + make_interval(secs => lifetime_s))
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
        PERFORM FROM refresh_tokens t WHERE t.tenant_id = tenant AND t.auth_session_id = auth_session
            AND t.token_hash = successor AND t.rotated_at IS NULL;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN NEXT;
END $$;
