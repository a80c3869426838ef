"""What mails say, and that their links lead somewhere."""

import re
from pathlib import Path

from shared.mail.letters import reset_password, verify_email

PAGES = Path(__file__).parents[3] / "web" / "learner"
URL = "https://school.example"


def test_the_link_of_a_forgotten_password_leads_to_a_page() -> None:
    mail = reset_password("ada@school.example", URL, "uma_once_x")
    (page,) = re.findall(rf"{URL}/([\w.-]+)#token=uma_once_x", mail.text)
    assert (PAGES / page).is_file()
    assert all((PAGES / name).is_file() for name in re.findall(r'(?:src|href)="([^"]+)"', (PAGES / page).read_text()))


def test_the_link_that_verifies_is_an_operation() -> None:
    assert f"{URL}/api/auth/verify-email?token=uma_once_x" in verify_email("ada@school.example", URL, "uma_once_x").text
