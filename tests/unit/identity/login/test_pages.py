"""Pages as Keycloak 26's themes, Keystone and Horizon write them, cut down to what counts."""

from __future__ import annotations

from groundplane.identity.login.pages import read_page

URL = "https://id.example.org:8443/realms/acme/protocol/openid-connect/auth?client_id=x"
LOGIN = """<!DOCTYPE html><html><head><title>Sign in to acme</title><style>.a{}</style>
<script type="module">import { x } from "./y.js"; document.forms;</script></head>
<body id="keycloak-bg"><h1 class="pf-v5-c-login__main-header-title" id="kc-page-title">Sign in to
 your account</h1>
<form id="kc-form-login" action="/realms/acme/login-actions/authenticate?session_code=a&amp;tab_id=b" method="post">
<input id="username" name="username" value="" type="text" autofocus>
<input id="password" name="password" value="" type="password">
<span id="input-error" aria-live="polite">Invalid username
  or password.</span>
<input id="rememberMe" name="rememberMe" type="checkbox">
<input type="hidden" id="id-hidden-input" name="credentialId">
<button name="login" id="kc-login" type="submit">Sign In</button></form>
<ul><li><a id="social-globex"
 href="/realms/cloud/broker/globex/login?session_code=c&amp;x=1"><span>Globex</span></a></li></ul>
</body></html>"""
KEYSTONE = """<!DOCTYPE html><html><body>
<form id="sso" name="sso" action="https://cloud.example.org/auth/websso/" method="post">
Please wait...<br/><input type="hidden" name="token" id="token" value="gAAA"/>
<noscript><input type="submit" name="submit_no_javascript" value="Continue"/></noscript></form>
<script type="text/javascript">window.onload = function() { document.forms['sso'].submit(); }</script></body></html>"""


def test_a_login_page_is_read() -> None:
    page = read_page(URL, 200, LOGIN)
    form = page.form("kc-form-login")
    assert form is not None
    assert form.action == "https://id.example.org:8443/realms/acme/login-actions/authenticate?session_code=a&tab_id=b"
    assert (form.method, form.visible) == ("POST", ("username", "password"))
    assert form.fields == {"username": "", "password": "", "credentialId": ""}
    assert form.buttons == {"login": ""}
    assert page.heading == "Sign in to your account"
    assert page.complaint == "Invalid username or password."
    link = page.link("social-globex")
    assert link is not None
    assert (link.url, link.text) == (
        "https://id.example.org:8443/realms/cloud/broker/globex/login?session_code=c&x=1",
        "Globex",
    )
    assert not page.submits_itself
    assert "import" not in page.text


def test_a_form_that_a_script_submits_is_told() -> None:
    page = read_page("https://api.example.org:5000/v3/auth", 200, KEYSTONE)
    assert page.submits_itself
    (form,) = page.forms
    assert form.fields == {"token": "gAAA"}
    assert form.action == "https://cloud.example.org/auth/websso/"


def test_what_the_person_would_fill_in_is_never_submitted_by_itself() -> None:
    page = read_page(URL, 200, LOGIN.replace("document.forms", "document.forms[0].submit()"))
    assert not page.submits_itself


def test_choices_have_what_is_chosen() -> None:
    html = """<form><select name="auth_type"><option value="credentials">Own</option>
    <option value="keycloak_openid" selected>Single sign-on</option></select>
    <select name="region"><option value="default">RegionOne</option><option value="b">B</option></select>
    <textarea name="note">as it
stands</textarea><input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>"""
    (form,) = read_page(URL, 200, html).forms
    assert form.fields == {"auth_type": "keycloak_openid", "region": "default", "note": "as it\nstands", "r": "2"}
    assert form.action == URL


def test_an_error_page_says_what_is_wrong() -> None:
    noscript = '<noscript><p class="alert-danger">No scripts!</p></noscript>'
    html = '<h1 id="kc-page-title">We are sorry...</h1><div id="kc-error-message"><p>Client not found.</p></div>'
    page = read_page(URL, 400, noscript + html)
    assert (page.heading, page.complaint) == ("We are sorry...", "Client not found.")
