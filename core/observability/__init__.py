"""What operators see of the turns: metrics, spans, and log lines that CloudWatch counts. Never what was said."""
