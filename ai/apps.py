from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "ai"

    def ready(self) -> None:
        from ai.follow import follow
        from tables.writes import FOLLOWERS

        FOLLOWERS.append(follow)
