"""Amazon S3, strict: buckets, objects, versions, conditions, checksums and policies in memory."""
