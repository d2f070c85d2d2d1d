# ruff: noqa: F821, PLC0415, PLR2004 - Horizon executes this among its settings; Kolla works out the templates
# Single sign-on is what the login page begins with; accounts of Keystone's own are the other choice.
WEBSSO_INITIAL_CHOICE = "{{ identity_keystone_provider }}_openid"
# Where Keystone is asked doesn't depend on what a browser says of where it comes from.
WEBSSO_USE_HTTP_REFERER = False


def _log_out_at_both_ends(get_response):
    """Whoever came by single sign-on leaves by it: Apache in front of Keystone ends its session, and Keycloak's."""
    from django.urls import reverse

    def handle(request):
        leaves = request.path == reverse("logout") and getattr(request.user, "is_federated", False)
        response = get_response(request)
        if leaves and response.status_code == 302:
            response["Location"] = (
                "{{ keystone_public_url }}/redirect_uri?logout="
                "{{ (horizon_public_endpoint ~ '/auth/login/') | urlencode | replace('/', '%2F') }}"
            )
        return response

    return handle


def _as_a_module():
    """Django finds middleware by its module, and settings are none."""
    import sys
    import types

    module = types.ModuleType("groundplane_single_sign_on")
    module.log_out_at_both_ends = _log_out_at_both_ends
    sys.modules[module.__name__] = module


_as_a_module()
MIDDLEWARE += ("groundplane_single_sign_on.log_out_at_both_ends",)
