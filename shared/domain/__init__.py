"""What the rows mean: pure rules, no I/O."""
