"""The edge: a Worker in TypeScript, and what Python knows of it."""
