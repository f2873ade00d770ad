from django.apps import AppConfig


class BasesConfig(AppConfig):
    name = "bases"
    verbose_name = "People and bases"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers them
