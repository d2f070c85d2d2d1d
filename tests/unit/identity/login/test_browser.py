from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.browser import REDIRECTS, Browser

from .fake_web import FakeWeb, Said, leads_to

SSO = """<form action="https://b.test/in" method="post"><input type="hidden" name="token" value="t"></form>
<script>document.forms[0].submit()</script>"""


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


def test_redirects_are_followed_with_cookies(web: FakeWeb) -> None:
    web.on["GET https://a.test/"] = leads_to("/next?x=1", session="abc")
    web.on["GET https://a.test/next"] = lambda asked: Said(f"<title>{asked.headers.get('Cookie')}</title>")
    page = Browser(web.asker()).open("https://a.test/")
    assert (page.url, page.status, page.heading) == ("https://a.test/next?x=1", 200, "session=abc")


def test_a_form_by_which_one_side_hands_over_to_the_other_is_submitted(web: FakeWeb) -> None:
    web.on["GET https://a.test/"] = lambda _: Said(SSO)
    web.on["POST https://b.test/in"] = leads_to("https://b.test/home")
    web.on["GET https://b.test/home"] = lambda _: Said("<h1>Home</h1>")
    page = Browser(web.asker()).open("https://a.test/")
    assert page.heading == "Home"
    assert web.asked[1].fields == {"token": "t"}
    assert web.asked[2].method == "GET"


def test_a_form_is_filled_and_its_button_pressed(web: FakeWeb) -> None:
    html = """<form action="/in" method="post"><input type=hidden name=h value=1><input name=u value=x>
    <button name=no value=1></button><button name=yes value=2></button></form>"""
    web.on["GET https://a.test/"] = lambda _: Said(html)
    web.on["POST https://a.test/in"] = lambda asked: Said(f"<title>{asked.fields}</title>")
    browser = Browser(web.asker())
    page = browser.open("https://a.test/")
    browser.submit(page.forms[0], {"u": "me"}, button="yes")
    assert web.asked[-1].fields == {"h": "1", "u": "me", "yes": "2"}
    assert web.asked[-1].headers["Referer"].startswith("https://a.test/")


def test_a_form_by_get_puts_its_fields_into_the_address(web: FakeWeb) -> None:
    web.on["GET https://a.test/"] = lambda _: Said('<form action="/find"><input name="q" value="a b"></form>')
    web.on["GET https://a.test/find"] = lambda _: Said("found")
    browser = Browser(web.asker())
    page = browser.submit(browser.open("https://a.test/").forms[0])
    assert page.url == "https://a.test/find?q=a+b"


def test_the_address_of_a_program_of_the_person_is_not_opened(web: FakeWeb) -> None:
    web.on["GET https://a.test/"] = leads_to("http://localhost:9990/done?code=c")
    page = Browser(web.asker(), stop_at="http://localhost:9990/").open("https://a.test/")
    assert page.url == "http://localhost:9990/done?code=c"


def test_redirects_without_end_are_told(web: FakeWeb) -> None:
    web.on["GET https://a.test/"] = leads_to("/")
    with pytest.raises(FailedError, match="without end"):
        Browser(web.asker()).open("https://a.test/")
    assert len(web.asked) == REDIRECTS


def test_nobody_there_is_told_with_its_cause(web: FakeWeb) -> None:
    with pytest.raises(FailedError) as raised:
        Browser(web.asker()).open("https://gone.test/?secret=1")
    assert raised.value.what == "https://gone.test/ doesn't answer"
    assert "nobody listens" in raised.value.why
