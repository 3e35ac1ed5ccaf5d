"""CloudWatch: numbers of metrics, what is asked of them, and alarms over them."""
