"""Our voice core beside Pipecat and LiveKit Agents: the same callers, the same mock providers, one run.

`python -m benchmarks.voice --callers 1,10,25`; what each figure means: docs/reference/benchmarks.md.
"""
