"""Prints the path of a Chromium, installing one if there is none: `python -m tests.chromium`."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    return next((path for path in map(shutil.which, NAMES) if path), None) or _playwrights()


def _playwrights() -> str | None:
    """The one that Playwright has downloaded, if it has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install() -> None:
    """From the system's packages where we may, else by Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-core")
    if not find():
        _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*command: str) -> None:
    """Its words go to standard error: standard output is for the path alone."""
    subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=sys.stderr, check=False)


def main() -> int:
    path = find()
    if not path:
        print("Installing Chromium …", file=sys.stderr)
        install()
        path = find()
    if not path:
        print("There is no Chromium and none could be installed. Install one, or set CHROMIUM to its path.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
