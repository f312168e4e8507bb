"""Mailchimp's own Python client on a journey through a sandbox: python journey.py http://127.0.0.1:8090"""

import io
import json
import tarfile

import requests
from rehearsal import Receiver, equal, is_signed, nothing, refused, run, subscriber_hash

DOMAIN = "maplemail.test-charity.ca"
NEWS = "https://riverside.test-charity.ca/news"
COMPLIANCE = "Member In Compliance State"
FORGOTTEN = "Forgotten Email Not Subscribed"


def address(name):
    return f"{name.lower().replace(' ', '.')}@{DOMAIN}"


def first_list(sandbox):
    return sandbox.mailchimp.lists.get_all_lists(count=1)["lists"][0]["id"]


def ping_and_account(sandbox):
    equal(sandbox.mailchimp.ping.get(), {"health_status": "Everything's Chimpy!"})
    account = sandbox.mailchimp.root.get_root(fields=["account_name", "contact.country"])
    equal(account, {"account_name": "Riverside Food Bank", "contact": {"country": "CA"}})
    key = sandbox.client({"api_key": f"{sandbox.token}-us1"})
    equal(key.ping.get(), {"health_status": "Everything's Chimpy!"}, "as an API key with its data centre")


def audiences(sandbox):
    lists = sandbox.mailchimp.lists
    everything = lists.get_all_lists(include_total_contacts=True)
    equal([found["name"] for found in everything["lists"]], ["Newsletter", "Volunteers"])
    equal(everything["lists"][0]["stats"]["total_contacts"], 12)
    wanted = {
        "name": "Choir friends",
        "permission_reminder": "You signed up at a concert.",
        "email_type_option": False,
        "contact": {"company": "Choir", "address1": "1 Main St", "city": "Moncton", "state": "NB", "zip": "E1C 1A1", "country": "CA"},
        "campaign_defaults": {"from_name": "Choir", "from_email": address("choir"), "subject": "", "language": "en"},
    }
    made = lists.create_list(wanted)
    equal(made["contact"]["city"], "Moncton")
    changed = lists.update_list(made["id"], {"name": "Friends of the choir", "double_optin": True})
    equal((changed["name"], changed["double_optin"]), ("Friends of the choir", True))
    equal(lists.get_list(made["id"], fields=["name", "stats.member_count"]), {"name": "Friends of the choir", "stats": {"member_count": 0}})
    equal(lists.get_all_lists()["constraints"]["current_total_instances"], 3)
    nothing(lists.delete_list(made["id"]))
    equal(refused(lists.get_list, made["id"])[:2], (404, "Resource Not Found"))


def merge_fields(sandbox):
    lists, list_id = sandbox.mailchimp.lists, first_list(sandbox)
    fields = lists.get_list_merge_fields(list_id, count=100)
    equal([field["tag"] for field in fields["merge_fields"]], ["ADDRESS", "FNAME", "LNAME", "PHONE"])
    made = lists.add_list_merge_field(list_id, {"name": "Seat", "type": "dropdown", "tag": "seat", "options": {"choices": ["Hall", "Gallery"]}})
    equal((made["tag"], made["options"]["choices"]), ("SEAT", ["Hall", "Gallery"]))
    equal(lists.update_list_merge_field(list_id, made["merge_id"], {"name": "Seat in the hall"})["name"], "Seat in the hall")
    equal(lists.get_list_merge_field(list_id, made["merge_id"])["type"], "dropdown")
    values = {"FNAME": "Zoé", "SEAT": "Gallery", "ADDRESS": {"addr1": "1 Main St", "city": "Moncton", "state": "NB", "zip": "E1C 1A1"}}
    member = lists.add_list_member(list_id, {"email_address": address("Zoe Cyr"), "status": "subscribed", "merge_fields": values})
    equal((member["merge_fields"]["SEAT"], member["merge_fields"]["PHONE"]), ("Gallery", ""))
    equal(member["merge_fields"]["ADDRESS"]["zip"], "E1C 1A1")
    status, title, problem = refused(lists.update_list_member, list_id, member["id"], {"merge_fields": {"SEAT": "Roof"}})
    equal((status, title, problem["errors"][0]["field"]), (400, "Invalid Resource", "SEAT"))
    nothing(lists.delete_list_merge_field(list_id, made["merge_id"]))
    assert "SEAT" not in lists.get_list_member(list_id, member["id"])["merge_fields"]


