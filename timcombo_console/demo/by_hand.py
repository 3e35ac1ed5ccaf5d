"""Deploying past the console, as a person with the AWS CLI and the keys of an account's owner."""

import json
import os
import subprocess
import sys

from django.conf import settings

from products.models import Account, Environment

PAGE = b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Timesheets</title></head>
<body><p>Put here by hand.</p></body>
</html>
"""


def put_page(environment: Environment) -> str:
    """Put another first page into an environment's bucket; what was said of it.

    The demo's own file tells the keys. Raises FileNotFoundError while no demo runs, CalledProcessError with AWS's words.
    """
    argv = [sys.executable, "-m", "devcloud.byhand", "--bucket", environment.bucket, "--key", "index.html"]
    env = {**os.environ, **_owner(environment.frontend_account)}
    done = subprocess.run(argv, input=PAGE, env=env, cwd=settings.BASE_DIR, capture_output=True, check=True)
    return done.stdout.decode()


def _owner(account: Account) -> dict[str, str]:
    """What an account's owner puts into the environment of the AWS CLI."""
    facts = json.loads((settings.CONSOLE_VAR / "console.json").read_text())
    keys = facts["aws_owners"][account.aws_id]
    return {
        "AWS_ENDPOINT_URL": facts["aws_endpoint"],
        "AWS_DEFAULT_REGION": account.region,
        "AWS_ACCESS_KEY_ID": keys["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
    }
