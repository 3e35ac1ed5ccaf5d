"""AWS WAF: web ACLs of CloudFront."""
