"""IAM: roles with their policies, and what these allow."""
