// SPDX-License-Identifier: Apache-2.0
import { Akkoord } from './index.js';

const akkoord = new Akkoord({ url: process.env.AKKOORD_URL, token: process.env.AKKOORD_TOKEN });
const jan = { type: 'email', value: 'jan@example.nl' };
await akkoord.record({ subject: jan, purpose: 'newsletter', event_state: 'given', collection_method: 'web_form' });
console.log((await akkoord.check(jan, 'newsletter')).reason);
await akkoord.withdraw({ subject: jan, purpose: 'newsletter' });
console.log(await akkoord.allowed(jan, 'newsletter'));
