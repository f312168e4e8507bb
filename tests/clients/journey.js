// Mailchimp's own Node client on a journey through a sandbox: node journey.js http://127.0.0.1:8090
'use strict';

const assert = require('node:assert');
const zlib = require('node:zlib');
const { act, connect, control, isSigned, mailchimp, receiver, refused, run, subscriberHash } = require('./rehearsal');

const NEWS = 'https://riverside.test-charity.ca/news';
const COMPLIANCE = 'Member In Compliance State';
const FORGOTTEN = 'Forgotten Email Not Subscribed';
const equal = assert.deepStrictEqual;
const { lists, campaigns, reports, batches, batchWebhooks } = mailchimp;

const address = (name) => `${name.toLowerCase().replaceAll(' ', '.')}@maplemail.test-charity.ca`;
const hash = (name) => subscriberHash(address(name));
const firstList = async () => (await lists.getAllLists({ count: 1 })).lists[0].id;

async function pingAndAccount(token) {
  equal(await mailchimp.ping.get(), { health_status: "Everything's Chimpy!" });
  const account = await mailchimp.root.getRoot({ fields: ['account_name', 'contact.country'] });
  equal(account, { account_name: 'Riverside Food Bank', contact: { country: 'CA' } });
  connect({ apiKey: `${token}-us1` });
  equal(await mailchimp.ping.get(), { health_status: "Everything's Chimpy!" }, 'as an API key with its data centre');
  connect({ accessToken: token });
}

async function audiences() {
  const everything = await lists.getAllLists({ includeTotalContacts: true });
  equal(everything.lists.map((found) => found.name), ['Newsletter', 'Volunteers']);
  equal(everything.lists[0].stats.total_contacts, 12);
  const made = await lists.createList({
    name: 'Choir friends',
    permission_reminder: 'You signed up at a concert.',
    email_type_option: false,
    contact: { company: 'Choir', address1: '1 Main St', city: 'Moncton', state: 'NB', zip: 'E1C 1A1', country: 'CA' },
    campaign_defaults: { from_name: 'Choir', from_email: address('choir'), subject: '', language: 'en' },
  });
  equal((await lists.updateList(made.id, { double_optin: true })).double_optin, true);
  equal(await lists.getList(made.id, { fields: ['name', 'stats.member_count'] }), { name: 'Choir friends', stats: { member_count: 0 } });
  equal(await lists.deleteList(made.id), null);
  equal(await refused(lists.getList(made.id)), [404, 'Resource Not Found']);
}

async function mergeFields() {
  const list = await firstList();
  equal((await lists.getListMergeFields(list)).merge_fields.map((field) => field.tag), ['ADDRESS', 'FNAME', 'LNAME', 'PHONE']);
  const made = await lists.addListMergeField(list, { name: 'Gifts', type: 'number', tag: 'gifts' });
  equal(made.tag, 'GIFTS');
  equal((await lists.updateListMergeField(list, made.merge_id, { name: 'All gifts' })).name, 'All gifts');
  const member = await lists.updateListMember(list, hash('aline tremblay'), { merge_fields: { GIFTS: 15.5, FNAME: 'Aline' } });
  equal([member.merge_fields.GIFTS, member.merge_fields.PHONE], [15.5, '']);
  equal(await refused(lists.updateListMember(list, member.id, { merge_fields: { GIFTS: 'many' } })), [400, 'Invalid Resource']);
  await lists.deleteListMergeField(list, made.merge_id);
  assert(!('GIFTS' in (await lists.getListMember(list, member.id)).merge_fields));
}

async function interests() {
  const list = await firstList();
  const category = (await lists.createListInterestCategory(list, { title: 'Helping', type: 'checkboxes' })).id;
  const driving = (await lists.createInterestCategoryInterest(list, category, { name: 'Driving' })).id;
  const member = await lists.updateListMember(list, hash('aline tremblay'), { interests: { [driving]: true } });
  equal(member.interests, { [driving]: true });
  equal((await lists.listInterestCategoryInterests(list, category)).interests[0].subscriber_count, '1');
  const found = await lists.getListMembersInfo(list, { interestCategoryId: category, interestIds: [driving], interestMatch: 'all' });
  equal(found.members.map((member) => member.email_address), [address('aline tremblay')]);
  await lists.deleteInterestCategory(list, category);
  equal((await lists.getListInterestCategories(list)).total_items, 0);
}

/** Brings somebody to a state by the ways of the real world. */
async function bringTo(list, name, state) {
  if (state === 'absent') return;
  const status = ['pending', 'transactional'].includes(state) ? state : 'subscribed';
  await lists.addListMember(list, { email_address: address(name), status });
  const by = { admin: 'unsubscribe', person: 'unsubscribe', complaint: 'abuse', cleaned: 'clean', 'archived person': 'unsubscribe' };
  if (state === 'program') await lists.updateListMember(list, hash(name), { status: 'unsubscribed' });
  if (by[state]) await act(list, address(name), by[state], state === 'admin' ? { as: 'admin' } : {});
  if (state.startsWith('archived')) await lists.deleteListMember(list, hash(name));
  if (state === 'forgotten') await lists.deleteListMemberPermanent(list, hash(name));
}

