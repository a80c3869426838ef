import os
import subprocess
import sys

from benchmarks.voice.process_tree import ProcessTree


def test_a_child_counts_too() -> None:
    program = "sum(range(5_000_000)); print(flush=True); input()"
    before = ProcessTree(os.getpid())
    alone, used = before.rss_mb(), before.cpu_s()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        child = ProcessTree(process.pid)
        assert process.pid in ProcessTree(os.getpid()).pids()
        assert child.cpu_s() > 0
        assert ProcessTree(os.getpid()).cpu_s() >= used + child.cpu_s() / 2
        assert ProcessTree(os.getpid()).rss_mb() > alone
        process.communicate("\n")


def test_a_process_that_has_ended_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone = ProcessTree(process.pid)
    assert (gone.cpu_s(), gone.rss_mb()) == (0, 0)
