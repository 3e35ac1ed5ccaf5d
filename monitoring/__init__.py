"""How products fare: numbers from CloudWatch, health after a deployment, what the edge serves, alarms, statistics."""
