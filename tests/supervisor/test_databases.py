import pytest
from django.db import connection


@pytest.mark.django_db
def test_role():
    with connection.cursor() as c:
        c.execute("select current_user, current_database()")
        assert c.fetchone() == ("console", "test_console")


def test_clone(cloned_database):
    with connection.cursor() as c:
        c.execute("select current_user, current_database()")
        assert c.fetchone() == ("console", cloned_database.name)


@pytest.mark.django_db
def test_back():
    with connection.cursor() as c:
        c.execute("select current_database()")
        assert c.fetchone() == ("test_console",)


def test_worker(real_worker):
    assert real_worker.alive()
