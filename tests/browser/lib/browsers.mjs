// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium and Firefox, each driven by its own library, behind one small set of verbs.
//
//   import {inBrowsers} from './lib/browsers.mjs';
//   inBrowsers('a person says no', {width: 320}, async visit => {
//       await visit.goto(service.url + '/p/' + token);
//       await visit.click('button', 'Stop');
//       await visit.until(() => document.title === 'Stopped');
//       await visit.clean();              // axe finds nothing
//       await visit.picture('stopped');   // kept where AKKOORD_PICTURES names a folder
//   });
//
// Each test is a visitor of its own: no cookie of another. It fails on any uncaught error of a page.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {axe, chromium, programs, puppeteer} from './modules.mjs';

const CEILING = 30_000; // ms: nothing that comes at all takes longer, on the slowest machine
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// What a visitor's browser is like.
const usual = {width: 1280, height: 800, language: 'nl-NL', dark: false, still: false, javascript: true, gpc: false, forced: false,
    storage: true}; // false: no cookies, and who asks for storage hears an error

// In the page: the elements that a CSS selector means and that have this text (all, without one), in open shadow roots too.
function elementsOf(selector, text, root = document) {
    const found = [...root.querySelectorAll(selector)].filter(e => text === null || e.textContent.trim() === text);
    for (const host of root.querySelectorAll('*'))
        if (host.shadowRoot) found.push(...elementsOf(selector, text, host.shadowRoot));
    return found;
}

// In the page: the middle of the one such element that is to be seen; null while there is none, or something covers it.
function middleOf(selector, text) {
    const seen = elementsOf(selector, text).filter(e => e.checkVisibility({visibilityProperty: true}));
    if (seen.length !== 1) return null;
    seen[0].scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    const box = seen[0].getBoundingClientRect();
    const at = {x: box.x + box.width / 2, y: box.y + box.height / 2};
    let top = document.elementFromPoint(at.x, at.y);
    while (top?.shadowRoot?.elementFromPoint(at.x, at.y) && top.shadowRoot.elementFromPoint(at.x, at.y) !== top)
        top = top.shadowRoot.elementFromPoint(at.x, at.y);
    return seen[0].contains(top) ? at : null;
}

class Visit {
    requests = []; // {method, url, headers}, of every page, oldest first
    errors = []; // what no page caught; a test that means some empties it
    notes = []; // what pages wrote to the console; told when a test fails
    pages = [];

    constructor(kind, context, setting) { Object.assign(this, {kind, context, setting}); }

    // Another tab of the same visitor; `page` is the one in front.
    async newPage() {
        const page = await this.context.newPage();
        page.on('request', r => r.url().startsWith('data:') ||
            this.requests.push({method: r.method(), url: r.url(), headers: r.headers()}));
        page.on('pageerror', error => this.errors.push(String(error)));
        page.on('console', message => this.notes.push(message.text()));
        page.setDefaultTimeout(CEILING);
        if (this.kind === 'firefox')
            await page.setViewport({width: this.setting.width, height: this.setting.height});
        this.pages.push(page);
        this.page = page;
        return page;
    }

    async front(page) {
        this.page = page;
        await page.bringToFront();
    }

    goto(url) { return this.page.goto(url, {waitUntil: 'load'}); }
    evaluate(body, ...arg) { return this.page.evaluate(body, ...arg); }

    // The first true value of a function of the page, asked again until it comes.
    async until(body, arg, what = String(body)) {
        const end = Date.now() + CEILING;
        for (;;) {
            // A page that is just being left has no answer.
            const value = await this.page.evaluate(body, arg).catch(() => undefined);
            if (value) return value;
            if (Date.now() > end) throw new Error(`not within ${CEILING} ms in ${this.kind}: ${what}`);
            await new Promise(resolve => setTimeout(resolve, 20));
        }
    }

    // Of each element a selector means, in shadow roots too: its text. Those alone that are to be seen.
    texts(selector) {
        return this.page.evaluate(`(${elementsOf})(${JSON.stringify(selector)}, null)
            .filter(e => e.checkVisibility({visibilityProperty: true})).map(e => e.textContent.trim())`);
    }

