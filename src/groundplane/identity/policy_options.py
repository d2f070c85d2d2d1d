"""How strictly a realm treats its people: lifetimes, passwords, second factor, attacks, events.

Each has site-wide defaults (identity_… in environments/identity) that a realm file may override, key by key. The keys
are Keycloak's own terms (Server Administration Guide: "Timeouts", "Password policies", "Brute force attacks", "One-time
password policies", "Configuring auditing to track events").
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from groundplane.identity.durations import DAY, Duration
from groundplane.platform.options import Options


def _off(given: Any) -> Any:
    """YAML reads a bare `off` as false."""
    return "off" if given is False else given


OneTimePassword = Annotated[Literal["required", "optional", "off"], BeforeValidator(_off)]
"""required: everybody sets one up at the next login; optional: who has set one up is asked for it; off: nobody is."""

PASSWORD_POLICY = "length(12) and notUsername and notEmail and passwordHistory(5)"  # noqa: S105 - a rule, no password


class Lifetimes(Options):
    """How long things are good for. A day at most (GovStack's cloud infrastructure building block)."""

    access_token: Duration = Field(300, description="An access token; one that was handed out can't be taken back.")
    authorization_code: Duration = Field(60, description="The code that a browser brings back from the login page.")
    login: Duration = Field(1800, description="How long a person may take to log in.")
    session_idle: Duration = Field(7200, description="A session that nobody uses.")
    session_max: Duration = Field(36000, description="A session, however much it is used.")
    offline_session_idle: Duration = Field(DAY, description="An offline session (refresh tokens) that nobody uses.")
    offline_session_max: Duration = Field(DAY, description="An offline session, however much it is used.")
    device_code: Duration = Field(600, description="The code that the command line shows, to be entered in a browser.")
    device_polling: Duration = Field(5, description="How often the command line may ask whether it was entered.")
    user_action: Duration = Field(300, description="A link that a person asked for, such as to a new password.")
    admin_action: Duration = Field(43200, description="A link that an administrator sent.")


class BruteForce(Options):
    """What happens to an account whose password somebody guesses at."""

    enabled: bool = Field(default=True, description="Whether guessing is slowed down.")
    failures: int = Field(10, ge=1, description="Failed logins until the account has to wait.")
    wait: Duration = Field(60, description="How long it waits; longer with each further round.")
    wait_max: Duration = Field(900, description="The longest wait.")
    reset_after: Duration = Field(43200, description="Failures are forgotten after this time without one.")
    permanent: bool = Field(default=False, description="Lock the account until an administrator opens it.")


class OneTimePasswordPolicy(Options):
    """How one-time passwords are made; what authenticator apps understand."""

    type: Literal["totp", "hotp"] = Field("totp", description="By time, or by counter.")
    algorithm: Literal["HmacSHA1", "HmacSHA256", "HmacSHA512"] = Field(
        "HmacSHA1", description="The hash; many apps know HmacSHA1 alone."
    )
    digits: Literal[6, 8] = Field(6, description="Digits.")
    period: int = Field(30, ge=10, le=120, description="Seconds that one is good for.")
    look_ahead: int = Field(1, ge=0, le=10, description="How many periods a clock may be off.")


class Events(Options):
    """Which logins and changes Keycloak writes down."""

    enabled: bool = Field(default=True, description="Keep logins, failures and logouts.")
    admin: bool = Field(default=True, description="Keep changes made by administrators.")
    details: bool = Field(default=False, description="Keep what was changed, too; it may hold personal data.")
    expiration: Duration = Field(30 * DAY, description="How long they are kept.")


class RealmDefaults(Options):
    """What holds for each realm, the proxy's too, unless its file says otherwise; aliases are the site's options."""

    lifetimes: Lifetimes = Field(
        default_factory=Lifetimes, alias="identity_lifetimes", description="How long things are good for."
    )
    brute_force: BruteForce = Field(
        default_factory=BruteForce, alias="identity_brute_force", description="What guessing at passwords leads to."
    )
    password_policy: str = Field(
        PASSWORD_POLICY,
        alias="identity_password_policy",
        description="What passwords have to be, in Keycloak's own words, joined by 'and'.",
    )
    one_time_password: OneTimePassword = Field(
        "required",
        alias="identity_one_time_password",
        description="A second factor: required, optional or off.",
    )
    one_time_password_policy: OneTimePasswordPolicy = Field(
        default_factory=OneTimePasswordPolicy,
        alias="identity_one_time_password_policy",
        description="How one-time passwords are made.",
    )
    events: Events = Field(
        default_factory=Events, alias="identity_events", description="Which logins and changes are written down."
    )
