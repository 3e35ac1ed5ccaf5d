"""CloudWatch Logs, as far as CloudFront delivers its access logs by it."""
