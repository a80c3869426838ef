"""Access tokens; the table of forgeries is in tests/security/test_access.py."""

import jwt
import pytest

from shared.auth.access_tokens import AUDIENCE, AccessClaims, AccessTokens
from shared.errors import Unauthenticated
from tests.support.forgery import KEY
from tests.support.identity import SECRET

CLAIMS = AccessClaims("user", "tenant", "session")


def test_what_is_issued_is_verified() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=900)
    assert tokens.verify(tokens.issue(CLAIMS)) == CLAIMS


def test_no_two_tokens_are_alike() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=900)
    assert tokens.issue(CLAIMS) != tokens.issue(CLAIMS)


def test_another_deployment_does_not_take_it() -> None:
    token = AccessTokens(SECRET, lifetime_s=900).issue(CLAIMS)
    with pytest.raises(Unauthenticated, match="not valid"):
        AccessTokens(b"another secret of 32 bytes or so", lifetime_s=900).verify(token)


def test_an_expired_one_has_its_own_code() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=-1)
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(tokens.issue(CLAIMS))
    assert refused.value.error_code == "token_expired"


def test_anybody_can_verify_with_the_published_keys() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=900)
    token = tokens.issue(CLAIMS)
    (key,) = jwt.PyJWKSet.from_dict(tokens.jwks()).keys
    assert key.key_id == jwt.get_unverified_header(token)["kid"]
    assert jwt.decode(token, key, algorithms=["EdDSA"], audience=AUDIENCE)["sub"] == "user"


def test_a_jwt_library_makes_the_same_tokens() -> None:
    """The one header we take is what anybody's library writes for the same facts."""
    tokens = AccessTokens(SECRET, lifetime_s=900)
    ours = tokens.issue(CLAIMS)
    claims = jwt.decode(ours, options={"verify_signature": False})
    theirs = jwt.encode(claims, KEY, "EdDSA", headers={"kid": tokens.key_id, "typ": "at+jwt"})
    assert theirs == ours
    assert tokens.verify(theirs) == CLAIMS


def test_a_token_is_refused_once_its_time_is_over_however_often_it_was_taken() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=1)
    token = tokens.issue(CLAIMS)
    with pytest.raises(Unauthenticated) as refused:
        while tokens.verify(token) == CLAIMS:
            pass
    assert refused.value.error_code == "token_expired"


def test_a_token_that_was_taken_opens_nothing_for_one_that_differs() -> None:
    tokens = AccessTokens(SECRET, lifetime_s=900)
    token = tokens.issue(CLAIMS)
    assert tokens.verify(token) == CLAIMS
    for place in range(len(token)):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(Unauthenticated, match="not valid"):
            tokens.verify(other)
    assert tokens.verify(token) == CLAIMS
