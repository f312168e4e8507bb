// What the Node scripts share: the official client pointed at a sandbox, the sandbox's own controls, a receiver of webhooks.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const mailchimp = require('@mailchimp/mailchimp_marketing');

// How long a webhook may take to arrive (milliseconds).
const PATIENCE = 10_000;
const base = process.argv[2];

const subscriberHash = (email) => crypto.createHash('md5').update(email.toLowerCase()).digest('hex');

async function control(method, path, body = {}) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}/__sandbox/${path}`, { method, headers, body: method === 'GET' ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  assert(answer.ok, `${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

const act = (listId, email, action, details) => control('POST', `members/${listId}/${encodeURIComponent(email)}/${action}`, details);

/** The client is one object for the whole program. Without `server` it leaves its URLs alone. */
function connect(credentials) {
  mailchimp.setConfig(credentials);
  mailchimp.basePath = `${base}/3.0`;
}

/** Status and title of the error that a call has to end with. */
async function refused(call) {
  const error = await call.then((answer) => assert.fail(`was not refused: ${JSON.stringify(answer)}`), (error) => error);
  assert(error.response, `ended without an answer: ${error}`);
  const problem = error.response.body;
  assert.strictEqual(problem.status, error.status);
  return [error.status, problem.title];
}

/** What a call fails with when the answer is no document of Mailchimp's: the status, if there was one, and the text. */
async function failing(call) {
  const error = await call.then((answer) => assert.fail(`did not fail: ${JSON.stringify(answer)}`), (error) => error);
  return [error.status, error.response ? error.response.text : error.message];
}

/** Takes webhooks as an application would. */
async function receiver() {
  const received = [];
  const server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      if (request.method === 'POST') received.push({ fields: Object.fromEntries(new URLSearchParams(body)), headers: request.headers, body });
      answer.end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  server.unref();
  const take = async (kind) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const place = received.findIndex(({ fields }) => fields.type === kind);
      if (place >= 0) return received.splice(place, 1)[0];
      assert(Date.now() < deadline, `no ${kind}, only ${received.map(({ fields }) => fields.type)}`);
      await new Promise((later) => setTimeout(later, 10));
    }
  };
  return { url: `http://127.0.0.1:${server.address().port}/hook`, take };
}

/** Checks X-Mailchimp-Signature as Mailchimp's documentation tells receivers to. */
function isSigned({ headers, body }, secret) {
  const parts = Object.fromEntries(headers['x-mailchimp-signature'].split(',').map((part) => part.split('=')));
  return parts.v1 === crypto.createHmac('sha256', secret).update(`${parts.t}.${body}`).digest('hex');
}

/** Runs chapter by chapter. */
async function run(chapters) {
  const token = (await control('POST', 'tokens')).access_token;
  connect({ accessToken: token });
  try {
    for (const chapter of chapters) {
      await chapter(token);
      console.log('passed:', chapter.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
    }
  } catch (error) {
    console.error(error.response ? error.response.text : '', error);
    process.exit(1);
  }
}

module.exports = { act, base, connect, control, failing, isSigned, mailchimp, receiver, refused, run, subscriberHash };
