"""People log in to a lab's cloud: `./scripts/test cloud`. In the order of the file, on the lab of test_openstack.py."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openstack
import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.asking import RefusedError
from groundplane.identity.login.browser import Browser
from groundplane.identity.login.forms import Person, log_in
from tests.command import ROOT
from tests.e2e.chromium import chromium, visit
from tests.e2e.conftest import FROM_NOTHING
from tests.e2e.faults.by_hand import CUSTOMER, change_realm, realm_settings
from tests.e2e.people import PROXY, REALMS, Customer, Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

    from tests.e2e.cloud import Cloud
    from tests.e2e.conftest import Lab

# Whichever test comes first waits for the lab.
pytestmark = [pytest.mark.cloud, pytest.mark.timeout(FROM_NOTHING + 1800)]

OTHER = "globex"
PICTURES = Path(os.environ.get("GP_TEST_PICTURES") or ROOT / "build" / "pictures")
"""Where the browser's pictures go; docs/pictures has those of the documentation."""
KEYCLOAK_HOST, CONTAINER = "node1", "keycloak"


@pytest.fixture(scope="module")
def identity(cloud: Cloud) -> Identity:
    return Identity(cloud)


@pytest.fixture(scope="module")
def acme(identity: Identity) -> Customer:
    return identity.customer(CUSTOMER)


@pytest.fixture
def browser(cloud_lab: Lab, cloud: Cloud, tmp_path: Path) -> Iterator[Chromium]:
    with chromium(cloud_lab.site / "certificates" / "ca.crt", tmp_path, cloud.vip) as found:
        yield found


def nothing_to_do(lab: Lab) -> None:
    answer, steps = lab.plan("identity")
    assert (answer.code, steps) == (0, {}), str(answer)


def test_the_layer_verifies_and_leaves_nothing(cloud_lab: Lab, identity: Identity) -> None:
    before = identity.realms(), identity.domains(), identity.users()
    verified = cloud_lab.groundplane("verify", "identity", timeout=900)
    assert verified.code == 0, str(verified)
    smoked = cloud_lab.groundplane("identity", "smoke", "--json", timeout=900)
    assert smoked.code == 0, str(smoked)
    assert (identity.realms(), identity.domains(), identity.users()) == before


def test_a_login_test_that_is_interrupted_leaves_nothing(cloud_lab: Lab, identity: Identity) -> None:
    before = identity.realms(), identity.domains(), identity.users()
    process = cloud_lab.start("identity", "smoke")

    def at_work() -> bool:
        assert process.poll() is None, cloud_lab.started_output()
        return bool(identity.domains() - before[1])

    cloud_lab.wait_for(at_work, "the test's customer", 120)
    process.send_signal(signal.SIGINT)
    assert process.wait(300) == 4, cloud_lab.started_output()
    assert (identity.realms(), identity.domains(), identity.users()) == before


def test_a_second_apply_touches_nothing(cloud_lab: Lab, cloud: Cloud) -> None:
    nothing_to_do(cloud_lab)
    runs, containers = len(cloud_lab.runs()), cloud.all_containers()
    again = cloud_lab.groundplane("apply", "identity", "--yes")
    assert again.code == 0, str(again)
    assert len(cloud_lab.runs()) == runs
    assert cloud.all_containers() == containers


@pytest.mark.path
def test_a_customers_person_comes_into_their_own_project(identity: Identity, acme: Customer) -> None:
    client, tokens = identity.by_device(acme)
    token = identity.scoped(acme, tokens)
    assert (token.user, token.user_domain) == (f"{acme.realm}.{acme.person.username}", acme.domain)
    assert set(acme.roles) <= set(token.roles)
    assert "admin" not in token.roles
    with pytest.raises(RefusedError):
        identity.keystone().scope(token, identity.customer(OTHER).project, identity.customer(OTHER).domain)
    client.log_out(tokens)
    with pytest.raises(RefusedError):
        client.refresh(tokens)


