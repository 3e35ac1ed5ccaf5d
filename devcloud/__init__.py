"""The emulated cloud of the demo and the tests: a strict AWS on loopback, and the edge in front of it.

Nothing in the product imports this package. S3, STS and CloudFront are its own, because what the console
relies on there must be exactly as strict as AWS; every other service is moto's, behind the same front door.
"""