def interests(sandbox):
    lists, list_id = sandbox.mailchimp.lists, first_list(sandbox)
    category = lists.create_list_interest_category(list_id, {"title": "Helping", "type": "checkboxes"})["id"]
    made = [lists.create_interest_category_interest(list_id, category, {"name": name})["id"] for name in ("Driving", "Cooking")]
    member = lists.update_list_member(list_id, subscriber_hash(address("aline tremblay")), {"interests": {made[0]: True}})
    equal(member["interests"], {made[0]: True, made[1]: False})
    equal(lists.get_interest_category_interest(list_id, category, made[0])["subscriber_count"], "1")
    found = lists.get_list_members_info(list_id, interest_category_id=category, interest_ids=[made[0]], interest_match="any")
    equal([member["email_address"] for member in found["members"]], [address("aline tremblay")])
    renamed = lists.update_interest_category_interest(list_id, category, made[1], {"name": "Baking"})
    equal(renamed["name"], "Baking")
    equal(lists.list_interest_category_interests(list_id, category)["total_items"], 2)
    equal(lists.update_interest_category(list_id, category, {"title": "Hands", "type": "checkboxes"})["title"], "Hands")
    nothing(lists.delete_interest_category_interest(list_id, category, made[1]))
    nothing(lists.delete_interest_category(list_id, category))
    equal(lists.get_list_interest_categories(list_id)["total_items"], 0)


def bring_to(sandbox, list_id, email, state):
    """Brings somebody to a state by the ways of the real world."""
    if state == "absent":
        return
    start = {"pending": "pending", "transactional": "transactional"}.get(state, "subscribed")
    sandbox.mailchimp.lists.add_list_member(list_id, {"email_address": email, "status": start})
    person = {"person": "unsubscribe", "complaint": "abuse", "cleaned": "clean", "archived person": "unsubscribe"}
    if state == "program":
        sandbox.mailchimp.lists.update_list_member(list_id, subscriber_hash(email), {"status": "unsubscribed"})
    elif state == "admin":
        sandbox.act(list_id, email, "unsubscribe", **{"as": "admin"})
    elif state in person:
        sandbox.act(list_id, email, person[state])
    if state.startswith("archived"):
        nothing(sandbox.mailchimp.lists.delete_list_member(list_id, subscriber_hash(email)))
    if state == "forgotten":
        nothing(sandbox.mailchimp.lists.delete_list_member_permanent(list_id, subscriber_hash(email)))


# From where, and what becomes of a PUT with "subscribed", "pending", "unsubscribed", and of a DELETE.
MOVES = {
    "absent": (200, 200, 200, 404),
    "subscribed": (200, 200, 200, 204),
    "pending": (200, 200, 200, 405),
    "program": (200, 200, 200, 204),
    "admin": (200, 200, 200, 204),
    "person": (COMPLIANCE, 200, 200, 204),
    "complaint": (COMPLIANCE, 200, 200, 204),
    "cleaned": (COMPLIANCE, COMPLIANCE, 200, 405),
    "transactional": (200, 200, 200, 204),
    "archived": (200, 200, 200, 405),
    "archived person": (COMPLIANCE, 200, 200, 405),
    "forgotten": (FORGOTTEN, FORGOTTEN, FORGOTTEN, 404),
}


def every_move_of_a_member(sandbox):
    lists, list_id = sandbox.mailchimp.lists, first_list(sandbox)
    for state, (*puts, delete) in MOVES.items():
        for status, wanted in zip(("subscribed", "pending", "unsubscribed"), puts):
            email, where = address(f"{state} to {status}"), f"{state} to {status}:"
            bring_to(sandbox, list_id, email, state)
            body = {"email_address": email, "status": status, "status_if_new": status}
            if wanted == 200:
                equal(lists.set_list_member(list_id, subscriber_hash(email), body)["status"], status, where)
            else:
                equal(refused(lists.set_list_member, list_id, subscriber_hash(email), body)[:2], (400, wanted), where)
        email, where = address(f"{state} away"), f"{state} deleted:"
        bring_to(sandbox, list_id, email, state)
        if delete == 204:
            nothing(lists.delete_list_member(list_id, subscriber_hash(email)))
            equal(lists.get_list_member(list_id, subscriber_hash(email))["status"], "archived", where)
        else:
            equal(refused(lists.delete_list_member, list_id, subscriber_hash(email))[0], delete, where)


