"""AWS Certificate Manager: certificates that DNS proves."""
