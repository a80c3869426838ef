-- People in several tenants, teams inside organisations, several limits for one request, tickets for sockets, throttled
-- sign-ins and the removal of a tenant.

-- A team may stand by itself or belong to an organisation; nothing is deeper than that.
ALTER TABLE tenants
    ADD UNIQUE (tenant_id, kind),
    ADD COLUMN parent_id uuid CHECK (parent_id IS NULL OR kind = 'team'),
    ADD COLUMN parent_kind text GENERATED ALWAYS AS (CASE WHEN parent_id IS NOT NULL THEN 'organisation' END) STORED,
    ADD FOREIGN KEY (parent_id, parent_kind) REFERENCES tenants (tenant_id, kind) ON DELETE CASCADE;
CREATE INDEX tenants_parent ON tenants (parent_id) WHERE parent_id IS NOT NULL;

-- Which tenants somebody belongs to cannot be asked inside one tenant. One role sees the memberships of the user who has
-- entered, the names of those tenants and of their teams, and nothing else.
DO $$ BEGIN
    CREATE ROLE unamentis_directory NOLOGIN NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
GRANT unamentis_directory TO CURRENT_USER;
GRANT SELECT (tenant_id, user_id, role) ON memberships TO unamentis_directory;
GRANT SELECT (tenant_id, parent_id, kind, name) ON tenants TO unamentis_directory;
CREATE POLICY directory ON memberships FOR SELECT TO unamentis_directory USING (user_id = app_user());
CREATE POLICY directory ON tenants FOR SELECT TO unamentis_directory USING (EXISTS (
    SELECT FROM memberships m WHERE m.user_id = app_user() AND m.tenant_id IN (tenants.tenant_id, tenants.parent_id)));

-- The caller's role in the tenant at hand; null for somebody who does not belong to it. Whoever runs an organisation
-- runs its teams.
CREATE FUNCTION app_role() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT r.role FROM (
        SELECT m.role FROM memberships m WHERE m.tenant_id = app_tenant() AND m.user_id = app_user()
        UNION ALL
        SELECT 'admin' FROM tenants t JOIN memberships m ON m.tenant_id = t.parent_id
        WHERE t.tenant_id = app_tenant() AND m.user_id = app_user() AND m.role IN ('admin', 'owner')
    ) r ORDER BY array_position(ARRAY['owner', 'admin', 'teacher', 'learner'], r.role) LIMIT 1;
END;

