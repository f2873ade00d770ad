"""{{ micros|money }}: micro-dollars for people."""

from django import template

from ai import estimate

register = template.Library()


@register.filter
def money(micros: int | None) -> str:
    return "" if micros is None else estimate.money(micros)
