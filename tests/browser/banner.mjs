// SPDX-License-Identifier: Apache-2.0
// The banner's journeys, against a stub of the service that can be told to be gone.
import assert from 'node:assert/strict';
import {inBrowsers} from './lib/browsers.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Site} from './lib/site.mjs';
import {Stub} from './lib/stub.mjs';

const site = await Site.start({});
const stub = await Stub.start(newspaper(site.url));
const tag = (more = '') => `<script src="${stub.url}/v1/sites/demo/banner.js" ${more}></script>`;
const waiting = `
<script type="text/plain" data-akkoord="analytics" data-src="/count.js"></script>
<script type="text/plain" data-akkoord="analytics">window.ran.push('inline'); document.cookie = '_visitor=1; Path=/';</script>
<script type="text/plain" data-akkoord="analytics" src="/second.js"></script>
<iframe data-akkoord="video" data-src="/film" data-provider="Videohuis" width="320" height="180" title="Film"></iframe>
<p><a href="/other">Verder</a> <button id="own" data-akkoord-open>Mijn keuze</button></p>`;
Object.assign(site.pages, {
    '/': page(tag(), waiting.replace(/<button.*button>/, ''), {head: '<script>window.ran = [];</script>'}),
    '/own': page(tag(), waiting, {head: '<script>window.ran = [];</script>'}),
    '/en': page(tag(), waiting, {language: 'en', head: '<script>window.ran = [];</script>'}),
    '/ar': page(tag(), waiting, {language: 'ar', head: '<script>window.ran = [];</script>'}),
    '/other': page(tag(), '<p>Een ander stuk.</p>', {head: '<script>window.ran = [];</script>'}),
    '/count.js': ['text/javascript', 'window.ran.push("count");'],
    '/second.js': ['text/javascript', 'window.ran.push("second");'],
    '/film': '<!doctype html><title>Film</title><p>Film',
});

const words = {accept: 'Alles toestaan', refuse: 'Alles weigeren', choose: 'Zelf kiezen', save: 'Keuze opslaan'};
const seenIn = part => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector(`[part~="${part}"]`));
const seen = (visit, part) => visit.until(`(${seenIn})(${JSON.stringify(part)})`, undefined, `${part} is seen`);
const gone = (visit, part) => visit.until(`!(${seenIn})(${JSON.stringify(part)})`, undefined, `${part} is gone`);
const choice = async visit => (await visit.cookies()).akkoord?.value ?? null;
const said = async visit => (await choice(visit))?.split('.').slice(3).join('.') ?? null;
const chosen = (visit, text) => visit.until(`document.cookie.includes(${JSON.stringify(text)})`, undefined, text);
const allows = (visit, key) => visit.evaluate(`akkoord.allows(${JSON.stringify(key)})`);
const bodies = visitor => stub.taken.filter(b => b.visitor === visitor);
const visitorOf = async visit => (await choice(visit)).split('.')[2];

// Nothing but the page, the script and its config was asked for, and nothing is kept.
async function untouched(visit) {
    const paths = visit.requests.map(r => r.url.replace(site.url, '').replace(`${stub.url}/v1/sites/demo/`, ''));
    for (const path of paths) assert.match(path, /^(\/|\/other|banner\.js|config\?lang=nl)$/);
    assert.ok(paths.filter(p => p.startsWith('config')).length <= 1, String(paths));
    assert.deepEqual(await visit.cookies(), {});
    assert.deepEqual(await visit.storage(), []);
}

async function arrive(visit, path = '/') {
    await visit.goto(site.url + path);
    await seen(visit, 'banner');
}

inBrowsers('before a choice nothing is stored, asked for or run', async visit => {
    await arrive(visit, '/other');
    await untouched(visit);
    await arrive(visit);
    assert.deepEqual(await visit.evaluate('ran'), []);
    assert.deepEqual(await visit.cookies(), {});
    assert.deepEqual(visit.requests.filter(r => !r.url.startsWith(stub.url) && !['/', '/other'].includes(new URL(r.url).pathname)), []);
    assert.equal(await allows(visit, 'analytics'), false);
    assert.equal(await allows(visit, 'functional'), true);
});

