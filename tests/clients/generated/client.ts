// SPDX-License-Identifier: Apache-2.0
// What a shop does with a client that was generated from the contract: record, check, withdraw, check.
import createClient from 'openapi-fetch';
import type {components, paths} from './akkoord.js';

declare const process: {env: Record<string, string>};
const akkoord = createClient<paths>({
    baseUrl: process.env.AKKOORD_URL,
    headers: {authorization: `Bearer ${process.env.AKKOORD_TOKEN}`},
});
const subject: components['schemas']['Identifier'] = {type: 'email', value: 'generated@example.nl'};

async function verdict(): Promise<string> {
    const {data, error} = await akkoord.POST('/v1/check', {body: {subject, purpose: 'newsletter'}});
    if (error) throw new Error(error.title);
    return 'reason' in data ? data.reason : 'several';
}

const {data, error, response} = await akkoord.POST('/v1/consents', {
    body: {subject, purpose: 'newsletter', event_state: 'given', collection_method: 'web_form'},
});
if (error) throw new Error(error.title);
console.log(response.status, 'record_id' in data, await verdict());

const stopped = await akkoord.POST('/v1/withdraw', {body: {subject, purpose: 'newsletter', collection_method: 'web_form'}});
if (stopped.error) throw new Error(stopped.error.title);
console.log(stopped.response.status, await verdict());

const wrong = await akkoord.POST('/v1/check', {body: {subject, purpose: 'newsleter'}});
console.log(wrong.response.status, wrong.error?.type);
