-- Administrators, what they may reach, and the record of everything they do; beta tokens bound to devices.

-- Not tenant data, and out of the application role's reach: only the functions below read it.
CREATE TABLE admins (
    id uuid PRIMARY KEY,
    -- an e-mail address in lower case, or the client id of a Cloudflare Access service token
    name text NOT NULL UNIQUE CHECK (name = lower(name)),
    -- Cloudflare Access's id of the person, kept at their first visit
    subject text,
    role text NOT NULL CHECK (role IN ('superadmin', 'operator', 'support')),
    -- null: all of them
    tenants uuid[],
    -- For sign-in without Cloudflare Access. The one-time code's key follows from the nonce and the deployment's secret.
    password_hash text,
    totp_nonce text,
    totp_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    CHECK (role <> 'superadmin' OR tenants IS NULL)
);

CREATE TABLE admin_sessions (
    -- hex of a keyed hash; the token itself is never stored
    token_hash text PRIMARY KEY,
    admin_id uuid NOT NULL REFERENCES admins ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Who administers in which transaction. Settings can be forged by whoever may run SQL as the application; this cannot.
CREATE UNLOGGED TABLE admin_work (
    xact xid8 PRIMARY KEY,
    admin_id uuid,
    name text NOT NULL,
    role text NOT NULL,
    tenants uuid[],
    address text NOT NULL,
    request_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Set in entries an administrator causes.
ALTER TABLE audit_log ADD COLUMN administrator text NOT NULL DEFAULT '';
CREATE INDEX audit_log_id ON audit_log (id DESC);

CREATE FUNCTION uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

CREATE FUNCTION admin_rank(role text) RETURNS int LANGUAGE sql IMMUTABLE
    RETURN array_position(ARRAY['support', 'operator', 'superadmin'], role);

-- Whether this transaction is an administrator's who may reach the tenant.
CREATE FUNCTION admin_reaches(tenant uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned()
                                              AND (w.tenants IS NULL OR tenant = ANY (w.tenants)))
$$;

-- Refuse unless this transaction is an administrator's of at least this role.
CREATE FUNCTION require_admin(least_role text) RETURNS void LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned()
                                              AND admin_rank(w.role) >= admin_rank(least_role)) THEN
        PERFORM refuse('PT403', format('this needs an administrator with the role %s', least_role),
                       '{"code": "role_too_low"}');
    END IF;
END $$;

-- cross-tenant: the functions below run as the owner, whom row-level security binds too; it lets through what the
-- administrator of this transaction reaches. Its name sorts behind own_tenant, which is cheaper and decides first.
CREATE POLICY under_administration ON tenants TO CURRENT_USER
    USING (admin_reaches(tenant_id)) WITH CHECK (admin_reaches(tenant_id));
CREATE POLICY under_administration ON users TO CURRENT_USER
    USING (admin_reaches(tenant_id)) WITH CHECK (admin_reaches(tenant_id));
CREATE POLICY under_administration ON memberships TO CURRENT_USER
    USING (admin_reaches(tenant_id)) WITH CHECK (admin_reaches(tenant_id));
CREATE POLICY under_administration ON usage_events FOR SELECT TO CURRENT_USER USING (admin_reaches(tenant_id));
CREATE POLICY under_administration ON audit_log FOR SELECT TO CURRENT_USER USING (admin_reaches(tenant_id));
-- An administrator of few tenants leaves a trace in any tenant their deed touches, and in the deployment's own log.
CREATE POLICY under_administration_noted ON audit_log FOR INSERT TO CURRENT_USER
    WITH CHECK (EXISTS (SELECT FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned()));

-- Enter as an administrator: the credential is checked, the tenant set, and the operation written to the audit log of
-- that tenant. What concerns the whole deployment is done in, and noted with, the public tenant.
-- kind: access (credential = Cloudflare Access's id of the person, login = their address or the service's id; both
-- verified) or session (credential = token hash). Without a capacity it goes on with a request that was noted before.
CREATE FUNCTION admin_enter(
    kind text, credential text, login text, tenant uuid, least_role text, operation text, target text, facts jsonb,
    address text, request text, capacity int, window_s int
) RETURNS TABLE (user_id uuid, role text, rate_limit int, rate_remaining int, rate_window int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    person admins;
    expires timestamptz;
BEGIN
    IF kind = 'session' THEN
        SELECT s.expires_at INTO expires FROM admin_sessions s WHERE s.token_hash = credential;
        SELECT a.* INTO person FROM admins a JOIN admin_sessions s ON s.admin_id = a.id WHERE s.token_hash = credential;
        IF person.id IS NULL OR person.disabled_at IS NOT NULL THEN
            PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
        ELSIF expires < now() THEN
            PERFORM refuse('PT401', 'the token has expired', '{"code": "token_expired"}');
        END IF;
    ELSE
        SELECT a.* INTO person FROM admins a
        WHERE a.name = lower(login) AND coalesce(a.subject, credential) = credential AND a.disabled_at IS NULL;
        IF person.id IS NULL THEN
            PERFORM refuse('PT403', 'you are not an administrator here', '{"code": "not_an_administrator"}');
        ELSIF person.subject IS NULL THEN
            UPDATE admins a SET subject = credential WHERE a.id = person.id;
        END IF;
    END IF;
    user_id := person.id;
    role := person.role;
    PERFORM app_enter(tenant, person.id);
    DELETE FROM admin_work w WHERE w.at < now() - interval '1 hour';
    INSERT INTO admin_work (xact, admin_id, name, role, tenants, address, request_id)
    VALUES (pg_current_xact_id(), person.id, person.name, person.role, person.tenants, address, request);
    PERFORM require_admin(least_role);
    IF NOT (tenant = public_tenant() OR admin_reaches(tenant))
       OR NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = tenant) THEN
        PERFORM refuse('PT404', 'tenant not found');
    END IF;
    IF capacity IS NOT NULL THEN
        INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, subject, ip_address, request_id, details)
        VALUES (tenant, uuid7(), person.id, person.name, operation, target, address, request, facts);
        SELECT t.* INTO rate_limit, rate_remaining, rate_window
        FROM take_tokens(ARRAY['admin:' || person.id], ARRAY[capacity], ARRAY[window_s]) t;
    END IF;
    RETURN NEXT;
