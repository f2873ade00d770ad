"""A server that speaks the API of Claude and is none: for tests, for benchmarks, and for a demo without a key or a network.

It answers from the question's schema and fields, always the same way, and fails as the real one does where a rule says so.
`python -m ai.fake --help` runs it by itself. It needs nothing but Python, and none of Rowan.
"""

from ai.fake.rules import FAILURES, Rule
from ai.fake.server import Asked, Fake

__all__ = ["FAILURES", "Asked", "Fake", "Rule"]
