"""Whether the world asks a hosted zone for its domain, and what a person has to do where it does not."""

from collections.abc import Collection

from provisioning.resolver import name_servers


def not_delegated(domain: str, servers: Collection[str]) -> str:
    """Why records in the zone with these name servers are seen by nobody; "" when they are. Raises NoAnswer."""
    asked = name_servers(domain)
    if asked & set(servers):
        return ""
    told = f"names {', '.join(sorted(asked))}" if asked else "names none"
    return (
        f"Nobody is led to the hosted zone of {domain}: its registrar {told} as name servers. "
        f"Set them there to {', '.join(sorted(servers))}."
    )