    // A real click, once there is one such element with that text (any, without one) and nothing covers it.
    async click(selector, text = null) {
        const words = `${JSON.stringify(selector)}, ${JSON.stringify(text)}`;
        const ask = `(() => { ${elementsOf} ${middleOf} return middleOf(${words}); })()`;
        const at = await this.until(ask, undefined, `one ${selector} ${text ?? ''} that can be clicked`);
        await this.page.mouse.click(at.x, at.y);
    }

    press(key) { return this.page.keyboard.press(key); }
    type(text) { return this.page.keyboard.type(text); }

    // What has the focus, in shadow roots too: its text, or its label.
    focused() {
        return this.page.evaluate(() => {
            let e = document.activeElement;
            while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
            return e === document.body ? '' : (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent).trim();
        });
    }

    // {name: cookie} of a page's address: value, expires (seconds, -1 of a session), httpOnly, secure, sameSite, domain, path.
    async cookies(url = this.page.url()) {
        const list = this.kind === 'firefox' ? await this.page.cookies(url) : await this.context.cookies(url);
        return Object.fromEntries(list.map(cookie => [cookie.name, cookie]));
    }

    // The names of all that scripts have stored in this page's origin.
    storage() {
        return this.page.evaluate(async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage),
            ...(await indexedDB.databases?.() ?? []).map(d => d.name), ...await caches?.keys?.() ?? []]);
    }

    // Nothing of the page is cut off or has to be scrolled to sideways. What scrolls in itself is its own affair.
    async fits() {
        const {wide, room} = await this.page.evaluate(() => ({
            wide: document.scrollingElement.scrollWidth, room: document.documentElement.clientWidth,
        }));
        assert.ok(wide <= room, `the page is ${wide} px wide in a window of ${room} in ${this.kind}`);
    }

    // axe finds nothing, by WCAG 2.2 AA and its own best practices; of a part where `within` is a selector.
    async clean({within, without = []} = {}) {
        if (!await this.page.evaluate(() => 'axe' in globalThis)) await this.page.evaluate(axe);
        const found = await this.page.evaluate(async ([tags, part, rules]) => {
            const off = Object.fromEntries(rules.map(rule => [rule, {enabled: false}]));
            const settings = {runOnly: tags, rules: {'target-size': {enabled: true}, ...off}, resultTypes: ['violations']};
            const {violations} = await globalThis.axe.run(part ?? document, settings);
            return violations.map(v => `${v.id}: ${v.help}\n` + v.nodes.map(n => `  ${n.html}\n  ${n.failureSummary}`).join('\n'));
        }, [WCAG, within ?? null, without]);
        assert.deepEqual(found, [], `axe in ${this.kind}:\n${found.join('\n')}`);
    }

    // A picture of what is seen, kept as NAME.KIND.png where AKKOORD_PICTURES names a folder.
    async picture(name, {whole = false} = {}) {
        const bytes = await this.page.screenshot({fullPage: whole});
        const folder = process.env.AKKOORD_PICTURES;
        if (!folder) return;
        mkdirSync(folder, {recursive: true});
        writeFileSync(`${folder}/${name}.${this.kind}.png`, bytes);
    }

    end() { return this.context.close(); }
}

// Browsers, by what they are started with: {start, left: tests that are to come, browser: once it is asked for}. Starting
// takes longer than most tests, so the next one starts while a test is run, and one that nobody needs any more ends.
const browsers = new Map();

function planned(key, start) {
    if (!browsers.has(key)) browsers.set(key, {start, left: 0, browser: null});
    browsers.get(key).left++;
}

function running(key) {
    const entry = browsers.get(key);
    entry.browser ??= entry.start();
    return entry.browser;
}

function startNext() {
    const next = [...browsers.values()].find(entry => entry.left > 0 && !entry.browser);
    if (next) (next.browser = next.start()).catch(() => {}); // who needs it hears of it
}

