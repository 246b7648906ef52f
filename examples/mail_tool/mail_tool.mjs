#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A mail tool that is in step, and asks before each send. See README.md beside this file.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Akkoord } from '../../clients/js/index.js';
import { mail } from '../lib/mail.mjs';

const akkoord = new Akkoord({ url: process.env.AKKOORD_URL, token: process.env.AKKOORD_KEY });
const AT_ONCE = 10000; // addresses a request; it takes up to 100 000

const addresses = (list) => readFileSync(list, 'utf8').split('\n').filter((line) => line !== '');
const subjectOf = (value) => ({ type: 'email', value });

/** Those of a list that may have the newsletter now. A line that cannot be read as an address may not. */
async function allowed(list, keep) {
  const onTrace = (trace) => appendFileSync(`${list}.asked`, `${JSON.stringify({ campaign: keep, ...trace })}\n`, { mode: 0o600 });
  const found = [];
  const all = addresses(list);
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const part = all.slice(at, at + AT_ONCE);
    const questions = part.map((value, id) => ({ subject: subjectOf(value), purpose: 'newsletter', id: String(id) }));
    for await (const verdict of akkoord.checkBatch(questions, { keep, onTrace })) if (verdict.allow) found.push(part[verdict.id]);
  }
  return found;
}

// What `akkoord sync command` runs for each page of changes: the tool's own list follows.
async function step(list, own) {
  writeFileSync(`${own}.new`, (await allowed(list)).map((address) => `${address}\n`).join(''));
  renameSync(`${own}.new`, own);
}

// Asked again at the moment of sending, under the campaign's name. Where that fails, nothing is sent.
async function send(own, campaign) {
  const all = await allowed(own, campaign);
  const wanted = all.map((value) => ({ subject: subjectOf(value), kind: 'unsubscribe', purposes: ['newsletter'] }));
  for (const { line, url } of await akkoord.links(wanted)) {
    if (url === undefined) continue; // no way to stop, no mail
    const oneClick = url.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {};
    mail(all[line - 1], 'Our newsletter', `News.\n\nNo more of it? ${url}`, { 'List-Unsubscribe': `<${url}>`, ...oneClick });
  }
  console.log(`${all.length} of ${addresses(own).length} may have it`);
}

const [act, list, more] = process.argv.slice(2);
const acts = { step, send };
if (!(act in acts) || !more) {
  console.error('usage: mail_tool.mjs step LIST OWN-LIST | send OWN-LIST CAMPAIGN');
  process.exit(2);
}
await acts[act](list, more);
