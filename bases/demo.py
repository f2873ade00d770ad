"""The demo person: signed in by one click, only where settings.DEMO allows it."""

from bases.models import User

DEMO_EMAIL = "demo@rowan.local"


def demo_user() -> User:
    """The demo account, made if absent, without a password."""
    user = User.objects.filter(email=DEMO_EMAIL).first()
    return user or User.objects.create_user(DEMO_EMAIL, first_name="Demo")
