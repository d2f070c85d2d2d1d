"""A realm itself: its name, whether anybody can log in, and its policies.

Keys are those of RealmRepresentation in Keycloak's Admin REST API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.identity.durations import in_words
from groundplane.identity.keycloak.sheet import Field, Sheet, attribute, attributes
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, MARK, SECRET_MARK, Part, RealmWork, realm_name
from groundplane.platform.reconcile import Found, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.options import Locales, Login, Realm, Smtp
    from groundplane.identity.policy_options import (
        BruteForce,
        Events,
        Lifetimes,
        OneTimePasswordPolicy,
        RealmDefaults,
    )

LIFETIMES = {
    "access token": ("accessTokenLifespan", "access_token"),
    "authorization code": ("accessCodeLifespan", "authorization_code"),
    "login": ("accessCodeLifespanLogin", "login"),
    "idle session": ("ssoSessionIdleTimeout", "session_idle"),
    "session": ("ssoSessionMaxLifespan", "session_max"),
    "idle offline session": ("offlineSessionIdleTimeout", "offline_session_idle"),
    "offline session": ("offlineSessionMaxLifespan", "offline_session_max"),
    "device code": ("oauth2DeviceCodeLifespan", "device_code"),
    "user action": ("accessCodeLifespanUserAction", "user_action"),
    "user's link": ("actionTokenGeneratedByUserLifespan", "user_action"),
    "administrator's link": ("actionTokenGeneratedByAdminLifespan", "admin_action"),
}
"""What people call a lifetime, Keycloak's key, ours."""
QUICK_MILLISECONDS, QUICK_WAIT_SECONDS = 1000, 60
"""Two failures within a second are no person's (Keycloak's own default)."""
EVENT_LISTENER = "jboss-logging"
SMTP_LABEL = "mail password"


class RealmSettings(Part):
    """A realm as it is declared.

    Args:
        extra: what this realm has besides: the proxy's own settings.
    """

    def __init__(self, work: RealmWork, realm: Realm, extra: Sequence[Field] = ()) -> None:
        self._work = work
        self._realm = realm
        self._sheet = Sheet([*realm_fields(realm), *extra])

    def things(self) -> Iterator[Thing]:
        yield settings_thing(self._work, self._sheet, smtp=self._realm.smtp, adopt=self._realm.adopt)


def settings_thing(work: RealmWork, sheet: Sheet, *, smtp: Smtp | None = None, adopt: bool = False) -> Thing:
    """The realm as a thing."""
    given = bool(smtp and smtp.password)
    mail_password = work.secret(smtp.password, f"the mail server of {realm_name(work.realm)}") if given and smtp else ""

    def marks() -> dict[str, str]:
        return {MARK: work.mark, **({SECRET_MARK: work.digest(mail_password)} if mail_password else {})}

    def body(there: Mapping[str, Any]) -> dict[str, Any]:
        made = sheet.onto(there)
        made["attributes"] = {**(made.get("attributes") or {}), **marks()}
        if mail_password:
            made["smtpServer"] = {**(made.get("smtpServer") or {}), "password": mail_password}
        return made

    def look() -> Found | None:
        there = work.calls.get()
        if there is None:
            return None
        have = sheet.have(there)
        kept = there.get("attributes") or {}
        if mail_password:
            have[SMTP_LABEL] = DECLARED if kept.get(SECRET_MARK) == work.digest(mail_password) else ANOTHER
        return Found(str(there.get("id", work.realm)), have, ours=work.marked(kept))

    return Thing(
        name=work.after,
        wanted={**sheet.wanted, **({SMTP_LABEL: DECLARED} if mail_password else {})},
        look=look,
        make=lambda: work.calls.make(body({"realm": work.realm})),
        change=lambda *_: work.calls.put("", body(work.calls.get())),
        adopt=adopt,
    )


def realm_fields(realm: Realm) -> list[Field]:
    """All that a realm file says of the realm itself."""
    return [
        Field("display name", ("displayName",), realm.display_name),
        Field("enabled", ("enabled",), realm.enabled),
        *policy_fields(realm),
        *_login(realm.login),
        *_locales(realm.locales),
        *_smtp(realm.smtp),
        *attributes(realm.attributes),
    ]


def policy_fields(realm: Realm | RealmDefaults) -> list[Field]:
    """What holds for realms of people and for Keycloak's own alike."""
    return [
        # People's passwords never travel in clear, wherever they are.
        Field("TLS demanded", ("sslRequired",), "all"),
        Field("password policy", ("passwordPolicy",), realm.password_policy),
        *_one_time_password(realm.one_time_password_policy),
        *_lifetimes(realm.lifetimes),
        *_brute_force(realm.brute_force),
        *_events(realm.events),
    ]


