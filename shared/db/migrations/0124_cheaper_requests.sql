-- What every request runs, with fewer statements: admitting, taking from buckets and metering do as before.

-- An index on what every request changes makes each change one of the index too, and of the table's other index. The
-- sweep reads the whole table instead, every few minutes. Room on each page lets a changed row stay on it.
DROP INDEX rate_buckets_age;
ALTER TABLE rate_buckets SET (fillfactor = 50);
ALTER TABLE usage_counters SET (fillfactor = 50);

-- Assignments, because each PERFORM is a query.
CREATE OR REPLACE FUNCTION app_enter(tenant uuid, person uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entered text;
BEGIN
    entered := set_config('app.tenant_id', coalesce(tenant::text, ''), true);
    entered := set_config('app.user_id', coalesce(person::text, ''), true);
END $$;

-- What a bucket holds after so long: it refills evenly over its window, and never above its capacity.
CREATE FUNCTION refilled(tokens float8, capacity int, window_s int, passed interval) RETURNS float8
    LANGUAGE sql IMMUTABLE AS $$
    SELECT least(capacity, tokens + capacity::float8 / window_s * greatest(0, date_part('epoch', passed)))
$$;
REVOKE ALL ON FUNCTION refilled FROM PUBLIC;

-- Take one token from each of several buckets or from none: a refusal undoes the transaction. Every caller names its
-- buckets in the same order of kinds, at most one of a kind, so that no two wait for each other; a key that is null is
-- no bucket. One after the other, because the order in which one UPDATE locks several rows is its plan's.
-- Answers the bucket with the least left; the one with the longest wait refuses.
CREATE OR REPLACE FUNCTION take_tokens(
    keys text[], capacities int[], windows int[], OUT rate_limit int, OUT rate_remaining int, OUT rate_window int
) LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    remaining float8;
    wait float8;
    least_remaining float8 := 'infinity';
    longest_wait float8 := 0;
BEGIN
    FOR number IN 1 .. cardinality(keys) LOOP
        CONTINUE WHEN keys[number] IS NULL;
        UPDATE rate_buckets b SET
            tokens = refilled(b.tokens, capacities[number], windows[number], moment - b.updated_at) - 1,
            updated_at = greatest(moment, b.updated_at), capacity = capacities[number], window_s = windows[number]
        WHERE b.key = keys[number]
        RETURNING b.tokens INTO remaining;
        IF NOT FOUND THEN
            INSERT INTO rate_buckets AS b (key, tokens, updated_at, capacity, window_s)
            VALUES (keys[number], capacities[number] - 1, moment, capacities[number], windows[number])
            ON CONFLICT (key) DO UPDATE SET
                tokens = refilled(b.tokens, excluded.capacity, excluded.window_s, moment - b.updated_at) - 1,
                updated_at = greatest(moment, b.updated_at), capacity = excluded.capacity, window_s = excluded.window_s
            RETURNING b.tokens INTO remaining;
        END IF;
        wait := greatest(0, -remaining * windows[number] / capacities[number]);
        IF wait > longest_wait OR (wait = longest_wait AND remaining < least_remaining) THEN
            longest_wait := wait;
            least_remaining := remaining;
            rate_limit := capacities[number];
            rate_window := windows[number];
        END IF;
    END LOOP;
    rate_remaining := floor(least_remaining)::int;
    IF rate_remaining < 0 THEN
        PERFORM refuse('PT429', 'too many requests', jsonb_build_object(
            'retry_after', greatest(1, ceil(longest_wait)::int), 'limit', rate_limit, 'window', rate_window));
    END IF;
END $$;

-- Enter a tenant with a credential, or refuse, as app_admit tells; answers also what the tenant has been granted.
CREATE FUNCTION admission(
    kind text, home uuid, credential text, person uuid, tenant uuid,
    OUT user_id uuid, OUT role text, OUT token_rate int, OUT account_rate int, OUT tenant_rate int
) LANGUAGE plpgsql AS $$
DECLARE
    expired boolean;
    is_able boolean;
    parent uuid;
    entered text;
BEGIN
    entered := set_config('app.tenant_id', coalesce(home::text, ''), true);
    entered := set_config('app.user_id', coalesce(person::text, ''), true);
    IF kind = 'public' THEN
        RETURN;
    ELSIF kind = 'session' THEN
        SELECT s.user_id, s.expires_at < now() INTO user_id, expired
        FROM auth_sessions s
        WHERE s.tenant_id = home AND s.id = credential::uuid AND s.user_id = person AND s.revoked_at IS NULL;
    ELSIF kind = 'beta' THEN
        SELECT t.user_id, t.requests_per_minute, t.expires_at < now() INTO user_id, token_rate, expired
        FROM beta_tokens t WHERE t.tenant_id = home AND t.token_hash = credential AND t.revoked_at IS NULL;
    ELSE
        user_id := person;
    END IF;
    IF tenant IS DISTINCT FROM home THEN
        entered := set_config('app.tenant_id', coalesce(tenant::text, ''), true);
    END IF;
    IF user_id IS DISTINCT FROM person THEN
        entered := set_config('app.user_id', coalesce(user_id::text, ''), true);
    END IF;
    SELECT u.is_active AND NOT u.is_locked, m.role, t.parent_id, l.account_per_minute, l.tenant_per_minute
    INTO is_able, role, parent, account_rate, tenant_rate
    FROM users u
    LEFT JOIN memberships m ON m.tenant_id = tenant AND m.user_id = u.id
    LEFT JOIN tenants t ON t.tenant_id = tenant
    LEFT JOIN tenant_limits l ON l.tenant_id = tenant
    WHERE u.id = admission.user_id;
    -- Whoever runs the organisation above runs a team too, which only app_role may see.
    IF parent IS NOT NULL THEN
        role := app_role();
    END IF;
    IF is_able IS NOT TRUE OR (role IS NULL AND tenant = home) THEN
        PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
    ELSIF expired THEN
        PERFORM refuse('PT401', 'the token has expired', '{"code": "token_expired"}');
    ELSIF role IS NULL OR (kind = 'beta' AND tenant <> home) THEN
        PERFORM refuse('PT403', 'X-Tenant-ID: no such tenant for this credential', '{"code": "unknown_tenant"}');
    END IF;
END $$;
REVOKE ALL ON FUNCTION admission FROM PUBLIC;

-- Enter a tenant with a credential, or refuse: PT401 when the credential does not stand, PT403 when its owner does not
-- belong to the tenant, which reads the same whether that exists or not.
-- home: the tenant the credential belongs to. kind: beta (credential = token hash), session (credential = auth session
-- id, person = its user), open (person = the default learner of a trusted network) or public (nobody yet).
-- A beta token is made by those who run its tenant, so it never leaves that tenant.
CREATE OR REPLACE FUNCTION app_admit(
    kind text, home uuid, credential text, person uuid, tenant uuid, OUT user_id uuid, OUT role text, OUT token_rate int
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    admitted record := admission(kind, home, credential, person, tenant);
BEGIN
    user_id := admitted.user_id;
    role := admitted.role;
    token_rate := admitted.token_rate;
END $$;

-- The first statement of every request: admit the caller, take from every bucket that counts it, and meter it.
-- The limits: of the operation (null: it has none of its own), then requests per minute of the token, the account, the
-- network address and the tenant. What only reads does not wait for the disk: all it writes is counters.
CREATE OR REPLACE FUNCTION api_enter(
    kind text, home uuid, credential text, person uuid, tenant uuid, address text, reads boolean,
    operation text, capacity int, window_s int, account_rate int, address_rate int, tenant_rate int
) RETURNS TABLE (user_id uuid, role text, rate_limit int, rate_remaining int, rate_window int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    admitted record := admission(kind, home, credential, person, tenant);
    token text := CASE WHEN kind = 'beta' THEN 'token:' || credential END;
    whose text;
    taken record;
    committed text;
BEGIN
    user_id := admitted.user_id;
    role := admitted.role;
    whose := CASE WHEN kind IN ('beta', 'session') THEN 'account:' || user_id ELSE kind || ':' || address END;
    taken := take_tokens(
        ARRAY[operation || ':' || coalesce(token, whose), token, whose, 'address:' || address,
              CASE WHEN kind <> 'public' THEN 'tenant:' || tenant END],
        ARRAY[capacity, admitted.token_rate, coalesce(admitted.account_rate, account_rate), address_rate,
              coalesce(admitted.tenant_rate, tenant_rate)],
        ARRAY[window_s, 60, 60, 60, 60]);
    rate_limit := taken.rate_limit;
    rate_remaining := taken.rate_remaining;
    rate_window := taken.rate_window;
    IF kind <> 'public' THEN
        UPDATE usage_counters c SET quantity = c.quantity + 1
        WHERE c.tenant_id = tenant AND c.day = current_date AND c.metric = 'requests';
        IF NOT FOUND THEN
            INSERT INTO usage_counters AS c (tenant_id, day, metric, quantity)
            VALUES (tenant, current_date, 'requests', 1)
            ON CONFLICT ON CONSTRAINT usage_counters_pkey DO UPDATE SET quantity = c.quantity + 1;
        END IF;
    END IF;
    IF reads THEN
        committed := set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN NEXT;
END $$;
