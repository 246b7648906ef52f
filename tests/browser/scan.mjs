// SPDX-License-Identifier: Apache-2.0
// clients/scan as a build server runs it, in both browsers: a site that breaks each rule, and one that breaks none.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {after, describe, test} from 'node:test';
import {root, skip} from './lib/modules.mjs';
import {newspaper, page} from './lib/newspaper.mjs';
import {Service} from './lib/service.mjs';
import {Site} from './lib/site.mjs';

if (!existsSync(`${root}clients/scan/node_modules/fetched.lock`)) skip('tests/browser/fetch could not bring the modules of clients/scan');

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const pixel = ['image/gif', gif, {'content-length': gif.length}];
const clean = await Site.start({}), broken = await Site.start({});
const film = await Site.start({'/film': ['text/html', '<!doctype html><title>Film</title>',
    {'set-cookie': 'player=1; Max-Age=86400; SameSite=None; Secure'}]}, '127.0.0.2');
const tracker = await Site.start({'/pixel.gif': [...pixel.slice(0, 2), {...pixel[2], 'set-cookie': 'track=1; SameSite=None; Secure'}]}, '127.0.0.3');
const collector = await Site.start({'/collect': ['text/plain', '', {'access-control-allow-origin': '*'}]}, '127.0.0.4');

const policy = newspaper(clean.url);
policy.sites[0].origins.push(broken.url);
policy.cookies.push({name: '_stat', provider: 'De Voorbeeldkrant', purpose: 'functional', duration: 'P1D', kind: 'cookie', party: 'first',
    class: 'statistics_anonymous', conditions: {processor_contract: true, last_octet_masked: true, sharing_off: true, no_other_services: true}});
const {cookieOf} = await import(`${root}clients/scan/src/visit.mjs`), {Judge} = await import(`${root}clients/scan/src/rules.mjs`);
const {Policy} = await import(`${root}clients/scan/src/policy.mjs`);
const service = await Service.start('scan', {policy});

const tag = `<script src="${service.url}/v1/sites/demo/banner.js"></script>`;
clean.pages['/'] = ['text/html; charset=utf-8', page(tag, `<p>Nieuws.</p>
    <script>document.cookie = '_stat=visitor42; Path=/; Max-Age=86400';</script>
    <script type="text/plain" data-akkoord="analytics" data-src="/count.js"></script>
    <iframe sandbox srcdoc="Weer" title="Weer"></iframe><script>fetch('/nothing').catch(() => {})</script>
    <iframe data-akkoord="video" data-src="${film.url}/film" data-provider="Videohuis" width="320" height="180" title="Film"></iframe>`),
    {'set-cookie': 'session=abc; Path=/; HttpOnly'}];
clean.pages['/count.js'] = ['text/javascript', "document.cookie = '_visitor=1; Path=/; Max-Age=86400'; localStorage.setItem('_items', 1);"];
clean.pages['/other'] = page(tag, '<p>Meer nieuws.</p>');

const P6M = 6 * 31 * 86400; // seconds: the longest that P6M can be

const bar = (buttons, style = '') => page('', `<p>Nieuws.</p>
    <div id="bar"><p>Wij volgen u graag.</p>${buttons}</div>`, {head: `<style>#bar{position:fixed;inset:auto 0 0;background:#fff;color:#111;padding:20px;
    display:flex;justify-content:space-between}#yes{background:#080;color:#fff;font-size:20px;padding:15px 40px;border:0}${style}</style>`});
