"""Who may call what of the API: read by test_access.py, where every URL of the project must be, and by test_api_access.py."""

from dataclasses import dataclass, field
from typing import Any

ANYBODY, VIEWER, EDITOR = "anybody with a token", "viewer", "editor"


@dataclass(frozen=True)
class Call:
    """Who may call each method. `where` are the URL's arguments, `body` what is sent."""

    methods: dict[str, str]
    where: tuple[str, ...] = ()
    body: dict[str, dict[str, Any]] = field(default_factory=dict)


TABLE, RUN, AI_COLUMN = ("table_id",), ("table_id", "run_id"), ("table_id", "ai_key")
NEW = {"rows": [{"cells": {"Name": "new"}}]}
CHANGED = {"rows": [{"id": 1, "cells": {"Name": "new"}}]}
API_URLS = {
    "api_root": Call({"GET": ANYBODY}),
    "api_bases": Call({"GET": ANYBODY}),
    "api_base": Call({"GET": VIEWER}, ("base_id",)),
    "api_table": Call({"GET": VIEWER}, TABLE),
    "api_rows": Call(
        {"GET": VIEWER, "POST": EDITOR, "PATCH": EDITOR, "DELETE": EDITOR},
        TABLE,
        {"POST": NEW, "PATCH": CHANGED, "DELETE": {"ids": [1]}},
    ),
    "api_row": Call(
        {"GET": VIEWER, "PATCH": EDITOR, "DELETE": EDITOR}, ("table_id", "row_id"), {"PATCH": {"cells": {"Name": "new"}}}
    ),
    "api_ai_estimate": Call({"POST": EDITOR}, AI_COLUMN, {"POST": {"scope": "all"}}),
    "api_ai_begin": Call({"POST": EDITOR}, AI_COLUMN, {"POST": {"scope": "all"}}),
    "api_ai_runs": Call({"GET": VIEWER}, TABLE),
    "api_ai_run": Call({"GET": VIEWER}, RUN),
    "api_ai_errors": Call({"GET": VIEWER}, RUN),
    "api_ai_pause": Call({"POST": EDITOR}, RUN),
    "api_ai_resume": Call({"POST": EDITOR}, RUN),
    "api_ai_cancel": Call({"POST": EDITOR}, RUN),
    "api_ai_retry": Call({"POST": EDITOR}, RUN),
    "api_ai_undo": Call({"POST": EDITOR}, RUN),
    "api_nowhere": Call({}),
}
