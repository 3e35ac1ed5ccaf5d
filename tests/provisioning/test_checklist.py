"""The checklist of a product against the emulated cloud: before anybody looked, as it was made by hand, and adopted."""

from django.test import Client

from provisioning.models import Resource
from tests.provisioning.conftest import Estate
from timcombo_console.checklist.lines import Line
from timcombo_console.checklist.sections import sections
from timcombo_console.checklist.view import view_of


def lines(estate: Estate) -> dict[str, Line]:
    return {line.text: line for _, found in sections(view_of(estate.product)) for line in found}


BUCKETS = "Create 5 S3 buckets, one for each environment"
ROOT = "Create A and AAAA records (alias) for the root domain"
TLS = "Associate the certificate with all distributions"
WAF = "Implement WAF rules for production"
ARCHIVE = "Lifecycle policies to archive old artifacts"


def test_nothing_is_ticked_before_anybody_looked(estate: Estate) -> None:
    found = lines(estate)
    assert {found[text].state for text in (BUCKETS, ROOT, TLS, WAF, ARCHIVE)} == {"not yet"}
    assert len(found) == 36


def test_what_was_made_by_hand_is_ticked_as_far_as_it_is_right(estate: Estate) -> None:
    estate.look()
    found = lines(estate)
    assert (found[BUCKETS].state, found[BUCKETS].evidence) == ("met", "All 5 are there.")
    assert found[ROOT].evidence == "tim-combo.com has A, not two aliases."
    assert "tim-combo-dev allows TLSv1.2_2019" in found[TLS].evidence
    assert (found[WAF].state, found[WAF].evidence) == ("wrong", "tim-combo-prod has no web ACL.")
    assert found[ARCHIVE].state == "wrong"
    assert found[ROOT].fix == "/products/tim-combo/estate/plan/"


def test_after_the_plan_every_line_of_resources_is_met(estate: Estate) -> None:
    estate.adopted()
    wrong = {text: line.evidence for text, line in lines(estate).items() if line.state == "wrong"}
    assert wrong == {}
    # What the API calls is seen by looks at the back end, not by this plan.
    assert lines(estate)["Lambda function versions as immutable artifacts"].state == "not yet"


def test_a_protected_environment_without_a_web_acl_leads_to_its_settings(estate: Estate) -> None:
    estate.product.environments.filter(name="prod").update(web_acl="none")
    estate.look()
    assert lines(estate)[WAF].fix == "/products/tim-combo/environments/prod/settings/"


def test_the_page_and_its_markdown(estate: Estate, client: Client) -> None:
    estate.look()
    client.force_login(estate.admin)
    page = client.get("/products/tim-combo/checklist/").content.decode()
    assert "tim-combo-prod has no web ACL." in page
    answer = client.get("/products/tim-combo/checklist.md")
    assert answer["Content-Disposition"] == 'attachment; filename="tim-combo-checklist.md"'
    text = answer.content.decode()
    assert f"- [x] {BUCKETS}: All 5 are there. (seen 20" in text
    assert f"- [ ] {WAF}: **wrong**: tim-combo-prod has no web ACL." in text


def test_rollbacks_releases_and_pipelines_are_told_from_the_consoles_own_records(estate: Estate) -> None:
    found = lines(estate)
    assert found["Document rollback procedures"].state == "not yet"
    assert found["Set up environment-specific build configurations"].evidence.startswith(
        "No release was built for dev"
    )
    assert found["Implement automated deployment pipelines"].state == "not yet"
    assert found["Configure cross-account IAM roles and policies"].evidence.startswith("Nobody has checked")


def test_rights_are_ticked_by_what_stands_in_iam_where_the_console_keeps_them(
    estate: Estate, kept_roles: None
) -> None:
    def line() -> tuple[str, str]:
        one = lines(estate)["Implement least-privilege IAM policies"]
        return one.state, one.evidence

    estate.adopted()
    assert line()[0] == "met"
    iam = estate.cloud.client("iam", "media", "owner", region="us-east-1")
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="deploy-console-deploy", PolicyArn=everything)
    estate.look()
    assert line() == ("wrong", "deploy-console-deploy is other than it should be.")
    row = Resource.objects.get(kind="deploy-policy", account__name="media")
    row.accepted = row.observed
    row.save()
    assert line() == ("wrong", "deploy-console-deploy was accepted as it is.")
