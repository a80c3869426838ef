-- The deployment's budgets are warned of like a tenant's, and after a cap was raised its shares are told anew.

ALTER TABLE deployment_spending ADD COLUMN warned int NOT NULL DEFAULT 0;

-- The highest of the shares that are told, in percent, which an amount has reached of a cap; 0 for none.
CREATE FUNCTION share_reached(amount bigint, cap bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(max(t), 0) FROM unnest(ARRAY[50, 80, 100]) t WHERE amount * 100 >= cap * t
$$;

-- The shares of its budgets that the deployment passed since they were last announced, noted in its audit log, once
-- each. refused: the period whose budget refused a call, which is the whole of it whatever was spent.
CREATE FUNCTION announce_deployment(refused text) RETURNS TABLE (period text, percent int, spent bigint, cap bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    budget deployment_budgets;
BEGIN
    -- Counters are locked in the order of move_money.
    FOR budget IN SELECT * FROM deployment_budgets d ORDER BY d.period LOOP
        INSERT INTO deployment_spending (period, starts)
        SELECT budget.period, period_start(budget.period, today) WHERE budget.period = refused
        ON CONFLICT DO NOTHING;
        UPDATE deployment_spending s
        SET warned = CASE WHEN s.period = refused THEN 100 ELSE share_reached(s.spent, budget.cap_micro_usd) END
        WHERE s.period = budget.period AND s.starts = period_start(budget.period, today)
          AND s.warned < CASE WHEN s.period = refused THEN 100 ELSE share_reached(s.spent, budget.cap_micro_usd) END
        RETURNING s.period, s.warned, s.spent, budget.cap_micro_usd INTO period, percent, spent, cap;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO audit_log (tenant_id, id, action, subject, details)
        VALUES (public_tenant(), uuid7(), 'deployment_budget_warning', period,
                jsonb_build_object('period', period, 'percent', percent, 'spent', spent, 'cap', cap));
        RETURN NEXT;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION announce_deployment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION announce_deployment TO unamentis_app;

-- cross-tenant: whether a tenant has a cap of its own.
CREATE POLICY under_administration ON budgets FOR SELECT TO CURRENT_USER USING (admin_reaches(tenant_id));

-- As before; and what was told of the old cap is forgotten as far as it does not hold of the new one.
CREATE OR REPLACE FUNCTION admin_set_budget(of_period text, cap bigint) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('operator');
    IF cap IS NULL THEN
        DELETE FROM budgets b WHERE b.tenant_id = app_tenant() AND b.period = of_period;
    ELSE
        INSERT INTO budgets (tenant_id, period, cap_micro_usd) VALUES (app_tenant(), of_period, cap)
        ON CONFLICT (tenant_id, period) DO UPDATE SET cap_micro_usd = excluded.cap_micro_usd;
    END IF;
    UPDATE spending s SET warned = least(s.warned, share_reached(s.spent, coalesce(cap, d.tenant_cap_micro_usd)))
    FROM deployment_budgets d
    WHERE d.period = of_period AND s.tenant_id = app_tenant() AND s.period = of_period
      AND s.starts = period_start(of_period, (now() AT TIME ZONE 'UTC')::date);
END $$;
CREATE OR REPLACE FUNCTION admin_set_deployment_budget(of_period text, cap bigint, tenant_cap bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    PERFORM require_admin('superadmin');
    UPDATE deployment_budgets b SET cap_micro_usd = coalesce(cap, b.cap_micro_usd),
                                    tenant_cap_micro_usd = coalesce(tenant_cap, b.tenant_cap_micro_usd)
    WHERE b.period = of_period;
    UPDATE spending s SET warned = share_reached(s.spent, tenant_cap)
    WHERE s.period = of_period AND s.starts = period_start(of_period, today)
      AND tenant_cap IS NOT NULL AND s.warned > share_reached(s.spent, tenant_cap)
      AND NOT EXISTS (SELECT FROM budgets b WHERE b.tenant_id = s.tenant_id AND b.period = s.period);
    UPDATE deployment_spending s SET warned = share_reached(s.spent, cap)
    WHERE s.period = of_period AND s.starts = period_start(of_period, today)
      AND cap IS NOT NULL AND s.warned > share_reached(s.spent, cap);
END $$;

-- As before; and what the whole deployment spends is no matter of who administers some tenants of it.
CREATE OR REPLACE FUNCTION admin_deployment_budgets()
    RETURNS TABLE (period text, spent bigint, reserved bigint, cap bigint, tenant_cap bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM require_admin('support');
    IF NOT admin_reaches(public_tenant()) THEN
        PERFORM refuse('PT403', 'this needs an administrator of the whole deployment', '{"code": "out_of_reach"}');
    END IF;
    RETURN QUERY
    SELECT d.period, coalesce(s.spent, 0), coalesce(s.reserved, 0), d.cap_micro_usd, d.tenant_cap_micro_usd
    FROM deployment_budgets d
    LEFT JOIN deployment_spending s ON s.period = d.period
         AND s.starts = period_start(d.period, (now() AT TIME ZONE 'UTC')::date)
    ORDER BY d.period;
END $$;