inBrowsers('a person accepts all: scripts run in their order, and the service has it', async visit => {
    await arrive(visit);
    await visit.click('button', words.accept);
    await chosen(visit, 'analytics~g');
    await visit.until(() => window.ran.length === 3);
    assert.deepEqual(await visit.evaluate('ran'), ['count', 'inline', 'second']);
    assert.equal(await said(visit), 'analytics~g.video~g');
    await visit.until(() => document.querySelector('iframe')?.src.endsWith('/film'));
    const {akkoord} = await visit.cookies();
    assert.match(akkoord.value, /^1\.\d+\.[\w-]{22}\./);
    assert.equal(akkoord.sameSite, 'Lax');
    assert.ok(akkoord.expires < Date.now() / 1000 + 184 * 86400, 'no longer than the policy says');
    const [body] = bodies(await visitorOf(visit));
    assert.deepEqual(body.choices, {analytics: 'given', video: 'given'});
    assert.deepEqual(body.clicks, {accept: 1, refuse: 1});
    assert.equal(body.layer, 'first');
    assert.match(body.notice, /^[0-9a-f]{64}$/);
    assert.deepEqual(await visit.storage(), []);
    for (const name of ['token', 'choices']) {
        const [request] = visit.requests.filter(r => r.url.endsWith(name) && r.method === 'POST');
        assert.equal(request.headers.cookie, undefined);
        assert.ok(!request.url.includes(await visitorOf(visit)));
    }
    await visit.goto(`${site.url}/`);
    await visit.until(() => window.ran.length === 3);
    assert.deepEqual(await visit.texts('[part~=banner]'), []);
});

inBrowsers('a person refuses all, and is left alone', async visit => {
    await arrive(visit);
    await visit.click('button', words.refuse);
    await chosen(visit, 'analytics~r');
    await visit.until('document.cookie.includes("akkoord=") && !localStorage.length');
    assert.deepEqual(bodies(await visitorOf(visit)).map(b => b.choices), [{analytics: 'refused', video: 'refused'}]);
    await visit.goto(`${site.url}/`);
    await visit.evaluate('akkoord.ready');
    await seen(visit, 'open');
    assert.deepEqual(await visit.texts('[part~=banner]'), []);
    assert.deepEqual(await visit.evaluate('ran'), []);
    assert.ok(visit.requests.some(r => r.url.endsWith('shown=false')));
});

inBrowsers('a person chooses: no box is ticked before, and each counts for itself', async visit => {
    await arrive(visit);
    await visit.click('button', words.choose);
    await seen(visit, 'dialog');
    const boxes = 'Array.from(document.getElementById("akkoord").shadowRoot.querySelectorAll("input"), b => b.checked)';
    assert.deepEqual(await visit.evaluate(boxes), [false, false]);
    await visit.clean();
    await visit.click('label', 'Bezoekersstatistieken');
    await visit.click('[part~=dialog] button', words.save);
    await chosen(visit, 'analytics~g');
    assert.equal(await said(visit), 'analytics~g.video~r');
    assert.equal(bodies(await visitorOf(visit))[0].layer, 'second');
    await visit.until(() => [...document.querySelectorAll('main > div')].some(e => /Videohuis/.test(e.shadowRoot?.textContent)));
});

inBrowsers('a person changes their mind: what the purpose kept is removed', async visit => {
    await arrive(visit);
    await visit.click('button', words.accept);
    await chosen(visit, '_visitor=1');
    await visit.evaluate("document.cookie = '_count_7=1; Path=/'; localStorage.setItem('_items', 1); localStorage.setItem('other', 1)");
    await visit.click('button', 'Cookiekeuze');
    const boxes = 'Array.from(document.getElementById("akkoord").shadowRoot.querySelectorAll("input"), b => b.checked)';
    await seen(visit, 'dialog');
    assert.deepEqual(await visit.evaluate(boxes), [true, true]);
    await visit.click('[part~=dialog] button', words.refuse);
    await chosen(visit, 'analytics~r');
    await visit.until('!localStorage.getItem("akkoord.pending")');
    assert.deepEqual(Object.keys(await visit.cookies()), ['akkoord']);
    assert.deepEqual(await visit.storage(), ['other']);
    assert.deepEqual(bodies(await visitorOf(visit)).at(-1).choices, {analytics: 'withdrawn', video: 'withdrawn'});
    assert.deepEqual(await visit.texts('iframe'), []);
});

