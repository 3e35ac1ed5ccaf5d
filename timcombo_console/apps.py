from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "timcombo_console"
