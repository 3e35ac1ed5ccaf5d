"""The lines of the owner's document in its order, each judged by the settings that it asks for."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.urls import reverse

from deployments.models import Mode
from products.models import CacheProfile, PriceClass
from provisioning.shapes import Alarm, Bucket, Distribution, HostRecords
from timcombo_console.checklist.lines import Line, as_wished, of_resources, some
from timcombo_console.checklist.view import View

SOON = timedelta(days=30)


def sections(view: View) -> list[tuple[str, Sequence[Line]]]:
    return [
        ("Per-product setup", list(_setup(view))),
        ("DNS configuration", list(_dns(view))),
        ("Security hardening", list(_security(view))),
        ("Backup strategy", list(_backup(view))),
        ("Cost optimization", list(_cost(view))),
    ]


def _setup(view: View) -> Iterator[Line]:
    count, plan = len(view.environments), view.plan_url
    yield of_resources(
        f"Create {count} S3 buckets, one for each environment", view.sites, "All {n} are there.", fix=plan
    )
    yield of_resources(
        f"Configure {count} CloudFront distributions",
        view.distributions,
        "All {n} are enabled and deployed.",
        _enabled,
        plan,
    )
    yield _builds(view)
    yield _roles(view, "Configure cross-account IAM roles and policies")
    yield _pipelines(view)
    yield _alarms(view)
    yield _rollbacks(view)
    yield Line("Test disaster recovery processes", "not yet", "No recovery test is on record.")


def _enabled(shape: Distribution) -> str:
    return "" if shape.enabled else "is disabled"


def _builds(view: View) -> Line:
    text = "Set up environment-specific build configurations"
    without = [name for name, version in view.newest.items() if not version]
    if without:
        return Line(text, "not yet", f"No release was built for {some(without)} yet.")
    told = some(f"{name} {version}" for name, version in view.newest.items())
    return Line(text, "met", f"Newest release for each target: {told}.")


def _roles(view: View, text: str) -> Line:
    wrong = [one.account.name for one in view.checks if one.failed]
    missing = [
        name for name in view.accounts if name not in {one.account.name for one in view.checks if one.at}
    ]
    if wrong:
        fix = reverse("account", args=[wrong[0]])
        return Line(text, "wrong", f"The check of {some(wrong)} found something wrong.", fix=fix)
    if missing:
        fix = reverse("account", args=[missing[0]])
        return Line(text, "not yet", f"Nobody has checked {some(missing)} yet.", fix=fix)
    oldest = min((one.at for one in view.checks if one.at), default=None)
    return Line(text, "met", f"The roles of {some(view.accounts)} were taken and tried.", oldest)


def _rights(view: View) -> Line:
    """Where the console keeps the roles of every account, what they may do was read there, and is no more than is called."""
    text = "Implement least-privilege IAM policies"
    kept = [*view.of("role"), *view.of("role-policy"), *view.of("deploy-policy")]
    if len({one.wish.address.account for one in kept}) < len(view.accounts):
        return _roles(view, text)
    well = "Roles and their rights, {n} in all, are what the console calls, within each account's boundary."
    return as_wished(text, kept, well, view.plan_url)


def _pipelines(view: View) -> Line:
    text = "Implement automated deployment pipelines"
    if view.pipeline is None:
        return Line(text, "not yet", "No release was registered with an API token yet.")
    return Line(
        text, "met", f"{view.pipeline.summary} With the token {view.pipeline.token}.", view.pipeline.at
    )


def _alarms(view: View) -> Line:
    text, watched = "Set up monitoring and alerting", view.of("alarm")
    without = [one for one in view.environments if one.protected and not one.alarms]
    if without:
        fix = reverse("environment-settings", args=[view.product.slug, without[0].name])
        return Line(text, "wrong", f"No alarm watches {some(one.name for one in without)}.", fix=fix)
    return of_resources(text, watched, "{n} alarms are told to a topic.", _told, view.plan_url)


def _told(shape: Alarm) -> str:
    return "" if shape.topics else "is told to nobody"


def _rollbacks(view: View) -> Line:
    text = "Document rollback procedures"
    if view.rollback is None:
        return Line(text, "not yet", "No rollback was verified yet; each environment's page offers one.")
    where, version = view.rollback.environment.name, view.rollback.release.version
    return Line(text, "met", f"{where} was rolled back to {version} and verified.", view.rollback.live_at)


def _dns(view: View) -> Iterator[Line]:
    plan, domain = view.plan_url, view.product.domain
    yield of_resources(
        "Register the domain in a Route 53 hosted zone", view.of("zone"), "The zone answers for it.", fix=plan
    )
    roots = [one for one in view.of("host-records") if one.name == domain]
    yield of_resources(
        "Create A and AAAA records (alias) for the root domain",
        roots,
        "Both lead to the static site.",
        _aliases,
        plan,
    )
    for environment in view.environments:
        hosts = [
            one
            for one in view.of("host-records")
            if one.wish.place == environment.name and one.name != domain
        ]
        if hosts:
            names = ", ".join(one.name for one in hosts)
            text = f"Lead {names} to the distribution of {environment.name}"
            yield of_resources(text, hosts, "By aliases for both families of addresses.", _aliases, plan)
    certificates = view.of("certificate")
    yield of_resources(
        "Request a wildcard certificate in ACM (us-east-1)",
        certificates,
        "Issued for the domain and its wildcard.",
        fix=plan,
    )
    yield of_resources(
        "Configure DNS validation for the certificate",
        view.of("proof"),
        "The record is there, and stays.",
        fix=plan,
    )
    yield of_resources(
        "Associate the certificate with all distributions",
        view.distributions,
        "All {n} have it, and speak TLS 1.2 at least.",
        _served,
        plan,
    )


def _aliases(shape: HostRecords) -> str:
    kinds = {record.id for record in shape.records if record.alias}
    return (
        ""
        if kinds == {"A", "AAAA"}
        else f"has {', '.join(record.id for record in shape.records)}, not two aliases"
    )


def _served(shape: Distribution) -> str:
    if shape.aliases and not shape.certificate:
        return "has no certificate of its own"
    return "" if not shape.aliases or shape.tls >= "TLSv1.2_2021" else f"allows {shape.tls}"


def _security(view: View) -> Iterator[Line]:
    plan = view.plan_url
    yield of_resources(
        "Enable S3 bucket encryption", view.buckets, "All {n} are encrypted, and private.", _encrypted, plan
    )
    yield of_resources(
        "Configure CloudFront origin access control",
        view.of("access-control"),
        "All {n} sign every request.",
        fix=plan,
    )
    protected = {one.name for one in view.environments if one.protected}
    guarded = [one for one in view.distributions if one.wish.place in protected]
    yield of_resources(
        "Implement WAF rules for production",
        guarded,
        "A web ACL stands before it.",
        _guarded,
        view.settings_url,
    )
    yield _managed(view)
    yield of_resources(
        "Configure security headers", view.distributions, "Every page has them.", _headers, plan
    )
    yield _logs(view)
    yield _rights(view)


def _encrypted(shape: Bucket) -> str:
    if not shape.public_access_blocked:
        return "does not block public access"
    return "" if shape.encryption else "is not encrypted"


def _guarded(shape: Distribution) -> str:
    return "" if shape.web_acl else "has no web ACL"


def _headers(shape: Distribution) -> str:
    return "" if shape.behaviors[-1].headers else "adds no headers"


def _copies(view: View) -> Line:
    """AWS: what was there before the rule is not copied by it."""
    text, region = "Cross-Region replication of critical assets", view.product.replica_region
    if not region:
        fix = reverse("product-edit", args=[view.product.slug])
        return Line(text, "wrong", "The product names no second Region.", fix=fix)
    copied = {one.name for one in view.of("replication")}
    left = [one.name for one in view.environments if one.protected and one.bucket not in copied]
    if left:
        return Line(
            text,
            "wrong",
            f"The archive is copied to {region}, {some(left)} is not.",
            fix=view.settings_of(left[0]),
        )
    well = f"What is new in {{n}} buckets is copied to {region}; what was there before is not."
    return as_wished(text, view.of("replication"), well, view.plan_url)


def _logs(view: View) -> Line:
    text = "Enable access logging"
    if not view.product.log_bucket:
        fix = reverse("product-edit", args=[view.product.slug])
        return Line(text, "wrong", "The product names no bucket for access logs.", fix=fix)
    well = f"The logs of {{n}} distributions go to {view.product.log_bucket}."
    return of_resources(text, view.of("log-delivery"), well, fix=view.plan_url)


def _managed(view: View) -> Line:
    """AWS renews a certificate while it is used and its record stays."""
    text = "Set up SSL certificate management"
    line = of_resources(text, view.of("certificate"), "AWS renews it by itself.", fix=view.plan_url)
    if line.state == "met" and view.expires:
        if view.expires - view.now < SOON:
            return Line(text, "wrong", f"It ends {view.expires:%d %B %Y} and was not renewed.", line.at)
        return Line(text, "met", f"Valid until {view.expires:%d %B %Y}; AWS renews it by itself.", line.at)
    return line


def _backup(view: View) -> Iterator[Line]:
    yield of_resources(
        "S3 versioning on all deployment buckets",
        view.buckets,
        "Enabled on all {n}.",
        _versioned,
        view.plan_url,
    )
    yield _copies(view)
    yield _handlers(view)
    yield Line("Database backups", "not yet", "The console does not look at databases yet.")


def _versioned(shape: Bucket) -> str:
    return "" if shape.versioning else "has no versioning"


def _handlers(view: View) -> Line:
    text = "Lambda function versions as immutable artifacts"
    if not view.modes:
        return Line(text, "not yet", "No environment has a back end.")
    unknown = [name for name, mode in view.modes.items() if mode == Mode.UNKNOWN]
    if unknown:
        return Line(text, "not yet", f"Nobody has looked yet what the API of {some(unknown)} calls.")
    other = [name for name, mode in view.modes.items() if mode != Mode.ALIAS]
    if other:
        told = f"The API of {some(other)} calls the newest code, so versions are not what runs."
        return Line(text, "wrong", told)
    return Line(text, "met", f"The APIs of {some(view.modes)} call an alias of a published version.")


def _cost(view: View) -> Iterator[Line]:
    plan = view.plan_url
    cheap = {one.name for one in view.environments if one.price_class == PriceClass.NEAR}
    sights = [one for one in view.distributions if one.wish.place in cheap]
    yield of_resources(
        "Price class 100 for cost-sensitive environments", sights, "{n} of them use it.", _cheap, plan
    )
    yield of_resources(
        "Compression for all text-based content", view.distributions, "All {n} compress.", _compressed, plan
    )
    profiles = some(
        f"{one.name} {CacheProfile(one.cache_profile).label.lower()}" for one in view.environments
    )
    yield of_resources(
        "Maximize the cache hit ratio",
        view.of("cache-policy"),
        f"Cache policies by profile: {profiles}.",
        fix=plan,
    )
    yield _shield(view)
    yield Line(
        "Intelligent tiering for static assets",
        "met",
        "Left out on purpose: AWS never moves objects below 128 KB, as nearly all files of a site are.",
    )
    yield of_resources(
        "Lifecycle policies to archive old artifacts",
        view.archives,
        "Releases move to cheaper storage after 90 days.",
        _archives,
        plan,
    )
    yield _transfer(view)


def _cheap(shape: Distribution) -> str:
    return "" if shape.price_class == PriceClass.NEAR else f"uses {shape.price_class}"


def _compressed(shape: Distribution) -> str:
    return "" if shape.behaviors[-1].compress else "does not compress"


def _shield(view: View) -> Line:
    shielded = [one.name for one in view.environments if one.origin_shield]
    told = (
        f"On for {some(shielded)}."
        if shielded
        else "Off: it costs extra for each request, and pays for much traffic only."
    )
    return Line("Origin shield for high-traffic applications", "met", told)


def _archives(shape: Bucket) -> str:
    return "" if any(rule.archive_days for rule in shape.rules) else "archives nothing"


def _transfer(view: View) -> Line:
    text = "Optimize cross-account transfer"
    home = view.product.artifact_account.region
    away = sorted(
        {one.frontend_account.name for one in view.environments if one.frontend_account.region != home}
    )
    if away:
        return Line(
            text,
            "wrong",
            f"{some(away)} is in another Region than the archive, so every release is paid for on its way.",
        )
    return Line(
        text,
        "met",
        f"Archive and sites are in {home}, where copies between accounts cost nothing for the way.",
    )


def state_counts(found: Sequence[tuple[str, Sequence[Line]]]) -> dict[str, int]:
    every = [line.state for _, lines in found for line in lines]
    return {state: every.count(state) for state in ("met", "wrong", "not yet")}