inBrowsers('Escape and closing are no consent and record nothing', async visit => {
    for (const close of [() => visit.press('Escape'), () => visit.click('[part~=close]')]) {
        await arrive(visit);
        const taken = stub.taken.length;
        await close();
        await gone(visit, 'banner');
        assert.equal(stub.taken.length, taken);
        assert.deepEqual(await visit.cookies(), {});
        assert.deepEqual(await visit.evaluate('ran'), []);
        await seen(visit, 'open');
    }
});

inBrowsers('by keyboard only, the focus is held in the second layer and given back', async visit => {
    await arrive(visit);
    assert.equal(await visit.evaluate('document.activeElement.id'), 'akkoord');
    const order = [];
    for (let i = 0; i < 4; i++) {
        await visit.press('Tab');
        order.push(await visit.focused());
    }
    assert.deepEqual(order, [words.accept, words.refuse, words.choose, 'Sluiten']);
    await visit.page.keyboard.down('Shift');
    await visit.press('Tab');
    await visit.page.keyboard.up('Shift');
    await visit.press('Enter');
    await seen(visit, 'dialog');
    assert.equal(await visit.focused(), 'Bezoekersstatistieken');
    const inDialog = 'Boolean(document.getElementById("akkoord").shadowRoot.activeElement?.closest("dialog"))';
    let outside = 0;
    for (let i = 0; i < 14; i++) {
        await visit.press('Tab');
        outside += !await visit.evaluate(inDialog) && await visit.evaluate('document.activeElement !== document.body');
    }
    assert.equal(outside, 0);
    await visit.press('Escape');
    await gone(visit, 'dialog');
    assert.equal(await visit.focused(), words.choose);
});

inBrowsers('accepting, refusing and choosing are of the same size and colours', {width: 320, height: 640}, async visit => {
    await arrive(visit, '/other');
    const looks = await visit.evaluate(() => Array.from(document.getElementById('akkoord').shadowRoot.querySelectorAll('.buttons button'), b => {
        const {width, height} = b.getBoundingClientRect();
        const {color, backgroundColor, fontSize, fontWeight, borderColor} = getComputedStyle(b);
        return JSON.stringify([width, height, color, backgroundColor, fontSize, fontWeight, borderColor]);
    }));
    assert.equal(looks.length, 3);
    assert.equal(new Set(looks).size, 1, looks.join('\n'));
    await visit.fits();
    await visit.clean();
});

inBrowsers('the signal is a refusal that is said; a Yes under it stands', {gpc: true}, async visit => {
    await arrive(visit);
    assert.match((await visit.texts('[part~=gpc]')).join(), /Global Privacy Control/);
    assert.equal(await allows(visit, 'analytics'), false);
    await visit.click('button', words.accept);
    await chosen(visit, 'analytics~s');
    assert.equal(bodies(await visitorOf(visit))[0].gpc, true);
    await visit.goto(`${site.url}/`);
    assert.equal(await allows(visit, 'analytics'), true);
    assert.deepEqual(await visit.texts('[part~=banner]'), []);
});

inBrowsers('a signal switched on after a Yes stops it at once, and the banner asks again', {gpc: true}, async visit => {
    const visitor = 'AAAAAAAAAAAAAAAAAAAAAA';
    await visit.goto(`${site.url}/film`);
    await visit.evaluate(`document.cookie = 'akkoord=1.${stub.versions.length}.${visitor}.analytics~g.video~g; Path=/'`);
    await arrive(visit);
    assert.deepEqual(await visit.evaluate('ran'), []);
    assert.equal(await allows(visit, 'video'), true);
    await visit.until('!localStorage.length');
    assert.deepEqual(bodies(visitor).at(-1).choices, {});
    assert.equal(bodies(visitor).at(-1).gpc, true);
});

