"""Mailchimp's own Python client meets every error a sandbox can give: python errors.py http://127.0.0.1:8090"""

from mailchimp_marketing.api_client import ApiClientError
from rehearsal import Receiver, equal, refused, run

# Everybody may ask for these by name, as at Mailchimp itself.
NAMED = {
    "BadRequest": (400, "Bad Request"),
    "JSONParseError": (400, "JSON Parse Error"),
    "InvalidResource": (400, "Invalid Resource"),
    "MemberExists": (400, "Member Exists"),
    "MemberInComplianceState": (400, "Member In Compliance State"),
    "ForgottenEmailNotSubscribed": (400, "Forgotten Email Not Subscribed"),
    "InvalidAction": (400, "Invalid Action"),
    "APIKeyMissing": (401, "API Key Missing"),
    "APIKeyInvalid": (401, "API Key Invalid"),
    "Forbidden": (403, "Forbidden"),
    "UserActionNotPermitted": (403, "User action not permitted"),
    "UserDisabled": (403, "User Disabled"),
    "WrongDatacenter": (403, "Wrong Datacenter"),
    "ResourceNotFound": (404, "Resource Not Found"),
    "MethodNotAllowed": (405, "Method Not Allowed"),
    "ResourceNestingTooDeep": (414, "Resource Nesting Too Deep"),
    "InvalidMethodOverride": (422, "Invalid Method Override"),
    "RequestedFieldsInvalid": (422, "Requested Fields Invalid"),
    "UpgradeRequired": (426, "Upgrade Required"),
    "TooManyRequests": (429, "Too Many Requests"),
    "InternalServerError": (500, "Internal Server Error"),
    "ComplianceRelated": (503, "Compliance Related"),
}


def failing(call, *args, **kwargs):
    """What a call fails with when the answer is no document of Mailchimp's: the status, if there was one, and the text."""
    try:
        answer = call(*args, **kwargs)
    except ApiClientError as error:
        return error.status_code, str(error.text)
    raise AssertionError(f"did not fail: {answer}")


def every_error_by_its_name(sandbox):
    headers = sandbox.mailchimp.api_client.default_headers
    for name, wanted in NAMED.items():
        headers["X-Trigger-Error"] = name
        status, title, problem = refused(sandbox.mailchimp.ping.get)
        equal((status, title), wanted, name)
        assert problem["detail"] and problem["instance"], name
    del headers["X-Trigger-Error"]


def errors_of_members(sandbox):
    lists = sandbox.mailchimp.lists
    list_id = lists.get_all_lists()["lists"][0]["id"]
    nina = {"email_address": "nina.roy@maplemail.test-charity.ca", "status": "subscribed"}
    made = lists.add_list_member(list_id, nina)
    for body, title, detail in [
        (nina, "Member Exists", "is already a list member. Use PUT"),
        ({**nina, "email_address": "foo@example.com"}, "Invalid Resource", "looks fake or invalid"),
        ({**nina, "email_address": "no address"}, "Invalid Resource", "Please provide a valid email address."),
        ({**nina, "status": "archived"}, "Invalid Resource", "could not be validated"),
        ({"email_address": "nobody.else@maplemail.test-charity.ca"}, "Invalid Resource", "could not be validated"),
    ]:
        status, found, problem = refused(lists.add_list_member, list_id, body)
        equal((status, found), (400, title))
        assert detail in problem["detail"], problem
    sandbox.act(list_id, nina["email_address"], "unsubscribe")
    status, title, problem = refused(lists.update_list_member, list_id, made["id"], {"status": "subscribed"})
    equal((status, title, "type" in problem), (400, "Member In Compliance State", False))
    equal(refused(lists.get_list_members_info, list_id, since_last_campaign=True)[:2], (400, "Bad Request"))
    equal(refused(lists.get_list, "0000000000")[:2], (404, "Resource Not Found"))
    lists.delete_list_member(list_id, made["id"])
    status, title, problem = refused(lists.delete_list_member, list_id, made["id"])
    equal((status, title), (405, "Method Not Allowed"))
    assert "Can not archive" in problem["detail"], problem