END $$;

-- Enter as whoever sits at the machine and owns the database; granted to nobody.
CREATE FUNCTION command_line_enter(tenant uuid, operation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app_enter(tenant, NULL);
    INSERT INTO admin_work (xact, name, role, address, request_id)
    VALUES (pg_current_xact_id(), 'command line', 'superadmin', '', '');
    IF NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = tenant) THEN
        PERFORM refuse('PT404', 'tenant not found');
    END IF;
    INSERT INTO audit_log (tenant_id, id, administrator, action) VALUES (tenant, uuid7(), 'command line', operation);
END $$;

-- Write what an administrator changed, before and after, whatever statement did it; a secret only as having changed.
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    work admin_work;
    secrets text[] := ARRAY['password_hash', 'token_hash', 'totp_nonce'];
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    became jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    whose uuid;
BEGIN
    SELECT * INTO work FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned();
    IF NOT FOUND OR was = became THEN
        RETURN NULL;
    END IF;
    -- A tenant that is being removed takes its own log along.
    SELECT t.tenant_id INTO whose FROM tenants t WHERE t.tenant_id = (coalesce(became, was) ->> 'tenant_id')::uuid;
    INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, subject, ip_address, request_id, details)
    SELECT coalesce(whose, public_tenant()), uuid7(), work.admin_id, work.name, TG_TABLE_NAME || '.' || lower(TG_OP),
           coalesce(row ->> 'id', row ->> 'user_id', row ->> 'period', row ->> 'tenant_id', ''), work.address,
           work.request_id,
           jsonb_strip_nulls(jsonb_build_object(
               'before', (SELECT jsonb_object_agg(key, CASE WHEN key = ANY (secrets) THEN '"…"' ELSE value END)
                          FROM jsonb_each(was) WHERE became IS NULL OR value <> became -> key),
               'after', (SELECT jsonb_object_agg(key, CASE WHEN key = ANY (secrets) THEN '"…"' ELSE value END)
                         FROM jsonb_each(became) WHERE was IS NULL OR value <> was -> key)))
    FROM (SELECT coalesce(became, was) AS row) changed;
    RETURN NULL;
