// SPDX-License-Identifier: Apache-2.0
// What the banner costs a page: bytes, time, shifts. Of the minified scripts, where npm could make them.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {gzipSync} from 'node:zlib';
import {inBrowsers} from './lib/browsers.mjs';
import {root, skip} from './lib/modules.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Site} from './lib/site.mjs';
import {Stub} from './lib/stub.mjs';

execFileSync(`${root}clients/web/build`);
const dist = `${root}clients/web/dist`;
if (!existsSync(dist)) skip('npm could not minify clients/web');

const BYTES = 6000; // compressed: first layer, blocking and signals
const LIKE = 380; // elements with a sheet of their own: some 20 ms of work of the page itself, which the banner stays under

const site = await Site.start({});
const stub = await Stub.start(newspaper(site.url), dist);
site.pages['/'] = page(`<script>
    window.shifts = 0; window.frames_ = null;
    if (PerformanceObserver.supportedEntryTypes.includes('layout-shift'))
        new PerformanceObserver(list => list.getEntries().forEach(e => shifts += e.value)).observe({type: 'layout-shift', buffered: true});
    // Frames from the config's arrival to the banner.
    const fetch_ = window.fetch;
    window.fetch = async (...words) => {
        const answer = await fetch_(...words);
        const json = answer.json.bind(answer);
        answer.json = async () => {
            const body = await json();
            let n = 0;
            const look = () => document.getElementById('akkoord')?.shadowRoot.querySelector('.box') ? frames_ = n : (n++, requestAnimationFrame(look));
            requestAnimationFrame(look);
            return body;
        };
        return answer;
    };
</script><script src="${stub.url}/v1/sites/demo/banner.js"></script>`, '<p>Tekst.</p>'.repeat(40));

test('the first layer with blocking and signals is under 6 KB compressed', () => {
    for (const file of readdirSync(dist).filter(f => f.endsWith('.js')))
        console.log(`${file}: ${gzipSync(readFileSync(`${dist}/${file}`), {level: 9}).length} bytes compressed`);
    assert.ok(gzipSync(readFileSync(`${dist}/banner.js`), {level: 9}).length < BYTES);
});

inBrowsers('the banner is there within two frames of its config, and nothing of the page moves', async visit => {
    await visit.goto(`${site.url}/`);
    await visit.until(() => window.frames_ !== null);
    assert.ok(await visit.evaluate('frames_') <= 2);
    await visit.click('button', 'Alles weigeren');
    await visit.until(() => document.cookie.includes('analytics~r'));
    assert.equal(await visit.evaluate('shifts'), 0);
});

// What the profiler of Chromium counts of a script: evaluation, and all that it runs later. Milliseconds would tell of the
// machine; so work of a known size stands in the same page, and the medians are held against each other.
site.pages['/work'] = site.pages['/'].replace('</main>', `</main><script src="/work.js"></script>`);
site.pages['/work.js'] = ['text/javascript', `for (let i = 0; i < ${LIKE}; i++) {
    const host = document.createElement('div'), inside = host.attachShadow({mode: 'open'}), sheet = new CSSStyleSheet();
    sheet.replaceSync('p{color:#111;margin:0}');
    inside.adoptedStyleSheets = [sheet];
    inside.append(document.createElement('p'));
    document.body.append(host);
    host.offsetHeight;
    host.remove();
}`];

// Milliseconds that samples of a profile fall below a script of that name.
function spent(profile, name) {
    const ours = new Set(profile.nodes.filter(n => n.callFrame.url.endsWith(name)).map(n => n.id));
    const parents = new Map(profile.nodes.flatMap(n => (n.children ?? []).map(c => [c, n.id])));
    const isOurs = id => id !== undefined && (ours.has(id) || isOurs(parents.get(id)));
    return profile.samples.reduce((sum, id, at) => sum + (isOurs(id) ? profile.timeDeltas[at] : 0), 0) / 1000;
}

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

inBrowsers('the main thread is taken for less than known work of the page takes it', {only: 'chromium'}, async visit => {
    const session = await visit.context.newCDPSession(visit.page);
    await session.send('Profiler.enable');
    await session.send('Profiler.setSamplingInterval', {interval: 200});
    const banner = [], work = [];
    for (let i = 0; i < 9; i++) {
        await session.send('Profiler.start');
        await visit.goto(`${site.url}/work`);
        await visit.until(() => Boolean(document.getElementById('akkoord')?.shadowRoot.querySelector('.box')));
        const {profile} = await session.send('Profiler.stop');
        banner.push(spent(profile, 'banner.js'));
        work.push(spent(profile, 'work.js'));
    }
    const ratio = median(banner.map((ms, i) => ms / work[i]));
    console.log(`main thread: ${median(banner).toFixed(1)} ms (median of ${banner.length}), ` +
        `${ratio.toFixed(2)} of the work of ${LIKE} elements (${median(work).toFixed(1)} ms)`);
    assert.ok(ratio > 0 && ratio < 1, String(ratio));
});
