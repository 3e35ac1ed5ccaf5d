"""AWS Lambda, strict: functions, versions, aliases, and how many control-plane calls an account may make."""
