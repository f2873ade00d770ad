"""A base with one of everything that a URL can name, and the people who may, or may not, see it."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from ai import columns as ai_columns
from ai import runs
from api import tokens
from bases.invites import link_key
from bases.models import Base, Invite, Member, Role, User
from bases.progress import State
from ingest import jobs
from ingest.models import Job
from tables import bulk, schema
from tables.models import Table
from tests.make import make_base, make_table, make_user
from views_app.models import View

RANK = {"vera": Role.VIEWER, "bob": Role.EDITOR, "alice": Role.OWNER}
PEOPLE = ("anonymous", "charlie", "staff", "vera", "bob", "alice")  # the staff person is no member either


@dataclass(frozen=True)
class Scene:
    base: Base
    table: Table
    ids: dict[str, Any]
    people: dict[str, User | None]

    def client(self, who: str, **kwargs: Any) -> Client:
        client = Client(REMOTE_ADDR="192.0.2.1", **kwargs)
        user = self.people[who]
        if user:
            client.force_login(user)
        return client


def make_scene() -> Scene:
    base = make_base()
    table = make_table(base, rows=[["one", 1], ["two", 2]])
    deleted = schema.add_column(table, None, "Gone", "text", {})
    alice = make_user("alice")
    schema.delete_column(table, alice, deleted.key)
    trashed_table = make_table(base, name="Old")
    trashed_table.trash()
    views = [View.objects.create(table=table, name=name, config={"v": 1}) for name in ("Open", "Old")]
    views[1].trash()
    trashed_base = make_base(name="Closed")
    trashed_base.trash()
    summary = ai_columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    ended = jobs.create_generate(table, alice, 5, 1)
    Job.objects.filter(pk=ended.pk).update(state=State.FAILED)
    invite = Invite.objects.create(base=base, email="zoe@example.com", invited_by=alice)
    ids = {
        "base_id": base.pk,
        "trashed_base_id": trashed_base.pk,
        "table_id": table.pk,
        "trashed_table_id": trashed_table.pk,
        "key": 1,
        "deleted_key": deleted.key,
        "row_id": 1,
        "view_id": views[0].pk,
        "trashed_view_id": views[1].pk,
        "member_id": Member.objects.get(base=base, user=make_user("vera")).pk,
        "invite_id": invite.pk,
        "invite_key": link_key(invite),
        "job_id": jobs.create_generate(table, alice, 5, 1).pk,
        "ended_job_id": ended.pk,
        "ai_key": summary.key,
        "run_id": runs.begin(table, alice, summary, [1], "all rows").pk,
        "bulk_id": bulk.clear(table, alice, [1], [1]).pk,
        "token_id": tokens.create(make_user("zoe"), "Mine", may_write=False, base=None, days=None)[0].pk,
        "no_user": "zz",
        "no_key": "none",
    }
    staff = User.objects.create_user("staff@example.com", is_staff=True)
    people = {name: make_user(name) for name in ("alice", "bob", "vera", "charlie")}
    return Scene(base, table, ids, {**people, "staff": staff, "anonymous": None})
