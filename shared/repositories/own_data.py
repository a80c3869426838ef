"""Everything that is kept about one person, for that person."""

from typing import Any

from shared.db import Pending, Unit


class OwnDataRepository:
    """The unit's user, in the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def everything(self) -> Pending[dict[str, Any]]:
        """Queue the copy: one list for each kind of thing, and `account`.

        No hash of a secret is in it, nor the note that a copy was made: two copies of the same are the same.
        """
        return self._unit.value(
            dict[str, Any],
            """SELECT jsonb_build_object(
                'account', (SELECT to_jsonb(u) - 'password_hash' FROM users u
                            WHERE u.tenant_id = %(tenant_id)s AND u.id = app_user()),
                'memberships', (SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') FROM memberships m
                                WHERE m.tenant_id = %(tenant_id)s AND m.user_id = app_user()),
                'devices', (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM devices d
                            WHERE d.tenant_id = %(tenant_id)s AND d.user_id = app_user()),
                'auth_sessions', (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM auth_sessions s
                                  WHERE s.tenant_id = %(tenant_id)s AND s.user_id = app_user()),
                'identities', (SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]') FROM identities i
                               WHERE i.tenant_id = %(tenant_id)s AND i.user_id = app_user()),
                'beta_tokens', (SELECT coalesce(jsonb_agg(to_jsonb(b) - 'token_hash'), '[]') FROM beta_tokens b
                                WHERE b.tenant_id = %(tenant_id)s AND b.user_id = app_user()),
                'learning_sessions', (SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]') FROM learning_sessions l
                                      WHERE l.tenant_id = %(tenant_id)s AND l.user_id = app_user()),
                'turns', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM turns t
                          JOIN learning_sessions l ON l.tenant_id = t.tenant_id AND l.id = t.session_id
                          WHERE t.tenant_id = %(tenant_id)s AND l.user_id = app_user()),
                'session_events', (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]') FROM session_events e
                                   JOIN learning_sessions l ON l.tenant_id = e.tenant_id AND l.id = e.session_id
                                   WHERE e.tenant_id = %(tenant_id)s AND l.user_id = app_user()),
                'client_metrics', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM client_metrics c
                                   WHERE c.tenant_id = %(tenant_id)s AND c.user_id = app_user()),
                'client_events', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM client_events c
                                  WHERE c.tenant_id = %(tenant_id)s AND c.user_id = app_user()),
                'usage_events', (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM usage_events g
                                 WHERE g.tenant_id = %(tenant_id)s AND g.user_id = app_user()),
                'audit_log', (SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]') FROM audit_log a
                              WHERE a.tenant_id = %(tenant_id)s AND a.actor_id = app_user()
                                AND a.action <> 'data_exported'))""",
        )
