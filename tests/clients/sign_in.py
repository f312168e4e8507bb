"""requests-oauthlib signs in to a sandbox as an application does: python sign_in.py http://127.0.0.1:8090 CLIENT_ID CLIENT_SECRET"""

import os
import re
import sys
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from oauthlib.oauth2 import OAuth2Error
from rehearsal import equal
from requests_oauthlib import OAuth2Session
from requests_oauthlib.compliance_fixes import mailchimp_compliance_fix

BACK = "http://127.0.0.1:4000/mailchimp/back"
# The library speaks to plain HTTP only when told so, which is right on one's own machine.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

base, client_id, client_secret = sys.argv[1:4]


def session():
    return mailchimp_compliance_fix(OAuth2Session(client_id, redirect_uri=BACK))


def decide(oauth, account, decision):
    """Shows the consent page and presses a button on it as a person would; answers where the browser is sent."""
    url, state = oauth.authorization_url(f"{base}/oauth2/authorize")
    page = requests.get(url).text
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    accounts = {name.strip(): value for value, name in re.findall(r'name="account" value="([^"]+)"[^>]*>([^<]+)<', page)}
    action = re.search(r'<form method="post" action="([^"]+)"', page)[1]
    sent = requests.post(urljoin(base, action), {**form, "account": accounts[account], "decision": decision}, allow_redirects=False)
    back = sent.headers["Location"]
    assert back.startswith(BACK), back
    equal(parse_qs(urlsplit(back).query)["state"], [state])
    return back


def fetch(oauth, back, secret=client_secret):
    # Mailchimp wants the credentials in the body.
    return oauth.fetch_token(f"{base}/oauth2/token", authorization_response=back, client_secret=secret, include_client_id=True)


oauth = session()
back = decide(oauth, "Riverside Youth Club", "allow")
token = fetch(oauth, back)
assert re.fullmatch("[0-9a-f]{32}", token["access_token"]), token
metadata = oauth.get(f"{base}/oauth2/metadata").json()
equal(metadata["accountname"], "Riverside Youth Club")
equal(metadata["api_endpoint"], base)
equal(oauth.get(f"{metadata['api_endpoint']}/3.0/").json()["account_name"], "Riverside Youth Club")
print("passed: the sign-in, from the consent page to the first call")

for wrong, error in [(lambda: fetch(session(), back), "invalid_grant"),
                     (lambda: fetch(another, decide(another, "Riverside Food Bank", "allow"), "wrong"), "invalid_client"),
                     (lambda: fetch(another, decide(another, "Riverside Food Bank", "deny")), "access_denied")]:
    another = session()
    try:
        wrong()
    except OAuth2Error as refusal:
        equal(refusal.error, error)
    else:
        raise AssertionError(f"no {error}")
print("passed: a used code, a wrong secret, and a person who says no")
