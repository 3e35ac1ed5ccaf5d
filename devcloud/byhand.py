"""`python -m devcloud.byhand --bucket NAME --key KEY < FILE`: puts a file into a bucket, as somebody who deploys by hand.

Address, keys and Region come from the environment, as those of the AWS CLI do.
"""

import argparse
import mimetypes
import sys

import boto3


def main() -> None:
    options = _options()
    kind = mimetypes.guess_type(options.key)[0] or "application/octet-stream"
    boto3.client("s3").put_object(
        Bucket=options.bucket, Key=options.key, Body=sys.stdin.buffer.read(), ContentType=kind
    )
    sys.stdout.write(f"{options.key} is in {options.bucket}.\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devcloud.byhand", description=__doc__)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--key", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
