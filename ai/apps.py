from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "ai"

    def ready(self) -> None:
        from ai.columns import known
        from ai.follow import follow
        from tables.schema import COMPUTED
        from tables.writes import FOLLOWERS

        FOLLOWERS.append(follow)
        COMPUTED.append(lambda table: {each.key for each in known(table)})
