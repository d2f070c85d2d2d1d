# ruff: noqa: F821 - Horizon executes this among its settings
# Where Kolla keeps sessions in Valkey, Horizon would read them from replicas: what one request has just written isn't
# there yet for the next (HTTP 400 after a login). This client reads from the primary that Sentinel names, too.
if CACHES["default"].get("OPTIONS", {}).get("CLIENT_CLASS") == "django_redis.client.SentinelClient":
    CACHES["default"]["OPTIONS"]["CLIENT_CLASS"] = "django_redis.client.DefaultClient"
# Where it keeps them in Memcached, pymemcache leaves a server alone for a minute that didn't answer: nobody could log
# in for as long after Memcached is back (HTTP 500, "Unable to create a new session key"). Here it asks another server
# at once, and this one again after a second; one whose host is off isn't waited for.
elif CACHES["default"]["BACKEND"].endswith(".PyMemcacheCache"):
    CACHES["default"].setdefault("OPTIONS", {}).update(retry_attempts=0, dead_timeout=1, connect_timeout=1, timeout=3)
