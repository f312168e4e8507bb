// Mailchimp's own Node client meets every error a sandbox can give: node errors.js http://127.0.0.1:8090
'use strict';

const assert = require('node:assert');
const { connect, control, failing, mailchimp, refused, run } = require('./rehearsal');

const equal = assert.deepStrictEqual;
const ping = () => mailchimp.ping.get();

// Everybody may ask for these by name, which is the title without its spaces, as at Mailchimp itself.
const NAMED = [
  [400, 'Bad Request'], [400, 'JSON Parse Error'], [400, 'Invalid Resource'], [400, 'Member Exists'],
  [400, 'Member In Compliance State'], [400, 'Forgotten Email Not Subscribed'], [400, 'Invalid Action'], [401, 'API Key Missing'],
  [401, 'API Key Invalid'], [403, 'Forbidden'], [403, 'User action not permitted'], [403, 'User Disabled'], [403, 'Wrong Datacenter'],
  [404, 'Resource Not Found'], [405, 'Method Not Allowed'], [414, 'Resource Nesting Too Deep'], [422, 'Invalid Method Override'],
  [422, 'Requested Fields Invalid'], [426, 'Upgrade Required'], [429, 'Too Many Requests'], [500, 'Internal Server Error'],
  [503, 'Compliance Related'],
];

async function everyErrorByItsName() {
  for (const [status, title] of NAMED) {
    mailchimp.defaultHeaders = { 'X-Trigger-Error': title.replaceAll(' ', '') };
    equal(await refused(ping()), [status, title]);
  }
  mailchimp.defaultHeaders = {};
}

async function errorsOfTheConnection(token) {
  connect({});
  equal(await refused(ping()), [401, 'API Key Missing']);
  connect({ apiKey: 'nothing-us1' });
  equal(await refused(ping()), [401, 'API Key Invalid']);
  connect({ accessToken: token });
  const account = (await control('GET', 'accounts')).accounts[0].id;
  await control('PATCH', `accounts/${account}`, { disabled: true });
  equal(await refused(ping()), [403, 'User Disabled']);
  await control('PATCH', `accounts/${account}`, { disabled: false });
}

async function spoiltAnswers() {
  const spoil = (kind) => control('POST', 'faults', { kind, route: 'ping', count: 1 });
  const cases = [
    ['too_many_requests', 429, 'simultaneous connections'], ['server_error', 500, 'deep internal error'],
    ['blocked_html', 503, 'Request Blocked'], ['denied_html', 403, 'Access Denied'], ['gateway_html', 502, 'Bad Gateway'],
    ['empty_too_many', 429, ''], ['empty_forbidden', 403, ''],
  ];
  for (const [kind, wanted, words] of cases) {
    await spoil(kind);
    const [status, text] = await failing(ping());
    equal(status, wanted, kind);
    assert(words ? text.includes(words) : !text, `${kind}: ${text}`);
  }
  for (const kind of ['drop_before', 'drop_after']) {
    await spoil(kind);
    equal((await failing(ping()))[0], undefined, kind);
  }
}

async function aTokenThatWasTakenAway(token) {
  await control('POST', 'tokens/revoke', { access_token: token });
  equal(await refused(ping()), [401, 'API Key Invalid']);
}

run([everyErrorByItsName, errorsOfTheConnection, spoiltAnswers, aTokenThatWasTakenAway]);
