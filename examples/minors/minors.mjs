#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A school's app for which a parent signs. See README.md beside this file.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Akkoord } from '../../clients/js/index.js';
import { mail } from '../lib/mail.mjs';

const akkoord = new Akkoord({ url: process.env.AKKOORD_URL, token: process.env.AKKOORD_KEY });
const pupil = (code) => ({ type: 'customer', value: code });
const purpose = 'app';

// The parent signs on a page, with their name, which the officer alone can open.
async function ask(code, parent, birthMonth) {
  const asked = await akkoord.guardianRequest({
    subject: pupil(code), guardian: { type: 'email', value: parent }, purposes: [purpose], minor: { birth_month: birthMonth }, language: 'en',
  });
  mail(parent, 'Your consent is asked', `The school asks whether your child may use its app.\n\n${asked.url}`);
  console.log('the parent was asked');
}

// Or on paper, which the school keeps; its hash says which paper.
async function paper(code, scan, birthMonth) {
  const document = { name: 'signed form', sha256: createHash('sha256').update(readFileSync(scan)).digest('hex') };
  const receipt = await akkoord.record({
    subject: pupil(code), purpose, event_state: 'given', collection_method: 'paper', minor: { birth_month: birthMonth },
    notice: { id: 'app', version: '1' }, language: 'en', // the words that stand on the form: of paper nothing is assumed
    expressed_by: { role: 'parent', strength: 'signed', form: 'written' }, evidence: { documents: [document] },
  });
  console.log(receipt.effect);
}

async function tell(code) {
  const verdict = await akkoord.check(pupil(code), purpose);
  console.log(`${verdict.allow ? 'yes' : 'no'}: ${verdict.reason}`);
}

const [act, ...words] = process.argv.slice(2);
const acts = { ask, paper, tell };
if (!(act in acts) || words.length !== acts[act].length) {
  console.error('usage: minors.mjs ask CODE PARENT-ADDRESS BIRTH-MONTH | paper CODE SCAN BIRTH-MONTH | tell CODE');
  process.exit(2);
}
await acts[act](...words);
