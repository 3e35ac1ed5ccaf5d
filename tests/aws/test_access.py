"""Opening accounts: roles, external ids, identities, credentials that end."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from aws import errors, sessions
from aws.access import Access, connect
from aws.lease import LeaseLost, Unleased, unrecorded
from aws.rights import whoami
from aws.s3 import check_bucket
from aws.sessions import Clock, Identity
from tests.aws.conftest import BUCKET, MEDIA, SANDBOX, FakeLease, Ledger, Open
from tests.cloud import CloudProcess


def test_an_account_is_opened_by_its_role_in_the_persons_name(
    worker: CloudProcess, open_account: Open, ledger: Ledger
) -> None:
    since = worker.next_call()
    account = open_account(session_name="console-run-7", source_identity="Ada Lovelace")
    assert whoami(account).endswith("assumed-role/deploy-console-deploy/console-run-7")
    assert [call["operation"] for call in worker.calls(since)] == [
        "AssumeRole",
        "GetCallerIdentity",
        "GetCallerIdentity",
    ]
    assert all(call.request_id and not call.writes for call in ledger.calls)


def test_a_role_is_taken_once_per_name_and_process(worker: CloudProcess, open_account: Open) -> None:
    since = worker.next_call()
    for _ in range(2):
        open_account()
    assert len(worker.calls(since, "sts", "AssumeRole")) == 1
    open_account(session_name="another")
    assert len(worker.calls(since, "sts", "AssumeRole")) == 2


def test_a_wrong_external_id_is_refused(worker: CloudProcess, access: Access) -> None:
    wrong = replace(access, external_id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(errors.RoleRefused, match="external id") as caught:
        connect(wrong, session_name="tests", lease=Unleased(), record=unrecorded)
    assert caught.value.request_id


def test_a_role_of_another_account_is_refused_before_anything_else(
    worker: CloudProcess, access: Access
) -> None:
    with pytest.raises(errors.WrongAccount, match=f"acts in account {MEDIA}") as caught:
        connect(
            replace(access, account_id=SANDBOX), session_name="tests", lease=Unleased(), record=unrecorded
        )
    assert "Nothing was written" in str(caught.value)


def test_a_lost_lease_opens_nothing(open_account: Open, ledger: Ledger) -> None:
    with pytest.raises(LeaseLost):
        open_account(lease=FakeLease(questions=0))
    assert not ledger.calls


def test_credentials_that_end_in_the_middle_are_renewed(
    worker: CloudProcess, open_account: Open, ledger: Ledger
) -> None:
    """AWS: a role's session can be revoked, and then its key is unknown."""
    account = open_account()
    clock = account.clock
    worker.reset()
    check_bucket(account, BUCKET, MEDIA)
    assert account.clock is clock
    assert [(call.attempt, bool(call.code)) for call in ledger.of("ListObjectsV2")] == [(1, True), (2, False)]


def test_expired_tokens_are_renewed_once_a_call(
    worker: CloudProcess, open_account: Open, ledger: Ledger
) -> None:
    account = open_account()
    worker.faults("s3", "ListObjectsV2", "expired", count=1)
    account.read("s3", "ListObjectsV2", BUCKET, Bucket=BUCKET)
    assert [call.code for call in ledger.of("ListObjectsV2")] == ["ExpiredToken", ""]
    worker.faults("s3", "ListObjectsV2", "expired", count=2)
    with pytest.raises(errors.ExpiredCredentials):
        account.read("s3", "ListObjectsV2", BUCKET, Bucket=BUCKET)


def test_throttles_and_lost_answers_are_outlasted(
    worker: CloudProcess, open_account: Open, ledger: Ledger
) -> None:
    account = open_account()
    worker.faults("s3", "ListObjectsV2", "error", status=503, code="SlowDown", count=2)
    worker.faults("s3", "ListObjectsV2", "lost_reply", count=1)
    account.read("s3", "ListObjectsV2", BUCKET, Bucket=BUCKET)
    assert sorted(call.status for call in ledger.of("ListObjectsV2")) == [0, 200, 503, 503]


def test_threads_share_one_session(worker: CloudProcess, open_account: Open) -> None:
    since = worker.next_call()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(whoami(open_account()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(worker.calls(since, "sts", "AssumeRole")) == 1


def test_a_child_process_keeps_no_session(open_account: Open) -> None:
    open_account()
    assert sessions._sessions
    child = os.fork()
    if child == 0:
        os._exit(len(sessions._sessions))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_only_the_newest_sessions_are_kept(worker: CloudProcess, open_account: Open) -> None:
    role = sessions.Role("arn:aws:iam::1:role/r", "e", "us-east-2", "name")
    for number in range(sessions.KEPT + 5):
        sessions.role_session(Identity(), replace(role, session_name=f"name-{number}"))
    assert len(sessions._sessions) == sessions.KEPT


def test_a_service_refuses_a_persons_sign_in(worker: CloudProcess, open_account: Open) -> None:
    with pytest.raises(errors.NoCredentials, match="one person's sign-in"):
        open_account(identity=Identity("tim", service=True))


@pytest.fixture
def signed_out(worker: CloudProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A laptop whose profile `tim` signs in by SSO, and has not done so."""
    config = tmp_path / "config"
    config.write_text(
        "[profile tim]\nsso_session = work\nsso_account_id = 111111111111\nsso_role_name = Developer\n"
        "region = us-east-2\n[sso-session work]\nsso_region = us-east-2\nsso_start_url = https://example.com/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_an_ended_sign_in_says_how_to_sign_in(signed_out: None, open_account: Open) -> None:
    with pytest.raises(errors.SignInExpired, match="aws sso login --profile tim"):
        open_account(identity=Identity("tim", service=False))


def test_a_service_refuses_a_sign_in_from_the_environment(
    signed_out: None, open_account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "tim")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(errors.NoCredentials, match="a person's sign-in"):
        open_account()


def test_a_process_without_identity_says_so(
    worker: CloudProcess, open_account: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(errors.NoCredentials, match="no AWS identity"):
        open_account()


def test_an_unknown_profile_is_no_identity(open_account: Open) -> None:
    with pytest.raises(errors.NoCredentials, match="nobody"):
        open_account(identity=Identity("nobody", service=False))


def test_the_clock_follows_aws_and_never_runs_ahead() -> None:
    clock = Clock()
    before = clock.now()
    clock.observe("")
    assert clock.now() >= before
    clock.observe("Sun, 22 Nov 2020 18:37:05 GMT")
    assert clock.now().strftime("%Y-%m-%dT%H:%M") == "2020-11-22T18:37"
    assert clock.now() < clock.now()
