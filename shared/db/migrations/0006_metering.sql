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

-- The price in force: of this model, else of its family, else of this provider, else the dearest of the unit, so that
-- an unknown model can never be free. A model that ends in * is a family: every model that begins so.
CREATE FUNCTION price_of(provider_name text, model_name text, unit_name text) RETURNS price_book LANGUAGE sql STABLE AS $$
    SELECT p FROM price_book p
    CROSS JOIN LATERAL (SELECT p.provider = provider_name AND CASE
        WHEN p.model LIKE '%*' THEN starts_with(model_name, rtrim(p.model, '*'))
        ELSE p.model IN (model_name, '') END AS fits) AS f
    WHERE p.unit = unit_name AND p.effective_from <= now()
    ORDER BY f.fits DESC,
             CASE WHEN f.fits THEN p.model = model_name END DESC NULLS LAST,
             CASE WHEN f.fits THEN length(p.model) END DESC NULLS LAST,
             CASE WHEN f.fits THEN p.effective_from END DESC NULLS LAST,
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
    IF more_spent = 0 AND more_reserved = 0 THEN
        RETURN;
    END IF;
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

-- What is left under the tightest cap; asked for more than that, refuse with PT402. The refusal undoes what the same
-- transaction has moved.
CREATE FUNCTION check_caps(tenant uuid, moment date, share int, asked bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    cap record;
    least_left bigint;
BEGIN
    FOR cap IN
        SELECT 'tenant' AS scope, d.period, coalesce(s.spent + s.reserved, 0) AS used,
               coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) * share / 100 AS allowed
        FROM deployment_budgets d
        LEFT JOIN spending s ON s.tenant_id = tenant AND s.period = d.period AND s.starts = period_start(d.period, moment)
        LEFT JOIN budgets b ON b.tenant_id = tenant AND b.period = d.period
        UNION ALL
        SELECT 'deployment', d.period, coalesce(s.spent + s.reserved, 0), d.cap_micro_usd * share / 100
        FROM deployment_budgets d
        LEFT JOIN deployment_spending s ON s.period = d.period AND s.starts = period_start(d.period, moment)
        -- of several that refuse, the tenant's own and the longest is told: waiting for another would not help
        ORDER BY 1 DESC, 2 DESC
    LOOP
        IF asked > 0 AND cap.used > cap.allowed THEN
            PERFORM refuse('PT402', format('the %s budget of this %s is used up', cap.scope, cap.period),
                jsonb_build_object('details', jsonb_strip_nulls(jsonb_build_object(
                    'scope', cap.scope, 'period', cap.period,
                    -- what others have left is nobody's business
                    'left_micro_usd', CASE WHEN cap.scope = 'tenant'
                                      THEN greatest(cap.allowed - cap.used + asked, 0)::text END,
                    'resets_at', to_char(period_end(cap.period, moment), 'YYYY-MM-DD"T00:00:00Z"')))));
        END IF;
        least_left := least(least_left, cap.allowed - cap.used);
    END LOOP;
    RETURN least_left;
END $$;

-- Reserve money for provider calls and return what is left under the tightest cap; repeating an id changes nothing. A
-- reservation of nothing is never refused.
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
    RETURN check_caps(app_tenant(), today, share, micro_usd);
END $$;

