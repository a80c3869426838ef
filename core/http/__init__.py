"""Core's requests: the kit of the Lambdas, behind aiohttp instead of API Gateway."""
