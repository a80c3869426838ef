import os

from infra.local import browser


def test_a_chromium_is_found_or_installed() -> None:
    found = browser.ensure()
    assert os.access(found, os.X_OK)
    assert browser.find() == found


def test_only_root_is_offered_the_systems_packages() -> None:
    programs = [commands[0][0] for commands in browser.installers()]
    assert ("apt-get" in programs) <= (os.geteuid() == 0)
    assert any("playwright" in command for commands in browser.installers() for command in commands)
