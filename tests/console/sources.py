"""What the project's own templates and code name, read from their text."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAMED = re.compile(r"""\{% icon "([a-z0-9]+)"|drawing\("([a-z0-9]+)\"""")


def sprite_icons() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "sprite.svg").read_text()))


def named_icons() -> set[str]:
    """Icons named literally in templates and in the console's Python."""
    from timcombo_console.templatetags.console import SIGN_ICONS, STATUSES, STEPS

    texts = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    texts += [path.read_text() for path in (ROOT / "timcombo_console").rglob("*.py")]
    found = {one or other for text in texts for one, other in NAMED.findall(text)}
    tables = {icon for _, _, icon in STATUSES.values()} | {icon for icon, _, _ in STEPS.values()}
    return (found | tables | set(SIGN_ICONS.values())) - {""}


def named_static_files() -> set[str]:
    """Files that templates name by `{% static %}`."""
    pages = (ROOT / "templates").rglob("*.html")
    return {
        name for page in pages for name in re.findall(r"""\{% static ["']([^"']+)["']""", page.read_text())
    }
