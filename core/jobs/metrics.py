"""What `GET /metrics` tells of jobs."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from core.jobs.consumer import Consumer
from core.jobs.relay import Relay


class JobMetrics(Collector):
    """The numbers of one process, and of the queue as its relay last saw it."""

    def __init__(self, relay: Relay, consumer: Consumer) -> None:
        self._relay = relay
        self._consumer = consumer

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers as they are now."""
        yield GaugeMetricFamily("unamentis_jobs_running", "Jobs under work here.", value=self._consumer.running)
        ended = CounterMetricFamily("unamentis_jobs_deliveries", "Messages by what became of them.", labels=["what"])
        for what, count in self._consumer.tally.ended.items():
            ended.add_metric([what], count)
        yield ended
        yield CounterMetricFamily(
            "unamentis_jobs_carried", "Jobs carried to the queue by this process.", value=self._relay.carried
        )
        if (report := self._relay.report) is not None:
            lag = "How long the first job that is due has waited for the relay."
            yield GaugeMetricFamily("unamentis_outbox_lag_seconds", lag, value=report.lag_s)
            waiting = "Jobs in the queue that nobody runs yet."
            yield GaugeMetricFamily("unamentis_queue_waiting", waiting, value=report.in_queue)
            oldest = "How long the first of them has been there."
            yield GaugeMetricFamily("unamentis_queue_oldest_seconds", oldest, value=report.oldest_s)
