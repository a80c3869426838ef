-- Usage, prices and budgets. Money is integer micro-dollars (1 USD = 1 000 000); it is reserved before a provider is
-- called and settled afterwards, so that concurrent calls cannot pass a cap together.

-- Not tenant data. A row is never changed: a new price is a new row with a later effective_from.
CREATE TABLE price_book (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    -- empty: every model of that provider
    model text NOT NULL DEFAULT '',
    unit text NOT NULL CHECK (unit IN ('audio_ms', 'input_token', 'output_token', 'character', 'request')),
    micro_usd bigint NOT NULL CHECK (micro_usd >= 0),
    per_quantity bigint NOT NULL CHECK (per_quantity > 0),
    effective_from timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL DEFAULT '',
    UNIQUE (provider, model, unit, effective_from)
);
GRANT SELECT ON price_book TO unamentis_app;

-- Caps of the whole deployment, and of a tenant that has none of its own. Only operators write them.
CREATE TABLE deployment_budgets (
    period text PRIMARY KEY CHECK (period IN ('day', 'month')),
    cap_micro_usd bigint NOT NULL CHECK (cap_micro_usd >= 0),
    tenant_cap_micro_usd bigint NOT NULL CHECK (tenant_cap_micro_usd >= 0)
);
INSERT INTO deployment_budgets VALUES ('day', 5000000, 1000000), ('month', 50000000, 10000000);
GRANT SELECT ON deployment_budgets TO unamentis_app;

CREATE TABLE deployment_spending (
    period text NOT NULL,
    starts date NOT NULL,
    spent bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (period, starts)
);

CREATE TABLE budgets (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    period text NOT NULL CHECK (period IN ('day', 'month')),
    cap_micro_usd bigint NOT NULL CHECK (cap_micro_usd >= 0),
    PRIMARY KEY (tenant_id, period)
);
CALL protect('budgets');

CREATE TABLE spending (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    period text NOT NULL,
    starts date NOT NULL,
    spent bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    -- the highest threshold, in percent of the cap, that was announced
    warned int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, period, starts)
);
CALL protect('spending');

