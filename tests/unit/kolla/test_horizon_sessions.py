"""Where Horizon reads the sessions that it keeps in Valkey, and how soon it asks Memcached again."""

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
            {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        ),
    ],
    ids=["valkey", "in the process"],
)
def test_a_session_is_read_where_it_was_written(kollas: dict[str, Any], then: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"CACHES": {"default": kollas}}
    exec((toolkit_content().environments / FILE).read_text(), settings)  # noqa: S102 - as Horizon does
    assert settings["CACHES"]["default"] == then


@pytest.mark.parametrize("kollas", [{}, {"OPTIONS": {"ignore_exc": True}}], ids=["no options", "options"])
def test_memcached_is_asked_again_within_seconds(kollas: dict[str, Any]) -> None:
    cache = {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": ["192.0.2.1:11211"]}
    settings: dict[str, Any] = {"CACHES": {"default": {**cache, **kollas}}}
    exec((toolkit_content().environments / FILE).read_text(), settings)  # noqa: S102 - as Horizon does
    found = settings["CACHES"]["default"]
    options = found.pop("OPTIONS")
    assert found == cache
    assert options["dead_timeout"] <= 2
    assert options["retry_attempts"] == 0, "another server is asked at once"
    # pymemcache waits forever unless told otherwise.
    assert 0 < options["connect_timeout"] <= options["timeout"] <= 5
    assert options.items() >= kollas.get("OPTIONS", {}).items()
