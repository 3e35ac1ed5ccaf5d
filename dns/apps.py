from django.apps import AppConfig


class DnsConfig(AppConfig):
    name = "dns"

    def ready(self) -> None:
        """Tell the check of an account which zones it holds."""
        from dns.selectors import zones_in
        from products.access import zones_of

        zones_of.append(zones_in)
