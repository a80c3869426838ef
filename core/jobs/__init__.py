"""Work that takes longer than a request: the relay, the consumer, the queues, and one file per kind of job."""
