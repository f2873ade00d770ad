"""{{ micros|money }}: micro-dollars for people. {{ seconds|seconds }}: how long something took."""

from django import template

from ai import estimate

register = template.Library()


@register.filter
def money(micros: int | None) -> str:
    return "" if micros is None else estimate.money(micros)


@register.filter
def seconds(took: float | None) -> str:
    """0.84 s, 12.3 s; a dash where nothing was timed."""
    if took is None:
        return "—"
    return f"{took:.2f} s" if took < 10 else f"{took:.1f} s"
