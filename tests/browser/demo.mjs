// SPDX-License-Identifier: Apache-2.0
// The newspaper of examples/site, as a newcomer meets it: played whole, in both languages, on a telephone, in the dark,
// by the keyboard alone.
import assert from 'node:assert/strict';
import {inBrowsers, sideBySide} from './lib/browsers.mjs';
import {Demo} from './lib/demo.mjs';

const demo = await Demo.start('demo');
const {service, site} = demo;

const inBanner = part => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector(`[part~="${part}"]`));
const seen = (visit, part) => visit.until(`(${inBanner})(${JSON.stringify(part)})`, undefined, `${part} is seen`);
const gone = (visit, part) => visit.until(`!(${inBanner})(${JSON.stringify(part)})`, undefined, `${part} is gone`);
const panel = (visit, what, text) => visit.until(([name, wanted]) =>
    document.querySelector(`[data-panel] ${name}`)?.textContent === wanted, [what, text], `${what}: ${text}`);
const sent = visit => visit.until(() => !localStorage.getItem('akkoord.pending') && document.cookie.includes('akkoord='));

async function fill(visit, id, text) {
    await visit.click(`#${id}`);
    await visit.type(text);
}

async function reason(subject, purpose) {
    const {status, body} = await service.api('POST', '/v1/check', {subject, purpose});
    assert.equal(status, 200);
    return body.reason;
}

