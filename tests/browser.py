"""Chromium on pages from the disk, for the tests that read what a reader sees."""

import json
import shutil
from pathlib import Path

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --window-size=1300,1000"
)


class Browser:
    """Chromium on pages from the disk; `open` returns what went wrong on the page."""

    def __init__(self):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in FLAGS.split():
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        self.driver.set_script_timeout(60)

    def open(self, page: Path, query: str = "") -> list[str]:
        """Load the page, wait until its formulas are drawn; errors of the console, and requests off the machine."""
        self.driver.get(page.as_uri() + query)
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "const drawn = window.MathJax && MathJax.startup ? MathJax.startup.promise : Promise.resolve();"
            "drawn.then(() => Promise.all([...document.images].map(i => i.decode().catch(() => 0)))).then(() => done())"
        )
        wrong = [f"console: {entry['message']}" for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:")):
                    wrong.append(f"request: {url}")
        return wrong

    def ask(self, script: str, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def all(self, selector: str):
        return self.driver.find_elements("css selector", selector)