-- What a share of the tightest cap leaves.
CREATE FUNCTION budget_left(share int) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    RETURN check_caps(app_tenant(), (now() AT TIME ZONE 'UTC')::date, share, 0);

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
-- Counters are locked in the order of move_money, over all tenants: days, months, then the deployment's. One process
-- at a time; another that comes meanwhile finds nothing to do.
CREATE FUNCTION expire_reservations() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lapsed jsonb;
BEGIN
    IF NOT pg_try_advisory_xact_lock(8766012) THEN
        RETURN 0;
    END IF;
    WITH due AS (
        SELECT tenant_id, id FROM reservations WHERE charged IS NULL AND expires_at < clock_timestamp()
        ORDER BY tenant_id, id LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), counted AS (
        UPDATE reservations r SET charged = r.reserved FROM due WHERE r.tenant_id = due.tenant_id AND r.id = due.id
        RETURNING r.tenant_id, r.day, r.reserved
    )
    SELECT coalesce(jsonb_agg(to_jsonb(counted)), '[]') INTO lapsed FROM counted;
    FOR n IN 1..2 LOOP
        INSERT INTO spending AS s (tenant_id, period, starts, spent, reserved)
        SELECT c.tenant_id, p.name, period_start(p.name, c.day), sum(c.reserved), -sum(c.reserved)
        FROM jsonb_to_recordset(lapsed) AS c (tenant_id uuid, day date, reserved bigint),
             (VALUES ((ARRAY['day', 'month'])[n])) AS p (name)
        GROUP BY 1, 2, 3 ORDER BY 1, 3
        ON CONFLICT (tenant_id, period, starts)
        DO UPDATE SET spent = s.spent + excluded.spent, reserved = s.reserved + excluded.reserved;
    END LOOP;
    FOR n IN 1..2 LOOP
        INSERT INTO deployment_spending AS s (period, starts, spent, reserved)
        SELECT p.name, period_start(p.name, c.day), sum(c.reserved), -sum(c.reserved)
        FROM jsonb_to_recordset(lapsed) AS c (tenant_id uuid, day date, reserved bigint),
             (VALUES ((ARRAY['day', 'month'])[n])) AS p (name)
        GROUP BY 1, 2 ORDER BY 2
        ON CONFLICT (period, starts)
        DO UPDATE SET spent = s.spent + excluded.spent, reserved = s.reserved + excluded.reserved;
    END LOOP;
    RETURN jsonb_array_length(lapsed);
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

-- A cap is reached when a call is refused, for money is refused before the last of it is spent: announce it, once.
CREATE FUNCTION announce_refusal(refused text) RETURNS TABLE (period text, percent int, spent bigint, cap bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO spending AS s (tenant_id, period, starts, warned)
    VALUES (app_tenant(), refused, period_start(refused, (now() AT TIME ZONE 'UTC')::date), 100)
    ON CONFLICT (tenant_id, period, starts) DO UPDATE SET warned = 100 WHERE s.warned < 100
    RETURNING s.period, 100, s.spent, (
        SELECT coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) FROM deployment_budgets d
        LEFT JOIN budgets b ON b.tenant_id = app_tenant() AND b.period = d.period WHERE d.period = refused)
$$;

-- Money moves only through these, and only for the tenant that has entered.
REVOKE INSERT, UPDATE, DELETE ON budgets, spending, reservations, usage_events FROM unamentis_app;
REVOKE ALL ON FUNCTION move_money, check_caps, reserve, settle, expire_reservations, announce_thresholds, budget_left,
    announce_refusal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reserve, settle, expire_reservations, announce_thresholds, budget_left, announce_refusal
    TO unamentis_app;

INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity, effective_from, source) VALUES
    ('groq', 'whisper-large-v3-turbo', 'audio_ms', 40000, 3600000, '2026-01-01', 'groq.com/pricing, 2026-11'),
    ('groq', 'whisper-large-v3', 'audio_ms', 111000, 3600000, '2026-01-01', 'groq.com/pricing, 2026-11'),
    ('deepgram', 'nova-3', 'audio_ms', 4800, 60000, '2026-01-01', 'deepgram.com/pricing, streaming, 2026-11'),
    ('deepgram', 'aura-2', 'character', 30000000, 1000000, '2026-01-01', 'deepgram.com/pricing, 2026-11'),
    -- a Deepgram voice is a model of its own
    ('deepgram', 'aura-2-*', 'character', 30000000, 1000000, '2026-01-01', 'deepgram.com/pricing, 2026-11'),
    ('deepgram', 'aura-1', 'character', 15000000, 1000000, '2026-01-01', 'deepgram.com/pricing, 2026-11'),
    ('openai', 'gpt-4o-mini', 'input_token', 150000, 1000000, '2026-01-01', 'openai.com/api/pricing, 2026-11'),
    ('openai', 'gpt-4o-mini', 'output_token', 600000, 1000000, '2026-01-01', 'openai.com/api/pricing, 2026-11');
-- Our own engines and the benchmarks' vendors, as they name themselves.
INSERT INTO price_book (provider, unit, micro_usd, per_quantity, effective_from, source)
SELECT p.name, u.name, 0, 1, '2026-01-01', 'runs on this machine'
FROM (VALUES ('offline'), ('mock'), ('pocketsphinx'), ('espeak-ng')) AS p (name),
     (VALUES ('audio_ms'), ('input_token'), ('output_token'), ('character')) AS u (name);
