"""Compiles every template, so that a broken one fails the check and not a page: `python -m tests.templates`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.template import TemplateSyntaxError
    from django.template.loader import get_template

    django.setup()
    bad = 0
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file():
            try:
                get_template(str(path.relative_to(ROOT / "templates")))
            except (TemplateSyntaxError, UnicodeDecodeError) as error:
                print(f"{path.relative_to(ROOT)}: {error}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
