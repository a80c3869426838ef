"""The service most teams would write: FastAPI, Mangum, SQLAlchemy and pydantic. Only benchmarks run it."""
