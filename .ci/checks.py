"""`./console check`: everything that can be said about the code without running it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = (
    *(
        "timcombo_console",
        "notifications",
        "monitoring",
        "deployments",
        "dns",
        "provisioning",
        "products",
        "runs",
        "users",
        "audit",
    ),
    *("aws", "devcloud", "bench", "tests"),
)
PRODUCTION = {
    "CONSOLE_AWS": "live",
    "CONSOLE_SECRET_KEY": "check-only-" + "aB3-" * 16,
    "CONSOLE_ALLOWED_HOSTS": "console.example.com",
    "CONSOLE_PUBLIC_URL": "https://console.example.com",
    "DATABASE_URL": "postgres://console:x@127.0.0.1:1/console",
    "DATABASE_OWNER_URL": "postgres://console_owner:x@127.0.0.1:1/console",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
"""What production sets; nothing listens at these addresses, and no check asks them."""


def commands() -> Iterator[tuple[str, list[str]]]:
    """Title and command line of each check."""
    python = sys.executable
    manage = [python, "-W", "ignore::RuntimeWarning", "manage.py"]
    yield "format", [python, "-m", "ruff", "format", "--check", "--quiet", "."]
    yield "lint", [python, "-m", "ruff", "check", "--quiet", "."]
    yield "types", [python, "-m", "mypy", "--no-error-summary", *PACKAGES]
    layers = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    yield "layers", [python, "-c", layers]
    yield "settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    yield "migrations", [*manage, "makemigrations", "--check", "--dry-run"]
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    yield "templates", [str(BIN / "djade"), "--target-version", "5.2", "--check", *templates]
    yield "scripts", ["sh", "-n", "console", ".ci/run"]
    if _has_compose():
        yield "compose", ["docker", "compose", "config", "--quiet"]


def addresses_in_locks() -> list[str]:
    """Lock files that name a registry; they hold versions and hashes only."""
    files = [
        *ROOT.glob("requirements*.lock"),
        *ROOT.glob("package-lock.json"),
        *ROOT.glob("*/package-lock.json"),
    ]
    return [
        path.name
        for path in files
        if "/node_modules/" not in str(path) and _names_a_registry(path.read_text())
    ]


def main() -> int:
    """Runs them all; the exit status is 1 when one failed."""
    failed = [title for title, argv in commands() if not _passes(title, argv)]
    if found := addresses_in_locks():
        print(
            f"-- locks: these files name a registry's address: {', '.join(found)}. Make them without addresses."
        )
        failed.append("locks")
    print(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def _passes(title: str, argv: list[str]) -> bool:
    env = {**os.environ, **PRODUCTION, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(f"-- {title}: {'failed' if done.returncode else 'passed'}", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _names_a_registry(lock: str) -> bool:
    return '"resolved"' in lock or any("://" in line and '"url"' not in line for line in lock.splitlines())


def _has_compose() -> bool:
    if not (ROOT / "docker-compose.yml").exists() or not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
