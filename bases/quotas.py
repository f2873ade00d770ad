"""Quotas: of what one person, base or table has at most. Counted and added to in one transaction at a time, so they are exact."""

from django.db.models import Model


def hold(owner: Model) -> None:
    """Let no other transaction add to what `owner` has until this one ends: what is counted now stays so.

    Whoever holds several takes the person first, then the base, then the table, then what is in it: no two wait for each other.
    """
    # Not a full FOR UPDATE: rows that only refer to this one can still be written meanwhile.
    # By its __class__: a request's user is a proxy.
    owner.__class__._default_manager.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
