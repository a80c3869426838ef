-- A budget's warning is told to every server, when it commits and by whomever it is raised: those who watch the tenant
-- may be anywhere.

-- Heard on the channel of session news, which every server listens to already; see migration 12.
CREATE FUNCTION tell_budget_warning() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('session_news', jsonb_build_object(
        'event', 'budget_warning', 'tenant', NEW.tenant_id, 'period', NEW.period, 'percent', NEW.warned,
        'spent', NEW.spent, 'cap', (
            SELECT coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) FROM deployment_budgets d
            LEFT JOIN budgets b ON b.tenant_id = NEW.tenant_id AND b.period = d.period WHERE d.period = NEW.period
        ))::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_budget_warning AFTER INSERT ON spending FOR EACH ROW WHEN (NEW.warned > 0)
    EXECUTE FUNCTION tell_budget_warning();
-- Raised once for each share and period: `warned` only grows.
CREATE TRIGGER tell_budget_warning_again AFTER UPDATE OF warned ON spending FOR EACH ROW
    WHEN (NEW.warned > OLD.warned) EXECUTE FUNCTION tell_budget_warning();