def members(sandbox):
    lists, list_id = sandbox.mailchimp.lists, first_list(sandbox)
    before = lists.get_list_members_info(list_id, count=1000)["total_items"]
    made = lists.add_list_member(list_id, {"email_address": "Nina.Roy@" + DOMAIN, "status": "subscribed", "tags": ["Choir"], "vip": True})
    equal((made["email_address"], made["id"], made["tags"][0]["name"]), ("Nina.Roy@" + DOMAIN, subscriber_hash(address("nina roy")), "Choir"))
    equal(refused(lists.add_list_member, list_id, {"email_address": address("nina roy"), "status": "subscribed"})[:2], (400, "Member Exists"))
    equal(lists.get_list_member(list_id, address("nina roy"))["id"], made["id"], "found by the address")
    equal(lists.get_list_member(list_id, made["contact_id"])["id"], made["id"], "found by the contact id")
    untouched = lists.set_list_member(list_id, made["id"], {"email_address": address("nina roy"), "status_if_new": "unsubscribed"})
    equal((untouched["status"], untouched["last_changed"]), ("subscribed", made["last_changed"]))
    moved = lists.update_list_member(list_id, made["id"], {"email_address": address("nina gill")})
    equal((moved["contact_id"], moved["web_id"]), (made["contact_id"], made["web_id"]))
    equal(refused(lists.get_list_member, list_id, made["id"])[0], 404)
    found = lists.get_list_members_info(list_id, vip_only=True, fields=["members.email_address", "total_items"])
    equal(found, {"members": [{"email_address": address("nina gill")}], "total_items": 1})
    equal(lists.get_list_members_info(list_id, offset=10_000)["members"], [])
    equal(lists.get_list_members_info(list_id)["total_items"], before + 1)
    lists.add_list_member(list_id, {"email_address": address("server observer"), "status": "unsubscribed"})
    equal(lists.get_list_member(list_id, address("server observer"))["status"], "unsubscribed", "an address that the client would spoil")
    nothing(lists.delete_list_member_permanent(list_id, moved["id"]))
    equal(refused(lists.set_list_member, list_id, moved["id"], {"email_address": address("nina gill"), "status": "subscribed"})[:2], (400, FORGOTTEN))


def tags(sandbox):
    lists, list_id, aline = sandbox.mailchimp.lists, first_list(sandbox), subscriber_hash(address("aline tremblay"))
    nothing(lists.update_list_member_tags(list_id, aline, {"tags": [{"name": "Driver", "status": "active"}, {"name": "Nobody", "status": "inactive"}]}))
    equal([tag["name"] for tag in lists.get_list_member_tags(list_id, aline)["tags"]], ["Driver"])
    tag = lists.tag_search(list_id, name="dri")["tags"][0]
    segment = lists.create_segment(list_id, {"name": "Singers", "static_segment": [address("bert okafor")]})
    equal((segment["type"], segment["member_count"]), ("static", 1))
    lists.create_segment_member(list_id, segment["id"], {"email_address": address("aline tremblay")})
    lists.batch_segment_members({"members_to_add": [address("chantal lévesque")], "members_to_remove": [address("bert okafor")]}, list_id, segment["id"])
    inside = lists.get_segment_members_list(list_id, segment["id"])
    equal(inside["members"][0]["email_address"], address("aline tremblay"))
    nothing(lists.remove_segment_member(list_id, segment["id"], aline))
    names = {found["name"] for found in lists.list_segments(list_id, type="static", count=100)["segments"]}
    assert {"Driver", "Singers"} <= names, names
    nothing(lists.delete_segment(list_id, segment["id"]))
    nothing(lists.update_list_member_tags(list_id, aline, {"tags": [{"name": tag["name"], "status": "inactive"}]}))
    equal(lists.get_list_member_tags(list_id, aline)["total_items"], 0)


