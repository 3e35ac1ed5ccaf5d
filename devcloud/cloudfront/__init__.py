"""Amazon CloudFront, strict: distributions, invalidations and the small resources that they name."""