sideBySide(() => {
    inBrowsers('a reader is asked once, and what the paper does follows the answer', {language: 'nl-NL', still: true}, async visit => {
        await visit.goto(`${service.url}/demo`);
        assert.equal(visit.page.url(), `${site}/nl/`);
        await seen(visit, 'banner');
        await visit.until(() => document.querySelector('time').textContent.includes(' '));
        const known = ['/demo', '/', '/nl/', '/style.css', '/page.js', '/icon.svg', '/v1/sites/demo/banner.js', '/v1/sites/demo/config'];
        const asked = visit.requests.map(r => new URL(r.url)).filter(u => !/\/(declaration|forms|more|placeholder)(\.\w+)?\.js$/.test(u.pathname));
        for (const url of asked) assert.ok(known.includes(url.pathname), url.href);
        assert.deepEqual(await visit.cookies(), {});
        assert.deepEqual(await visit.storage(), []);
        await panel(visit, '[data-purpose=analytics]', 'niet toegestaan');
        await visit.picture('demo-banner-nl', {});

        await visit.click('button', 'Alles toestaan');
        await panel(visit, '[data-purpose=analytics]', 'toegestaan');
        await visit.until(() => document.cookie.includes('_pages=1'));
        await visit.until(() => document.querySelector('iframe')?.src.endsWith('/film'));
        await visit.until(() => document.querySelector('[data-cookies]').textContent.includes('_pages=1'));
        await sent(visit);

        await visit.click('[data-akkoord-open]');
        await seen(visit, 'dialog');
        await visit.click('[part~=dialog] button', 'Alles weigeren');
        await panel(visit, '[data-purpose=analytics]', 'niet toegestaan');
        await sent(visit);
        assert.deepEqual(Object.keys(await visit.cookies()), ['akkoord']);
        assert.equal(await visit.evaluate(() => document.querySelector('iframe')), null);

        await visit.click('[part~=placeholder] button', 'Toestaan en tonen');
        await visit.until(() => document.querySelector('iframe')?.src.endsWith('/film'));
        await panel(visit, '[data-purpose=video]', 'toegestaan');
        await panel(visit, '[data-purpose=analytics]', 'niet toegestaan');
        await sent(visit);
        await visit.goto(`${site}/nl/`);
        await panel(visit, '[data-purpose=video]', 'toegestaan');
        assert.ok(!await visit.evaluate(inBanner, 'banner'), 'it is not asked again');
    });

    inBrowsers('who refuses is left alone: nothing is counted, no film comes, and the next page does not ask', {language: 'nl-NL', still: true}, async visit => {
        await visit.goto(`${site}/nl/`);
        await visit.click('button', 'Alles weigeren');
        await gone(visit, 'banner');
        await sent(visit);
        await panel(visit, '[data-purpose=analytics]', 'niet toegestaan');
        await panel(visit, '[data-purpose=video]', 'niet toegestaan');
        for (const path of ['', 'choices', '']) {
            await visit.goto(`${site}/nl/${path}`);
            await visit.evaluate('akkoord.ready');
            assert.deepEqual(await visit.texts('[part~=banner]'), []);
            assert.deepEqual(Object.keys(await visit.cookies()), ['akkoord']);
            assert.deepEqual(await visit.storage(), []);
            assert.equal(await visit.evaluate(() => document.querySelector('iframe')), null);
        }
        const paths = visit.requests.map(r => new URL(r.url).pathname);
        assert.deepEqual(paths.filter(path => /count|film/.test(path)), []);
        const visitor = {type: 'visitor', value: (await visit.cookies()).akkoord.value.split('.')[2]};
        assert.equal(await reason(visitor, 'analytics'), 'refused');
    });

    inBrowsers('a letter begins when the mail is confirmed, and stops on the page of all choices', {language: 'en-GB', still: true}, async visit => {
        const reader = `reader-${visit.kind}@example.org`;
        const subject = {type: 'email', value: reader};
        await visit.goto(`${site}/en/`);
        await visit.click('[part~=close]');
        await visit.until(() => document.querySelector('[data-akkoord-notice]').textContent.includes('Saturday letter'));
        await fill(visit, 'email', reader);
        await visit.click('button', 'Sign up');
        await visit.until(() => document.querySelector('h1')?.textContent === 'Look in your mail box');
        const link = await demo.mailed(visit, reader, 'Please confirm');
        await visit.clean();
        assert.equal(await reason(subject, 'weekend'), 'unconfirmed');
        await visit.goto(link);
        await visit.click('form button');
        await visit.until(() => document.querySelector('form button[value=confirm]') === null);
        assert.equal(await reason(subject, 'weekend'), 'granted');

        await visit.goto(`${site}/en/choices`);
        await visit.until(() => document.querySelector('[data-declaration]').shadowRoot?.textContent.includes('_pages'));
        await fill(visit, 'email', reader);
        await visit.click('button', 'Mail me the link');
        await visit.until(() => document.querySelector('main [role=status]') !== null);
        await visit.goto(await demo.mailed(visit, reader, 'Your preferences'));
        await visit.until(() => document.body.textContent.includes('The Saturday letter'));
        await visit.picture('demo-preferences-en', {whole: true});
        assert.equal(await reason(subject, 'weekend'), 'granted', 'a look changes nothing');
        await visit.click('button[value=stop_all]');
        await visit.until(() => document.querySelector('[name="p.weekend"][value=no]')?.checked);
        assert.equal(await reason(subject, 'weekend'), 'withdrawn');
    });

    inBrowsers('a child has no account before a parent agrees, and none after it is taken back', {language: 'en-GB', still: true, width: 320, height: 700}, async visit => {
        const parent = `parent-${visit.kind}@example.org`;
        const says = text => visit.until(words => document.querySelector('main').textContent.includes(words), text);
        await visit.goto(`${site}/en/young`);
        await visit.click('[part~=close]');
        await fill(visit, 'month', '2014-05');
        await fill(visit, 'parent', parent);
        await visit.click('button', 'Ask my parent');
        await says('We have asked.');
        assert.deepEqual(Object.keys(await visit.cookies()), ['account']);
        assert.equal((await visit.cookies()).account.httpOnly, true);
        const link = await demo.mailed(visit, parent, 'Your consent is asked');
        await visit.goto(link);
        await visit.evaluate(() => {
            document.querySelector('input[type=checkbox]').checked = true;
            document.querySelector('input[type=radio]').checked = true;
            document.querySelector('#name').value = 'Anna de Vries';
        });
        await visit.click('button', 'I give my consent');
        await visit.until(() => document.querySelector('[role=status]') !== null);
        await visit.goto(`${site}/en/young`);
        await says('Welcome to the desk.');
        await visit.fits();
        await visit.picture('demo-young-open-en-320', {whole: true});
        await visit.goto(link);
        await visit.click('button', 'Take my consent back');
        await visit.until(() => document.querySelector('[role=status]') !== null && !document.querySelector('button[value=withdraw]'));
        await visit.goto(`${site}/en/young`);
        await says('Not now.');
    });

    inBrowsers('what is not a child, or no address, is said, and nothing is made', {language: 'nl-NL', still: true}, async visit => {
        const post = fields => fetch(`${site}/nl/young`, {method: 'POST', redirect: 'manual', headers: {origin: site},
            body: new URLSearchParams(fields)}).then(async a => [a.status, a.headers.get('set-cookie'), await a.text()]);
        for (const fields of [{birth_month: '2014-05', parent: 'nobody'}, {birth_month: '2014-13', parent: 'anna@example.nl'}, {}]) {
            const [status, cookie, text] = await post(fields);
            assert.equal(status, 200);
            assert.equal(cookie, null);
            assert.match(text, /Zo lukt het niet/);
        }
        const foreign = await fetch(`${site}/nl/young`, {method: 'POST', headers: {origin: 'https://evil.example'}, body: 'parent=a@example.nl'});
        assert.equal(foreign.status, 403);
        const unknown = await fetch(`${site}/../server.py`);
        assert.equal(unknown.status, 404);
        await visit.goto(`${site}/nl/young`);
        await seen(visit, 'banner');
    });

    inBrowsers('by the keyboard alone a reader refuses and signs up', {language: 'en-GB', still: true}, async visit => {
        const reader = `keys-${visit.kind}@example.org`;
        await visit.goto(`${site}/en/`);
        await seen(visit, 'banner');
        for (let i = 0; i < 2; i++) await visit.press('Tab');
        assert.equal(await visit.focused(), 'Refuse all');
        await visit.press('Enter');
        await gone(visit, 'banner');
        await sent(visit);
        for (let i = 0; i < 30 && await visit.focused() !== 'Your e-mail address'; i++) await visit.press('Tab');
        assert.equal(await visit.focused(), 'Your e-mail address');
        await visit.type(reader);
        await visit.press('Enter');
        await visit.until(() => document.querySelector('h1')?.textContent === 'Look in your mail box');
        await demo.mailed(visit, reader, 'Please confirm');
    });

    for (const [language, dark, width] of [['nl', false, 1280], ['en', true, 1280], ['en', false, 320], ['nl', true, 320]]) {
        const name = `${language}-${dark ? 'dark' : 'light'}-${width}`;
        inBrowsers(`the paper is clean to axe and fits, ${name}`, {language: {nl: 'nl-NL', en: 'en-GB'}[language], dark, width, height: 800, still: true}, async visit => {
            for (const page of width === 320 ? ['', 'choices', 'letter'] : ['', 'young']) {
                await visit.goto(`${site}/${language}/${page}`);
                await seen(visit, 'banner');
                await visit.fits();
                if (page === '') await visit.clean();
                if (page === '') await visit.picture(`demo-asked-${name}`);
                await visit.click('[part~=close]');
                await gone(visit, 'banner');
                await visit.clean();
                await visit.fits();
                await visit.picture(`demo-${page || 'front'}-${name}`, {whole: true});
            }
        });
    }
});
