"""The page's modules fit together: nothing bundles them, so nobody else would see that one is gone."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "static/js")))
def test_every_name_a_script_imports_is_exported_where_it_says(script: Path) -> None:
    for names, path in IMPORT.findall(script.read_text()):
        other = (script.parent / path).resolve()
        assert other.exists(), f"{path} is not there"
        wanted = {name.split(" as ")[0].strip() for name in names.split(",")} - {""}
        assert wanted <= set(EXPORT.findall(other.read_text())), path
