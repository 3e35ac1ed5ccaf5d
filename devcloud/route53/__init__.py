"""AWS Route 53: hosted zones, their records, and which zone of a domain the world asks."""
