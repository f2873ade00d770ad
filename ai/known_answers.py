"""Answers that a base has paid for: the same question is not asked twice within 30 days."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from ai.models import KnownAnswer

DAYS = 30


def find(base_id: int, questions: Sequence[bytes]) -> dict[bytes, Any]:
    """{question: value} for those that are known."""
    if not questions:
        return {}
    since = timezone.now() - timedelta(days=DAYS)
    found = KnownAnswer.objects.filter(base_id=base_id, question__in=questions, at__gt=since)
    return {bytes(question): value for question, value in found.values_list("question", "value")}


def _storable(value: Any) -> Any:
    """What PostgreSQL's JSON can hold: a model can answer with NUL or half a surrogate, and one would lose its batch."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    return value


def keep(base_id: int, answers: Mapping[bytes, Any]) -> None:
    """Remember answers; a newer one takes the place of an older."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ai_knownanswer (base_id, question, value, at) VALUES (%s, %s, %s::jsonb, now())"
            " ON CONFLICT (base_id, question) DO UPDATE SET value = excluded.value, at = excluded.at",
            [(base_id, question, json.dumps(_storable(value))) for question, value in sorted(answers.items())],
        )


def forget_old() -> None:
    KnownAnswer.objects.filter(at__lt=timezone.now() - timedelta(days=DAYS)).delete()
