// SPDX-License-Identifier: Apache-2.0
// The banner in pages and browsers that are not as they should be: nothing is allowed that was not chosen, a choice is
// told, and the page goes on.
import assert from 'node:assert/strict';
import {inBrowsers} from './lib/browsers.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Site} from './lib/site.mjs';
import {Stub} from './lib/stub.mjs';

const site = await Site.start({});
const stub = await Stub.start(newspaper(site.url));
const tag = `<script src="${stub.url}/v1/sites/demo/banner.js"></script>`;
const waiting = `<script nonce="n" type="text/plain" data-akkoord="analytics">window.ran.push('inline');</script>
<script nonce="n" type="text/plain" data-akkoord="video">window.ran.push('video');</script>
<script nonce="n">window.own = 'goes on';</script>`;
const head = (script = '') => `<script nonce="n">window.ran = []; ${script}</script>`;
const put = (path, script, {body = waiting, fields = {}} = {}) =>
    site.pages[path] = ['text/html; charset=utf-8', page(head(script) + tag, body), fields];

const seen = visit => visit.until(() => Boolean(document.querySelector('body > #akkoord')?.shadowRoot?.querySelector('.box')));
const gone = visit => visit.until(() => ![...document.querySelectorAll('#akkoord')].some(e => e.shadowRoot?.querySelector('.box')));
const told = async (visit, from) => {
    for (let i = 0; i < 3000 && stub.taken.length === from; i++) await new Promise(go => setTimeout(go, 20));
    assert.equal(stub.taken.length, from + 1, 'told once');
    return stub.taken[from];
};

// The way of somebody who refuses, comes again, and accepts.
async function journey(visit, path, {isKept = true} = {}) {
    for (const [words, state, ran] of [['Alles weigeren', 'refused', []], ['Alles toestaan', 'given', ['inline', 'video']]]) {
        await visit.goto(site.url + path);
        await seen(visit);
        assert.deepEqual(await visit.evaluate('ran'), [], 'before a choice');
        const from = stub.taken.length;
        await visit.click('button', words);
        await gone(visit);
        const body = await told(visit, from);
        assert.deepEqual(body.choices, {analytics: state, video: state});
        assert.equal(body.late_seconds, undefined, 'it is told at once');
        await visit.until(`ran.length === ${ran.length}`);
        assert.deepEqual(await visit.evaluate('ran'), ran);
        assert.equal(await visit.evaluate('own'), 'goes on');
        await visit.goto(site.url + path);
        await visit.evaluate('akkoord.ready');
        if (isKept) await visit.until(`ran.length === ${ran.length}`);
        else await seen(visit);
        assert.deepEqual(await visit.evaluate('ran'), isKept ? ran : []);
        assert.deepEqual(await visit.texts('[part~=banner]').then(all => all.length), isKept ? 0 : 1);
        await visit.evaluate("document.cookie = 'akkoord=; Path=/; Max-Age=0'");
    }
}

inBrowsers('with storage switched off a choice is told, holds for the page, and is asked again', {storage: false}, async visit => {
    put('/off', '');
    assert.match(await visit.goto(`${site.url}/off`).then(() => visit.evaluate(() => {
        try { return String(localStorage); } catch (error) { return error.name; }
    })), /SecurityError/);
    await journey(visit, '/off', {isKept: false});
});

for (const [how, shift] of [['a year ahead', 365 * 86400e3], ['five hours behind', -5 * 3600e3], ['at the beginning of time', -1.7e12]])
    inBrowsers(`with a clock that is ${how} a choice is told, and kept`, async visit => {
        put('/clock', `const Real = Date; Date = class extends Real {
            constructor(...words) { words.length ? super(...words) : super(Real.now() + ${shift}); }
            static now() { return Real.now() + ${shift}; } };`);
        await journey(visit, '/clock');
    });

