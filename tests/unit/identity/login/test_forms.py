from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.asking import RefusedError
from groundplane.identity.login.browser import Browser
from groundplane.identity.login.forms import Person, asks_for_password, choose, log_in, realm_of
from groundplane.identity.login.pages import Page

from .fake_web import Asked, FakeWeb, Said, leads_to

KEYCLOAK = "https://id.test:8443"
ALICE = Person("alice", "right")
PROXY = f"{KEYCLOAK}/realms/cloud/protocol/openid-connect/auth"
ACME = f"{KEYCLOAK}/realms/acme/login-actions/authenticate"
FORM = """<h1>Sign in</h1><form id="kc-form-login" method="post" action="/realms/{realm}/login-actions/authenticate">
{fields}<button name="login"></button></form>{more}"""
BOTH = '<input name="username"><input name="password" type="password">'
WRONG = '<span id="input-error">Invalid username or password.</span>'


def form(realm: str, fields: str = BOTH, more: str = "") -> Said:
    return Said(FORM.format(realm=realm, fields=fields, more=more))


@pytest.fixture
def web() -> FakeWeb:
    """A proxy realm that offers acme, and acme, where alice is known."""
    found = FakeWeb()
    found.on[f"GET {PROXY}"] = lambda _: form(
        "cloud", more='<a id="social-acme" href="/realms/cloud/broker/acme/login">'
    )
    found.on[f"GET {KEYCLOAK}/realms/cloud/broker/acme/login"] = leads_to(ACME)
    found.on[f"GET {ACME}"] = lambda _: form("acme")

    def typed(asked: Asked) -> Said:
        if asked.fields.get("password") != "right":
            return form("acme", more=WRONG)
        return leads_to("https://cloud.test/home")(asked)

    found.on[f"POST {ACME}"] = typed
    found.on["GET https://cloud.test/home"] = lambda _: Said("<h1>Projects</h1>")
    return found


def test_a_customers_person_goes_through_their_own_realm(web: FakeWeb) -> None:
    browser = Browser(web.asker())
    page = log_in(browser, browser.open(PROXY), ALICE, keycloak=KEYCLOAK, provider="acme")
    assert page.heading == "Projects"
    posts = [asked for asked in web.asked if asked.method == "POST"]
    assert [asked.url for asked in posts] == [ACME]
    assert posts[0].fields["username"] == "alice"


def test_a_provider_that_is_hidden_is_asked_for_by_name(web: FakeWeb) -> None:
    hidden = f"{KEYCLOAK}/realms/cloud/login-actions/authenticate"
    words = "session_code=s&amp;execution=e&amp;tab_id=1"
    page_of = FORM.format(realm="cloud", fields=BOTH, more="").replace('authenticate"', f'authenticate?{words}"')
    web.on[f"GET {hidden}"] = lambda _: Said(page_of)
    browser = Browser(web.asker())
    page = log_in(browser, browser.open(f"{hidden}?tab_id=1"), ALICE, keycloak=KEYCLOAK, provider="acme")
    assert page.heading == "Projects"
    broker = f"{KEYCLOAK}/realms/cloud/broker/acme/login?session_code=s&tab_id=1"
    assert broker in [asked.url for asked in web.asked]


def test_a_provider_is_chosen_by_its_button(web: FakeWeb) -> None:
    browser = Browser(web.asker())
    first = browser.open(PROXY)
    assert asks_for_password(choose(browser, first, "acme"))
    nothing = Page("https://cloud.test/", 200)
    assert choose(browser, nothing, "acme") is nothing
    assert not asks_for_password(nothing)


def test_a_provider_that_is_not_there_is_told(web: FakeWeb) -> None:
    web.on[f"GET {KEYCLOAK}/realms/cloud/broker/globex/login"] = lambda _: form("cloud", more=WRONG)
    browser = Browser(web.asker())
    with pytest.raises(FailedError, match="identity provider globex"):
        log_in(browser, browser.open(PROXY), ALICE, keycloak=KEYCLOAK, provider="globex")
    assert not [asked for asked in web.asked if asked.method == "POST"]


def test_a_wrong_password_is_refused_in_keycloaks_words(web: FakeWeb) -> None:
    browser = Browser(web.asker())
    with pytest.raises(RefusedError) as raised:
        log_in(browser, browser.open(PROXY), Person("alice", "wrong"), keycloak=KEYCLOAK, provider="acme")
    assert raised.value.what == "Keycloak refuses alice in the realm acme"
    assert raised.value.why == "Invalid username or password."
    assert sum(asked.method == "POST" for asked in web.asked) == 1


def test_name_and_password_may_be_asked_one_after_the_other(web: FakeWeb) -> None:
    first = f"{KEYCLOAK}/realms/acme/first"
    web.on[f"GET {first}"] = lambda _: form("acme", '<input name="username">')
    answers = iter((form("acme", '<input name="password" type="password">'), leads_to("https://cloud.test/home")))

    def typed(asked: Asked) -> Said:
        answer = next(answers)
        return answer if isinstance(answer, Said) else answer(asked)

    web.on[f"POST {ACME}"] = typed
    browser = Browser(web.asker())
    assert log_in(browser, browser.open(first), ALICE, keycloak=KEYCLOAK).heading == "Projects"
    assert [sorted(asked.fields) for asked in web.asked if asked.method == "POST"] == [["username"], ["password"]]


def test_a_device_is_granted_what_it_asks_for(web: FakeWeb) -> None:
    consent = """<h1>Grant Access to openstack-cli</h1><form action="/realms/cloud/consent" method="POST">
    <input type="hidden" name="code" value="x"><input type="submit" name="accept" value="Yes"/>
    <input type="submit" name="cancel" value="No"/></form>"""
    web.on[f"GET {KEYCLOAK}/realms/cloud/device"] = lambda _: Said(consent)
    web.on[f"POST {KEYCLOAK}/realms/cloud/consent"] = lambda _: Said("<h1>Device Login Successful</h1>")
    browser = Browser(web.asker())
    page = log_in(browser, browser.open(f"{KEYCLOAK}/realms/cloud/device"), ALICE, keycloak=KEYCLOAK)
    assert page.heading == "Device Login Successful"
    assert web.asked[-1].fields == {"code": "x", "accept": "Yes"}


@pytest.mark.parametrize(
    ("id_", "told"), [("kc-totp-settings-form", "one-time"), ("kc-passwd-update-form", "password")]
)
def test_what_only_a_person_can_answer_is_told(web: FakeWeb, id_: str, told: str) -> None:
    web.on[f"GET {PROXY}"] = lambda _: Said(f'<form id="{id_}" method="post"><input name="other"></form>')
    browser = Browser(web.asker())
    with pytest.raises(FailedError, match=told):
        log_in(browser, browser.open(PROXY), ALICE, keycloak=KEYCLOAK)


def test_an_error_page_is_told(web: FakeWeb) -> None:
    web.on[f"GET {PROXY}"] = lambda _: Said('<h1>Sorry</h1><p id="kc-error-message">Client not found.</p>', 400)
    browser = Browser(web.asker())
    with pytest.raises(RefusedError) as raised:
        log_in(browser, browser.open(PROXY), ALICE, keycloak=KEYCLOAK)
    assert raised.value.why == "Client not found."


def test_the_realm_of_a_page() -> None:
    assert realm_of(ACME) == "acme"
    assert realm_of("https://cloud.test/realms") == ""