broken.pages['/'] = bar(`<label><input type="checkbox" checked>Reclame</label><button id="yes">Ja, graag</button><button id="no">Nee</button>`,
    '#no{background:#fff;color:#bbb;font-size:10px;font-weight:400;border:0;padding:2px}').replace('</main>', `</main>
    <script>fetch('/had?' + [document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
    document.cookie = '_visitor=1; Path=/; Max-Age=94608000'; localStorage.setItem('_spy', 'spy'); sessionStorage.setItem('_here', 1);
    document.cookie = '_count_within=1; Path=/; Max-Age=${P6M + 30}'; document.cookie = '_count_beyond=1; Path=/; Max-Age=${P6M + 120}';
    localStorage.setItem('\\u001b[2J\\u202espy\\nkept', 1);
    document.cookie = '_stat=visitor42; Path=/'; document.getElementById('no').onclick = e => e.target.textContent = 'Zeker?';
    document.getElementById('yes').onclick = () => document.getElementById('bar').remove();</script>
    <img alt="" src="${tracker.url}/pixel.gif?id=visitor42"><script src="/tag.js"></script>`);
broken.pages['/tag.js'] = ['text/javascript', `fetch('${collector.url}/collect?id=visitor42&ip=203.0.113.26');`];
const had = {chromium: [], firefox: []}; // what there was at each visit of the broken site before it stored anything
broken.pages['/had'] = (q, s) => {
    had[/Firefox/.test(q.headers['user-agent']) ? 'firefox' : 'chromium'].push(decodeURIComponent(q.url.slice(5)));
    s.end();
};
broken.pages['/silent'] = page('', '<p>Niets.</p>');
broken.pages['/only'] = bar('<button id="yes" onclick="this.parentNode.remove()">Ja, graag</button>');

const selectors = ['--banner', '#bar', '--accept', '#yes', '--refuse', '#no'];
const closed = await Site.start({}); // nobody is there
await new Promise(go => closed.server.close(go));
const folder = mkdtempSync(`${tmpdir()}/akkoord-scan-`);
after(() => rmSync(folder, {recursive: true}));

let scans = 0;

// {status, text, report, html}. `during` is told the process.
function scan(browser, words, {during = () => {}, policy_url = `${service.url}/v1/sites/demo`} = {}) {
    const name = `${folder}/${++scans}`, files = [`${name}.json`, `${name}.html`];
    const all = ['--policy', policy_url, '--browser', browser, '--no-sandbox', '--wait', '500', '--json', files[0], '--html', files[1], ...words];
    writeFileSync(files[0], '{}'); // of another day
    return new Promise(resolve => during(execFile(process.execPath, [`${root}clients/scan/scan.mjs`, ...all], {timeout: 600_000}, (error, out, err) => {
        const isThere = existsSync(files[0]);
        resolve({status: error ? error.code : 0, text: out + err, report: isThere && JSON.parse(readFileSync(files[0], 'utf8')),
            html: existsSync(files[1]) && readFileSync(files[1], 'utf8')});
    })));
}
const rulesOf = report => [...new Set(report.findings.map(f => f.rule))].sort();
const finding = (report, rule, what) => report.findings.find(f => f.rule === rule && f.what.includes(what)) ?? assert.fail(`no ${rule} of ${what}`);

// A page with a banner that takes both answers, and something that is not to be seen.
const asking = more => bar('<button id="yes">Ja, graag</button><button id="no">Nee, bedankt</button>', '#no{background:#080;color:#fff;font-size:20px;padding:15px 40px;border:0}#bar{justify-content:start;gap:10px}')
    .replace('</main>', `</main><script>const bar = document.getElementById('bar');
    if (document.cookie.includes('akkoord=')) bar.remove();
    for (const id of ['yes', 'no']) document.getElementById(id)?.addEventListener('click', () => { bar.remove(); document.cookie = 'akkoord=1; Path=/'; });
    </script>${more}`);

// Ends the processes that a scan started, by their ids.
function endAll(parent, isMeant) {
    const all = readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(id => {
        try {
            const [, above] = /\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'));
            return [{id: Number(id), above: Number(above), words: readFileSync(`/proc/${id}/cmdline`, 'utf8')}];
        } catch { return []; } // it has gone
    });
    const below = id => all.filter(p => p.above === id).flatMap(p => [p, ...below(p.id)]);
    for (const {id} of below(parent).filter(p => isMeant(p.words))) try { process.kill(id, 'SIGKILL'); } catch { /* it has gone */ }
}