def bulk(sandbox):
    lists, list_id = sandbox.mailchimp.lists, first_list(sandbox)
    bert = {"email_address": address("bert okafor"), "status": "subscribed"}
    new = {"email_address": address("new one"), "status": "subscribed", "tags": ["Bulk"]}
    left = {"email_address": address("gordon whitefeather"), "status": "subscribed"}
    done = lists.batch_list_members(list_id, {"members": [bert, new, new, left], "update_existing": False})
    equal((done["total_created"], done["total_updated"], done["error_count"]), (1, 0, 3))
    equal([error["error_code"] for error in done["errors"]], ["ERROR_CONTACT_EXISTS", "ERROR_GENERIC", "ERROR_CONTACT_EXISTS"])
    done = lists.batch_list_members(list_id, {"members": [bert, left], "update_existing": True})
    equal((done["total_updated"], done["errors"][0]["email_address"]), (1, left["email_address"]))
    done = lists.batch_list_members(list_id, {"members": [new, new], "update_existing": True}, skip_duplicate_check=True)
    equal((done["total_updated"], done["error_count"]), (1, 0))
    equal(refused(lists.batch_list_members, list_id, {"members": [new] * 501})[:2], (400, "Invalid Resource"))


def batches_and_their_archives(sandbox):
    mailchimp, list_id, receiver = sandbox.mailchimp, first_list(sandbox), Receiver()
    hook = mailchimp.batchWebhooks.create({"url": receiver.url, "enabled": True})
    add = [
        {"method": "POST", "path": f"/lists/{list_id}/members", "operation_id": f"add {number}",
         "body": json.dumps({"email_address": address(f"batch {number}"), "status": "subscribed"})}
        for number in range(3)
    ]
    read = {"method": "GET", "path": f"/lists/{list_id}/members", "params": {"count": "2"}, "operation_id": "read"}
    gone = {"method": "DELETE", "path": f"/lists/{list_id}/members/{subscriber_hash('nobody')}", "operation_id": "gone"}
    batch = mailchimp.batches.start({"operations": [*add, read, gone]})
    equal((batch["status"], batch["response_body_url"]), ("pending", ""))
    sandbox.pass_time(10)
    batch = mailchimp.batches.status(batch["id"])
    equal((batch["status"], batch["finished_operations"], batch["errored_operations"]), ("finished", 5, 1))
    archive = tarfile.open(fileobj=io.BytesIO(requests.get(batch["response_body_url"]).content), mode="r:gz")
    results = [result for entry in archive if entry.isfile() for result in json.load(archive.extractfile(entry))]
    by_id = {result["operation_id"]: result for result in results}
    equal(by_id["gone"]["status_code"], 404)
    equal(json.loads(by_id["add 1"]["response"])["email_address"], address("batch 1"))
    equal(len(json.loads(by_id["read"]["response"])["members"]), 2)
    told, _, _ = receiver.take("batch_operation_completed")
    equal((told["data[id]"], told["data[status]"]), (batch["id"], "finished"))
    equal(mailchimp.batchWebhooks.update(hook["id"], {"enabled": False})["enabled"], False)
    nothing(mailchimp.batchWebhooks.remove(hook["id"]))
    equal(mailchimp.batchWebhooks.list()["total_items"], 0)
    assert batch["id"] in [found["id"] for found in mailchimp.batches.list()["batches"]]
    nothing(mailchimp.batches.delete_request(batch["id"]))
    equal(refused(mailchimp.batches.status, batch["id"])[0], 404)


def webhooks(sandbox):
    lists, list_id, receiver = sandbox.mailchimp.lists, first_list(sandbox), Receiver()
    events = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"), True)
    hook = lists.create_list_webhook(list_id, {"url": receiver.url, "events": events, "sources": {"user": True, "admin": True, "api": True}})
    email = address("wanda hook")
    lists.add_list_member(list_id, {"email_address": email, "status": "subscribed", "merge_fields": {"FNAME": "Wanda"}})
    told, headers, body = receiver.take("subscribe")
    equal((told["data[email]"], told["data[merges][FNAME]"], told["data[list_id]"]), (email, "Wanda", list_id))
    assert is_signed(headers, body, hook["signing_secret"]), "the signature is wrong"
    equal(headers["User-Agent"], "MailChimp.com")
    moved = address("wanda ladder")
    lists.update_list_member(list_id, subscriber_hash(email), {"email_address": moved})
    told, _, _ = receiver.take("upemail")
    equal((told["data[old_email]"], told["data[new_email]"]), (email, moved))
    sandbox.act(list_id, moved, "unsubscribe", reason="Too many emails")
    told, _, _ = receiver.take("unsubscribe")
    equal((told["data[action]"], told["data[reason]"]), ("unsub", "manual"))
    assert "signing_secret" not in lists.get_list_webhook(list_id, hook["id"]), "the secret is shown once"
    changed = lists.update_list_webhook(list_id, hook["id"], {"events": {"campaign": False}})
    equal((changed["events"]["campaign"], changed["events"]["subscribe"]), (False, True))
    equal(refused(lists.create_list_webhook, list_id, {"url": receiver.url + "?again"})[:2], (400, "Invalid Resource"))
    equal(lists.get_list_webhooks(list_id)["total_items"], 1)
    nothing(lists.delete_list_webhook(list_id, hook["id"]))


