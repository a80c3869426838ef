-- Mail, one-time tokens, and leaving for good.

-- What the link of a mail carries: used once, for one purpose, and only while the account has the address it was sent to.
CREATE TABLE one_time_tokens (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    -- hex of a keyed hash; the token itself is never stored
    token_hash text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    -- a new one takes the place of the last
    UNIQUE (tenant_id, user_id, purpose)
);
CALL protect('one_time_tokens');

-- Mail to be sent. No tenant's data: whose an address is, if anybody's, is found when the mail is made, so asking for
-- one does the same work for an unknown address as for a known one. Only the functions below touch it.
CREATE TABLE mail_outbox (
    kind text NOT NULL,
    address text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts int NOT NULL DEFAULT 0,
    sent_at timestamptz,
    PRIMARY KEY (kind, address)
);
CREATE INDEX mail_outbox_due ON mail_outbox (due_at) WHERE sent_at IS NULL;

-- Ask for a mail. One kind goes to one address once a minute at most, so that nobody's letter box can be flooded.
CREATE FUNCTION queue_mail(mail_kind text, recipient text) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO mail_outbox AS o (kind, address) VALUES (mail_kind, recipient)
    ON CONFLICT (kind, address) DO UPDATE SET due_at = now(), attempts = 0, sent_at = NULL
    WHERE o.sent_at < now() - interval '1 minute';
$$;

