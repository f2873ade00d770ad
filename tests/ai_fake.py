"""The fake of Claude's API on a port of its own, and the settings pointed at it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ai.fake import Fake
from ai.provider import Question, close

KEY = "sk-ant-test-1234567890abcdefWXYZ"
TEXT = {"type": "string"}


@pytest.fixture
def fake_api(settings: Any) -> Iterator[Fake]:
    """A fake that answers at once; a test changes its `latency`, `per_minute`, `keys` and rules."""
    with Fake() as fake:
        settings.ANTHROPIC_BASE_URL = fake.url
        settings.ANTHROPIC_TIMEOUT = 5
        yield fake
        close()


def question(text: str = "a red bicycle", **fields: Any) -> Question:
    """What a cell would ask: `question("a bell", schema={"type": "number"})`."""
    user = f'<field name="Name">{text}</field>'
    return Question(**{"model": "claude-haiku-5-5", "system": "Answer in a few words.", "user": user, "schema": TEXT, **fields})
