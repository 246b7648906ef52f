// SPDX-License-Identifier: Apache-2.0
// The banner and the real service: what a visitor chose is what a check answers.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {inBrowsers} from './lib/browsers.mjs';
import {root} from './lib/modules.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Service} from './lib/service.mjs';
import {Site} from './lib/site.mjs';

const site = await Site.start({});
const service = await Service.start('banner_service', {policy: newspaper(site.url)});
const tag = `<script src="${service.url}/v1/sites/demo/banner.js"></script>`;
site.pages['/'] = page(tag, '<p>Nieuws.</p>');
site.pages['/en'] = page(tag, '<p>News.</p><div id="list"></div>', {language: 'en'});

const reason = async (visit, purpose) => {
    const value = (await visit.cookies()).akkoord.value.split('.')[2];
    const {body} = await service.api('POST', '/v1/check', {subject: {type: 'visitor', value}, purpose});
    return body.reason;
};
const chosen = (visit, text) => visit.until(`document.cookie.includes(${JSON.stringify(text)})`, undefined, text);

inBrowsers('an accepted purpose is granted, and a refused one refused', async visit => {
    await visit.goto(`${site.url}/`);
    await visit.click('button', 'Alles toestaan');
    await chosen(visit, 'analytics~g');
    assert.equal(await reason(visit, 'analytics'), 'granted');
    await visit.click('button', 'Cookiekeuze');
    await visit.click('[part~=dialog] button', 'Alles weigeren');
    await visit.until('document.cookie.includes("analytics~r") && !localStorage.length');
    assert.equal(await reason(visit, 'analytics'), 'withdrawn');
    assert.equal(await reason(visit, 'video'), 'withdrawn');
});

// What a newcomer does: a page of ten lines, and the line that README says.
for (const file of ['README.md', 'clients/web/README.md']) {
    const [line] = readFileSync(root + file, 'utf8').match(/^<script src="https:\/\/consent\.example\.nl\/v1\/sites\/demo\/banner\.js".*$/m) ?? [];
    inBrowsers(`a page of ten lines with the line of ${file} has a banner that works`, async visit => {
        site.pages['/ten'] = `<!doctype html>
<html lang="nl">
<head>
<meta charset="utf-8">
<title>Mijn site</title>
${line.replace('https://consent.example.nl', service.url)}
<link rel="icon" href="data:,">
</head>
<body><h1>Hallo</h1></body>
</html>`;
        assert.equal(site.pages['/ten'].split('\n').length, 10);
        await visit.goto(`${site.url}/ten`);
        await visit.click('button', 'Alles weigeren');
        await chosen(visit, 'analytics~r');
        await visit.until('!localStorage.length');
        assert.equal(await reason(visit, 'analytics'), 'refused');
        await visit.goto(`${site.url}/ten`);
        await visit.until(() => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector('.open')));
        assert.deepEqual(await visit.texts('[part~=banner]'), []);
    });
}

inBrowsers('the list of cookies stands in a page in its language', async visit => {
    await visit.goto(`${site.url}/en`);
    await visit.evaluate('akkoord.declaration(document.getElementById("list"))');
    const text = await visit.until('document.getElementById("list").shadowRoot?.textContent');
    assert.match(text, /Visitor statistics/);
    assert.match(text, /6 months/);
    await visit.clean({within: 'main'});
});

inBrowsers('a policy with `cookies: none` asks nobody, nor the service', async visit => {
    const {cookies, ...rest} = newspaper(site.url);
    await service.apply({...rest, cookies: 'none'});
    await visit.goto(`${site.url}/`);
    assert.equal(await visit.evaluate('akkoord.allows("analytics")'), false);
    assert.deepEqual(visit.requests.map(r => r.url.replace(service.url, '')), [`${site.url}/`, '/v1/sites/demo/banner.js']);
    assert.deepEqual(await visit.cookies(), {});
    await service.apply({...rest, cookies});
});