inBrowsers('a signal loads nothing where no Yes stands that it would stop', {gpc: true}, async visit => {
    await visit.goto(`${site.url}/film`);
    await visit.evaluate(`document.cookie = 'akkoord=1.${stub.versions.length}.BBBBBBBBBBBBBBBBBBBBBA.analytics~s.video~g; Path=/'`);
    await visit.goto(`${site.url}/`);
    assert.equal(await allows(visit, 'video'), true);
    assert.equal(await allows(visit, 'analytics'), true);
    assert.deepEqual(visit.requests.map(r => r.url).filter(url => /(more|renew)[.\w]*\.js|choices/.test(url)), []);
});

inBrowsers('without JavaScript nothing is set', {javascript: false}, async visit => {
    await visit.goto(`${site.url}/`);
    assert.deepEqual(Object.keys(await visit.cookies()), []);
    assert.deepEqual(visit.requests.filter(r => r.url.includes('/v1/')), []);
});

inBrowsers('while the service is gone a Yes allows nothing, and a refusal is not lost', async visit => {
    for (const [button, state] of [[words.accept, 'given'], [words.refuse, 'refused']]) {
        await arrive(visit, '/own');
        const from = stub.taken.length;
        stub.isDown = true;
        await visit.click('button', button);
        await gone(visit, 'banner');
        await new Promise(go => setTimeout(go, 200));
        assert.deepEqual(await visit.evaluate('ran'), []);
        assert.equal(await allows(visit, 'analytics'), false);
        stub.isDown = false;
        await visit.goto(`${site.url}/own`);
        await visit.until('!localStorage.length');
        const [body] = stub.taken.slice(from);
        assert.deepEqual(body.choices, {analytics: state, video: state});
        assert.equal(stub.taken.length, from + 1);
        await chosen(visit, state === 'given' ? 'analytics~g' : 'analytics~r');
        await visit.evaluate("document.cookie = 'akkoord=; Path=/; Max-Age=0'");
    }
    visit.errors = visit.errors.filter(error => !error.includes('CORS request did not succeed')); // Firefox: it is gone
});

inBrowsers('a config that cannot be had allows nothing and breaks nothing', async visit => {
    await visit.goto(`${site.url}/film`);
    await visit.evaluate(`document.cookie = 'akkoord=1.${stub.versions.length}.AAAAAAAAAAAAAAAAAAAAAA.analytics~g.video~g; Path=/'`);
    stub.config = () => undefined;
    await visit.goto(`${site.url}/`);
    await visit.evaluate('akkoord.ready');
    delete stub.config;
    assert.equal(await allows(visit, 'analytics'), false);
    assert.deepEqual(await visit.evaluate('ran'), []);
    assert.match(await choice(visit), /analytics~g/);
});

inBrowsers('a cookie that was cut, is too large or of another form says nothing', async visit => {
    await visit.goto(`${site.url}/film`);
    for (const value of ['1.1.AAAAAAAAAAAAAAAAAAAAAA.analytics~', '1.1.short.analytics~g', '2.1.AAAAAAAAAAAAAAAAAAAAAA.analytics~g',
        `1.1.AAAAAAAAAAAAAAAAAAAAAA.${'analytics~g.'.repeat(300)}`, '{"analytics":true}', '']) {
        await visit.evaluate(`document.cookie = 'akkoord=${value}; Path=/'`);
        await arrive(visit);
        assert.equal(await allows(visit, 'analytics'), false);
        assert.deepEqual(await visit.evaluate('ran'), []);
    }
});

inBrowsers('two tabs: a choice in one is heard in the other', async visit => {
    await arrive(visit);
    const first = visit.page;
    await visit.newPage();
    await arrive(visit);
    await visit.click('button', words.accept);
    await chosen(visit, 'analytics~g');
    await visit.front(first);
    await gone(visit, 'banner');
    await visit.until(() => window.ran.length === 3);
    await visit.click('button', 'Cookiekeuze');
    await visit.click('[part~=dialog] button', words.refuse);
    await chosen(visit, 'analytics~r');
    await visit.front(visit.pages[1]);
    await visit.until('akkoord.allows("analytics").then(yes => !yes)');
});

