"""Decisions about names and roles."""

from shared.repositories.accounts import Account


def chosen_name(name: str | None, email: str) -> str:
    """Return a new account's display name: what was given, in one line, or the address's local part."""
    return " ".join((name or "").split()) or email.partition("@")[0]


def account_name(account: Account) -> str:
    """Return the name an account is shown with, which is never empty."""
    return account.display_name or (account.email or "").partition("@")[0] or "Learner"


def account_role(account: Account) -> str:
    """Return the role as the web client knows it: owning a tenant of one's own is not administration."""
    return "admin" if account.role in {"admin", "owner"} and account.tenant_kind != "individual" else "user"