inBrowsers('a choice that waited while the clock was put right is told without a time that cannot be', async visit => {
    put('/fast', 'const now = Date.now; Date.now = () => now() + 7 * 3600e3;');
    put('/right', '');
    await visit.goto(`${site.url}/fast`);
    await seen(visit);
    stub.isDown = true;
    await visit.click('button', 'Alles weigeren');
    await gone(visit);
    await visit.until(() => localStorage.getItem('akkoord.pending'));
    stub.isDown = false;
    const from = stub.taken.length;
    await visit.goto(`${site.url}/right`);
    const body = await told(visit, from);
    assert.deepEqual([body.choices, body.late_seconds], [{analytics: 'refused', video: 'refused'}, undefined]);
    visit.errors = visit.errors.filter(error => !error.includes('CORS request did not succeed')); // Firefox: it was gone
});

const HOSTILE = {
    'puts members on all objects and lists': `Object.prototype.extra = 'given'; Array.prototype.last = function () { return 1; };
        Object.prototype.purpose = 'analytics'; Object.prototype.allow = true;`,
    'makes JSON of its own out of lists': 'Array.prototype.toJSON = function () { return "a list"; }; Element.prototype.extra = 1;', // Prototype.js did
    'has no randomUUID, and no channel between tabs': 'delete Crypto.prototype.randomUUID; window.BroadcastChannel = undefined;',
    'calls an element akkoord': '',
    'listens to each event and stops it': 'for (const kind of ["click", "keydown", "focusin"]) addEventListener(kind, event => event.stopPropagation());',
};
for (const [how, script] of Object.entries(HOSTILE))
    inBrowsers(`a page that ${how} has a banner that works`, async visit => {
        put('/hostile', script, {body: (how.includes('element') ? '<div id="akkoord">Akkoord?</div>' : '') + waiting});
        await journey(visit, '/hostile');
        if (how.includes('element')) assert.equal(await visit.evaluate('document.querySelector("#akkoord").textContent'), 'Akkoord?');
    });

for (const [how, script] of [['asks the network by what fails', 'window.fetch = () => Promise.reject(new TypeError("no"));'],
    ['asks the network by what throws', 'window.fetch = () => { throw new Error("no"); };'],
    ['hears nonsense for an answer', 'window.fetch = async () => ({ok: true, json: async () => ({sites: [], cookies: 7, purposes: null})});'],
    ['cannot make style sheets', 'window.CSSStyleSheet = undefined;']])
    inBrowsers(`a page that ${how} is not broken, and nothing is allowed`, async visit => {
        put('/broken', script);
        await visit.goto(`${site.url}/broken`);
        await visit.evaluate('akkoord.ready');
        assert.equal(await visit.evaluate('akkoord.allows("analytics")'), false);
        assert.deepEqual(await visit.evaluate('ran'), []);
        assert.equal(await visit.evaluate('own'), 'goes on');
        assert.deepEqual(await visit.cookies(), {});
    });

inBrowsers('under a strict policy of the page it looks as it should, and breaks no rule of it', async visit => {
    put('/strict', `window.broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective + ' ' + e.blockedURI));`, {
        fields: {'content-security-policy': `default-src 'none'; script-src 'nonce-n' ${stub.url}; connect-src ${stub.url}; img-src data:; base-uri 'none'`}});
    await visit.goto(`${site.url}/strict`);
    await seen(visit);
    assert.deepEqual(await visit.evaluate(() => {
        const {position, display} = getComputedStyle(document.getElementById('akkoord').shadowRoot.querySelector('.box'));
        return [position, display];
    }), ['fixed', 'flex']);
    await visit.click('button', 'Zelf kiezen');
    await visit.until(() => Boolean(document.getElementById('akkoord').shadowRoot.querySelector('dialog')));
    await visit.press('Escape');
    await visit.until(() => !document.getElementById('akkoord').shadowRoot.querySelector('dialog'));
    await journey(visit, '/strict');
    assert.deepEqual(await visit.evaluate('broken'), []);
});
