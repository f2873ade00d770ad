"""Takes the screenshots in docs/screenshots from a Rowan started for it: `bin/screenshots`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright

from config.embedded.process import free_port

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(__file__).resolve().parent / "screenshots"
SIZE: ViewportSize = {"width": 1280, "height": 800}
# Leads: 5 country, 6 status, 7 amount.
VIEW = {
    "filter": json.dumps(["all", [5, "any_of", ["Germany", "France", "Japan"]], ["any", [7, ">", 500], [6, "empty"]]]),
    "group": "5",
    "sort": "-7",
    "totals": "7:sum",
}
PHONE: ViewportSize = {"width": 375, "height": 740}


def main() -> int:
    data = Path(tempfile.mkdtemp(prefix="rowan-screenshots-"))
    data.chmod(0o711)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    rowan = subprocess.Popen(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env={**environment, "ROWAN_DATA": str(data), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert rowan.stdout is not None
    try:
        for line in rowan.stdout:
            if "Stop with Ctrl-C" in line:
                break
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or None, args=arguments)
            context = browser.new_context(base_url=f"http://127.0.0.1:{port}", viewport=SIZE)
            _walk(context)
            browser.close()
    finally:
        rowan.terminate()
        rowan.wait(60)
        rowan.stdout.close()
        shutil.rmtree(data)
    return 0


def _walk(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/accounts/login/")
    _take(page, "log-in")
    page.get_by_role("button", name="Continue as demo").click()
    page.wait_for_url("**/")
    leads, products = "/t/1/", "/t/2/"
    page.goto(leads)
    page.locator(".job-bar[value]:not([value='0'])").wait_for(timeout=60_000)
    _take(page, "loading")
    page.locator("data-grid .row").first.wait_for(timeout=120_000)
    page.goto("/")
    _take(page, "home")
    page.goto(leads)
    page.locator("data-grid .row .cell").nth(2).click()
    page.keyboard.press("Control+End")
    page.get_by_text("1000000", exact=True).or_(page.get_by_text("1,000,000", exact=True)).first.wait_for()
    page.wait_for_timeout(500)
    _take(page, "last-row")
    page.goto(f"{leads}?row=500000")
    page.wait_for_timeout(500)
    page.locator("data-grid .row .cell").nth(20).click()
    page.keyboard.press("Space")
    page.locator("#row-title").wait_for()
    page.wait_for_timeout(300)
    _take(page, "row-panel")
    page.goto(f"{leads}?{urlencode(VIEW)}")
    page.locator("data-grid .group").first.wait_for()
    page.locator("data-grid:not([data-ordering])").wait_for()
    page.locator("#tool-filter").click()
    page.locator(".filter-panel").wait_for()
    page.wait_for_timeout(1_000)
    _take(page, "view")
    page.emulate_media(color_scheme="dark")
    page.goto(products)
    page.wait_for_timeout(500)
    _take(page, "dark")
    page.emulate_media(color_scheme="light")
    page.goto(products)
    page.get_by_role("button", name="New AI column…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Slogan")
    dialog.get_by_label("Prompt", exact=True).fill("Write a slogan of five words for {Name}: {Description}")
    dialog.get_by_role("button", name="Try on 5 rows").click()
    dialog.locator(".ai-answers tbody tr").nth(4).wait_for(timeout=30_000)
    page.wait_for_timeout(300)
    _take(page, "ai-column")
    page.set_viewport_size(PHONE)
    page.goto(leads)
    page.wait_for_timeout(500)
    _take(page, "phone")


def _take(page: Page, name: str) -> None:
    page.screenshot(path=TARGET / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
