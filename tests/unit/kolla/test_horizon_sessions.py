"""Where Horizon reads the sessions that it keeps in Valkey."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.content import toolkit_content

FILE = "openstack/overlays/horizon/_9999-custom-settings.py"
PRIMARY = "django_redis.client.DefaultClient"


@pytest.mark.parametrize(
    ("kollas", "then"),
    [
        (
            {
                "BACKEND": "django_redis.cache.RedisCache",
                "OPTIONS": {"CLIENT_CLASS": "django_redis.client.SentinelClient"},
            },
            {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": {"CLIENT_CLASS": PRIMARY}},
        ),
        (
            {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": ["192.0.2.1:11211"]},
            {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": ["192.0.2.1:11211"]},
        ),
    ],
    ids=["valkey", "memcached"],
)
def test_a_session_is_read_where_it_was_written(kollas: dict[str, Any], then: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"CACHES": {"default": kollas}}
    exec((toolkit_content().environments / FILE).read_text(), settings)  # noqa: S102 - as Horizon does
    assert settings["CACHES"]["default"] == then
