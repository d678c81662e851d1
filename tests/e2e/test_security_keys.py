"""Security keys in a real browser, with an authenticator that the browser plays itself (ASVS 6.3.3, 7.5; issue 6)."""

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import says

pytestmark = pytest.mark.e2e


@pytest.fixture
def here(live):
    """Keys know sites by their names: the same server under the one that this machine has for itself."""
    return live.url.replace("127.0.0.1", "localhost")


def with_key(page):
    """The browser has a key that asks for a finger, and always gets it."""
    talk = page.context.new_cdp_session(page)
    talk.send("WebAuthn.enable")
    talk.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return page


def door(page, here, live, email):
    page.goto(here + "/sign-in")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(live.accounts[email]["password"])
    page.get_by_role("button", name="Sign in").click()


def test_a_key_is_added_opens_the_door_and_proves_who_sits_there(live, browse, here):
    email = next(one for one in live.accounts if one.startswith("orla"))
    page = with_key(browse(fresh=True))
    door(page, here, live, email)
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(here + "/account/second-step")
    assert not faults(page)
    add = page.get_by_role("button", name="Add this key")
    add.click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Give it a name")
    page.get_by_label("What you call the key").fill("Blue key on my ring")
    add.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    expect(page.locator(".ca-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have them").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/signed-out")

    door(page, here, live, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert not faults(page)
    page.get_by_role("button", name="Use your key").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)

    live.change("UPDATE user_session SET proved_at = '2026-01-01 00:00:00.000000'")
    page.goto(here + "/account/second-step")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    assert not faults(page)
    page.get_by_role("button", name="Use your key").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Is it still you?")
    page.get_by_role("link", name="Blue key on my ring").click()
    says(page, "Yes: it asks for its PIN or your finger")
    page.get_by_role("button", name="Remove this key").click()
    says(page, "The second step is off now.")


def test_without_script_the_page_says_what_to_use_instead(live, browse, sign_in):
    email = next(one for one in live.accounts if one.startswith("orla"))
    page = sign_in(browse(script=False), email, "/account/second-step")
    says(page, "Adding a key needs a browser with JavaScript.")
    expect(page.get_by_role("button", name="Add this key")).to_have_count(0)
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an app that shows codes")


def test_a_key_that_is_stopped_says_so_and_can_be_tried_again(live, browse, here):
    email = next(one for one in live.accounts if one.startswith("orla"))
    page = browse(fresh=True)
    page.add_init_script(
        "navigator.credentials.create = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    door(page, here, live, email)
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(here + "/account/second-step")
    page.get_by_label("What you call the key").fill("Blue key")
    page.get_by_role("button", name="Add this key").click()
    expect(page.locator("[data-key-said]")).to_contain_text("No key answered in time")
    expect(page.get_by_role("button", name="Add this key")).to_be_enabled()
