-- Usage of the platform itself beside its vendors': requests and storage, priced from the price book like anything else.

ALTER TABLE price_book DROP CONSTRAINT price_book_unit_check;
ALTER TABLE price_book ADD CONSTRAINT price_book_unit_check
    CHECK (unit IN ('audio_ms', 'input_token', 'output_token', 'character', 'request', 'byte_day'));
ALTER TABLE usage_events DROP CONSTRAINT usage_events_kind_check;
ALTER TABLE usage_events ADD CONSTRAINT usage_events_kind_check
    CHECK (kind IN ('speech_in', 'tokens_in', 'tokens_out', 'speech_out', 'request', 'storage'));

-- On one's own machine both are free; where they are not, a price list says what they cost.
INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity, effective_from, source) VALUES
    ('platform', 'api', 'request', 0, 1, '2026-01-01', 'runs on this machine'),
    ('platform', 'objects', 'byte_day', 0, 1, '2026-01-01', 'lies on this machine');

-- How much of a counter has become usage. Requests are counted by api_enter in one row per tenant and day; from time to
-- time what has come since becomes part of that day's usage, so that no request writes a row of its own.
ALTER TABLE usage_counters ADD COLUMN metered bigint NOT NULL DEFAULT 0;

-- cross-tenant: looking for counters of whichever tenant, as the owner, while this setting says so.
CREATE POLICY metering ON usage_counters FOR SELECT TO CURRENT_USER
    USING (current_setting('app.metering', true) = 'on');

-- Counters of the last month that have grown since they were metered.
CREATE FUNCTION counters_to_meter() RETURNS TABLE (tenant_id uuid, day date) LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.metering', 'on', true);
    RETURN QUERY SELECT c.tenant_id, c.day FROM usage_counters c
    WHERE c.metric = 'requests' AND c.quantity > c.metered AND c.day > (now() AT TIME ZONE 'UTC')::date - 31
    ORDER BY c.tenant_id, c.day;
    PERFORM set_config('app.metering', '', true);
END $$;

-- Add an amount to a day's usage of the tenant that entered: one row per day and price. What was charged before a new
-- price stays as it was. One day in one transaction: the counters of money are locked in the order of move_money.
CREATE FUNCTION charge_platform(of_day date, of_kind text, of_model text, of_unit text, amount bigint) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    price price_book := price_of('platform', of_model, of_unit);
    event uuid := md5(concat_ws('/', app_tenant(), of_day, of_kind, price.id))::uuid;
    before usage_events;
    total bigint;
BEGIN
    SELECT * INTO before FROM usage_events e WHERE e.tenant_id = app_tenant() AND e.id = event FOR UPDATE;
    total := coalesce(before.quantity, 0) + amount;
    INSERT INTO usage_events AS e (tenant_id, id, kind, provider, model, quantity, unit, price_id, micro_usd, created_at)
    VALUES (app_tenant(), event, of_kind, 'platform', of_model, total, of_unit, price.id, cost_of(price, total),
            of_day::timestamp AT TIME ZONE 'UTC')
    ON CONFLICT (tenant_id, id) DO UPDATE SET quantity = excluded.quantity, micro_usd = excluded.micro_usd;
    PERFORM move_money(app_tenant(), of_day, cost_of(price, total) - coalesce(before.micro_usd, 0), 0);
END $$;

-- Meter what the tenant that entered has requested on a day since the last time. Two processes at once wait for each
-- other at the counter's row, and the second finds nothing.
CREATE FUNCTION meter_requests(of_day date) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    fresh bigint;
BEGIN
    SELECT c.quantity - c.metered INTO fresh FROM usage_counters c
    WHERE c.tenant_id = app_tenant() AND c.day = of_day AND c.metric = 'requests' FOR UPDATE;
    IF fresh > 0 THEN
        UPDATE usage_counters c SET metered = c.quantity
        WHERE c.tenant_id = app_tenant() AND c.day = of_day AND c.metric = 'requests';
        PERFORM charge_platform(of_day, 'request', 'api', 'request', fresh);
    END IF;
END $$;

-- Which days' storage was measured. Not tenant data.
CREATE TABLE storage_days (
    day date PRIMARY KEY,
    claimed_at timestamptz NOT NULL,
    measured_at timestamptz
);

-- Claim the measuring of today's storage for a while; null when another process has, or it is done.
CREATE FUNCTION claim_storage_day(lease_s int) RETURNS date LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    claimed date;
BEGIN
    INSERT INTO storage_days AS d (day, claimed_at) VALUES ((now() AT TIME ZONE 'UTC')::date, now())
    ON CONFLICT (day) DO UPDATE SET claimed_at = now()
    WHERE d.measured_at IS NULL AND d.claimed_at < now() - make_interval(secs => lease_s)
    RETURNING d.day INTO claimed;
    RETURN claimed;
END $$;
CREATE FUNCTION finish_storage_day(of_day date) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE storage_days d SET measured_at = now() WHERE d.day = of_day;
    DELETE FROM storage_days d WHERE d.day < of_day - 31;
$$;

-- Meter the bytes the tenant that entered has stored on a day, once: what lies there when it is measured stands for
-- the whole day. A tenant that is gone is none.
CREATE FUNCTION meter_storage(of_day date, bytes bigint) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM tenants t WHERE t.tenant_id = app_tenant() FOR UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM usage_events e WHERE e.tenant_id = app_tenant() AND e.kind = 'storage'
                                                          AND e.created_at = of_day::timestamp AT TIME ZONE 'UTC') THEN
        PERFORM charge_platform(of_day, 'storage', 'objects', 'byte_day', bytes);
    END IF;
END $$;

REVOKE ALL ON FUNCTION counters_to_meter, charge_platform, meter_requests, claim_storage_day, finish_storage_day,
    meter_storage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION counters_to_meter, meter_requests, claim_storage_day, finish_storage_day, meter_storage
    TO unamentis_app;
