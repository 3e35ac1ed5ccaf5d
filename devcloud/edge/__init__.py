"""The edge: one HTTP server that answers for every emulated distribution, as CloudFront would."""