def test_the_entry_for_clouds_yaml_comes_in_by_device(
    cloud_lab: Lab, identity: Identity, acme: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"{cloud_lab.name}-{acme.realm}-{acme.project}"
    answer = cloud_lab.groundplane("openstack", "clouds", name, "--json")
    assert answer.code == 0, str(answer)
    entry = {**answer.json()["clouds"][name], "cacert": str(cloud_lab.site / "certificates" / "ca.crt")}
    connection = openstack.connect(load_yaml_config=False, load_envvars=False, **entry)
    program = threading.Thread(target=connection.authorize, daemon=True)
    with caplog.at_level(logging.WARNING, "keystoneauth"):
        program.start()
        shown = re.compile(r"please go to: (https://\S+)")
        cloud_lab.wait_for(lambda: shown.search(caplog.text) is not None, "the address that the client shows", 60)
        found = shown.search(caplog.text)
    assert found is not None
    browser = Browser(identity.asker())
    log_in(browser, browser.open(found[1]), acme.person, keycloak=identity.url, provider=acme.realm)
    program.join(60)
    assert not program.is_alive()
    assert connection.current_project.name == acme.project
    connection.close()


def test_a_wrong_password_is_refused(identity: Identity, acme: Customer) -> None:
    horizon = identity.horizon()
    with pytest.raises(RefusedError) as refused:
        horizon.log_in(Person(acme.person.username, "not the password"), provider=acme.realm)
    assert acme.realm in refused.value.what


@pytest.mark.path
def test_a_browser_sees_the_project_page_and_logs_out_at_both_ends(
    identity: Identity, acme: Customer, browser: Chromium
) -> None:
    visit(browser, lambda page: come_and_go(page, identity, acme), picture("failed.png"))


def come_and_go(page: Page, identity: Identity, acme: Customer) -> None:
    sign_on(page, identity, acme)
    assert page.url.startswith(f"{identity.dashboard}project/"), page.url
    assert page.locator(".context-project").first.inner_text() == acme.project
    assert page.locator(".context-domain").first.inner_text() == acme.domain
    assert f"{acme.realm}.{acme.person.username}" in page.content()
    # The menu on the left is still on its way.
    page.wait_for_timeout(2000)
    page.screenshot(path=str(picture("horizon-project.png")))

    # It lies in the menu of the person's name.
    page.locator("li.dropdown", has=page.locator("form[action*='auth/logout']")).locator("a.dropdown-toggle").click()
    page.get_by_role("button", name="Sign Out").click()
    page.wait_for_url(re.compile(r".*/auth/login.*|.*/realms/.*"))
    page.goto(f"{identity.dashboard}project/")
    assert "auth/login" in page.url
    choose(page)
    # A password is asked for again: neither the proxy's session nor the customer's is left.
    page.locator(f"#social-{acme.realm}").click()
    page.locator("#password").wait_for()
    assert f"/realms/{acme.realm}/" in page.url


def sign_on(page: Page, identity: Identity, customer: Customer) -> None:
    """From Horizon's address to its project page."""
    page.goto(identity.dashboard)
    choose(page)
    page.locator(f"#social-{customer.realm}").wait_for()
    page.screenshot(path=str(picture("keycloak-customers.jpg")), quality=70)
    page.locator(f"#social-{customer.realm}").click()
    page.locator("#username").fill(customer.person.username)
    page.locator("#password").fill(customer.person.password)
    page.locator("#kc-login").click()
    # Not merely the address to which Keystone hands the token.
    page.wait_for_url(re.compile(rf"{re.escape(identity.dashboard)}(?!auth/)"))
    page.goto(f"{identity.dashboard}project/")


def choose(page: Page) -> None:
    """The single sign-on is what Horizon offers first."""
    page.locator("#id_auth_type").wait_for()
    page.locator("#loginBtn").click()


def picture(name: str) -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES / name


def test_what_somebody_changed_in_keycloaks_console_is_seen_and_put_right(cloud_lab: Lab, identity: Identity) -> None:
    before = change_realm(identity)
    shown = cloud_lab.groundplane("plan", "identity")
    assert all(word in shown.out for word in ("identity.realms", f"realm {CUSTOMER}", "brute force")), str(shown)
    assert set(cloud_lab.plan("identity")[1]) == {"identity.realms"}
    applied = cloud_lab.groundplane("apply", "identity", "--yes")
    assert applied.code == 0, str(applied)
    assert {step for step, _ in cloud_lab.work_of(cloud_lab.newest_run())} == {"identity.realms"}
    assert realm_settings(identity) == before
    nothing_to_do(cloud_lab)


def test_what_others_made_in_keycloak_stays(cloud_lab: Lab, identity: Identity) -> None:
    identity.admin("POST", f"/{CUSTOMER}/groups", {"name": "by-hand"})
    try:
        nothing_to_do(cloud_lab)
        applied = cloud_lab.groundplane("apply", "identity.realms", "--force", "--yes")
        assert applied.code == 0, str(applied)
        assert "by-hand" in {one["name"] for one in identity.admin("GET", f"/{CUSTOMER}/groups")}
    finally:
        for one in identity.admin("GET", f"/{CUSTOMER}/groups?search=by-hand"):
            identity.admin("DELETE", f"/{CUSTOMER}/groups/{one['id']}")


def test_sessions_outlive_a_killed_keycloak(cloud_lab: Lab, cloud: Cloud, identity: Identity, acme: Customer) -> None:
    client, tokens = identity.by_device(acme)
    page_of = identity.horizon()
    page = page_of.log_in(acme.person, provider=acme.realm)
    stop, logins = threading.Event(), list[float]()

    def come_in() -> None:
        while not stop.is_set():
            try:
                identity.horizon().log_in(acme.person, provider=acme.realm)
                logins.append(time.monotonic())
            except FailedError:
                stop.wait(1)

    people = [threading.Thread(target=come_in, daemon=True) for _ in range(2)]
    for person in people:
        person.start()
    try:
        cloud_lab.wait_for(lambda: len(logins) > 1, "logins under way", 120)
        killed = time.monotonic()
        # As the kernel does when memory runs out; what `docker kill` stops Docker doesn't start again.
        found = f"docker inspect --format '{{{{.State.Pid}}}}' {CONTAINER}"
        cloud_lab.on(KEYCLOAK_HOST, "sh", "-c", f"kill -9 $({found})")
        cloud_lab.wait_for(lambda: not identity.answers(), "Keycloak to be away", 30)
        cloud_lab.wait_for(identity.answers, "Keycloak to come back by itself", 180)
        away = time.monotonic() - killed
        cloud_lab.wait_for(lambda: any(at > killed + away for at in logins), "people to come in again", 120)
    finally:
        stop.set()
        for person in people:
            person.join(120)
    assert CONTAINER in cloud.containers(KEYCLOAK_HOST)
    # Who was in before is in still: by the command line's session, by the browser's single sign-on.
    newer = client.refresh(tokens)
    assert identity.scoped(acme, newer).project == acme.project
    assert page_of.is_in(page_of.browser.open(page.url))
    nothing_to_do(cloud_lab)


def test_a_lost_container_is_named_and_made_again(cloud_lab: Lab, identity: Identity) -> None:
    cloud_lab.on(KEYCLOAK_HOST, "docker", "rm", "--force", CONTAINER)
    shown = cloud_lab.groundplane("plan", "identity")
    assert all(word in shown.out for word in ("identity.keycloak", KEYCLOAK_HOST, f"container {CONTAINER}")), str(shown)
    applied = cloud_lab.groundplane("apply", "identity.keycloak", "--yes")
    assert applied.code == 0, str(applied)
    cloud_lab.wait_for(identity.answers, "Keycloak", 180)
    nothing_to_do(cloud_lab)


def test_a_backup_brings_everybody_back(
    cloud_lab: Lab, cloud: Cloud, identity: Identity, acme: Customer, tmp_path: Path
) -> None:
    file = tmp_path / "identity.backup"
    saved = cloud_lab.groundplane("identity", "backup", "--output", str(file))
    assert saved.code == 0, str(saved)
    assert acme.person.password.encode() not in file.read_bytes()
    password = f"MYSQL_PWD={cloud.secrets()['database_password']}"
    words = ("mariadb", "--user", "root", "--execute", "DROP DATABASE keycloak")
    cloud_lab.on(KEYCLOAK_HOST, "docker", "exec", "--env", password, "mariadb", *words)
    with pytest.raises(FailedError):
        identity.by_device(acme)
    restored = cloud_lab.groundplane("identity", "restore", str(file), "--yes", "--confirm", cloud_lab.name)
    assert restored.code == 0, str(restored)
    client, tokens = identity.by_device(acme)
    assert identity.scoped(acme, tokens).project == acme.project
    client.log_out(tokens)
    nothing_to_do(cloud_lab)


def test_a_realm_file_with_a_mistake_is_refused(cloud_lab: Lab) -> None:
    file = cloud_lab.site / REALMS / f"{CUSTOMER}.yml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{before}\npasword_policy: length(8)\n", encoding="utf-8")
        refused = cloud_lab.groundplane("validate")
        assert refused.code == 2, str(refused)
        said = refused.out + refused.err
        assert all(word in said for word in (f"{CUSTOMER}.yml", "pasword_policy", "password_policy")), str(refused)
    finally:
        file.write_text(before, encoding="utf-8")


def test_two_customers_people_of_one_name_are_two_people(identity: Identity, acme: Customer) -> None:
    other = identity.customer(OTHER)
    tokens = [identity.by_device(customer)[1] for customer in (acme, other)]
    people: list[Any] = [
        identity.scoped(customer, found) for customer, found in zip((acme, other), tokens, strict=True)
    ]
    assert people[0].user_id != people[1].user_id
    assert [one.user_domain for one in people] == [acme.domain, other.domain]
    assert PROXY not in identity.domains()
