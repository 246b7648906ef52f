#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A newsletter that begins when its mail is confirmed. See README.md beside this file.
import { Akkoord } from '../../clients/js/index.js';
import { mail } from '../lib/mail.mjs';

const akkoord = new Akkoord({ url: process.env.AKKOORD_URL, token: process.env.AKKOORD_KEY });

// What the site's form does. The answer to the visitor is the same whether the address is known or not.
async function signUp(subject) {
  const receipt = await akkoord.record({
    subject, purpose: 'newsletter', event_state: 'given', collection_method: 'web_form', language: 'en', evidence: { form: 'footer' },
  });
  if (receipt.effect === 'pending') {
    mail(subject.value, 'Please confirm', `You, or somebody who typed your address, asked for our newsletter. Yes?\n\n${receipt.confirmation.url}`);
  }
  console.log('look into your mail box');
}

async function tell(subject) {
  const verdict = await akkoord.check(subject, 'newsletter');
  console.log(`${verdict.allow ? 'yes' : 'no'}: ${verdict.reason}`);
}

const [act, address] = process.argv.slice(2);
const acts = { 'sign-up': signUp, tell };
if (!(act in acts) || !address) {
  console.error('usage: newsletter.mjs sign-up|tell ADDRESS');
  process.exit(2);
}
await acts[act]({ type: 'email', value: address });