const ends = [];
const end = async ({browser}) => (await browser)?.close();

function done(key) {
    const entry = browsers.get(key);
    if (--entry.left > 0) return;
    browsers.delete(key);
    ends.push(end(entry).catch(error => error));
}

after(async () => {
    for (const error of await Promise.all([...ends, ...[...browsers.values()].map(end)])) if (error) throw error;
});

// As root a browser has no sandbox of its own.
const unboxed = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];

const startChromium = () => chromium.launch({executablePath: programs.chromium, args: unboxed});

async function visitChromium(setting, browser) {
    const context = await browser.newContext({
        viewport: {width: setting.width, height: setting.height},
        locale: setting.language,
        colorScheme: setting.dark ? 'dark' : 'light',
        reducedMotion: setting.still ? 'reduce' : 'no-preference',
        javaScriptEnabled: setting.javascript,
        forcedColors: setting.forced ? 'active' : 'none',
        extraHTTPHeaders: setting.gpc ? {'sec-gpc': '1'} : {},
    });
    if (setting.gpc)
        await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', {value: true}));
    if (!setting.storage)
        await context.addInitScript(() => {
            for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
                Object.defineProperty(window, name, {get() { throw new DOMException('Access is denied for this document.', 'SecurityError'); }});
            Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set() {}});
        });
    return new Visit('chromium', context, setting);
}

// Firefox is told by its preferences, so each set of them has a process of its own.
function preferencesOf(setting) {
    return {
        'browser.chrome.site_icons': false, // nobody asked for /favicon.ico
        'intl.accept_languages': setting.language,
        'ui.systemUsesDarkTheme': setting.dark ? 1 : 0,
        'layout.css.prefers-color-scheme.content-override': setting.dark ? 0 : 1,
        'ui.prefersReducedMotion': setting.still ? 1 : 0,
        'javascript.enabled': setting.javascript,
        'privacy.globalprivacycontrol.enabled': setting.gpc,
        'privacy.globalprivacycontrol.functionality.enabled': setting.gpc,
        ...(setting.storage ? {} : {'network.cookie.cookieBehavior': 2}),
    };
}

const startFirefox = setting => puppeteer.launch({browser: 'firefox', executablePath: programs.firefox, headless: true,
    extraPrefsFirefox: preferencesOf(setting)});

const kinds = {
    chromium: {key: () => 'chromium', start: startChromium, visit: visitChromium},
    firefox: {key: setting => 'firefox ' + JSON.stringify(preferencesOf(setting)), start: startFirefox,
        visit: async (setting, browser) => new Visit('firefox', await browser.createBrowserContext(), setting)},
};

let only = null; // the browser whose tests are being named

// What BODY names by inBrowsers is run in both browsers at once, in each one test after the other. For tests that share
// nothing but what stands for all of them.
export function sideBySide(body) {
    describe('side by side', {concurrency: 2}, () => {
        for (const kind of Object.keys(kinds))
            describe(kind, {concurrency: 1}, () => {
                only = kind;
                body();
                only = null;
            });
    });
}

// inBrowsers(RULE, [SETTING,] BODY): a test in each browser. SETTING: members of `usual`, and `only`: one browser's name.
export function inBrowsers(rule, setting, body) {
    if (body === undefined) [setting, body] = [{}, setting];
    for (const kind of Object.keys(kinds).filter(k => [k, undefined].includes(setting.only) && [k, null].includes(only))) {
        const whole = {...usual, ...setting}, {key, start, visit: begin} = kinds[kind];
        planned(key(whole), () => start(whole));
        test(`${rule} (${kind})`, async () => {
            let visit = null;
            try {
                const browser = await running(key(whole));
                startNext();
                visit = await begin(whole, browser);
                await visit.newPage();
                await body(visit);
                assert.deepEqual(visit.errors, [], 'errors of pages');
            } catch (error) {
                for (const note of visit?.notes ?? []) console.log(`in ${kind}: ${note}`);
                throw error;
            } finally {
                await visit?.end();
                done(key(whole));
            }
        });
    }
}
