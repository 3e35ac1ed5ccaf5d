"""API Gateway, as far as the console looks at it: APIs and what they call, their stages, custom domain names."""
