"""Who may open what: every URL of the project, every kind of person, reading and writing.

A new URL must be added to URLS; until then test_every_url_is_in_the_table fails with its name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bases.models import Role
from tests.api_access import API_URLS
from tests.scene import PEOPLE, RANK, Scene, make_scene

pytestmark = pytest.mark.django_db

OPEN, SIGNED_IN, VIEWER, EDITOR, OWNER, NOBODY = "open", "signed in", "viewer", "editor", "owner", "nobody"
INVITED = "zoe"  # the person an invitation is for, and a token is of, who is none of PEOPLE


@dataclass(frozen=True)
class Url:
    """Who may GET and POST; None: the method is not allowed. `where` are the URL's arguments, `data` what is sent."""

    get: str | None = None
    post: str | None = None
    where: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


BASE, TABLE, COLUMN, JOB = ("base_id",), ("table_id",), ("table_id", "key"), ("job_id",)
BULK = ("table_id", "bulk_id")
AI_COLUMN, RUN = ("table_id", "ai_key"), ("table_id", "run_id")
AI_CELL = ("table_id", "row_id", "ai_key")
VIEW = ("table_id", "view_id")  # shared; for personal ones see test_views.py
URLS = {
    # bases
    "home": Url(SIGNED_IN),
    "demo": Url(None, NOBODY),
    "new_base": Url(SIGNED_IN, SIGNED_IN),
    "base": Url(VIEWER, None, BASE),
    "edit_base": Url(OWNER, OWNER, BASE),
    "delete_base": Url(None, OWNER, BASE),
    "restore_base": Url(None, OWNER, ("trashed_base_id",)),
    "members": Url(VIEWER, OWNER, BASE),
    "set_role": Url(None, OWNER, ("base_id", "member_id")),
    "remove_member": Url(None, OWNER, ("base_id", "member_id")),
    "leave": Url(None, VIEWER, BASE),
    "withdraw_invite": Url(None, OWNER, ("base_id", "invite_id")),
    "invitation": Url(INVITED, None, ("invite_id", "invite_key")),
    "join": Url(None, INVITED, ("invite_id",)),
    "decline_invite": Url(None, INVITED, ("invite_id",)),
    "trash": Url(SIGNED_IN),
    # tables
    "new_table": Url(EDITOR, EDITOR, BASE),
    "edit_table": Url(EDITOR, EDITOR, TABLE),
    "move_table": Url(None, EDITOR, TABLE),
    "delete_table": Url(None, EDITOR, TABLE),
    "restore_table": Url(None, EDITOR, ("trashed_table_id",)),
    "new_column": Url(EDITOR, EDITOR, TABLE),
    "edit_column": Url(EDITOR, EDITOR, COLUMN),
    "change_kind": Url(EDITOR, EDITOR, COLUMN, {"kind": "number"}),
    "kind_preview": Url(None, EDITOR, COLUMN, {"kind": "number"}),
    "move_column": Url(None, EDITOR, COLUMN, {"after": "2"}),
    "delete_column": Url(None, EDITOR, COLUMN),
    "restore_column": Url(None, EDITOR, ("table_id", "deleted_key")),
    "duplicate_column": Url(None, EDITOR, COLUMN),
    "rename_column": Url(None, EDITOR, COLUMN, {"name": "New"}),
    "column_width": Url(None, EDITOR, COLUMN),
    "table_bulks": Url(VIEWER, None, TABLE),
    "bulk_bar": Url(VIEWER, None, BULK),
    "bulk_problems": Url(VIEWER, None, BULK),
    "cancel_bulk": Url(None, EDITOR, BULK),
    "dismiss_bulk": Url(None, EDITOR, BULK),
    # the grid
    "grid": Url(VIEWER, None, TABLE),
    "window": Url(VIEWER, None, TABLE, {"start": 0}),
    "order": Url(VIEWER, None, TABLE),
    "groups": Url(VIEWER, None, TABLE),
    "share": Url(VIEWER, None, TABLE),
    "hits": Url(VIEWER, None, TABLE, {"search": "a"}),
    "totals": Url(VIEWER, None, TABLE),
    "totals_menu": Url(VIEWER, None, COLUMN),
    "selection": Url(VIEWER, None, TABLE, {"from": 0, "to": 1, "keys": "1"}),
    "cell": Url(VIEWER, EDITOR, TABLE, {"row": 1, "key": 1, "v": 2**40, "value": "new"}),
    "changes": Url(VIEWER, None, TABLE, {"version": 0}),
    "fresh_rows": Url(VIEWER, None, TABLE, {"ids": "1"}),
    "standing": Url(VIEWER, None, TABLE, {"ids": "1"}),
    "undo": Url(None, EDITOR, TABLE),
    "redo": Url(None, EDITOR, TABLE),
    "cells": Url(None, EDITOR, TABLE, {"edits": '[[1, 1, 1, "new"]]'}),
    "copy": Url(VIEWER, None, TABLE, {"ids": "1", "keys": "1"}),
    "paste": Url(None, EDITOR, TABLE, {"ids": "1", "keys": "1", "text": "new"}),
    "clear": Url(None, EDITOR, TABLE, {"ids": "1", "keys": "1"}),
    "fill": Url(None, EDITOR, TABLE, {"ids": "1,2", "keys": "1"}),
    "add_row": Url(None, EDITOR, TABLE),
    "duplicate_rows": Url(None, EDITOR, TABLE, {"ids": "1"}),
    "move_rows": Url(None, EDITOR, TABLE, {"ids": "1", "below": "2"}),
    "delete_rows": Url(None, EDITOR, TABLE, {"ids": "1"}),
    "begin_bulk": Url(None, EDITOR, TABLE, {"action": "clear", "keys": "1", "from": 0, "to": 1, "version": 2**40}),
    "row": Url(VIEWER, None, ("table_id", "row_id")),
    "row_history": Url(VIEWER, None, ("table_id", "row_id")),
    "activity": Url(VIEWER, None, TABLE),
    # the toolbar
    "toolbar": Url(VIEWER, None, TABLE),
    "filter_panel": Url(VIEWER, VIEWER, TABLE, {"f.0.column": "1", "f.0.value": "x"}),
    "sort_panel": Url(VIEWER, VIEWER, TABLE, {"column": "1", "direction": "down"}),
    "group_panel": Url(VIEWER, VIEWER, TABLE, {"column": "1", "direction": "up"}),
    "fields_panel": Url(VIEWER, VIEWER, TABLE, {"key": "1", "shown": "1"}),
    "quick": Url(VIEWER, None, TABLE, {"row": "1", "key": "1"}),
    "column_menu": Url(VIEWER, None, COLUMN),
    "column_values": Url(VIEWER, VIEWER, COLUMN, {"pick": '"one"'}),
    "column_chart": Url(VIEWER, None, COLUMN, {"drawn": "1"}),
    "color_panel": Url(VIEWER, VIEWER, TABLE, {"r0.on": "row", "r0.color": "red", "r0f.0.column": "1", "r0f.0.value": "x"}),
    # saved views
    "views": Url(VIEWER, None, TABLE),
    "new_view": Url(VIEWER, VIEWER, TABLE, {"name": "Mine", "seen_by": "me"}),
    "view_menu": Url(VIEWER, None, VIEW),
    "rename_view": Url(EDITOR, EDITOR, VIEW, {"name": "New"}),
    "save_view": Url(None, EDITOR, VIEW, {"version": "1"}),
    "duplicate_view": Url(None, VIEWER, VIEW),
    "move_view": Url(None, EDITOR, VIEW),
    "lock_view": Url(None, EDITOR, VIEW),
    "share_view": Url(None, EDITOR, VIEW),
    "set_default_view": Url(None, EDITOR, VIEW),
    "delete_view": Url(None, EDITOR, VIEW),
    "restore_view": Url(None, EDITOR, ("table_id", "trashed_view_id")),
    # loads
    "load": Url(EDITOR, EDITOR, TABLE, {"rows": "5"}),
    "table_jobs": Url(VIEWER, None, TABLE),
    "job": Url(VIEWER, None, JOB),
    "cancel_job": Url(None, EDITOR, JOB),
    "retry_job": Url(None, EDITOR, ("ended_job_id",)),
    "undo_load": Url(None, EDITOR, ("ended_job_id",)),
    "dismiss_job": Url(None, EDITOR, ("ended_job_id",)),
    "import_file": Url(EDITOR, EDITOR, BASE),
    # AI columns
    "base_ai": Url(OWNER, None, BASE),
    "set_base_ai": Url(None, OWNER, BASE, {"budget": "5"}),
    "set_base_key": Url(None, OWNER, BASE),
    "remove_base_key": Url(None, OWNER, BASE),
    "new_ai_column": Url(EDITOR, EDITOR, TABLE, {"name": "New", "kind": "text", "prompt": "Sum up {Name}"}),
    "check_prompt": Url(None, EDITOR, TABLE, {"prompt": "{Nothing}"}),
    "write_prompt": Url(None, EDITOR, TABLE, {"do": "ready:summarise"}),
    "preview_ai_column": Url(None, EDITOR, TABLE, {"kind": "text", "prompt": "Sum up {Name}"}),
    "edit_ai_column": Url(EDITOR, EDITOR, COLUMN, {"prompt": "Sum up {Amount}"}),
    "stop_ai_column": Url(None, EDITOR, AI_COLUMN),
    "run_ai_column": Url(EDITOR, EDITOR, AI_COLUMN, {"scope": "all"}),
    "estimate_run": Url(None, EDITOR, AI_COLUMN, {"scope": "all"}),
    "ai_cell": Url(VIEWER, None, AI_CELL),
    "ai_cell_menu": Url(VIEWER, None, AI_CELL),
    "run_ai_cell": Url(None, EDITOR, AI_CELL),
    "unlock_ai_cell": Url(None, EDITOR, AI_CELL),
    "ai_runs": Url(VIEWER, None, TABLE),
    "ai_bars": Url(VIEWER, None, TABLE),
    "ai_run": Url(VIEWER, None, RUN),
    "ai_bar": Url(VIEWER, None, RUN),
    "pause_run": Url(None, EDITOR, RUN),
    "resume_run": Url(None, EDITOR, RUN),
    "cancel_run": Url(None, EDITOR, RUN),
    "retry_run": Url(None, EDITOR, RUN),
    "undo_run": Url(None, EDITOR, RUN),
    # API tokens; the API itself is in test_api_access.py
    "api_tokens": Url(SIGNED_IN, SIGNED_IN),
    "remove_api_token": Url(None, INVITED, ("token_id",)),  # whose it is; see test_api_tokens.py
    # for operators
    "metrics": Url(NOBODY, NOBODY),  # without a token; with one see test_metrics.py
    # accounts
    "account_login": Url(OPEN, OPEN),
    "account_logout": Url(OPEN, OPEN),
    "account_signup": Url(OPEN, OPEN),
    "account_inactive": Url(OPEN),
    "account_email_verification_sent": Url(SIGNED_IN, SIGNED_IN),  # and who has just signed up: see test_people.py
    "account_change_password": Url(SIGNED_IN, SIGNED_IN),
    "account_set_password": Url(SIGNED_IN, SIGNED_IN),
    "account_reset_password": Url(OPEN, OPEN),
    "account_reset_password_done": Url(OPEN),
    "account_reset_password_from_key": Url(OPEN, OPEN, ("no_user", "no_key")),
    "account_reset_password_from_key_done": Url(OPEN),
    "google_login": Url(NOBODY, NOBODY),  # without Google's keys; with them see test_google.py
    "google_callback": Url(NOBODY, NOBODY),
    "socialaccount_signup": Url(NOBODY, NOBODY),
    "socialaccount_login_cancelled": Url(NOBODY, NOBODY),
    "socialaccount_login_error": Url(NOBODY, NOBODY),
}
# A signed-in person is sent home from here.
GOOGLE_SIGN_UP = "socialaccount_signup"


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.ACCOUNT_RATE_LIMITS = False
    return make_scene()


