// SPDX-License-Identifier: Apache-2.0
// The public list of cookies is read by whoever came for it, on a telephone too.
import assert from 'node:assert/strict';
import {inBrowsers} from './lib/browsers.mjs';
import {Service, example} from './lib/service.mjs';

const policy = example('demo');
policy.cookies = [
    {name: '_visitor', provider: 'Demo', purpose: 'analytics', duration: 'P6M', kind: 'cookie', party: 'first',
        class: 'analytics', description: {en: 'Counts visits.', nl: 'Telt bezoeken.'}},
    {name: 'session-that-has-a-rather-long-name-without-any-space', provider: 'Demo', purpose: 'functional',
        duration: 'session', kind: 'cookie', party: 'first', class: 'strictly_necessary', conditions: {reason: 'Nobody could log in.'}},
];
const service = await Service.start('cookie_page', {policy});
const address = language => `${service.url}/v1/sites/demo/cookies?lang=${language}`;

for (const [language, name] of [['nl', 'Bezoekersstatistieken'], ['en', 'Visitor statistics']]) {
    inBrowsers(`the cookie page in ${language} is clean to axe at 320 px`, {width: 320, height: 640}, async visit => {
        await visit.goto(address(language));
        assert.equal(await visit.evaluate(() => document.documentElement.lang), language);
        assert.ok((await visit.texts('td')).includes(name));
        assert.ok((await visit.texts('td')).every(text => text !== ''), 'what is not said has no heading either');
        await visit.fits();
        await visit.clean();
        await visit.picture(`cookie-page-${language}`, {whole: true});
    });
}
