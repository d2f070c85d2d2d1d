# ruff: noqa: F821 - Horizon executes this among its settings
# Where Kolla keeps sessions in Valkey, Horizon would read them from replicas: what one request has just written isn't
# there yet for the next (HTTP 400 after a login). This client reads from the primary that Sentinel names, too.
if CACHES["default"].get("OPTIONS", {}).get("CLIENT_CLASS") == "django_redis.client.SentinelClient":
    CACHES["default"]["OPTIONS"]["CLIENT_CLASS"] = "django_redis.client.DefaultClient"
