// SPDX-License-Identifier: Apache-2.0
// How the banner looks, in both languages, light and dark, wide and at 320 px: clean to axe, and kept where
// AKKOORD_PICTURES names a folder (those of docs/pictures were made so).
import {inBrowsers} from './lib/browsers.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Site} from './lib/site.mjs';
import {Stub} from './lib/stub.mjs';

const site = await Site.start({});
const stub = await Stub.start(newspaper(site.url));
const words = {nl: ['Zelf kiezen', 'Het nieuws van vandaag staat hier.'], en: ['Choose', 'The news of today stands here.']};
for (const language of ['nl', 'en'])
    site.pages[`/${language}`] = page(`<script src="${stub.url}/v1/sites/demo/banner.js"></script>`,
        `<p>${words[language][1]}</p><iframe data-akkoord="video" data-src="/film" data-provider="Videohuis" width="300" height="230" title="Film"></iframe>`,
        {language, head: '<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:1rem;color:#111;background:#fff}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}}</style>'});

for (const [language, dark, width] of [['nl', false, 1000], ['en', true, 1000], ['en', false, 320], ['nl', true, 320]]) {
    const name = `${language}-${dark ? 'dark' : 'light'}-${width}`;
    inBrowsers(`the banner, ${name}`, {dark, width, height: width === 320 ? 640 : 560, still: true}, async visit => {
        await visit.goto(`${site.url}/${language}`);
        await visit.until(() => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector('.box')));
        await visit.clean();
        await visit.fits();
        await visit.picture(`banner-${name}`);
        await visit.click('button', words[language][0]);
        await visit.until(() => Boolean(document.getElementById('akkoord').shadowRoot.querySelector('dialog')));
        await visit.clean();
        await visit.picture(`choice-${name}`);
        await visit.press('Escape');
        await visit.until(() => !document.getElementById('akkoord').shadowRoot.querySelector('dialog'));
        await visit.click('[part~=close]');
        await visit.until(() => Boolean(document.getElementById('akkoord').shadowRoot.querySelector('.open')));
        await visit.clean();
        await visit.picture(`button-${name}`);
    });
}