// From where, and what becomes of a PUT with "subscribed", "pending", "unsubscribed", and of a DELETE.
const MOVES = {
  absent: [200, 200, 200, 404],
  subscribed: [200, 200, 200, 204],
  pending: [200, 200, 200, 405],
  program: [200, 200, 200, 204],
  admin: [200, 200, 200, 204],
  person: [COMPLIANCE, 200, 200, 204],
  complaint: [COMPLIANCE, 200, 200, 204],
  cleaned: [COMPLIANCE, COMPLIANCE, 200, 405],
  transactional: [200, 200, 200, 204],
  archived: [200, 200, 200, 405],
  'archived person': [COMPLIANCE, 200, 200, 405],
  forgotten: [FORGOTTEN, FORGOTTEN, FORGOTTEN, 404],
};

async function everyMoveOfAMember() {
  const list = await firstList();
  for (const [state, [...wishes]] of Object.entries(MOVES)) {
    for (const status of ['subscribed', 'pending', 'unsubscribed']) {
      const [wanted, name] = [wishes.shift(), `${state} to ${status}`];
      await bringTo(list, name, state);
      const put = lists.setListMember(list, hash(name), { email_address: address(name), status, status_if_new: status });
      if (wanted === 200) equal((await put).status, status, name);
      else equal(await refused(put), [400, wanted], name);
    }
    const name = `${state} away`;
    await bringTo(list, name, state);
    const deleted = lists.deleteListMember(list, hash(name));
    if (wishes[0] === 204) equal(await deleted, null, name);
    else equal((await refused(deleted))[0], wishes[0], name);
  }
}

async function members() {
  const list = await firstList();
  const made = await lists.addListMember(list, { email_address: address('nina roy'), status: 'subscribed', tags: ['Choir'], vip: true });
  equal([made.id, made.tags[0].name], [hash('nina roy'), 'Choir']);
  equal(await refused(lists.addListMember(list, { email_address: address('nina roy'), status: 'subscribed' })), [400, 'Member Exists']);
  equal((await lists.getListMember(list, address('nina roy'))).id, made.id);
  const moved = await lists.updateListMember(list, made.id, { email_address: address('nina gill') });
  equal([moved.contact_id, moved.web_id], [made.contact_id, made.web_id]);
  equal((await refused(lists.getListMember(list, made.id)))[0], 404);
  const found = await lists.getListMembersInfo(list, { vipOnly: true, fields: ['members.email_address', 'total_items'] });
  equal(found, { members: [{ email_address: address('nina gill') }], total_items: 1 });
  equal((await lists.getListMembersInfo(list, { sinceLastChanged: '2099-01-01T00:00:00+00:00' })).members, []);
  await lists.addListMember(list, { email_address: address('server observer'), status: 'unsubscribed' });
  equal((await lists.getListMember(list, address('server observer'))).status, 'unsubscribed');
  equal(await lists.deleteListMemberPermanent(list, moved.id), null);
}

async function tags() {
  const [list, aline] = [await firstList(), hash('aline tremblay')];
  const wishes = { tags: [{ name: 'Driver', status: 'active' }, { name: 'Nobody', status: 'inactive' }] };
  equal(await lists.updateListMemberTags(list, aline, wishes), null);
  equal((await lists.getListMemberTags(list, aline)).tags.map((tag) => tag.name), ['Driver']);
  equal((await lists.tagSearch(list, { name: 'dri' })).total_items, 1);
  const segment = await lists.createSegment(list, { name: 'Singers', static_segment: [address('bert okafor')] });
  equal((await lists.getSegmentMembersList(list, segment.id)).members[0].email_address, address('bert okafor'));
  await lists.deleteSegment(list, segment.id);
}

async function bulk() {
  const list = await firstList();
  const bert = { email_address: address('bert okafor'), status: 'subscribed' };
  const fresh = { email_address: address('new one'), status: 'subscribed' };
  const left = { email_address: address('gordon whitefeather'), status: 'subscribed' };
  let done = await lists.batchListMembers(list, { members: [bert, fresh, fresh], update_existing: false });
  equal([done.total_created, done.errors.map((error) => error.error_code)], [1, ['ERROR_CONTACT_EXISTS', 'ERROR_GENERIC']]);
  done = await lists.batchListMembers(list, { members: [bert, left], update_existing: true });
  equal([done.total_updated, done.errors[0].email_address], [1, left.email_address]);
  done = await lists.batchListMembers(list, { members: [fresh, fresh], update_existing: true }, { skipDuplicateCheck: true });
  equal(done.error_count, 0);
}