def address(scene: Scene, name: str) -> str:
    return reverse(name, args=[scene.ids[part] for part in URLS[name].where])


def named_urls(patterns: list[Any], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or pattern.pattern}"


def test_every_url_is_in_the_table() -> None:
    found = {name for name in named_urls(get_resolver().url_patterns) if not name.startswith("admin:")} - set(API_URLS)
    assert found - set(URLS) == set(), "URLs that no line of this test's table decides about"
    assert set(URLS) - found == set(), "lines of this test's table without a URL"


def expected(rule: str | None, who: str) -> str:
    if rule is None:
        return "405"
    if rule == OPEN:
        return "ok"
    if rule == NOBODY:
        return "404"
    if who == "anonymous":
        return "log in"
    if rule == INVITED:
        return "404"
    if rule == SIGNED_IN:
        return "ok"
    if who not in RANK:
        return "404"
    return "ok" if RANK[who].label.lower() == rule or RANK[who] > Role[rule.upper()] else "403"


def outcome(response: HttpResponse, name: str) -> str:
    """In one word. Any answer to bad input (409, 410, 422) counts as ok: the person was let in."""
    if response.status_code in (403, 404, 405):
        return str(response.status_code)
    if response.status_code >= 500:
        return f"error {response.status_code}"
    to_login = response.status_code == 302 and response["Location"].startswith(reverse("account_login"))
    return "log in" if to_login and not name.startswith("account_reset") else "ok"


