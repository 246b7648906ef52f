// SPDX-License-Identifier: Apache-2.0
// What the banner loads on demand: the choice that another banner kept, and forms of the page.
import assert from 'node:assert/strict';
import {inBrowsers} from './lib/browsers.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Site} from './lib/site.mjs';
import {Stub} from './lib/stub.mjs';

const site = await Site.start({});
const policy = newspaper(site.url);
policy.purposes.find(p => p.key === 'newsletter').double_opt_in = true;
const stub = await Stub.start(policy);
const tag = (more = '') => `<script src="${stub.url}/v1/sites/demo/banner.js" ${more}></script>`;
const form = (inside = '', more = 'data-akkoord-form="newsletter"') => `<form action="/sent" method="post" ${more}>
    <label>E-mailadres <input type="email" name="email" required></label> ${inside}<button>Aanmelden</button></form>`;
Object.assign(site.pages, {
    '/': page(tag(), '<p>Nieuws.</p>'), '/mapped': page(tag(`data-moving='{"tellen": "analytics", "film": "video"}'`), '<p>Nieuws.</p>'),
    '/two': page(tag(`data-moving='{"tellen": "analytics", "meten": "analytics"}'`), '<p>Nieuws.</p>'),
    '/blank': page('', '<p>Leeg.</p>'), '/sent': page('', '<p>Verstuurd.</p>'),
    '/form': page(tag(), form('<p data-akkoord-notice></p>')), '/end': page(tag(), form()),
    '/box': page(tag(), form('<label><input type="checkbox" data-akkoord-yes>Ook de nieuwsbrief</label>')),
    '/own': page(tag(), form('') + '<script>document.forms[0].onsubmit = e => { e.preventDefault(); document.title = "Zelf verstuurd"; };</script>'),
    '/lost': page(tag(), form('', 'data-akkoord-form="links/request"')), '/unknown': page(tag(), form('', 'data-akkoord-form="gossip"')),
});

const bodies = async (from, count) => {
    for (let i = 0; i < 3000 && stub.taken.length < from + count; i++) await new Promise(go => setTimeout(go, 20));
    assert.equal(stub.taken.length, from + count);
    return stub.taken.slice(from);
};
const isAsked = visit => visit.evaluate(() => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector('.box')));

// ---- the choice that another banner kept ----

const KEPT = [
    ['Klaro', 'klaro', '{"analytics":true,"video":false,"unknown":true}', '/', {analytics: 'given', video: 'refused'}, 'klaro'],
    ['Klaro by other names', 'klaro', '{"tellen":false,"film":true}', '/mapped', {analytics: 'refused', video: 'given'}, 'klaro'],
    ['orestbida/cookieconsent', 'cc_cookie', '{"categories":["necessary","analytics"],"consentTimestamp":"2026-01-01T00:00:00Z"}', '/',
        {analytics: 'given', video: 'refused'}, 'cookieconsent'],
    ['orestbida/cookieconsent, of two names that mean one', 'cc_cookie', '{"categories":["tellen"],"consentTimestamp":"2026-01-01T00:00:00Z"}', '/two',
        {analytics: 'refused', video: 'refused'}, 'cookieconsent'],
    ['Cookiebot', 'CookieConsent', "{stamp:'x',necessary:true,preferences:false,statistics:true,marketing:false,method:'explicit',ver:1}", '/',
        {analytics: 'given'}, 'cookiebot'],
    ['Cookiebot, all refused', 'CookieConsent', '0', '/', {analytics: 'refused', video: 'refused'}, 'cookiebot'],
];

const keep = async (visit, name, text) => {
    await visit.goto(`${site.url}/blank`);
    await visit.evaluate(`document.cookie = ${JSON.stringify(`${name}=${encodeURIComponent(text)}; Path=/`)}`);
};

for (const [tool, name, text, path, choices, word] of KEPT)
    inBrowsers(`the choice of ${tool} is told once as an import, and taken away; a Yes to unknown words is asked again`, async visit => {
        stub.effect = (purpose, state, body) => body.import && state === 'given' ? 'notice_unknown' : 'applied';
        await keep(visit, name, text);
        const from = stub.taken.length;
        await visit.goto(site.url + path);
        await visit.evaluate('akkoord.ready');
        const [body] = await bodies(from, 1);
        assert.deepEqual([body.import, body.choices, body.language, body.clicks], [word, choices, 'nl', undefined]);
        assert.deepEqual(Object.keys(await visit.cookies()), ['akkoord']);
        const isOpen = Object.values(choices).includes('given') || Object.keys(choices).length < 2;
        assert.equal(await isAsked(visit), isOpen);
        for (const purpose of ['analytics', 'video']) assert.equal(await visit.evaluate(`akkoord.allows('${purpose}')`), false);
        await visit.goto(site.url + path);
        await visit.evaluate('akkoord.ready');
        assert.equal(stub.taken.length, from + 1, 'once');
        assert.equal(await isAsked(visit), isOpen);
        stub.effect = () => 'applied';
    });

