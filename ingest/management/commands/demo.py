"""`manage.py demo`: the demo base that `bin/run` shows a newcomer. Does nothing when it is there already."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from bases.access import create_base
from bases.demo import demo_user
from bases.models import Base
from ingest import jobs
from ingest.tasks import send
from tables import schema

BASE, SEED = "Demo", 1


class Command(BaseCommand):
    help = "Make the demo base; its Leads table fills by itself under a progress bar."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rows", default="1000000", help="rows of the Leads table")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        user = demo_user()
        if Base.objects.of(user).exists():
            return
        base = create_base(user, BASE, color="red")
        leads = schema.create_from_starter(base, user, "Leads", "leads", rows=0)
        schema.create_from_starter(base, user, "Products", "products", rows=100)
        send(jobs.create_generate(leads, user, jobs.checked_rows(options["rows"]), SEED))