def send(scene: Scene, client: Client, method: str, name: str) -> HttpResponse:
    """One request, with its changes taken back."""
    with transaction.atomic():
        response: HttpResponse = getattr(client, method)(address(scene, name), URLS[name].data)
        transaction.set_rollback(True)
    return response


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_may_do_what_the_table_says_and_nothing_else(scene: Scene, who: str) -> None:
    wrong = []
    for name, url in URLS.items():
        for method, rule in (("get", url.get), ("post", url.post)):
            client = scene.client(who)
            got = outcome(send(scene, client, method, name), name)
            want = expected(rule, who)
            if want == "405" and who == "anonymous" and got == "log in":
                continue  # the log-in comes before the view that refuses the method
            if name == GOOGLE_SIGN_UP and who != "anonymous":
                want = "ok"
            if got != want:
                wrong.append(f"{method.upper()} {name}: {got}, not {want}")
    assert wrong == []


def test_a_stranger_cannot_tell_what_is_there_from_what_is_not(scene: Scene) -> None:
    client = scene.client("charlie")
    for name, url in URLS.items():
        if not url.where or {url.get, url.post} & {OPEN, NOBODY}:
            continue
        method = "get" if url.get else "post"
        nowhere = reverse(name, args=[99_999_999 for _ in url.where])
        there, not_there = send(scene, client, method, name), getattr(client, method)(nowhere, url.data)
        assert there.status_code == not_there.status_code == 404, name
        assert there.content == not_there.content, name


def test_a_get_writes_nothing(scene: Scene) -> None:
    """But for the time somebody last opened a base, and the session."""
    kept = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
    for name, url in URLS.items():
        if url.get in (None, NOBODY):
            continue
        with CaptureQueriesContext(connection) as queries:
            send(scene, scene.client("alice"), "get", name)
        for query in queries:
            found = kept.match(query["sql"])
            opened = query["sql"].startswith('UPDATE "bases_member" SET "opened_at"')
            logged_in = query["sql"].startswith('UPDATE "bases_user" SET "last_login"')  # by the test's own force_login
            assert not found or found[2] == "bases_session" or opened or logged_in, f"{name}: {query['sql']}"