def errors_of_the_connection(sandbox):
    equal(refused(sandbox.client({}).ping.get)[:2], (401, "API Key Missing"))
    equal(refused(sandbox.client({"api_key": "nothing-us1"}).ping.get)[:2], (401, "API Key Invalid"))
    account = sandbox.control("GET", "accounts")["accounts"][0]["id"]
    sandbox.control("PATCH", f"accounts/{account}", {"disabled": True})
    equal(refused(sandbox.mailchimp.ping.get)[:2], (403, "User Disabled"))
    sandbox.control("PATCH", f"accounts/{account}", {"disabled": False})
    sandbox.control("PATCH", "settings", {"refuse_plain_http": True})
    equal(refused(sandbox.mailchimp.ping.get)[:2], (426, "Upgrade Required"))
    sandbox.control("PATCH", "settings", {"refuse_plain_http": False, "over_plan_limit": True})
    list_id = sandbox.mailchimp.lists.get_all_lists()["lists"][0]["id"]
    body = {"email_address": "one.too.many@maplemail.test-charity.ca", "status": "subscribed"}
    equal(refused(sandbox.mailchimp.lists.add_list_member, list_id, body)[:2], (403, "User action not permitted"))
    sandbox.control("PATCH", "settings", {"over_plan_limit": False})


def spoilt_answers(sandbox):
    def spoil(kind):
        sandbox.control("POST", "faults", {"kind": kind, "route": "ping", "count": 1})

    ping = sandbox.mailchimp.ping.get
    for kind, status, words in [
        ("too_many_requests", 429, "simultaneous connections"),
        ("server_error", 500, "deep internal error"),
        ("blocked_html", 503, "Request Blocked"),
        ("denied_html", 403, "Access Denied"),
        ("gateway_html", 502, "Bad Gateway"),
    ]:
        spoil(kind)
        found, text = failing(ping)
        equal(found, status, kind)
        assert words in text, text
    # This client takes every answer without a body for a good one, as it does with the real Mailchimp.
    for kind, status in [("empty_too_many", 429), ("empty_forbidden", 403), ("empty_body", 200)]:
        spoil(kind)
        equal(ping().status_code, status, kind)
    for kind in ("drop_before", "drop_after"):
        spoil(kind)
        equal(failing(ping)[0], None, kind)
    equal(ping(), {"health_status": "Everything's Chimpy!"})


def one_connection_too_many(sandbox):
    """Mailchimp asks the URL of a new webhook while the call that brings it waits: a second call is then one too many."""
    outcomes = []
    receiver = Receiver(on_check=lambda: outcomes.append(refused(sandbox.mailchimp.ping.get)))
    list_id = sandbox.mailchimp.lists.get_all_lists()["lists"][0]["id"]
    sandbox.control("PATCH", "settings", {"connection_limit": 1})
    sandbox.mailchimp.lists.create_list_webhook(list_id, {"url": receiver.url})
    status, title, problem = outcomes[0]
    equal((status, title), (429, "Too Many Requests"))
    equal(problem["detail"], "You have exceeded the limit of 1 simultaneous connections.")
    equal(sandbox.mailchimp.ping.get(), {"health_status": "Everything's Chimpy!"}, "afterwards")


def a_token_that_was_taken_away(sandbox):
    sandbox.control("POST", "tokens/revoke", {"access_token": sandbox.token})
    equal(refused(sandbox.mailchimp.ping.get)[:2], (401, "API Key Invalid"))


if __name__ == "__main__":
    run([every_error_by_its_name, errors_of_members, errors_of_the_connection, spoilt_answers, one_connection_too_many,
         a_token_that_was_taken_away])