END $$;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON beta_tokens FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON budgets FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON deployment_budgets
    FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON admins FOR EACH ROW EXECUTE FUNCTION note_change();

-- Sign-in without Cloudflare Access: password first, then the one-time code.
CREATE FUNCTION find_admin(login text) RETURNS TABLE (id uuid, password_hash text, totp_nonce text) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.password_hash, a.totp_nonce FROM admins a
    WHERE a.name = lower(login) AND a.disabled_at IS NULL AND a.password_hash IS NOT NULL AND a.totp_nonce IS NOT NULL;
$$;

-- Open a session for an administrator whose password was right. step: the time step of a right code, null for a wrong
-- one. A code works once, and few are tried: only who has the password gets as far as being counted here.
CREATE FUNCTION admin_sign_in(
    admin uuid, step bigint, token_hash text, lifetime_s int, address text, request text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    accepted boolean := false;
BEGIN
    PERFORM app_enter(public_tenant(), admin);
    PERFORM take_tokens(ARRAY['admin-code:' || admin], ARRAY[10], ARRAY[3600]);
    UPDATE admins a SET totp_step = step WHERE a.id = admin AND a.disabled_at IS NULL AND a.totp_step < step;
    accepted := FOUND;
    IF accepted THEN
        DELETE FROM admin_sessions s WHERE s.expires_at < now();
        INSERT INTO admin_sessions (token_hash, admin_id, expires_at)
        VALUES (token_hash, admin, now() + make_interval(secs => lifetime_s));
    END IF;
    INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, ip_address, request_id)
    SELECT public_tenant(), uuid7(), a.id, a.name,
           CASE WHEN accepted THEN 'admin_signed_in' ELSE 'admin_code_refused' END, address, request
    FROM admins a WHERE a.id = admin;
    RETURN accepted;
END $$;

CREATE FUNCTION close_admin_session(hash text) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM admin_sessions s WHERE s.token_hash = hash;
$$;

-- The administrator of this transaction.
CREATE FUNCTION admin_self() RETURNS TABLE (name text, role text, tenants uuid[]) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.name, w.role, w.tenants FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned()
$$;