-- Where the caller may work: every membership, and the teams of the organisations they run.
CREATE FUNCTION app_tenants() RETURNS TABLE (tenant_id uuid, kind text, name text, role text, parent_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT t.tenant_id, t.kind, t.name, m.role, t.parent_id
    FROM memberships m JOIN tenants t ON t.tenant_id = m.tenant_id
    WHERE m.user_id = app_user()
      AND NOT EXISTS (SELECT FROM memberships o WHERE o.tenant_id = t.parent_id AND o.user_id = app_user()
                                                  AND o.role IN ('admin', 'owner') AND m.role <> 'owner')
    UNION ALL
    SELECT t.tenant_id, t.kind, t.name, 'admin', t.parent_id
    FROM memberships m JOIN tenants t ON t.parent_id = m.tenant_id
    WHERE m.user_id = app_user() AND m.role IN ('admin', 'owner')
      AND NOT EXISTS (SELECT FROM memberships o WHERE o.tenant_id = t.tenant_id AND o.user_id = app_user()
                                                  AND o.role = 'owner');
END;

GRANT CREATE ON SCHEMA public TO unamentis_directory;
ALTER FUNCTION app_role OWNER TO unamentis_directory;
ALTER FUNCTION app_tenants OWNER TO unamentis_directory;
REVOKE CREATE ON SCHEMA public FROM unamentis_directory;

CREATE OR REPLACE FUNCTION app_teaches() RETURNS boolean LANGUAGE sql STABLE
    RETURN coalesce(app_role() IN ('teacher', 'admin', 'owner'), false);

-- What an operator grants a tenant instead of the deployment's own limits; null leaves those.
CREATE TABLE tenant_limits (
    tenant_id uuid PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    account_per_minute int CHECK (account_per_minute > 0),
    tenant_per_minute int CHECK (tenant_per_minute > 0)
);
CALL protect('tenant_limits');

ALTER TABLE rate_buckets ADD COLUMN capacity int, ADD COLUMN window_s int;

DROP FUNCTION take_token(text, int, int);

-- Take one token from each of several buckets or from none: a refusal undoes the transaction. Every caller names its
-- buckets in the same order of kinds, at most one of a kind, so that no two wait for each other.
-- Answers the bucket with the least left; the one with the longest wait refuses.
CREATE FUNCTION take_tokens(
    keys text[], capacities int[], windows int[], OUT rate_limit int, OUT rate_remaining int, OUT rate_window int
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    wait double precision;
BEGIN
    WITH taken AS (
        INSERT INTO rate_buckets AS b (key, tokens, updated_at, capacity, window_s)
        SELECT w.key, w.capacity - 1, moment, w.capacity, w.window_s
        FROM unnest(keys, capacities, windows) WITH ORDINALITY AS w (key, capacity, window_s, rank) ORDER BY w.rank
        ON CONFLICT (key) DO UPDATE SET
            tokens = least(excluded.capacity, b.tokens + excluded.capacity::float8 / excluded.window_s
                           * greatest(0, extract(epoch FROM moment - b.updated_at))::float8) - 1,
            updated_at = greatest(moment, b.updated_at), capacity = excluded.capacity, window_s = excluded.window_s
        RETURNING b.tokens, b.capacity, b.window_s
    )
    SELECT t.capacity, floor(t.tokens)::int, t.window_s, greatest(0, -t.tokens * t.window_s / t.capacity)
    INTO rate_limit, rate_remaining, rate_window, wait
    FROM taken t ORDER BY greatest(0, -t.tokens * t.window_s / t.capacity) DESC, t.tokens LIMIT 1;
    IF rate_remaining < 0 THEN
        PERFORM refuse('PT429', 'too many requests', jsonb_build_object(
            'retry_after', greatest(1, ceil(wait)::int), 'limit', rate_limit, 'window', rate_window));
    END IF;
END $$;

-- Enter a tenant with a credential, or refuse: PT401 when the credential does not stand, PT403 when its owner does not
-- belong to the tenant, which reads the same whether that exists or not.
-- home: the tenant the credential belongs to. kind: beta (credential = token hash), session (credential = auth session
-- id, person = its user), open (person = the default learner of a trusted network) or public (nobody yet).
-- A beta token is made by those who run its tenant, so it never leaves that tenant.
CREATE FUNCTION app_admit(
    kind text, home uuid, credential text, person uuid, tenant uuid, OUT user_id uuid, OUT role text, OUT token_rate int
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    expired boolean;
BEGIN
    PERFORM app_enter(home, person);
    IF kind = 'public' THEN
        RETURN;
    ELSIF kind = 'beta' THEN
        SELECT t.user_id, t.requests_per_minute, t.expires_at < now() INTO user_id, token_rate, expired
        FROM beta_tokens t WHERE t.tenant_id = home AND t.token_hash = credential AND t.revoked_at IS NULL;
    ELSIF kind = 'session' THEN
        SELECT s.user_id, s.expires_at < now() INTO user_id, expired
        FROM auth_sessions s
        WHERE s.tenant_id = home AND s.id = credential::uuid AND s.user_id = person AND s.revoked_at IS NULL;
    ELSE
        user_id := person;
    END IF;
    PERFORM app_enter(tenant, user_id);
    role := app_role();
    IF NOT EXISTS (SELECT FROM users u WHERE u.id = app_admit.user_id AND u.is_active AND NOT u.is_locked)
       OR (role IS NULL AND tenant = home) THEN
        PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
    ELSIF expired THEN
        PERFORM refuse('PT401', 'the token has expired', '{"code": "token_expired"}');
    ELSIF role IS NULL OR (kind = 'beta' AND tenant <> home) THEN
        PERFORM refuse('PT403', 'X-Tenant-ID: no such tenant for this credential', '{"code": "unknown_tenant"}');
    END IF;
END $$;

-- The first statement of every request: admit the caller, take from every bucket that counts it, and meter it.
-- The limits: of the operation (null: it has none of its own), then requests per minute of the token, the account, the
-- network address and the tenant. What only reads does not wait for the disk: all it writes is counters.
DROP FUNCTION api_enter;
CREATE FUNCTION api_enter(
    kind text, home uuid, credential text, person uuid, tenant uuid, address text, reads boolean,
    operation text, capacity int, window_s int, account_rate int, address_rate int, tenant_rate int
) RETURNS TABLE (user_id uuid, role text, rate_limit int, rate_remaining int, rate_window int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    admitted record;
    granted tenant_limits;
    whose text;
    keys text[] := '{}';
    capacities int[] := '{}';
    windows int[] := '{}';
BEGIN
    admitted := app_admit(kind, home, credential, person, tenant);
    user_id := admitted.user_id;
    role := admitted.role;
    SELECT * INTO granted FROM tenant_limits l WHERE l.tenant_id = tenant;
    account_rate := coalesce(granted.account_per_minute, account_rate);
    whose := CASE WHEN kind IN ('beta', 'session') THEN 'account:' || user_id ELSE kind || ':' || address END;
    IF operation IS NOT NULL THEN
        keys := keys || (operation || ':' || CASE kind WHEN 'beta' THEN 'token:' || credential ELSE whose END);
        capacities := capacities || capacity;
        windows := windows || window_s;
    END IF;
    IF kind = 'beta' THEN
        keys := keys || ('token:' || credential);
        capacities := capacities || admitted.token_rate;
    END IF;
    keys := keys || whose || ('address:' || address);
    capacities := capacities || account_rate || address_rate;
    IF kind <> 'public' THEN
        keys := keys || ('tenant:' || tenant);
        capacities := capacities || coalesce(granted.tenant_per_minute, tenant_rate);
    END IF;
    windows := windows || array_fill(60, ARRAY[cardinality(keys) - cardinality(windows)]);
    SELECT t.* INTO rate_limit, rate_remaining, rate_window FROM take_tokens(keys, capacities, windows) t;
    IF kind <> 'public' THEN
        INSERT INTO usage_counters AS c (tenant_id, day, metric, quantity) VALUES (tenant, current_date, 'requests', 1)
        ON CONFLICT ON CONSTRAINT usage_counters_pkey DO UPDATE SET quantity = c.quantity + 1;
    END IF;
    IF reads THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION app_role, app_tenants, take_tokens, app_admit, api_enter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_role, app_tenants, app_admit, api_enter TO unamentis_app;

-- What opens one WebSocket once, in place of a token that would live longer than the address it is written in.
CREATE UNLOGGED TABLE ws_tickets (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    -- hex of a keyed hash; the ticket itself is never stored
    ticket_hash text NOT NULL,
    -- the credential it was bought with, which is checked whenever the socket is
    kind text NOT NULL,
    home_id uuid NOT NULL,
    credential text,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, ticket_hash)
);
CALL protect('ws_tickets');

-- Removing a tenant reaches into others: people who belong elsewhere too go on there.
CREATE POLICY removal ON users FOR UPDATE TO CURRENT_USER
    USING (current_setting('app.removing', true) = tenant_id::text) WITH CHECK (true);
CREATE POLICY removal ON memberships FOR SELECT TO CURRENT_USER
    USING (coalesce(current_setting('app.removing', true), '') <> '');
CREATE POLICY removal ON tenants FOR SELECT TO CURRENT_USER
    USING (current_setting('app.removing', true) = parent_id::text);

-- A tenant and its teams, the teams first.
CREATE FUNCTION tenant_family(tenant uuid) RETURNS uuid[] LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    family uuid[];
BEGIN
    PERFORM set_config('app.removing', tenant::text, true);
    SELECT array_agg(t.tenant_id ORDER BY t.parent_id IS NULL, t.tenant_id) INTO family
    FROM tenants t WHERE t.tenant_id = tenant OR t.parent_id = tenant;
    PERFORM set_config('app.removing', '', true);
    RETURN family;
END $$;

-- Remove every row of a tenant and of its teams: of whatever table the catalogue says holds rows of tenants, so that a
-- table made later is not forgotten. An account whose owner belongs to another tenant moves there instead; what it
-- signed in with ends. Answers the rows removed and, counted afterwards, those left, by table. Granted to nobody.
CREATE FUNCTION erase_tenant(tenant uuid) RETURNS jsonb LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entered uuid := app_tenant();
    family uuid[] := tenant_family(tenant);
    tables text[] := ARRAY(
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
        -- The tenant's own row goes last: until then what is noted about the others goes into its own log.
        ORDER BY c.relname = 'tenants', c.relname = 'audit_log', c.relname);
    removed jsonb := '{}';
    remaining jsonb := '{}';
    moved bigint := 0;
    one text;
    place uuid;
    found_rows bigint;
BEGIN
    IF family IS NULL THEN
        PERFORM refuse('PT404', 'tenant not found');
    ELSIF tenant = public_tenant() THEN
        PERFORM refuse('PT409', 'the shared content belongs to everybody', '{"code": "public_tenant"}');
    END IF;
    FOREACH place IN ARRAY family LOOP
        PERFORM app_enter(place, NULL), set_config('app.removing', place::text, true);
        PERFORM FROM tenants t WHERE t.tenant_id = place FOR UPDATE;
        UPDATE users u SET tenant_id = (
            SELECT m.tenant_id FROM memberships m WHERE m.user_id = u.id AND m.tenant_id <> ALL (family)
            ORDER BY m.created_at, m.tenant_id LIMIT 1)
        WHERE u.tenant_id = place
          AND EXISTS (SELECT FROM memberships m WHERE m.user_id = u.id AND m.tenant_id <> ALL (family));
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        moved := moved + found_rows;
        PERFORM set_config('app.removing', '', true);
        DELETE FROM rate_buckets b WHERE b.key IN (SELECT 'tenant:' || place
            UNION ALL SELECT 'account:' || u.id FROM users u WHERE u.tenant_id = place
            UNION ALL SELECT 'token:' || t.token_hash FROM beta_tokens t WHERE t.tenant_id = place);
        -- Counted before the first is removed: rows go along with those they belong to.
        FOREACH one IN ARRAY tables LOOP
            EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = $1', one) INTO found_rows USING place;
            IF found_rows > 0 THEN
                removed := removed || jsonb_build_object(one, coalesce((removed ->> one)::bigint, 0) + found_rows);
            END IF;
        END LOOP;
        FOREACH one IN ARRAY tables LOOP
            EXECUTE format('DELETE FROM %s WHERE tenant_id = $1', one) USING place;
        END LOOP;
        FOREACH one IN ARRAY tables LOOP
            EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = $1', one) INTO found_rows USING place;
            IF found_rows > 0 THEN
                remaining := remaining || jsonb_build_object(one, coalesce((remaining ->> one)::bigint, 0) + found_rows);
            END IF;
        END LOOP;
    END LOOP;
    PERFORM app_enter(entered, NULL);
    RETURN jsonb_build_object('tenants', to_jsonb(family), 'removed', removed, 'remaining', remaining, 'moved', moved);
END $$;

CREATE FUNCTION admin_tenant_family() RETURNS uuid[] LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('superadmin');
    RETURN tenant_family(app_tenant());
END $$;
CREATE FUNCTION admin_erase_tenant() RETURNS jsonb LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('superadmin');
    RETURN erase_tenant(app_tenant());
END $$;

REVOKE ALL ON FUNCTION tenant_family, erase_tenant, admin_tenant_family, admin_erase_tenant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_tenant_family, admin_erase_tenant TO unamentis_app;

-- Sign-ins that failed, by account and by where they came from: a network address, or a device that signed this account
-- in before and proves it. Nobody's attempts delay anybody who comes from elsewhere. '' is everywhere together.
CREATE UNLOGGED TABLE login_attempts (
    -- hex of a keyed hash of the address somebody typed, whether or not there is such an account
    account text NOT NULL,
    source text NOT NULL,
    failures int NOT NULL,
    last_at timestamptz NOT NULL,
    blocked_until timestamptz,
    PRIMARY KEY (account, source)
);
CREATE INDEX login_attempts_age ON login_attempts (last_at);

-- Count an attempt before the password is looked at, so that many at once cannot all be the first; refuse with PT429
-- while the source has to wait. Three attempts are free, one while the account is tried from all over; each further one
-- doubles the wait, from a second to a quarter of an hour. A day without attempts forgets everything.
CREATE FUNCTION begin_login(of_account text, from_source text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    held login_attempts;
    everywhere int;
    tries int;
    free int;
    wait int;
BEGIN
    DELETE FROM login_attempts d WHERE (d.account, d.source) IN (
        SELECT o.account, o.source FROM login_attempts o
        WHERE o.last_at < moment - interval '1 day' LIMIT 5 FOR UPDATE SKIP LOCKED);
    INSERT INTO login_attempts AS a (account, source, failures, last_at) VALUES (of_account, '', 1, moment)
    ON CONFLICT (account, source) DO UPDATE SET failures = a.failures + 1, last_at = moment
    RETURNING failures INTO everywhere;
    SELECT * INTO held FROM login_attempts a WHERE a.account = of_account AND a.source = from_source;
    IF held.blocked_until > moment THEN
        wait := greatest(1, ceil(extract(epoch FROM held.blocked_until - moment))::int);
        PERFORM refuse('PT429', 'too many attempts to sign in to this account from here',
                       jsonb_build_object('retry_after', wait, 'limit', 1, 'window', wait));
    END IF;
    tries := coalesce(held.failures, 0) + 1;
    free := CASE WHEN everywhere > 50 THEN 1 ELSE 3 END;
    wait := CASE WHEN tries >= free THEN least(900, 2 ^ least(tries - free, 10)) ELSE 0 END;
    INSERT INTO login_attempts AS a (account, source, failures, last_at, blocked_until)
    VALUES (of_account, from_source, tries, moment, moment + make_interval(secs => wait))
    ON CONFLICT (account, source) DO UPDATE
    SET failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until;
END $$;

-- The password was right: forget the source's attempts, and give its token back to the bucket it was taken from. Locks
-- are taken in the order of an attempt's: bucket, account, source.
CREATE FUNCTION pass_login(of_account text, from_source text, bucket text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE rate_buckets b SET tokens = least(b.capacity, b.tokens + 1) WHERE b.key = bucket;
    UPDATE login_attempts a SET failures = greatest(0, a.failures - 1) WHERE a.account = of_account AND a.source = '';
    DELETE FROM login_attempts a WHERE a.account = of_account AND a.source = from_source AND a.source <> '';
END $$;

REVOKE ALL ON FUNCTION begin_login, pass_login FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_login, pass_login TO unamentis_app;