inBrowsers('in a single-page application what comes later is blocked and run alike', async visit => {
    await arrive(visit);
    const add = `document.querySelector('main').innerHTML = '<p>Een ander scherm</p>';
        for (const key of ['analytics', 'functional']) {
            const later = document.createElement('script');
            later.type = 'text/plain'; later.dataset.akkoord = key; later.text = 'ran.push("later ' + key + '")';
            document.querySelector('main').append(later);
        }`;
    await visit.evaluate(`history.pushState(0, '', '/artikel'); ${add}`);
    await visit.until(() => window.ran.length === 1);
    assert.deepEqual(await visit.evaluate('ran'), ['later functional']);
    await visit.click('button', words.accept);
    await visit.until(() => window.ran.includes('later analytics'));
    await visit.evaluate("document.body.innerHTML = '<main><h1>Nieuw</h1></main>'");
    await seen(visit, 'open');
});

inBrowsers('a frame shows what it is in its own size, and one press allows it', async visit => {
    await arrive(visit);
    const box = await visit.until(() => {
        const place = [...document.querySelectorAll('main > div')].find(e => e.shadowRoot);
        return place && [place.offsetWidth, place.offsetHeight];
    });
    assert.deepEqual(box, [320, 180]);
    assert.ok(!visit.requests.some(r => r.url.endsWith('/film')));
    await visit.click('[part~=close]');
    await visit.click('[part~=placeholder] button', 'Toestaan en tonen');
    await chosen(visit, 'video~g');
    await visit.until(() => document.querySelector('iframe')?.src.endsWith('/film'));
    assert.equal(await said(visit), 'video~g');
    assert.equal(bodies(await visitorOf(visit))[0].layer, 'placeholder');
    await visit.goto(`${site.url}/`);
    await seen(visit, 'banner');
});

inBrowsers('Consent Mode: denied before any tag, an update before the first event', async visit => {
    await arrive(visit);
    const order = () => visit.evaluate(() => dataLayer.map(e => e.event ?? `${e[1]} ${e[2]?.analytics_storage ?? ''}`.trim()));
    assert.deepEqual(await order(), ['default denied']);
    assert.deepEqual(await visit.evaluate(() => Object.entries(dataLayer[0][2]).filter(([k, v]) => v === 'granted').map(e => e[0])),
        ['security_storage']);
    await visit.evaluate("akkoord.on('change', () => dataLayer.push({event: 'page'}))");
    await visit.click('button', words.accept);
    await visit.until(() => dataLayer.some(e => e.event === 'page'));
    assert.deepEqual(await order(), ['default denied', 'update granted', 'akkoord_update', 'page']);
    await visit.goto(`${site.url}/`);
    await visit.until(() => dataLayer.length === 3);
    assert.deepEqual(await order(), ['default denied', 'update granted', 'akkoord_update']);
});

inBrowsers('back in a page that was put aside, the choice is that of now', async visit => {
    await arrive(visit);
    await visit.goto(`${site.url}/other`);
    await visit.click('button', words.accept);
    await chosen(visit, 'analytics~g');
    await visit.page.goBack();
    await visit.until(() => window.ran.length === 3);
    assert.deepEqual(await visit.texts('[part~=banner]'), []);
});

inBrowsers('new words ask again, a refusal is spared until its time', async visit => {
    const visitor = 'BAAAAAAAAAAAAAAAAAAAAA';
    const later = new Date(Date.now() + 1e9).toISOString();
    const cases = [
        [[{purpose: 'analytics', allow: false, reason: 'notice_outdated', ask_again_after: null}, {purpose: 'video', allow: true, reason: 'granted'}], true],
        [[{purpose: 'analytics', allow: false, reason: 'refused', ask_again_after: later}, {purpose: 'video', allow: true, reason: 'granted'}], false],
        [[{purpose: 'analytics', allow: false, reason: 'expired', ask_again_after: null}, {purpose: 'video', allow: false, reason: 'refused'}], true],
    ];
    for (const [verdicts, isAsked] of cases) {
        stub.apply(stub.versions.at(-1));
        stub.verdicts = verdicts;
        await visit.goto(`${site.url}/film`);
        await visit.evaluate(`document.cookie = 'akkoord=1.${stub.versions.length - 1}.${visitor}.analytics~g.video~g; Path=/'`);
        await visit.goto(`${site.url}/`);
        await seen(visit, isAsked ? 'banner' : 'open');
        assert.equal(await allows(visit, 'analytics'), false);
        assert.deepEqual(await visit.evaluate('ran'), []);
        assert.equal((await choice(visit)).split('.')[1], String(stub.versions.length));
    }
    stub.verdicts = null;
});