inBrowsers('where the policy counts them, a Yes that came along is a Yes', async visit => {
    await keep(visit, 'klaro', '{"analytics":true,"video":true}');
    await visit.goto(`${site.url}/`);
    await visit.until('akkoord.allows("analytics")');
    assert.equal(await visit.evaluate('akkoord.allows("video")'), true);
    assert.equal(await isAsked(visit), false);
});

inBrowsers('what nobody chose, or nobody can read, is taken away and told to nobody', async visit => {
    for (const [name, text] of [['CookieConsent', "{statistics:true,marketing:true,method:'implied'}"], ['klaro', '[1, "analytics"'], ['klaro', '7'],
        ['cc_cookie', '{"categories":["analytics"]}'], ['klaro', '{"__proto__":true,"constructor":true}'], ['klaro', '%E0%A4%A']]) {
        await keep(visit, name, text);
        const from = stub.taken.length;
        await visit.goto(`${site.url}/`);
        await visit.evaluate('akkoord.ready');
        await visit.until(() => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector('.box')));
        assert.equal(await visit.evaluate('akkoord.allows("analytics")'), false);
        assert.equal(stub.taken.length, from, text);
        assert.deepEqual(await visit.cookies(), {}, text);
    }
});

// ---- forms ----

async function fill(visit, path, address = `reader-${visit.kind}@example.nl`) {
    await visit.goto(site.url + path);
    await visit.evaluate('akkoord.ready');
    await visit.click('[part~=close]');
    if (path !== '/unknown') await visit.until(() => document.querySelector('form [aria-hidden=true] input') !== null);
    assert.deepEqual(visit.requests.filter(r => r.method === 'POST' && r.url.startsWith(stub.url)), [], 'nothing is told before somebody types');
    await visit.click('[type=email]');
    await visit.type(address);
    return stub.taken.length;
}
const isSent = visit => visit.until(() => document.body.textContent.includes('Verstuurd.'));

inBrowsers('a form tells who asks for the newsletter in the words that were shown, and goes on as before', async visit => {
    const from = await fill(visit, '/form');
    const words = policy.notices.find(n => n.id === policy.purposes.find(p => p.key === 'newsletter').notice).texts.nl;
    assert.deepEqual(await visit.texts('[data-akkoord-notice]'), [words]);
    await visit.clean();
    await visit.press('Enter');
    await isSent(visit);
    const [body] = await bodies(from, 1);
    const {sha256} = stub.notice(policy, policy.purposes.find(p => p.key === 'newsletter').notice, 'nl');
    assert.deepEqual(body, {path: 'forms/newsletter', email: `reader-${visit.kind}@example.nl`, token: 'token', language: 'nl', honeypot: '', notice: sha256});
    assert.deepEqual(await visit.cookies(), {});
    assert.deepEqual(await visit.storage(), []);
});

inBrowsers('where the form has no place for the words they stand at its end; its trap is seen and reached by nobody', async visit => {
    await fill(visit, '/end');
    const trap = await visit.evaluate(() => {
        const field = document.querySelector('form [aria-hidden=true] input'), box = field.getBoundingClientRect();
        return {tab: field.tabIndex, left: box.right <= 0, words: document.querySelector('form > p').textContent.length > 10, name: field.name};
    });
    assert.deepEqual(trap, {tab: -1, left: true, words: true, name: ''});
});

inBrowsers('a box that stands for it must be ticked', async visit => {
    const from = await fill(visit, '/box');
    await visit.click('form button');
    await isSent(visit);
    assert.equal(stub.taken.length, from);
    visit.requests.length = 0;
    const again = await fill(visit, '/box');
    await visit.click('[data-akkoord-yes]');
    await visit.click('form button');
    await isSent(visit);
    assert.equal((await bodies(again, 1))[0].path, 'forms/newsletter');
});

inBrowsers('a page that sends its form by itself has its way, and it is told', async visit => {
    const from = await fill(visit, '/own');
    await visit.click('form button');
    await visit.until(() => document.title === 'Zelf verstuurd');
    assert.equal((await bodies(from, 1))[0].path, 'forms/newsletter');
});

inBrowsers('while the service is gone the form goes on', async visit => {
    const from = await fill(visit, '/form');
    stub.isDown = true;
    await visit.click('form button');
    await isSent(visit);
    stub.isDown = false;
    assert.ok(stub.taken.length <= from + 1);
    visit.errors = visit.errors.filter(error => !error.includes('CORS request did not succeed')); // Firefox: it is gone
});

inBrowsers('who lost the mail asks for another; a form that the policy does not know is left alone', async visit => {
    const from = await fill(visit, '/lost');
    await visit.click('form button');
    await isSent(visit);
    const [body] = await bodies(from, 1);
    assert.deepEqual([body.path, body.email, body.notice], ['links/request', `reader-${visit.kind}@example.nl`, undefined]);
    visit.requests.length = 0;
    await fill(visit, '/unknown');
    assert.equal(await visit.evaluate('document.querySelector("form").children.length'), 2);
    await visit.click('form button');
    await isSent(visit);
    assert.equal(stub.taken.length, from + 1);
});
