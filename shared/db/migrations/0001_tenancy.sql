-- Tenants, people and their credentials; row-level security; the entry of every request.

-- The settings a unit of work runs under. No setting means no tenant, and no tenant means no rows.
CREATE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
CREATE FUNCTION public_tenant() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '00000000-0000-7000-8000-000000000001'::uuid;

-- Every table with a tenant_id goes through here: row-level security, forced for the owner too, and grants.
CREATE PROCEDURE protect(tenant_table regclass, readable_by_all boolean DEFAULT false) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY own_tenant ON %s USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant())',
                   tenant_table);
    IF readable_by_all THEN
        EXECUTE format('CREATE POLICY public_content ON %s FOR SELECT USING (tenant_id = public_tenant())', tenant_table);
    END IF;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO unamentis_app', tenant_table);
END $$;

CREATE TABLE tenants (
    tenant_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('individual', 'team', 'organisation', 'public')),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CALL protect('tenants');

CREATE TABLE users (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    email text,
    email_verified boolean NOT NULL DEFAULT false,
    password_hash text,
    display_name text NOT NULL DEFAULT '',
    avatar_url text,
    locale text NOT NULL DEFAULT 'en-US',
    timezone text NOT NULL DEFAULT 'UTC',
    is_active boolean NOT NULL DEFAULT true,
    is_locked boolean NOT NULL DEFAULT false,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (id)
);
-- An address names one account in the whole deployment.
CREATE UNIQUE INDEX users_email ON users (lower(email));
CALL protect('users');

CREATE TABLE memberships (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('learner', 'teacher', 'admin', 'owner')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CALL protect('memberships');

-- One sign-in on one device: the family its refresh tokens belong to.
CREATE TABLE auth_sessions (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_id uuid,
    ip_address text,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_activity_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX auth_sessions_user ON auth_sessions (tenant_id, user_id);
CALL protect('auth_sessions');

CREATE TABLE beta_tokens (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- hex of a keyed hash; the token itself is never stored
    token_hash text NOT NULL UNIQUE,
    label text NOT NULL DEFAULT '',
    requests_per_minute int NOT NULL DEFAULT 600 CHECK (requests_per_minute > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CALL protect('beta_tokens');

-- Not tenant data, and worth nothing after a crash. Only api_enter touches it.
CREATE UNLOGGED TABLE rate_buckets (
    key text PRIMARY KEY,
    tokens double precision NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE usage_counters (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    day date NOT NULL,
    metric text NOT NULL,
    quantity bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, day, metric)
);
CALL protect('usage_counters');

-- Runs as its caller: sets the tenant and nothing else.
CREATE FUNCTION app_enter(tenant uuid, person uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', coalesce(tenant::text, ''), true),
            set_config('app.user_id', coalesce(person::text, ''), true);
END $$;

-- Refuse with an SQLSTATE of ours: PT and the HTTP status, the facts as JSON in the detail.
CREATE FUNCTION refuse(state text, message text, facts jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = facts::text;
END $$;

-- Take one token from a bucket that starts full and refills evenly; returns what is left, or refuses with PT429.
CREATE FUNCTION take_token(bucket text, capacity int, window_s int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    remaining double precision;
BEGIN
    INSERT INTO rate_buckets AS b (key, tokens, updated_at) VALUES (bucket, capacity - 1, moment)
    ON CONFLICT (key) DO UPDATE SET
        tokens = least(capacity, b.tokens + greatest(0, extract(epoch FROM moment - b.updated_at)) * capacity / window_s) - 1,
        updated_at = greatest(moment, b.updated_at)
    RETURNING tokens INTO remaining;
    IF remaining < 0 THEN
        PERFORM refuse('PT429', 'too many requests', jsonb_build_object(
            'retry_after', greatest(1, ceil(-remaining * window_s / capacity)::int),
            'limit', capacity, 'window', window_s));
    END IF;
    RETURN floor(remaining)::int;
END $$;

-- The first statement of every request: it sets the tenant, checks that the credential still stands, takes from the
-- token bucket and counts the request; without a bucket it only sets and checks.
-- kind: beta (credential = token hash), session (credential = auth session id, person = its user), open (person = the
-- default learner of a trusted network) or public (nobody yet).
-- A beta token's own rate replaces the ordinary limit of a client, never the limit of a single operation.
CREATE FUNCTION api_enter(
    kind text, tenant uuid, credential text, person uuid, bucket text, capacity int, window_s int
) RETURNS TABLE (user_id uuid, role text, rate_limit int, rate_remaining int, rate_window int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    expired boolean;
BEGIN
    PERFORM app_enter(tenant, person);
    user_id := person;
    rate_limit := capacity;
    rate_window := window_s;
    IF kind = 'beta' THEN
        SELECT t.user_id, CASE WHEN starts_with(bucket, 'client:') THEN t.requests_per_minute ELSE capacity END,
               t.expires_at < now()
        INTO user_id, rate_limit, expired
        FROM beta_tokens t WHERE t.tenant_id = tenant AND t.token_hash = credential AND t.revoked_at IS NULL;
    ELSIF kind = 'session' THEN
        SELECT s.user_id, s.expires_at < now() INTO user_id, expired
        FROM auth_sessions s
        WHERE s.tenant_id = tenant AND s.id = credential::uuid AND s.user_id = person AND s.revoked_at IS NULL;
    END IF;
    IF kind <> 'public' THEN
        SELECT m.role INTO role FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active AND NOT u.is_locked
        WHERE m.tenant_id = tenant AND m.user_id = api_enter.user_id;
        IF role IS NULL THEN
            PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
        ELSIF expired THEN
            PERFORM refuse('PT401', 'the token has expired', '{"code": "token_expired"}');
        END IF;
        PERFORM set_config('app.user_id', user_id::text, true);
    END IF;
    IF bucket IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF kind <> 'public' THEN
        INSERT INTO usage_counters AS c (tenant_id, day, metric, quantity) VALUES (tenant, current_date, 'requests', 1)
        ON CONFLICT ON CONSTRAINT usage_counters_pkey DO UPDATE SET quantity = c.quantity + 1;
    END IF;
    rate_remaining := take_token(bucket, rate_limit, rate_window);
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION take_token, api_enter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_enter TO unamentis_app;

-- The tenant whose content everyone may read.
SELECT app_enter(public_tenant(), NULL);
INSERT INTO tenants (tenant_id, kind, name) VALUES (public_tenant(), 'public', 'Shared content');
