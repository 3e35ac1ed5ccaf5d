"""The same Idempotency-Key: done once, answered twice."""

import threading
import time

import pytest
from django.db import connection

from tests.examples import person
from tests.workers import Clone
from users import tokens
from users.idempotency import Reply, forget_old_replies, once
from users.models import ApiReply, ApiToken, User
from users.permissions import Role
from users.refusals import Invalid


def a_token(name: str = "ci") -> ApiToken:
    return tokens.issue(
        actor=None, user=person(Role.RELEASE_MANAGER, name), name="ci", scopes=["read"], days=1
    )[0]


def created() -> Reply:
    """Something that must not happen twice."""
    User.objects.create_user(f"made-{User.objects.count()}")
    return Reply(202, '{"id": 7}', {"Retry-After": "2"})


@pytest.mark.django_db
def test_the_second_time_the_reply_comes_again() -> None:
    token = a_token()
    before = User.objects.count()
    replies = [once(token=token, key="k", asked=b"POST /x {}", act=created) for _ in range(3)]
    assert replies == [Reply(202, '{"id": 7}', {"Retry-After": "2"})] * 3
    assert User.objects.count() == before + 1


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused_and_another_token_is_not() -> None:
    token, other = a_token(), a_token("cd")
    once(token=token, key="k", asked=b"one", act=created)
    with pytest.raises(Invalid, match="another request"):
        once(token=token, key="k", asked=b"two", act=created)
    assert once(token=other, key="k", asked=b"two", act=created).status == 202


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(key: str) -> None:
    with pytest.raises(Invalid, match="1 to 200"):
        once(token=a_token(), key=key, asked=b"", act=created)


@pytest.mark.django_db
def test_what_broke_is_not_remembered() -> None:
    token = a_token()

    def breaks() -> Reply:
        created()
        raise ConnectionError("gone")

    before = User.objects.count()
    with pytest.raises(ConnectionError):
        once(token=token, key="k", asked=b"one", act=breaks)
    assert (User.objects.count(), ApiReply.objects.count()) == (before, 0)
    assert once(token=token, key="k", asked=b"one", act=created).status == 202


@pytest.mark.django_db
def test_a_day_later_the_key_is_free() -> None:
    token = a_token()
    once(token=token, key="k", asked=b"one", act=created)
    assert forget_old_replies() == 0
    ApiReply.objects.update(created_at="2026-01-01T00:00:00Z")
    assert once(token=token, key="k", asked=b"two", act=created).status == 202
    assert ApiReply.objects.count() == 1


def test_twins_at_the_same_moment_are_done_once(cloned_database: Clone) -> None:
    token = a_token()
    before = User.objects.count()
    replies: list[Reply] = []

    def slowly() -> Reply:
        time.sleep(0.2)
        return created()

    def ask() -> None:
        replies.append(once(token=token, key="k", asked=b"one", act=slowly))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [202] * 4
    assert User.objects.count() == before + 1
