"""Log lines that CloudWatch turns into metrics: one for each turn, in its Embedded Metric Format.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from typing import TextIO

import msgspec

from core.observability.record import TurnRecord


class EmfLines:
    """Writes the lines.

    Args:
        namespace: CloudWatch's, such as "UnaMentis".
        out: standard output, in a container whose log goes to CloudWatch.
    """

    def __init__(self, namespace: str, out: TextIO) -> None:
        self._namespace = namespace
        self._out = out

    def observe(self, record: TurnRecord) -> None:
        """Write a turn's line; its metrics are milliseconds, by outcome and over all."""
        values = {f"{stage.name.value}_ms": stage.lasted_ms for stage in record.stages}
        metrics = [{"Name": name, "Unit": "Milliseconds"} for name in values]
        metrics.append({"Name": "turns", "Unit": "Count"})
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [["service"], ["service", "outcome"]],
            "Metrics": metrics,
        }
        line = {
            "_aws": {"Timestamp": round(record.began_at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
            "service": "core",
            "outcome": record.outcome.value,
            "problem": record.problem,
            "session_id": record.session_id,
            "tenant_id": record.tenant_id,
            "turn_id": record.turn_id,
            "turns": 1,
            **values,
        }
        self._out.write(msgspec.json.encode(line).decode() + "\n")
        self._out.flush()