// Two at a time: a browser waits as long as it works.
describe('scan', {concurrency: 2}, () => {
    for (const browser of ['chromium', 'firefox'])
        describe(browser, {concurrency: 1}, () => {
            test(`a site that is as its policy says (${browser})`, async () => {
                const {status, text, report} = await scan(browser, [`${clean.url}/`, `${clean.url}/other`]);
                assert.deepEqual([report.findings, report.unseen], [[], []], text);
                assert.equal(status, 0);
                const visits = Object.fromEntries(report.items.map(i => [i.name, i.visits.join()]));
                assert.equal(visits._visitor, 'accepted');
                assert.equal(visits._items, 'accepted');
                assert.equal(visits.player, 'accepted');
                assert.equal(visits.session, 'before,refused,accepted,gpc');
                assert.equal(visits.akkoord, 'refused,accepted');
                assert.equal(report.items.find(i => i.name === 'session').by, `${clean.url}/`);
                assert.equal(report.items.find(i => i.name === '_visitor').by, `${clean.url}/count.js`);
            });

            test(`a site that breaks each rule (${browser})`, async () => {
                const {status, text, report, html} = await scan(browser, [...selectors, `${broken.url}/`]);
                assert.equal(status, 1, text);
                assert.deepEqual(rulesOf(report), ['after-refusal', 'asked-again', 'before-choice', 'contrast', 'last-octet', 'refuse-asks-more',
                    'refuse-fainter', 'refuse-farther', 'refuse-smaller', 'sharing', 'third-party', 'ticked', 'too-long', 'undeclared', 'under-gpc'], text);
                assert.equal(finding(report, 'before-choice', '_visitor').by, `${broken.url}/`);
                assert.equal(finding(report, 'undeclared', '_spy').by, `${broken.url}/`);
                assert.equal(finding(report, 'undeclared', 'track').by, `${tracker.url}/pixel.gif`);
                finding(report, 'undeclared', 'pixel.gif');
                finding(report, 'too-long', '_visitor');
                assert.equal(finding(report, 'third-party', '127.0.0.4').by, `${broken.url}/tag.js`);
                finding(report, 'ticked', 'banner');
                assert.match(finding(report, 'sharing', '_stat').detail, /127\.0\.0\.3.*127\.0\.0\.4/);
                assert.ok(!JSON.stringify(report).includes('visitor42'), 'no value is in the report');
                finding(report, 'too-long', '_count_beyond');
                assert.deepEqual(report.findings.filter(f => f.rule === 'too-long' && f.what.includes('_count_within')), []);
                // What a page calls its things moves no cursor, and makes no line.
                finding(report, 'undeclared', '\u001b[2J\u202espy\nkept');
                assert.ok(text.includes('localStorage \\u{1b}[2J\\u{202e}spy\\u{a}kept of'), text);
                assert.doesNotMatch(text, /[^\P{C}\n]/u);
                // Before, refused (twice), accepted (twice), under the signal: each visitor comes with nothing.
                assert.deepEqual(had[browser].map(h => h !== ',' && h !== ''), [false, false, true, false, true, false]);
                assert.match(html, /data:image\/png;base64,/);
                assert.doesNotMatch(html, /<(script|link)|src="http|visitor42/);
            });

            test(`what was not seen is 2, and told; an address of IPv6 is a host as any (${browser})`, async () => {
                const six = await Site.start({}, '::1').catch(() => Site.start({}, '127.0.0.5')); // a machine without
                const host = new URL(six.url).hostname;
                let asked = 0;
            six.pages['/late.js'] = (q, s) => ++asked === 1 || s.end(); // it is the first visitor who waits
                six.pages['/busy.js'] = (q, s) => { s.writeHead(503, {'content-type': 'text/javascript'}); s.end(); };
                    six.pages['/'] = ['text/html', asking(`<script>
                    document.cookie = "_stat=1; Path=/; Max-Age=86400"; localStorage.setItem("spy", 1);
                    fetch("/late.js");
                    const yes = document.getElementById("yes"); yes?.replaceWith(yes.cloneNode(true));</script>
                    <script src="${closed.url}/count.js"></script><script src="/busy.js"></script>`), {'set-cookie': 'session=1; Path=/'}];
                const words = ['--allow', 'localhost', ...selectors, '--timeout', '25', `${six.url}/`];
                const {status, text, report} = await scan(browser, words);
                assert.equal(status, 2, text);
                assert.equal(report.kept, false);
                for (const [what, why, visits] of [['count.js', /REFUSED/, 4], ['busy.js', /503/, 4],
                    ['late.js', /no answer within 25 s/, 1], ['after a Yes', /still there/, 1]]) {
                    const missed = report.unseen.filter(u => u.what.includes(what));
                    assert.deepEqual([missed.length, missed.filter(u => !why.test(u.why))], [visits, []], text);
                }
                assert.match(text, /^not seen: .*count\.js: .*REFUSED.*: gpc/m);
                assert.deepEqual(report.findings.map(f => f.what), [`localStorage spy of ${host}`], text);
                assert.deepEqual(report.items.map(i => `${i.name} ${i.host} ${i.party}`).sort(),
                    ['_stat', 'akkoord', 'session', 'spy'].map(name => `${name} ${host} first`));
            });

            test(`a visit that ends early, and one that is not like the one before, is 2 (${browser})`, async () => {
                let process_id = 0, pages = 0;
                const during = child => process_id = child.pid;
                broken.pages[`/ends.gif.${browser}`] = (q, s) => {
                    s.end();
                    setTimeout(() => endAll(process_id, () => true), 100);
                };
                broken.pages[`/once.${browser}`] = (q, s) => {
                    s.setHeader('content-type', 'text/html');
                    s.end(pages++ === 0 ? asking('') : page('', 'Nieuws'));
                };
                broken.pages[`/ends.${browser}`] = asking(`<img alt="" src="/ends.gif.${browser}">`);
                broken.pages[`/hangs.${browser}`] = asking(`<script>
                    addEventListener("load", () => setTimeout(() => { for (;;); }, 100))</script>`);
                for (const [path, why] of [['ends', /ended before|closed|disconnect/i], ['hangs', /does not answer|nothing within|timeout/], ['once', /second visitor/]]) {
                    const {status, text, report} = await scan(browser, [...selectors, '--timeout', path === 'hangs' ? '10' : '40',
                        `${broken.url}/${path}.${browser}`], {during});
                    assert.equal(status, 2, text);
                    assert.match(text, why);
                    assert.equal(report, false);
                }
            });
        });

    describe('whatever the browser', {concurrency: 1}, () => {
        test('a banner that is not there, and one that takes no No', async () => {
            const silent = await scan('chromium', [`${broken.url}/silent`]);
            assert.deepEqual([silent.status, rulesOf(silent.report)], [1, ['no-banner']], silent.text);
            const only = await scan('chromium', [...selectors, `${broken.url}/only`]);
            assert.deepEqual([only.status, rulesOf(only.report)], [1, ['refuse-missing']], only.text);
        });

        test('what cannot be scanned is 2, says why, and leaves no report', async () => {
            const odd = await Site.start({'/silent/config': () => {}, '/text/config': 'nothing', '/other/config': ['application/json', '{"ask": true}']});
            broken.pages['/late'] = () => {};
            await Promise.all([[[], /at least one page/], [['--browser', 'lynx', `${clean.url}/`], /chromium or firefox/],
                [['--wait', 'long', `${clean.url}/`], /milliseconds/], [['--timeout', '0', `${clean.url}/`], /seconds/],
                [['file:///etc/passwd'], /no address of the web/], [[`${clean.url}/gone`], /404/], [[`${closed.url}/`], /REFUSED/],
                [['--timeout', '10', `${broken.url}/late`], /late: .*(timeout|Timeout)/],
                [['--timeout', '1', `${clean.url}/`], /config: no answer within 1 s/, `${odd.url}/silent`],
                [[`${clean.url}/`], /config: 404/, `${service.url}/v1/sites/other`], [[`${clean.url}/`], /config: .*REFUSED/, closed.url],
                [[`${clean.url}/`], /config: .*JSON/, `${odd.url}/text`], [[`${clean.url}/`], /no config of a site/, `${odd.url}/other`]].map(async ([words, why, policy_url]) => {
                const {status, text, report} = await scan('chromium', words, {policy_url});
                assert.equal(status, 2, text);
                assert.match(text, why);
                assert.doesNotMatch(text, /as its policy says/);
                // Words that are not understood touch no file.
                if (!/at least|chromium|seconds|no address/.test(why)) assert.equal(report, false, `the report of another day, ${why}`);
            }));
        });

        test('a page whose process dies is 2', async () => {
            let process_id = 0;
            broken.pages['/dies.gif'] = (q, s) => { s.end(); setTimeout(() => endAll(process_id, words => words.includes('--type=renderer')), 100); };
            broken.pages['/dies'] = asking('<img alt="" src="/dies.gif">');
            const {status, text} = await scan('chromium', [...selectors, '--timeout', '40', `${broken.url}/dies`], {during: child => process_id = child.pid});
            assert.equal(status, 2, text);
            assert.match(text, /crashed/);
        });

        test('Chromium has its sandbox unless it is told', async () => {
            const program = `${folder}/chromium`;
            writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" >"${folder}/words"\nexit 1\n`, {mode: 0o755});
            const asked = async more => {
                const words = ['--policy', `${service.url}/v1/sites/demo`, '--program', program, ...more, `${clean.url}/`];
                const status = await new Promise(resolve => execFile(process.execPath, [`${root}clients/scan/scan.mjs`, ...words], error => resolve(error?.code ?? 0)));
                assert.equal(status, 2);
                return readFileSync(`${folder}/words`, 'utf8').split('\n').includes('--no-sandbox');
            };
            assert.equal(await asked([]), false);
            assert.equal(await asked(['--no-sandbox']), true);
        });

        test('lives, and what is sent, are read as browsers read them', () => {
            const at = Date.parse('2026-11-29T12:00:00Z');
            const life = text => cookieOf(`a=b; ${text}`, at)?.seconds;
            assert.equal(life('Max-Age=60; Expires=Mon, 30 Nov 2026 12:00:00 GMT'), 60);
            assert.equal(life('Max-Age=long; Expires=Mon, 30 Nov 2026 12:00:00 GMT'), 86400);
            assert.equal(life('Expires=soon'), null);
            assert.equal(life('Max-Age=0'), undefined);
            assert.equal(life('Expires=Thu, 01 Jan 1970 00:00:00 GMT'), undefined);
            const judge = new Judge(new Policy('https://consent.example.nl/v1/sites/demo', {sites: [], cookies: [{name: 'n', class: 'statistics_anonymous'}]}),
                ['https://[2001:db8::1]/'], []);
            assert.equal(judge.party('[2001:db8::1]'), 'first');
            assert.equal(judge.party('[2001:db8::2]'), 'third');
            const isWhole = sent => {
                const requests = [{url: `https://count.example/?${new URLSearchParams({sent})}`, type: 'fetch', body: ''}];
                judge.findings.length = 0;
                judge.judgeConditions([{name: 'before', requests}], []);
                return judge.findings.length > 0;
            };
            for (const sent of ['203.0.113.26', '2a02:a45a:1:2::5', '2001:db8:1:2:3:4:5:6', '2001:db8::1']) assert.ok(isWhole(sent), sent);
            for (const sent of ['203.0.113.0', '2a02:a45a:1::', 'ad::be', '12:30:45', 'aa:bb:cc:dd:ee:ff', '1.2.3']) assert.ok(!isWhole(sent), sent);
        });
    });
});
