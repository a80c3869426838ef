-- Sign-in with Apple and with Google: which of their people is which of ours.

CREATE TABLE identities (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('apple', 'google')),
    -- the provider's own id of the person: addresses change hands, this does not
    subject text NOT NULL,
    -- the address the provider told last; only to show
    email text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- An account that moves to another tenant takes its identities along.
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX identities_subject ON identities (provider, subject);
CREATE INDEX identities_user ON identities (tenant_id, user_id);
CALL protect('identities');

-- Not tenant data: ID tokens that have signed somebody in, until they expire, so that none does so twice. Unlogged: a
-- token is good for minutes, and after a crash the person who lost an answer signs in again.
CREATE UNLOGGED TABLE spent_id_tokens (
    -- hex SHA-256 of what the provider signed
    token_hash text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_id_tokens_age ON spent_id_tokens (expires_at);

-- Like find_sign_in: whose an identity is, or else whose the address. linked: it is the identity's.
CREATE POLICY sign_in ON identities FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION find_identity(by_provider text, of_subject text, address text)
    RETURNS TABLE (tenant_id uuid, user_id uuid, linked boolean, email_verified boolean, is_active boolean,
                   is_locked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.tenant_id, u.id, i.id IS NOT NULL, u.email_verified, u.is_active, u.is_locked
    FROM users u LEFT JOIN identities i
         ON i.tenant_id = u.tenant_id AND i.user_id = u.id AND i.provider = by_provider AND i.subject = of_subject
    WHERE u.id = (SELECT o.user_id FROM identities o WHERE o.provider = by_provider AND o.subject = of_subject)
       OR lower(u.email) = lower(address)
    ORDER BY i.id IS NULL LIMIT 1;
$$;

-- Use an ID token up, in the transaction of what it is used for; refuse one that was used before.
CREATE FUNCTION spend_id_token(hash text, until timestamptz) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM spent_id_tokens s WHERE s.token_hash IN (
        SELECT o.token_hash FROM spent_id_tokens o WHERE o.expires_at < now() LIMIT 5 FOR UPDATE SKIP LOCKED);
    INSERT INTO spent_id_tokens (token_hash, expires_at) VALUES (hash, until) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM refuse('PT401', 'this sign-in is not valid', '{"code": "invalid_credentials"}');
    END IF;
END $$;

-- Give the caller's account an identity. by_address: nobody signed in to the account; it is found by the address that
-- both proved, which must still be so.
CREATE FUNCTION link_identity(identity uuid, by_provider text, of_subject text, address text, by_address boolean)
    RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    linked uuid;
BEGIN
    PERFORM FROM users u
    WHERE u.tenant_id = app_tenant() AND u.id = app_user() AND (NOT by_address OR (u.email_verified AND u.email = address))
    FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('PT409', 'there is an account with this address: sign in with its password, then link this sign-in',
                       '{"code": "link_required"}');
    END IF;
    INSERT INTO identities (tenant_id, id, user_id, provider, subject, email)
    VALUES (app_tenant(), identity, app_user(), by_provider, of_subject, address)
    ON CONFLICT (provider, subject) DO NOTHING;
    SELECT i.id INTO linked FROM identities i
    WHERE i.tenant_id = app_tenant() AND i.user_id = app_user() AND i.provider = by_provider AND i.subject = of_subject;
    IF NOT FOUND THEN
        PERFORM refuse('PT409', 'this sign-in belongs to another account', '{"code": "identity_in_use"}');
    END IF;
    RETURN linked;
END $$;

-- Take an identity away from the caller and sign out everywhere but here; never the last way into the account.
CREATE FUNCTION unlink_identity(identity uuid, session uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hash text;
BEGIN
    SELECT u.password_hash INTO hash FROM users u WHERE u.tenant_id = app_tenant() AND u.id = app_user() FOR UPDATE;
    PERFORM FROM identities i WHERE i.tenant_id = app_tenant() AND i.user_id = app_user() AND i.id = identity;
    IF NOT FOUND THEN
        PERFORM refuse('PT404', 'identity not found');
    END IF;
    IF hash IS NULL AND NOT EXISTS (SELECT FROM identities i WHERE i.tenant_id = app_tenant()
                                    AND i.user_id = app_user() AND i.id <> identity) THEN
        PERFORM refuse('PT409', 'this is the only way into the account: set a password first',
                       '{"code": "last_way_in"}');
    END IF;
    DELETE FROM identities i WHERE i.tenant_id = app_tenant() AND i.user_id = app_user() AND i.id = identity;
    UPDATE auth_sessions s SET revoked_at = now()
    WHERE s.tenant_id = app_tenant() AND s.user_id = app_user() AND s.revoked_at IS NULL AND s.id IS DISTINCT FROM session;
END $$;

-- As before, and: whoever made an account never had to prove its address. Who proves it now has the account to
-- themselves, without the identities that may be the other's.
CREATE OR REPLACE FUNCTION reset_my_password(token uuid, hash text, new_password_hash text) RETURNS uuid LANGUAGE plpgsql
    AS $$
DECLARE
    used one_time_tokens;
BEGIN
    DELETE FROM one_time_tokens t
    WHERE t.tenant_id = app_tenant() AND t.id = token AND t.token_hash = hash AND t.purpose = 'reset_password'
    RETURNING t.* INTO used;
    DELETE FROM identities i USING users u
    WHERE u.tenant_id = app_tenant() AND u.id = used.user_id AND NOT u.email_verified
      AND i.tenant_id = u.tenant_id AND i.user_id = u.id;
    UPDATE users u SET password_hash = new_password_hash, email_verified = true, updated_at = now()
    WHERE u.tenant_id = app_tenant() AND u.id = used.user_id AND u.email = used.email AND used.expires_at > now();
    IF NOT FOUND THEN
        PERFORM refuse('PT400', 'this link is not valid any more: ask for a new one', '{"code": "invalid_link"}');
    END IF;
    UPDATE auth_sessions s SET revoked_at = now()
    WHERE s.tenant_id = app_tenant() AND s.user_id = used.user_id AND s.revoked_at IS NULL;
    PERFORM queue_mail('password_changed', used.email), app_enter(app_tenant(), used.user_id);
    RETURN used.user_id;
END $$;

REVOKE ALL ON FUNCTION find_identity, spend_id_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_identity, spend_id_token TO unamentis_app;
