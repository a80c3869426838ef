import os
import signal
import subprocess
import sys

import pytest

from infra.local import keeper

# Says when it is ready, and answers SIGINT with a status of its own.
OBEDIENT = 'trap "exit 7" INT; echo ready; while :; do sleep 0.05; done'


def start(*command: str, identity: str = keeper.AS_SELF) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", keeper.__file__, identity, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_the_commands_status_is_the_keepers() -> None:
    process = start("/bin/sh", "-c", "exit 3")
    assert process.wait() == 3
    process.communicate()


def test_a_command_that_ended_by_a_signal_is_told_as_shells_do() -> None:
    process = start("/bin/sh", "-c", "kill -9 $$")
    assert process.wait() == 128 + signal.SIGKILL
    process.communicate()


@pytest.mark.parametrize("how", ["the pipe closes", "SIGTERM"])
def test_the_command_is_interrupted_when_its_owner_goes(how: str) -> None:
    process = start("/bin/sh", "-c", OBEDIENT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if how == "SIGTERM":
        process.terminate()
        assert process.wait() == 7
    process.communicate()
    assert process.returncode == 7


def test_the_command_has_no_input_of_its_own() -> None:
    process = start("/bin/sh", "-c", "cat; echo done")
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    process.communicate()


def test_what_cannot_be_run_is_refused_in_one_line() -> None:
    process = start("/no/such/program")
    status = process.wait()
    _, complaint = process.communicate()
    assert status == keeper.REFUSED_STATUS
    assert complaint == "/no/such/program: [Errno 2] No such file or directory\n"


def test_in_a_namespace_the_command_is_an_ordinary_user() -> None:
    process = start("/bin/sh", "-c", "id -u", identity=keeper.AS_NAMESPACE)
    status = process.wait()
    shown, complaint = process.communicate()
    if status == keeper.REFUSED_STATUS:
        assert "not allowed" in complaint or "not permitted" in complaint
    else:
        assert int(shown) not in (0, 65534)


def test_only_root_can_become_nobody() -> None:
    process = start("/bin/sh", "-c", "id -un", identity=keeper.AS_NOBODY)
    status = process.wait()
    shown, _ = process.communicate()
    assert (shown == "nobody\n") == (status == 0)
    assert status == 0 or os.geteuid() != 0 or status == keeper.REFUSED_STATUS