CREATE TABLE reservations (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    day date NOT NULL,
    reserved bigint NOT NULL CHECK (reserved >= 0),
    -- what was counted as spent for it; an unsettled reservation that expires is counted whole
    charged bigint,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX reservations_open ON reservations (expires_at) WHERE charged IS NULL;
CALL protect('reservations');
-- cross-tenant: the sweep of expired reservations runs as the owner, for every tenant.
CREATE POLICY sweep ON reservations TO CURRENT_USER USING (true);
CREATE POLICY sweep ON spending TO CURRENT_USER USING (true);

CREATE TABLE usage_events (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid,
    session_id uuid,
    kind text NOT NULL CHECK (kind IN ('speech_in', 'tokens_in', 'tokens_out', 'speech_out', 'request')),
    provider text NOT NULL,
    model text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    unit text NOT NULL,
    price_id bigint REFERENCES price_book,
    micro_usd bigint NOT NULL CHECK (micro_usd >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX usage_events_time ON usage_events (tenant_id, created_at);
CALL protect('usage_events');

CREATE FUNCTION period_start(period text, moment date) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN CASE period WHEN 'day' THEN moment ELSE date_trunc('month', moment)::date END;
CREATE FUNCTION period_end(period text, moment date) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN CASE period WHEN 'day' THEN moment + 1 ELSE (date_trunc('month', moment) + interval '1 month')::date END;

-- The price in force: of this model, else of this provider, else the dearest of the unit, so that an unknown model
-- can never be free.
CREATE FUNCTION price_of(provider_name text, model_name text, unit_name text) RETURNS price_book LANGUAGE sql STABLE AS $$
    SELECT p FROM price_book p
    WHERE p.unit = unit_name AND p.effective_from <= now()
    ORDER BY p.provider = provider_name AND p.model = model_name DESC, p.provider = provider_name AND p.model = '' DESC,
             CASE WHEN p.provider = provider_name AND p.model IN (model_name, '') THEN p.effective_from END DESC NULLS LAST,
             p.micro_usd::numeric / p.per_quantity DESC
    LIMIT 1
$$;
CREATE FUNCTION cost_of(price price_book, quantity bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN coalesce(ceil(quantity::numeric * price.micro_usd / price.per_quantity), 0)::bigint;

-- Move money between the counters of the tenant and of the deployment, day and month; always in the same order, so
-- that two callers cannot wait for each other.
CREATE FUNCTION move_money(tenant uuid, moment date, more_spent bigint, more_reserved bigint) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..2 LOOP
        INSERT INTO spending AS s (tenant_id, period, starts, spent, reserved)
        VALUES (tenant, (ARRAY['day', 'month'])[n], period_start((ARRAY['day', 'month'])[n], moment), more_spent, more_reserved)
        ON CONFLICT (tenant_id, period, starts)
        DO UPDATE SET spent = s.spent + more_spent, reserved = s.reserved + more_reserved;
    END LOOP;
    FOR n IN 1..2 LOOP
        INSERT INTO deployment_spending AS s (period, starts, spent, reserved)
        VALUES ((ARRAY['day', 'month'])[n], period_start((ARRAY['day', 'month'])[n], moment), more_spent, more_reserved)
        ON CONFLICT (period, starts)
        DO UPDATE SET spent = s.spent + more_spent, reserved = s.reserved + more_reserved;
    END LOOP;
END $$;

-- Refuse with PT402 when a cap is passed after move_money: the refusal rolls it back.
CREATE FUNCTION check_caps(tenant uuid, moment date, share int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    cap record;
    least_left bigint;
BEGIN
    FOR cap IN
        SELECT 'tenant' AS scope, d.period, s.spent + s.reserved AS used,
               coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) * share / 100 AS allowed
        FROM deployment_budgets d
        JOIN spending s ON s.tenant_id = tenant AND s.period = d.period AND s.starts = period_start(d.period, moment)
        LEFT JOIN budgets b ON b.tenant_id = tenant AND b.period = d.period
        UNION ALL
        SELECT 'deployment', d.period, s.spent + s.reserved, d.cap_micro_usd * share / 100
        FROM deployment_budgets d
        JOIN deployment_spending s ON s.period = d.period AND s.starts = period_start(d.period, moment)
    LOOP
        IF cap.used > cap.allowed THEN
            PERFORM refuse('PT402', format('the %s budget of this %s is used up', cap.scope, cap.period),
                jsonb_build_object('details', jsonb_build_object(
                    'scope', cap.scope, 'period', cap.period,
                    'resets_at', to_char(period_end(cap.period, moment), 'YYYY-MM-DD"T00:00:00Z"'))));
        END IF;
        least_left := least(least_left, cap.allowed - cap.used);
    END LOOP;
    RETURN least_left;
END $$;

-- Reserve money for one provider call and return what is left under the tightest cap; repeating an id changes nothing.
-- share: the percentage of every cap this purpose may use, so that speech stops before words do.
CREATE FUNCTION reserve(reservation uuid, micro_usd bigint, lasts interval, share int) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    INSERT INTO reservations (tenant_id, id, day, reserved, expires_at)
    VALUES (app_tenant(), reservation, today, micro_usd, clock_timestamp() + lasts) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM move_money(app_tenant(), today, 0, micro_usd);
    END IF;
    RETURN check_caps(app_tenant(), today, share);
END $$;

-- Count what a reserved call really used and free the rest; repeating it changes nothing. Each event is an object with
-- id, kind, provider, model, quantity, unit and, optionally, user_id and session_id. Returns what was charged.
CREATE FUNCTION settle(reservation uuid, events jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held reservations;
    actual bigint;
    fresh int;
BEGIN
    SELECT * INTO held FROM reservations r WHERE r.tenant_id = app_tenant() AND r.id = reservation FOR UPDATE;
    IF held.id IS NULL THEN
        PERFORM refuse('PT404', 'no such reservation');
    END IF;
    WITH event AS (
        SELECT e.*, price_of(e.provider, e.model, e.unit) AS price
        FROM jsonb_to_recordset(events) AS e (
            id uuid, kind text, provider text, model text, quantity bigint, unit text, user_id uuid, session_id uuid)
    ), stored AS (
        INSERT INTO usage_events (tenant_id, id, user_id, session_id, kind, provider, model, quantity, unit, price_id, micro_usd)
        SELECT app_tenant(), id, coalesce(user_id, app_user()), session_id, kind, provider, model, quantity, unit,
               (price).id, cost_of(price, quantity)
        FROM event ON CONFLICT DO NOTHING RETURNING micro_usd
    )
    SELECT coalesce(sum(micro_usd), 0), count(*) INTO actual, fresh FROM stored;
    IF held.charged IS NULL THEN
        PERFORM move_money(held.tenant_id, held.day, actual, -held.reserved);
    ELSIF fresh > 0 THEN
        -- It had expired and was counted whole: put the true figure in its place.
        PERFORM move_money(held.tenant_id, held.day, actual - held.charged, 0);
    ELSE
        RETURN held.charged;
    END IF;
    UPDATE reservations r SET charged = actual WHERE r.tenant_id = held.tenant_id AND r.id = held.id;
    RETURN actual;
END $$;

-- Count every expired reservation whole: its call may have been made, and nothing stays reserved for ever.
CREATE FUNCTION expire_reservations() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held reservations;
    expired int := 0;
BEGIN
    FOR held IN
        SELECT * FROM reservations WHERE charged IS NULL AND expires_at < clock_timestamp()
        ORDER BY tenant_id, id FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM move_money(held.tenant_id, held.day, held.reserved, -held.reserved);
        UPDATE reservations r SET charged = held.reserved WHERE r.tenant_id = held.tenant_id AND r.id = held.id;
        expired := expired + 1;
    END LOOP;
    RETURN expired;
END $$;

-- The thresholds, 50, 80 and 100 percent, that the tenant passed since they were last announced.
CREATE FUNCTION announce_thresholds() RETURNS TABLE (period text, percent int, spent bigint, cap bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH state AS (
        SELECT s.period, s.starts, s.spent, s.warned, coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) AS cap,
               (SELECT max(t) FROM unnest(ARRAY[50, 80, 100]) t
                WHERE s.spent * 100 >= coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) * t) AS reached
        FROM spending s
        JOIN deployment_budgets d USING (period)
        LEFT JOIN budgets b ON b.tenant_id = s.tenant_id AND b.period = s.period
        WHERE s.tenant_id = app_tenant() AND s.starts = period_start(s.period, (now() AT TIME ZONE 'UTC')::date)
    )
    UPDATE spending s SET warned = state.reached FROM state
    WHERE s.tenant_id = app_tenant() AND s.period = state.period AND s.starts = state.starts AND state.reached > s.warned
    RETURNING state.period, state.reached, state.spent, state.cap
$$;

-- Money moves only through these four, and only for the tenant that has entered.
REVOKE INSERT, UPDATE, DELETE ON budgets, spending, reservations, usage_events FROM unamentis_app;
REVOKE ALL ON FUNCTION move_money, check_caps, reserve, settle, expire_reservations, announce_thresholds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reserve, settle, expire_reservations, announce_thresholds TO unamentis_app;

INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity, effective_from, source) VALUES
    ('offline', '', 'audio_ms', 0, 1, '2026-01-01', 'runs on this machine'),
    ('offline', '', 'input_token', 0, 1, '2026-01-01', 'runs on this machine'),
    ('offline', '', 'output_token', 0, 1, '2026-01-01', 'runs on this machine'),
    ('offline', '', 'character', 0, 1, '2026-01-01', 'runs on this machine'),
    ('groq', 'whisper-large-v3-turbo', 'audio_ms', 40000, 3600000, '2026-01-01', 'groq.com/pricing, 2026-11'),
    ('groq', 'whisper-large-v3', 'audio_ms', 111000, 3600000, '2026-01-01', 'groq.com/pricing, 2026-11'),
    ('deepgram', 'nova-3', 'audio_ms', 4800, 60000, '2026-01-01', 'deepgram.com/pricing, streaming, 2026-11'),
    ('deepgram', 'aura-2', 'character', 30000000, 1000000, '2026-01-01', 'deepgram.com/pricing, 2026-11'),
    ('deepgram', 'aura-1', 'character', 15000000, 1000000, '2026-01-01', 'deepgram.com/pricing, 2026-11'),
    ('openai', 'gpt-4o-mini', 'input_token', 150000, 1000000, '2026-01-01', 'openai.com/api/pricing, 2026-11'),
    ('openai', 'gpt-4o-mini', 'output_token', 600000, 1000000, '2026-01-01', 'openai.com/api/pricing, 2026-11');