-- Take what is due for a while: a postman that dies leaves it to the next one.
CREATE FUNCTION take_mail(most int, lease_s int) RETURNS TABLE (kind text, address text, attempts int) LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM mail_outbox o WHERE o.sent_at < now() - interval '1 hour';
    UPDATE mail_outbox o SET due_at = now() + make_interval(secs => lease_s), attempts = o.attempts + 1
    FROM (SELECT d.kind, d.address FROM mail_outbox d WHERE d.sent_at IS NULL AND d.due_at <= now()
          ORDER BY d.due_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE o.kind = due.kind AND o.address = due.address
    RETURNING o.kind, o.address, o.attempts;
$$;

-- Say what became of a mail: sent (or not to be sent any more), or to be tried again after some seconds.
CREATE FUNCTION settle_mail(mail_kind text, recipient text, again_s int) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE mail_outbox o SET sent_at = CASE WHEN again_s IS NULL THEN now() END,
                             due_at = now() + make_interval(secs => coalesce(again_s, 0))
    WHERE o.kind = mail_kind AND o.address = recipient;
$$;

-- Give the caller another address: it counts as unverified until the mail to it is answered, and the old one is told.
CREATE FUNCTION change_my_email(address text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    was text;
BEGIN
    SELECT u.email INTO was FROM users u WHERE u.tenant_id = app_tenant() AND u.id = app_user() FOR UPDATE;
    IF was = address THEN
        RETURN;
    END IF;
    UPDATE users u SET email = address, email_verified = false, updated_at = now()
    WHERE u.tenant_id = app_tenant() AND u.id = app_user();
    DELETE FROM one_time_tokens t WHERE t.tenant_id = app_tenant() AND t.user_id = app_user();
    PERFORM queue_mail('verify_email', address);
    IF was IS NOT NULL THEN
        PERFORM queue_mail('email_changed', was);
    END IF;
END $$;

-- Forget one of the caller's devices and end its sign-ins; not the device the caller is using.
CREATE FUNCTION forget_device(device uuid, session uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM devices d WHERE d.tenant_id = app_tenant() AND d.user_id = app_user() AND d.id = device FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('PT404', 'device not found');
    END IF;
    PERFORM FROM auth_sessions s WHERE s.tenant_id = app_tenant() AND s.id = session AND s.device_id = device;
    IF FOUND THEN
        PERFORM refuse('PT400', 'this is the device you are using: sign out instead', '{"code": "current_device"}');
    END IF;
    UPDATE auth_sessions s SET revoked_at = now()
    WHERE s.tenant_id = app_tenant() AND s.device_id = device AND s.revoked_at IS NULL;
    DELETE FROM devices d WHERE d.tenant_id = app_tenant() AND d.id = device;
END $$;

-- Sign one of the caller's sign-ins out.
CREATE FUNCTION end_my_session(session uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE auth_sessions s SET revoked_at = now()
    WHERE s.tenant_id = app_tenant() AND s.user_id = app_user() AND s.id = session AND s.revoked_at IS NULL;
    IF NOT FOUND THEN
        PERFORM refuse('PT404', 'session not found');
    END IF;
END $$;

-- Replace the password that was just proved, and sign out everywhere but here.
CREATE FUNCTION change_my_password(old_hash text, new_hash text, session uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users u SET password_hash = new_hash, updated_at = now()
    WHERE u.tenant_id = app_tenant() AND u.id = app_user() AND u.password_hash = old_hash;
    IF NOT FOUND THEN
        PERFORM refuse('PT409', 'the password was changed elsewhere at the same time');
    END IF;
    UPDATE auth_sessions s SET revoked_at = now()
    WHERE s.tenant_id = app_tenant() AND s.user_id = app_user() AND s.revoked_at IS NULL AND s.id IS DISTINCT FROM session;
    DELETE FROM one_time_tokens t
    WHERE t.tenant_id = app_tenant() AND t.user_id = app_user() AND t.purpose = 'reset_password';
END $$;

-- Use a one-time token up and do what it is for; answers whose it was.
CREATE FUNCTION verify_my_email(token uuid, hash text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    used one_time_tokens;
BEGIN
    DELETE FROM one_time_tokens t
    WHERE t.tenant_id = app_tenant() AND t.id = token AND t.token_hash = hash AND t.purpose = 'verify_email'
    RETURNING t.* INTO used;
    UPDATE users u SET email_verified = true, updated_at = now()
    WHERE u.tenant_id = app_tenant() AND u.id = used.user_id AND u.email = used.email AND used.expires_at > now();
    IF NOT FOUND THEN
        PERFORM refuse('PT400', 'this link is not valid any more: ask for a new one', '{"code": "invalid_link"}');
    END IF;
    RETURN used.user_id;
END $$;

-- The answered mail proves the address too. Every sign-in ends: whoever knew the old password is out.
CREATE FUNCTION reset_my_password(token uuid, hash text, new_password_hash text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    used one_time_tokens;
BEGIN
    DELETE FROM one_time_tokens t
    WHERE t.tenant_id = app_tenant() AND t.id = token AND t.token_hash = hash AND t.purpose = 'reset_password'
    RETURNING t.* INTO used;
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

-- Remove the caller: the account, everything that is theirs, and the tenants nobody else is in. What stays is what
-- others need: amounts of usage and entries of audit logs, under an id that names nobody any more.
CREATE FUNCTION remove_me(entry uuid, request text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me uuid := app_user();
    home uuid := app_tenant();
    owned uuid[] := ARRAY(SELECT t.tenant_id FROM app_tenants() t WHERE t.role = 'owner' ORDER BY t.tenant_id);
    alone uuid[] := '{}';
    place uuid;
BEGIN
    FOREACH place IN ARRAY owned LOOP
        PERFORM app_enter(place, me);
        -- Nobody joins or leaves while we look.
        PERFORM FROM tenants t WHERE t.tenant_id = place FOR UPDATE;
        IF NOT EXISTS (SELECT FROM memberships m WHERE m.tenant_id = place AND m.user_id <> me) THEN
            alone := alone || place;
        ELSIF NOT EXISTS (SELECT FROM memberships m WHERE m.tenant_id = place AND m.user_id <> me AND m.role = 'owner') THEN
            PERFORM refuse('PT409', 'you are the only owner of a tenant others belong to: make one of them its owner first',
                           '{"code": "sole_owner"}');
        END IF;
    END LOOP;
    PERFORM app_enter(home, me);
    DELETE FROM mail_outbox o USING users u WHERE u.tenant_id = home AND u.id = me AND o.address = u.email;
    DELETE FROM users u WHERE u.tenant_id = home AND u.id = me;
    FOREACH place IN ARRAY alone LOOP
        PERFORM app_enter(place, NULL);
        DELETE FROM tenants t WHERE t.tenant_id = place;
    END LOOP;
    PERFORM app_enter(public_tenant(), NULL);
    INSERT INTO audit_log (tenant_id, id, action, subject, request_id)
    VALUES (public_tenant(), entry, 'account_removed', me::text, request);
    PERFORM app_enter(home, NULL);
END $$;

REVOKE ALL ON FUNCTION queue_mail, take_mail, settle_mail, remove_me FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_mail, take_mail, settle_mail, remove_me TO unamentis_app;