/** The JSON files of a tar archive: a header of 512 bytes before each, which names its size in octal. */
function filesOf(tar) {
  const files = [];
  for (let at = 0; tar[at]; ) {
    const size = parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (size) files.push(JSON.parse(tar.toString('utf8', at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

async function batchesAndTheirArchives() {
  const [list, hooked] = [await firstList(), await receiver()];
  const hook = await batchWebhooks.create({ url: hooked.url });
  const add = (number) => ({
    method: 'POST',
    path: `/lists/${list}/members`,
    operation_id: `add ${number}`,
    body: JSON.stringify({ email_address: address(`batch ${number}`), status: 'subscribed' }),
  });
  const gone = { method: 'DELETE', path: `/lists/${list}/members/${hash('nobody')}`, operation_id: 'gone' };
  const started = await batches.start({ operations: [add(1), add(2), gone] });
  equal(started.status, 'pending');
  await control('POST', 'clock', { advance_seconds: 10 });
  const batch = await batches.status(started.id);
  equal([batch.status, batch.finished_operations, batch.errored_operations], ['finished', 3, 1]);
  const packed = Buffer.from(await (await fetch(batch.response_body_url)).arrayBuffer());
  const results = Object.fromEntries(filesOf(zlib.gunzipSync(packed)).flat().map((result) => [result.operation_id, result]));
  equal([results.gone.status_code, JSON.parse(results['add 1'].response).email_address], [404, address('batch 1')]);
  equal((await hooked.take('batch_operation_completed')).fields['data[id]'], batch.id);
  equal(await batchWebhooks.remove(hook.id), null);
  equal(await batches.deleteRequest(batch.id), null);
}

async function webhooks() {
  const [list, hooked] = [await firstList(), await receiver()];
  const events = { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true, campaign: true };
  const hook = await lists.createListWebhook(list, { url: hooked.url, events, sources: { user: true, admin: true, api: true } });
  const [email, moved] = [address('wanda hook'), address('wanda ladder')];
  await lists.addListMember(list, { email_address: email, status: 'subscribed', merge_fields: { FNAME: 'Wanda' } });
  const told = await hooked.take('subscribe');
  equal([told.fields['data[email]'], told.fields['data[merges][FNAME]']], [email, 'Wanda']);
  assert(isSigned(told, hook.signing_secret), 'the signature is wrong');
  await lists.updateListMember(list, subscriberHash(email), { email_address: moved });
  equal((await hooked.take('upemail')).fields['data[new_email]'], moved);
  await act(list, moved, 'clean');
  equal((await hooked.take('cleaned')).fields['data[reason]'], 'hard');
  equal((await lists.updateListWebhook(list, hook.id, { events: { campaign: false } })).events.campaign, false);
  equal((await lists.getListWebhooks(list)).total_items, 1);
  equal(await lists.deleteListWebhook(list, hook.id), null);
}

async function campaignsAndReports() {
  const list = await firstList();
  const settings = { subject_line: 'Spring news', title: 'Spring', from_name: 'Riverside', reply_to: address('office') };
  const { id } = await campaigns.create({ type: 'regular', recipients: { list_id: list }, settings });
  await campaigns.setContent(id, { html: `<p>Dear friends</p><a href="${NEWS}">Read</a>` });
  equal((await refused(reports.getCampaignReport(id)))[0], 404);
  await control('PATCH', 'settings', { campaign_outcome: { opens: 1.0, clicks: 1.0, unsubscribes: 0.3 } });
  equal(await campaigns.send(id), null);
  equal(await refused(campaigns.send(id)), [400, 'Invalid Action']);
  const report = await reports.getCampaignReport(id);
  const sent = report.emails_sent;
  equal([report.opens.unique_opens, report.clicks.unique_subscriber_clicks], [sent, sent]);
  const recipients = await reports.getCampaignRecipients(id, { count: 1000 });
  equal([recipients.total_items, recipients.sent_to.length], [sent, sent]);
  const one = recipients.sent_to[0].email_id;
  const activity = (await reports.getEmailActivityForSubscriber(id, one)).activity.map((entry) => entry.action);
  assert(activity.includes('open') && activity.includes('click'), activity);
  equal((await reports.getUnsubscribedListForCampaign(id, { count: 1000 })).unsubscribes.length, report.unsubscribed);
  equal((await reports.getCampaignClickDetails(id)).urls_clicked[0].url, NEWS);
  equal((await campaigns.list({ status: 'sent', listId: list })).total_items, 1);
  const feed = await lists.getListMemberActivityFeed(list, one, { activityFilters: ['click'] });
  equal(feed.activity[0].link_clicked, NEWS);
  equal(await campaigns.remove(id), null);
}

run([pingAndAccount, audiences, mergeFields, interests, members, everyMoveOfAMember, tags, bulk, batchesAndTheirArchives, webhooks,
  campaignsAndReports]);