inBrowsers('without visitor codes the browser keeps the choice, and the service counts it', async visit => {
    const policy = newspaper(site.url);
    policy.sites[0].visitor_code = 'none';
    stub.apply(policy);
    await arrive(visit);
    const from = stub.taken.length;
    await visit.click('button', words.accept);
    await chosen(visit, 'analytics~g');
    assert.match(await choice(visit), /^1\.\d+\.-\.analytics~g\.video~g$/);
    assert.equal(stub.taken[from].visitor, undefined);
    policy.notices.push({...policy.notices.find(n => n.id === 'analytics'), version: '2'});
    stub.apply(policy);
    await visit.goto(`${site.url}/`);
    await seen(visit, 'banner');
    assert.equal(await allows(visit, 'analytics'), false);
    assert.equal(await allows(visit, 'video'), true);
    stub.apply(newspaper(site.url));
});

inBrowsers('cookies: none asks nobody, nor the service', async visit => {
    stub.apply({...newspaper(site.url), cookies: 'none'});
    site.pages['/none'] = page(tag(), `${waiting}<p>Niets.</p>`, {head: '<script>window.ran = [];</script>'});
    await visit.goto(`${site.url}/none`);
    await visit.evaluate('akkoord.ready');
    await visit.evaluate('akkoord.open()');
    await visit.evaluate('akkoord.choose({analytics: true})');
    assert.equal(await allows(visit, 'analytics'), false);
    assert.deepEqual(await visit.evaluate('ran'), []);
    assert.deepEqual(visit.requests.map(r => r.url), [`${site.url}/none`, `${stub.url}/v1/sites/demo/banner.js`]);
    assert.deepEqual(await visit.cookies(), {});
    assert.deepEqual(await visit.storage(), []);
    assert.equal(await visit.evaluate('document.getElementById("akkoord")'), null);
    assert.deepEqual(await visit.evaluate('[...dataLayer].map(e => [...e].slice(0, 2))'), [['consent', 'default']]);

    // What the page itself wants is still there.
    await visit.evaluate('document.body.append(Object.assign(document.createElement("div"), {id: "list"}))');
    await visit.evaluate('akkoord.declaration(document.getElementById("list"))');
    await visit.until('document.getElementById("list").shadowRoot?.textContent.length > 0 || document.getElementById("list").textContent.length > 0');
    site.pages['/none'] = page(tag(), '<form data-akkoord-form="newsletter"><input type="email" name="email"></form>');
    await visit.goto(`${site.url}/none`);
    await visit.until('!akkoord.quiet', undefined, 'the whole banner, for a form');
    await visit.evaluate('akkoord.ready');
    assert.deepEqual(await visit.cookies(), {});
    stub.apply(newspaper(site.url));
});

inBrowsers('a site that the policy does not name shows nothing and sends nothing', async visit => {
    stub.apply(newspaper('https://krant.example'));
    await visit.goto(`${site.url}/other`);
    await visit.evaluate('akkoord.ready');
    await untouched(visit);
    stub.apply(newspaper(site.url));
});

inBrowsers('a second version of the script on the page does nothing', async visit => {
    site.pages['/twice'] = page(tag() + tag('async'), waiting, {head: '<script>window.ran = [];</script>'});
    await visit.goto(`${site.url}/twice`);
    await seen(visit, 'banner');
    assert.equal(visit.requests.filter(r => r.url.includes('config')).length, 1);
    assert.equal(await visit.evaluate('document.querySelectorAll("#akkoord").length'), 1);
});

inBrowsers('it says it in the language of the page, from right to left too', async visit => {
    await arrive(visit, '/en');
    assert.ok((await visit.texts('button')).includes('Refuse all'));
    await arrive(visit, '/ar');
    assert.equal(await visit.evaluate('getComputedStyle(document.getElementById("akkoord").shadowRoot.querySelector("h2")).direction'), 'rtl');
    await visit.clean();
});