-- People of every tenant the administrator reaches, the newest first; total counts those before any page was cut.
CREATE FUNCTION admin_users(only_tenant uuid, search text, before uuid, most int)
    RETURNS TABLE (tenant_id uuid, id uuid, email text, display_name text, role text, is_active boolean,
                   is_locked boolean, created_at timestamptz, last_login_at timestamptz, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH found AS (
        SELECT u.*, coalesce(m.role, '') AS role
        FROM users u LEFT JOIN memberships m ON m.tenant_id = u.tenant_id AND m.user_id = u.id
        WHERE admin_reaches(u.tenant_id) AND (only_tenant IS NULL OR u.tenant_id = only_tenant)
          AND (search IS NULL OR strpos(lower(u.email), lower(search)) > 0
               OR strpos(lower(u.display_name), lower(search)) > 0)
    )
    SELECT f.tenant_id, f.id, f.email, f.display_name, f.role, f.is_active, f.is_locked, f.created_at, f.last_login_at,
           (SELECT count(*) FROM found)
    FROM found f WHERE before IS NULL OR f.id < before ORDER BY f.id DESC LIMIT most
$$;

-- Make an account in a tenant, or in one of its own that is made for it.
CREATE FUNCTION admin_add_user(
    person uuid, tenant uuid, own_tenant boolean, address text, hash text, name text, tenant_role text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    IF own_tenant THEN
        -- Whoever reaches only some tenants would not reach this one.
        IF NOT admin_reaches(NULL) THEN
            PERFORM refuse('PT400', 'tenant_id: required, since you administer certain tenants only');
        END IF;
        INSERT INTO tenants (tenant_id, kind, name) VALUES (tenant, 'individual', name);
    ELSIF NOT admin_reaches(tenant) OR NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = tenant) THEN
        PERFORM refuse('PT404', 'tenant not found');
    END IF;
    INSERT INTO users (tenant_id, id, email, password_hash, display_name) VALUES (tenant, person, address, hash, name);
    INSERT INTO memberships (tenant_id, user_id, role) VALUES (tenant, person, tenant_role);
END $$;

-- Change or remove an account the administrator reaches; false when there is none.
CREATE FUNCTION admin_lock_user(person uuid, locked boolean) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    UPDATE users u SET is_locked = locked, updated_at = now() WHERE u.id = person AND admin_reaches(u.tenant_id);
    RETURN FOUND;
END $$;
CREATE FUNCTION admin_delete_user(person uuid) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    DELETE FROM users u WHERE u.id = person AND admin_reaches(u.tenant_id);
    RETURN FOUND;
END $$;

CREATE FUNCTION admin_tenants(before uuid, most int)
    RETURNS TABLE (tenant_id uuid, kind text, name text, created_at timestamptz, members bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH found AS (SELECT t.* FROM tenants t WHERE admin_reaches(t.tenant_id) AND t.kind <> 'public')
    SELECT f.tenant_id, f.kind, f.name, f.created_at,
           (SELECT count(*) FROM memberships m WHERE m.tenant_id = f.tenant_id), (SELECT count(*) FROM found)
    FROM found f WHERE before IS NULL OR f.tenant_id < before ORDER BY f.tenant_id DESC LIMIT most
$$;
CREATE FUNCTION admin_add_tenant(tenant uuid, tenant_kind text, tenant_name text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('superadmin');
    INSERT INTO tenants (tenant_id, kind, name) VALUES (tenant, tenant_kind, tenant_name);
END $$;

-- Members of the tenant that entered; a member's account may be at home in another one.
CREATE FUNCTION admin_memberships()
    RETURNS TABLE (user_id uuid, email text, display_name text, role text, created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.user_id, u.email, u.display_name, m.role, m.created_at
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.tenant_id = app_tenant() AND admin_reaches(m.tenant_id) ORDER BY m.created_at, m.user_id
$$;
-- Give somebody a role in the tenant that entered; false when the administrator reaches no such account.
CREATE FUNCTION admin_put_membership(person uuid, new_role text) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    IF new_role <> 'owner' THEN
        PERFORM keep_an_owner(person);
    END IF;
    INSERT INTO memberships (tenant_id, user_id, role)
    SELECT app_tenant(), u.id, new_role FROM users u WHERE u.id = person AND admin_reaches(u.tenant_id)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role;
    RETURN FOUND;
END $$;
CREATE FUNCTION admin_delete_membership(person uuid) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    PERFORM keep_an_owner(person);
    DELETE FROM memberships m WHERE m.tenant_id = app_tenant() AND m.user_id = person;
    RETURN FOUND;
END $$;
-- Refuse to take the role from a tenant's only owner. The tenant's row is the lock, so that two owners cannot go at once.
CREATE FUNCTION keep_an_owner(person uuid) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM tenants t WHERE t.tenant_id = app_tenant() FOR UPDATE;
    IF EXISTS (SELECT FROM memberships m WHERE m.tenant_id = app_tenant() AND m.user_id = person AND m.role = 'owner')
       AND NOT EXISTS (SELECT FROM memberships m WHERE m.tenant_id = app_tenant() AND m.user_id <> person
                                                   AND m.role = 'owner') THEN
        PERFORM refuse('PT409', 'a tenant keeps at least one owner', '{"code": "last_owner"}');
    END IF;
END $$;

-- Caps. A tenant's own cap that is taken away leaves it with the deployment's for all tenants.
CREATE FUNCTION admin_set_budget(of_period text, cap bigint) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    IF cap IS NULL THEN
        DELETE FROM budgets b WHERE b.tenant_id = app_tenant() AND b.period = of_period;
    ELSE
        INSERT INTO budgets (tenant_id, period, cap_micro_usd) VALUES (app_tenant(), of_period, cap)
        ON CONFLICT (tenant_id, period) DO UPDATE SET cap_micro_usd = excluded.cap_micro_usd;
    END IF;
END $$;
CREATE FUNCTION admin_set_deployment_budget(of_period text, cap bigint, tenant_cap bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('superadmin');
    UPDATE deployment_budgets b SET cap_micro_usd = coalesce(cap, b.cap_micro_usd),
                                    tenant_cap_micro_usd = coalesce(tenant_cap, b.tenant_cap_micro_usd)
    WHERE b.period = of_period;
END $$;
CREATE FUNCTION admin_deployment_budgets()
    RETURNS TABLE (period text, spent bigint, reserved bigint, cap bigint, tenant_cap bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('support');
    RETURN QUERY
    SELECT d.period, coalesce(s.spent, 0), coalesce(s.reserved, 0), d.cap_micro_usd, d.tenant_cap_micro_usd
    FROM deployment_budgets d
    LEFT JOIN deployment_spending s ON s.period = d.period
         AND s.starts = period_start(d.period, (now() AT TIME ZONE 'UTC')::date)
    ORDER BY d.period;
END $$;

-- What the tenants an administrator reaches used, per day (UTC) and price; one tenant's, or everybody's.
CREATE FUNCTION admin_usage(only_tenant uuid, first_day date, last_day date)
    RETURNS TABLE (tenant_id uuid, day date, kind text, provider text, model text, unit text, events bigint,
                   quantity bigint, micro_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.tenant_id, (e.created_at AT TIME ZONE 'UTC')::date, e.kind, e.provider, e.model, e.unit, count(*),
           sum(e.quantity)::bigint, sum(e.micro_usd)::bigint
    FROM usage_events e
    WHERE admin_reaches(e.tenant_id) AND (only_tenant IS NULL OR e.tenant_id = only_tenant)
      AND e.created_at >= first_day::timestamp AT TIME ZONE 'UTC'
      AND e.created_at < (last_day + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 2, 1, 3, 4, 5, 6
$$;

-- The audit log of every tenant the administrator reaches, and the deployment's own, the newest first.
CREATE FUNCTION admin_audit(
    only_tenant uuid, of_action text, of_administrator text, of_actor uuid, of_subject text, of_request text,
    since timestamptz, until timestamptz, before uuid, most int
) RETURNS TABLE (tenant_id uuid, id uuid, at timestamptz, actor_id uuid, administrator text, action text, subject text,
                 ip_address text, request_id text, details jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.tenant_id, a.id, a.at, a.actor_id, a.administrator, a.action, a.subject, a.ip_address, a.request_id,
           a.details
    FROM audit_log a
    WHERE admin_reaches(a.tenant_id) AND (only_tenant IS NULL OR a.tenant_id = only_tenant)
      AND (of_action IS NULL OR starts_with(a.action, of_action))
      AND (of_administrator IS NULL OR a.administrator = lower(of_administrator))
      AND (of_actor IS NULL OR a.actor_id = of_actor) AND (of_subject IS NULL OR a.subject = of_subject)
      AND (of_request IS NULL OR a.request_id = of_request)
      AND (since IS NULL OR a.at >= since) AND (until IS NULL OR a.at < until)
      AND (before IS NULL OR a.id < before)
    ORDER BY a.id DESC LIMIT most
$$;

-- Settings of a tenant's features; those of the public tenant are the deployment's, and everybody may read them.
CREATE TABLE feature_settings (
    tenant_id uuid PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    settings jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CALL protect('feature_settings', true);
REVOKE INSERT, UPDATE, DELETE ON feature_settings FROM unamentis_app;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON feature_settings
    FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE FUNCTION admin_set_features(changed jsonb) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin(CASE WHEN app_tenant() = public_tenant() THEN 'superadmin' ELSE 'operator' END);
    INSERT INTO feature_settings (tenant_id, settings) VALUES (app_tenant(), changed)
    ON CONFLICT (tenant_id) DO UPDATE SET settings = excluded.settings, updated_at = now();
END $$;

REVOKE ALL ON FUNCTION admin_reaches, require_admin, admin_enter, command_line_enter, find_admin, admin_sign_in,
    close_admin_session, admin_self, admin_users, admin_add_user, admin_lock_user, admin_delete_user, admin_tenants,
    admin_add_tenant, admin_memberships, admin_put_membership, admin_delete_membership, keep_an_owner,
    admin_set_budget, admin_set_deployment_budget, admin_deployment_budgets, admin_usage, admin_audit,
    admin_set_features FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_enter, find_admin, admin_sign_in, close_admin_session, admin_self, admin_users,
    admin_add_user, admin_lock_user, admin_delete_user, admin_tenants, admin_add_tenant, admin_memberships,
    admin_put_membership, admin_delete_membership, admin_set_budget, admin_set_deployment_budget,
    admin_deployment_budgets, admin_usage, admin_audit, admin_set_features TO unamentis_app;

-- Beta tokens: bound to the first device that uses them, where their maker wants it; what last used them.
ALTER TABLE beta_tokens
    ADD COLUMN binds_device boolean NOT NULL DEFAULT false,
    ADD COLUMN device_id text,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN last_platform text NOT NULL DEFAULT '',
    ADD COLUMN last_version text NOT NULL DEFAULT '',
    ADD COLUMN redeemed_at timestamptz;

-- "2.10.1" as {2,10,1}, whatever follows it; null for what is no version.
CREATE FUNCTION version_parts(version text) RETURNS int[] LANGUAGE sql IMMUTABLE
    RETURN string_to_array(substring(version FROM '^v?(\d{1,6}(?:\.\d{1,6}){0,3})'), '.')::int[];

-- Check how a caller names its client, behind the entry in the same statement: a client below its platform's least
-- version is told to upgrade, a bound beta token is refused elsewhere with the words for an unknown one.
-- home: the tenant the credential belongs to. client: null where the device was proved before. admitted: from the entry, so that this comes after it.
CREATE FUNCTION check_client(
    admitted uuid, kind text, home uuid, credential text, client text, platform text, version text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    least text;
    token beta_tokens;
    here text := current_setting('app.tenant_id');
BEGIN
    IF platform <> '' AND version <> '' THEN
        SELECT f.settings -> 'minimum_versions' ->> lower(platform) INTO least
        FROM feature_settings f WHERE f.tenant_id = public_tenant();
        IF version_parts(version) < version_parts(least) THEN
            PERFORM refuse('PT426', format('this version of the app is no longer supported: please update to %s or newer',
                                           least), jsonb_build_object('details', jsonb_build_object('minimum', least)));
        END IF;
    END IF;
    IF kind <> 'beta' OR admitted IS NULL OR client IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant_id', home::text, true);
    SELECT * INTO token FROM beta_tokens t WHERE t.tenant_id = home AND t.token_hash = credential;
    IF token.last_used_at > now() - interval '5 minutes' AND token.last_platform = platform
       AND token.last_version = version AND (NOT token.binds_device OR token.device_id = client) THEN
        PERFORM set_config('app.tenant_id', here, true);
        RETURN;
    END IF;
    UPDATE beta_tokens t SET last_used_at = now(), last_platform = platform, last_version = version,
                             device_id = CASE WHEN t.binds_device THEN coalesce(t.device_id, client) END
    WHERE t.tenant_id = home AND t.id = token.id
      AND (NOT t.binds_device OR (client <> '' AND coalesce(t.device_id, client) = client));
    IF NOT FOUND THEN
        PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
    END IF;
    PERFORM set_config('app.tenant_id', here, true);
END $$;

-- Use a beta token as the invitation to one new account; false when it is none, or was used before.
CREATE POLICY invitation ON beta_tokens TO CURRENT_USER
    USING (tenant_id = nullif(current_setting('app.invitation', true), '')::uuid);
CREATE FUNCTION redeem_invitation(tenant uuid, hash text) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    redeemed boolean;
BEGIN
    PERFORM set_config('app.invitation', tenant::text, true);
    UPDATE beta_tokens t SET redeemed_at = now()
    WHERE t.tenant_id = tenant AND t.token_hash = hash AND t.redeemed_at IS NULL AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > now());
    redeemed := FOUND;
    PERFORM set_config('app.invitation', '', true);
    IF NOT redeemed THEN
        PERFORM refuse('PT403', 'this invitation is not valid or was used before', '{"code": "invitation_invalid"}');
    END IF;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION redeem_invitation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redeem_invitation TO unamentis_app;
