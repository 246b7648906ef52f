// SPDX-License-Identifier: Apache-2.0
// The contract at /docs is read on a telephone and on a desk, and a request is tried there against the service
// that shows it. Without npm at build time a plain page stands there, which is held to as much.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {after, test} from 'node:test';
import {inBrowsers} from './lib/browsers.mjs';
import {root} from './lib/modules.mjs';
import {Service, example} from './lib/service.mjs';

const contract = readFileSync(`${root}openapi/akkoord.yaml`, 'utf8');
const operations = contract.match(/^ {6}operationId:/gm).length;
const rendered = existsSync(`${root}openapi/docs/dist/built`);

const service = await Service.start('docs', {policy: example('demo')});

if (!rendered)
    test('the rendered contract', {skip: 'openapi/docs was not built: npm could not fetch'}, () => {});

// The page, with every request of the contract on it.
async function open(visit) {
    await visit.goto(service.url + '/');
    await visit.until(n => document.querySelectorAll('.opblock').length === n, operations, 'each request is listed');
    assert.equal(new URL(visit.page.url()).pathname, '/docs');
}

// Presses what a selector means, wherever it stands on the page.
const press = (visit, selector) => visit.until(s => {
    const found = document.querySelector(s);
    found?.click();
    return found !== null;
}, selector);

for (const width of rendered ? [320, 1280] : []) {
    inBrowsers(`/ leads to the whole contract, ${width} px wide`, {width, language: 'en', only: 'chromium'}, async visit => {
        await open(visit);
        await visit.fits();
        await visit.clean();
        await visit.picture(`docs-${width}`);

        await press(visit, '#operations-check-checkConsent .opblock-summary-control');
        await visit.until(() => document.querySelector('#operations-check-checkConsent .responses-table .response'));
        await visit.fits();
        await visit.clean({within: '#operations-check-checkConsent'});
        await visit.evaluate(() => document.querySelector('#operations-check-checkConsent').scrollIntoView());
        await visit.picture(`docs-${width}-check`);
    });
}

// What a person types goes in as typed keys do, which React hears.
const type = (visit, selector, text) => visit.until(([s, t]) => {
    const field = document.querySelector(s);
    if (field === null) return false;
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, t);
    field.dispatchEvent(new Event('input', {bubbles: true}));
    return true;
}, [selector, text], selector);

if (rendered)
    inBrowsers('a request is tried with a token, at this service alone', {language: 'en'}, async visit => {
        await open(visit);
        await press(visit, '.btn.authorize');
        await type(visit, '.auth-container input', service.token);
        await press(visit, '.auth-btn-wrapper .authorize');
        await press(visit, '.auth-btn-wrapper .btn-done');

        const check = '#operations-check-checkConsent';
        await press(visit, `${check} .opblock-summary-control`);
        await press(visit, `${check} .try-out__btn`);
        await type(visit, `${check} textarea`,
            JSON.stringify({subject: {type: 'email', value: 'docs@example.com'}, purpose: 'newsletter'}));
        await press(visit, `${check} .btn.execute`);
        const answer = await visit.until(s => document.querySelector(s)?.textContent,
            `${check} .live-responses-table .response`);
        assert.match(answer, /^200/);
        assert.match(answer, /never_asked/);
        await visit.fits();
        await visit.clean({within: check});

        for (const {url} of visit.requests)
            assert.equal(new URL(url).origin, service.url, 'nobody else is asked');
        assert.deepEqual(await visit.storage(), [], 'the token is kept in the page');
    });

// The plain page, as a build without npm makes it, at an address of its own.
const folder = mkdtempSync(`${tmpdir()}/akkoord-docs-`);
after(() => rmSync(folder, {recursive: true}));
execFileSync('cmake', ['-D', `CONTRACT=${root}openapi/akkoord.yaml`, '-D', `OUT=${folder}/docs.html`,
    '-P', `${root}openapi/docs/plain.cmake`]);
const files = {'/docs': ['text/html', readFileSync(`${folder}/docs.html`)],
    '/docs/docs.css': ['text/css', readFileSync(`${root}openapi/docs/docs.css`)]};
const plain = createServer((request, answer) => {
    const [type, bytes] = files[request.url] ?? ['text/plain', ''];
    answer.writeHead(files[request.url] ? 200 : 404, {'content-type': type}).end(bytes);
});
await new Promise(resolve => plain.listen(0, '127.0.0.1', resolve));
after(() => plain.close());

inBrowsers('the plain page has each request, and says what it is', {width: 320, language: 'en'}, async visit => {
    await visit.goto(`http://127.0.0.1:${plain.address().port}/docs`);
    assert.equal((await visit.texts('td:first-child')).length, operations);
    assert.match((await visit.texts('main')).join(), /built without npm/);
    await visit.fits();
    await visit.clean();
    await visit.picture('docs-plain');
});