def _lifetimes(asked: Lifetimes) -> list[Field]:
    return [
        *(
            Field(f"lifetime of {label}", (key,), getattr(asked, ours), in_words_or_none)
            for label, (key, ours) in LIFETIMES.items()
        ),
        Field("offline sessions end", ("offlineSessionMaxLifespanEnabled",), value=True),
        Field("device polling", ("oauth2DevicePollingInterval",), asked.device_polling, in_words_or_none),
        # 0 means: as without "remember me", so that the declared lifetimes hold there, too.
        Field("remembered session", ("ssoSessionMaxLifespanRememberMe",), 0),
        Field("remembered idle session", ("ssoSessionIdleTimeoutRememberMe",), 0),
    ]


def _brute_force(asked: BruteForce) -> list[Field]:
    return [
        Field("brute force protection", ("bruteForceProtected",), asked.enabled),
        Field("brute force failures", ("failureFactor",), asked.failures),
        Field("brute force wait", ("waitIncrementSeconds",), asked.wait, in_words_or_none),
        Field("brute force longest wait", ("maxFailureWaitSeconds",), asked.wait_max, in_words_or_none),
        Field("brute force reset", ("maxDeltaTimeSeconds",), asked.reset_after, in_words_or_none),
        Field("brute force locks for good", ("permanentLockout",), asked.permanent),
        Field("brute force quick logins in ms", ("quickLoginCheckMilliSeconds",), QUICK_MILLISECONDS),
        Field("brute force wait after quick logins", ("minimumQuickLoginWaitSeconds",), QUICK_WAIT_SECONDS),
    ]


def _one_time_password(asked: OneTimePasswordPolicy) -> list[Field]:
    return [
        Field("one-time password type", ("otpPolicyType",), asked.type),
        Field("one-time password algorithm", ("otpPolicyAlgorithm",), asked.algorithm),
        Field("one-time password digits", ("otpPolicyDigits",), asked.digits),
        Field("one-time password period", ("otpPolicyPeriod",), asked.period),
        Field("one-time password look-ahead", ("otpPolicyLookAheadWindow",), asked.look_ahead),
    ]


def _events(asked: Events) -> list[Field]:
    return [
        Field("events kept", ("eventsEnabled",), asked.enabled),
        Field("events are kept for", ("eventsExpiration",), asked.expiration, in_words_or_none),
        Field("event listeners", ("eventsListeners",), [EVENT_LISTENER]),
        Field("administrators' events kept", ("adminEventsEnabled",), asked.admin),
        Field("administrators' events with details", ("adminEventsDetailsEnabled",), asked.details),
        attribute(
            "administrators' events are kept for",
            "adminEventsExpiration",
            str(asked.expiration),
            show=in_words_or_none,
        ),
    ]


def _login(asked: Login) -> list[Field]:
    return [
        Field("login by mail address", ("loginWithEmailAllowed",), asked.with_email),
        Field("remember me", ("rememberMe",), asked.remember_me),
        Field("forgotten passwords", ("resetPasswordAllowed",), asked.reset_password),
        Field("mail addresses confirmed", ("verifyEmail",), asked.verify_email),
        Field("registration", ("registrationAllowed",), asked.registration),
    ]


def _locales(asked: Locales | None) -> list[Field]:
    if asked is None:
        return []
    return [
        Field("languages chosen", ("internationalizationEnabled",), value=True),
        Field("languages", ("supportedLocales",), list(asked.supported)),
        Field("language", ("defaultLocale",), asked.default),
    ]


def _smtp(asked: Smtp | None) -> list[Field]:
    if asked is None:
        return []
    values = {
        "host": asked.host,
        "port": str(asked.port),
        "from": asked.sender,
        "fromDisplayName": asked.sender_name,
        "replyTo": asked.reply_to,
        "ssl": str(asked.tls).lower(),
        "starttls": str(asked.start_tls).lower(),
        "auth": str(bool(asked.user)).lower(),
        "user": asked.user,
    }
    return [Field(f"mail {name}", ("smtpServer", name), value) for name, value in values.items()]


def in_words_or_none(span: Any) -> str:
    """A span of seconds, which Keycloak may have as text."""
    return in_words(int(span)) if str(span or "").isdigit() else "none"