def campaigns_and_reports(sandbox):
    mailchimp, list_id = sandbox.mailchimp, first_list(sandbox)
    settings = {"subject_line": "Spring news", "title": "Spring", "from_name": "Riverside", "reply_to": address("office")}
    campaign = mailchimp.campaigns.create({"type": "regular", "recipients": {"list_id": list_id}, "settings": settings})
    equal((campaign["status"], campaign["send_time"]), ("save", ""))
    own = campaign["id"]
    equal(mailchimp.campaigns.update(own, {"settings": {"preview_text": "It is spring"}})["settings"]["preview_text"], "It is spring")
    mailchimp.campaigns.set_content(own, {"html": f'<p>Dear friends</p><a href="{NEWS}">Read</a>'})
    equal(refused(mailchimp.reports.get_campaign_report, own)[0], 404)
    sandbox.control("PATCH", "settings", {"campaign_outcome": {"opens": 1.0, "clicks": 1.0, "unsubscribes": 0.3}})
    nothing(mailchimp.campaigns.send(own))
    equal(refused(mailchimp.campaigns.send, own)[:2], (400, "Invalid Action"))
    report = mailchimp.reports.get_campaign_report(own)
    sent = report["emails_sent"]
    equal((report["opens"]["unique_opens"], report["clicks"]["unique_subscriber_clicks"]), (sent, sent))
    recipients = mailchimp.reports.get_campaign_recipients(own, count=1000)
    equal((recipients["total_items"], len(recipients["sent_to"])), (sent, sent))
    one = recipients["sent_to"][0]["email_id"]
    equal(mailchimp.reports.get_campaign_recipient(own, one)["status"], "sent")
    activity = mailchimp.reports.get_email_activity_for_subscriber(own, one)["activity"]
    assert {"open", "click"} <= {entry["action"] for entry in activity}, activity
    equal(mailchimp.reports.get_email_activity_for_campaign(own, count=1000)["total_items"], sent)
    left = mailchimp.reports.get_unsubscribed_list_for_campaign(own, count=1000)["unsubscribes"]
    equal(len(left), report["unsubscribed"])
    assert left, "somebody unsubscribes"
    equal(refused(mailchimp.lists.update_list_member, list_id, left[0]["email_id"], {"status": "subscribed"})[:2], (400, COMPLIANCE))
    equal(mailchimp.reports.get_campaign_open_details(own)["total_opens"], report["opens"]["opens_total"])
    link = mailchimp.reports.get_campaign_click_details(own)["urls_clicked"][0]
    equal(link["url"], NEWS)
    equal(mailchimp.reports.get_subscribers_info(own, link["id"])["total_items"], sent)
    equal(mailchimp.reports.get_campaign_abuse_reports(own)["total_items"], 0)
    equal(mailchimp.campaigns.list(status="sent", list_id=list_id)["total_items"], 1)
    feed = mailchimp.lists.get_list_member_activity_feed(list_id, one, activity_filters=["sent", "click"])
    assert {"sent", "click"} == {entry["activity_type"] for entry in feed["activity"]}, feed
    assert mailchimp.lists.get_list_member_activity(list_id, one)["activity"]
    nothing(mailchimp.campaigns.remove(own))


if __name__ == "__main__":
    run([ping_and_account, audiences, merge_fields, interests, members, every_move_of_a_member, tags, bulk,
         batches_and_their_archives, webhooks, campaigns_and_reports])
