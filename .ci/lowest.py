"""Print the lowest versions that pyproject.toml declares, as constraints for pip: `name==lowest`, one a line."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
for requirement in [*project["dependencies"], *extras["digits"], *extras["sunspots"]]:
    bound = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement)
    if bound is None:
        raise SystemExit(f"{requirement!r} must be of the form name>=lowest")
    print("==".join(bound.groups()))
