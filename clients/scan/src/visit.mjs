// SPDX-License-Identifier: Apache-2.0
// A visitor with a browser of its own: what the pages that it opens store, and what they ask of whom.
import puppeteer from 'puppeteer-core';
import {bare, hostOf, longest} from './names.mjs';
import {recorded, recorder} from './recorder.mjs';

const LONGEST_END = 5000; // ms
const FRAME_AGAIN = 250; // ms until a frame that did not answer is asked once more
const PIXEL = 200; // bytes: a picture that shows something is larger
const TRIED = {chromium: ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'],
    firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox']};

export const programsOf = kind => TRIED[kind];

// `sandbox`: Chromium's own, which it has not as root.
export async function start(kind, program, {gpc, language, width, height, sandbox}) {
    const each = {executablePath: program, headless: true, defaultViewport: {width, height}};
    if (kind === 'firefox')
        return puppeteer.launch({...each, browser: 'firefox', extraPrefsFirefox: {
            'browser.chrome.site_icons': false, 'intl.accept_languages': language,
            'privacy.globalprivacycontrol.enabled': gpc, 'privacy.globalprivacycontrol.functionality.enabled': gpc,
            // As most people's is: what third parties store is to be seen.
            'network.cookie.cookieBehavior': 0, 'privacy.trackingprotection.enabled': false,
        }});
    return puppeteer.launch({...each,
        args: ['--disable-gpu', '--disable-dev-shm-usage', `--accept-lang=${language}`, ...(sandbox ? [] : ['--no-sandbox'])]});
}

// One that does not end when it is asked is ended.
export async function stop(starting) {
    const browser = await starting.catch(() => null);
    await within(browser?.close(), LONGEST_END).catch(() => browser.process()?.kill('SIGKILL'));
}

// "name=value; Max-Age=5": {name, value, seconds} (null: of the session), and its domain; null where it takes one away.
export function cookieOf(text, at = Date.now()) {
    const [pair, ...rest] = text.split(';').map(s => s.trim());
    const attributes = Object.fromEntries(rest.map(s => s.split('=')).map(([k, ...v]) => [k.toLowerCase(), v.join('=')]));
    const end = Date.parse(attributes.expires ?? '');
    // What cannot be read is not there, as browsers have it.
    const age = /^-?\d+$/.test(attributes['max-age'] ?? '') ? Number(attributes['max-age']) : Number.isNaN(end) ? null : (end - at) / 1000;
    if (age !== null && age <= 0) return null;
    const [name, ...value] = pair.split('=');
    return {name: name.trim(), value: value.join('='), seconds: age, domain: attributes.domain?.replace(/^\./, '') || null};
}

// What a browser refuses by the page's own doing (left for another page, forbidden by its CSP, not shared by CORS): every
// visitor's does.
const REFUSED = /ERR_(ABORTED|FAILED|BLOCKED_BY_\w+)$|NS_(BINDING_\w+|ERROR_ABORT|ERROR_DOM_BAD_URI|ERROR_BLOCKED_BY_POLICY|ERROR_CONTENT_BLOCKED|ERROR_DOM_CORP_FAILED|ERROR_CORRUPTED_CONTENT)$/;

// Whose answer makes a page store or ask for more.
const BRINGS_MORE = ['document', 'script', 'stylesheet', 'style', 'fetch', 'xhr', 'image'];

export class Visit {
    items = new Map(); // {kind, name, host, store, value, seconds, by, page}
    requests = []; // {url, method, type, body, by, page, status, length}
    pictures = []; // {name, png}
    unseen = []; // {what, why, page}: what a visitor would have seen, and this visit did not
    #latest = 0;
    #waited = new Set(); // requests without an answer
    #fault = null; // why nothing more can be seen

    static async begin(name, browser, setting) {
        const visit = new Visit();
        Object.assign(visit, {name, browser, setting});
        visit.context = await browser.createBrowserContext();
        visit.page = bounded(await visit.context.newPage(), setting.longest + 1000);
        if (setting.gpc && setting.kind === 'chromium') {
            await visit.page.setExtraHTTPHeaders({'sec-gpc': '1'});
            await visit.page.evaluateOnNewDocument(() =>
                Object.defineProperty(navigator, 'globalPrivacyControl', {value: true}));
        }
        await visit.page.evaluateOnNewDocument(recorder);
        visit.page.on('request', request => visit.#heeding(() => visit.#asked(request)));
        visit.page.on('response', response => visit.#heeding(() => visit.#answered(response)));
        visit.page.on('requestfailed', request => visit.#heeding(() => visit.#failed(request)));
        visit.page.on('error', error => visit.#fault ??= error);
        visit.page.on('close', () => visit.#fault ??= new Error('the page ended before its visit'));
        browser.once('disconnected', () => visit.#fault ??= new Error('the browser ended before the visit'));
        return visit;
    }

    #heeding(body) {
        try { body(); } catch (error) { this.#fault ??= error; }
    }

    // Throws where nothing more can be seen.
    #go_on() {
        if (this.#fault) throw new Error(`${this.at ?? 'a new page'}: ${this.#fault.message}`);
    }

    miss(what, why) {
        if (!this.unseen.some(u => u.what === what && u.why === why)) this.unseen.push({what, why, page: this.at});
    }

    #type(request) {
        if (this.setting.kind === 'chromium') return request.resourceType();
        return {empty: 'fetch', iframe: 'document'}[request.headers()['sec-fetch-dest']] ?? request.headers()['sec-fetch-dest'] ?? 'other';
    }

    #asked(request) {
        if (!/^https?:/.test(request.url())) return;
        this.#latest = Date.now();
        if (BRINGS_MORE.includes(this.#type(request))) this.#waited.add(request);
        const frames = request.initiator()?.stack?.callFrames ?? [];
        this.requests.push({handle: request, url: request.url(), method: request.method(), type: this.#type(request),
            body: this.setting.kind === 'chromium' ? request.postData() ?? '' : '',
            by: frames.find(f => /^https?:/.test(f.url))?.url ?? null, page: this.at, status: 0, length: null});
    }

    #answered(response) {
        this.#latest = Date.now();
        this.#waited.delete(response.request());
        const request = this.requests.find(r => r.handle === response.request());
        const fields = response.headers(), status = response.status();
        if (request) Object.assign(request, {status, length: Number(fields['content-length'] ?? NaN)});
        if (request && BRINGS_MORE.includes(request.type) && (status >= 500 || status === 429)) this.miss(bare(response.url()), `answered ${status}`);
        const {hostname} = new URL(response.url());
        const served = Date.parse(fields.date ?? '') || Date.now(); // as browsers do: the end is by the server's clock
        for (const line of (fields['set-cookie'] ?? '').split('\n').filter(Boolean)) {
            const cookie = cookieOf(line, served);
            if (cookie) this.#add({...cookie, kind: 'cookie', store: 'cookie', host: cookie.domain ?? hostname, by: response.url()});
        }
    }

    #failed(request) {
        this.#latest = Date.now();
        this.#waited.delete(request);
        const why = request.failure()?.errorText ?? 'it failed';
        if (/^https?:/.test(request.url()) && !REFUSED.test(why)) this.miss(bare(request.url()), why);
    }

    // What is known first of who set it stays; of values the last; of lives the longest.
    #add(item) {
        const host = hostOf(item.host), key = [item.store, item.name, host].join(' ');
        const known = this.items.get(key);
        this.items.set(key, {...item, host, page: known?.page ?? this.at, by: known?.by ?? item.by ?? null,
            seconds: longest(known?.seconds, item.seconds ?? null)});
    }

    // What there is from here on is told apart from what was before.
    forget() {
        this.items.clear();
        this.requests.length = 0;
    }

    // Opens a page and waits until it is at rest.
    async open(url) {
        this.at = url;
        this.#go_on();
        this.#waited.clear();
        const answered = await this.page.goto(url, {waitUntil: 'load', timeout: this.setting.longest}).catch(error => {
            this.#go_on();
            throw new Error(`${url}: ${error.message}`);
        });
        // Without an answer: it is the page that stands there, at another place of it.
        if (!answered && bare(this.page.url()) !== bare(url)) throw new Error(`${url}: it was not opened`);
        if (answered && answered.status() >= 400) throw new Error(`${url}: ${answered.status()}`);
        await this.rest();
    }

    // Nothing was asked for since a while, and all is answered; then what there is is written down.
    async rest() {
        const {wait, longest: most} = this.setting, end = Date.now() + most;
        this.#latest = Date.now();
        while ((Date.now() - this.#latest < wait || this.#waited.size > 0) && Date.now() < end) {
            this.#go_on();
            await new Promise(resolve => setTimeout(resolve, 50));
        }
        for (const request of this.#waited) this.miss(bare(request.url()), `no answer within ${most / 1000} s`);
        this.#waited.clear();
        await this.#collect();
        this.#go_on();
    }

    async #collect() {
        for (const frame of this.page.frames()) {
            const found = await this.#recorded(frame);
            if (!found) continue;
            if (!found.events) throw new Error(`${this.at}: what its scripts do was not written down`);
            for (const event of found.events) this.#heard(found, event);
            for (const {type, name, text} of found.kept)
                this.#add({kind: 'local_storage', store: type, name, host: found.host, value: text});
        }
        for (const cookie of await this.context.cookies()) {
            const host = cookie.domain.replace(/^\./, '');
            const seconds = cookie.expires > 0 ? cookie.expires - Date.now() / 1000 : null;
            this.#add({kind: 'cookie', store: 'cookie', name: cookie.name, value: cookie.value, host, seconds});
        }
    }

    // What a frame wrote down; null of one that has gone. The page itself must answer.
    async #recorded(frame) {
        for (let tries = 1; !frame.detached && !await isMute(frame); tries++) {
            try {
                return await within(frame.evaluate(recorded), this.setting.longest);
            } catch (error) {
                this.#go_on();
                if (frame.detached) return null;
                if (tries === 1 && !(error instanceof Late)) { // it may just be leaving for another page
                    await new Promise(resolve => setTimeout(resolve, FRAME_AGAIN));
                    continue;
                }
                if (frame === this.page.mainFrame()) throw new Error(`${this.at}: the page does not answer (${error.message})`);
                this.miss(bare(frame.url()), `the frame does not answer (${error.message})`);
                return null;
            }
        }
        return null;
    }

    #heard(frame, {type, name, text, by}) {
        if (type === 'request') {
            const request = this.requests.findLast(r => r.url === name);
            if (!request) return;
            request.by ??= by;
            request.body ||= text;
        } else if (type === 'cookie') {
            const cookie = cookieOf(text);
            if (cookie) this.#add({...cookie, kind: 'cookie', store: 'cookie', host: cookie.domain ?? frame.host, by});
        } else {
            this.#add({kind: 'local_storage', store: type, name, host: frame.host, value: text, by});
        }
    }

    async picture(name) {
        this.pictures.push({name, png: Buffer.from(await this.page.screenshot()).toString('base64')});
    }

    // Nothing of it stays for the next one.
    async end() {
        this.#go_on();
        this.page.removeAllListeners();
        await this.context.close();
    }
}

class Late extends Error {}

function within(promise, most) {
    let timer;
    const late = new Promise((_, fail) => timer = setTimeout(() => fail(new Late(`nothing within ${most / 1000} s`)), most));
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A page that hangs is asked no longer than that: the browser's own protocol would wait for minutes.
function bounded(page, most) {
    for (const name of ['goto', 'evaluate', 'screenshot']) {
        const method = page[name].bind(page);
        page[name] = (...words) => within(method(...words), most);
    }
    return page;
}

// A frame in which no script may run: none of it stores, and none tells.
async function isMute(frame) {
    if (!frame.parentFrame()) return false;
    try {
        const element = await frame.frameElement();
        return await element.evaluate(e => e.hasAttribute('sandbox') && !e.sandbox.contains('allow-scripts'));
    } catch {
        return false;
    }
}

// A request that is there to be counted: it brings nothing to be seen.
export const isPixel = r => ['ping', 'beacon', 'cspviolationreport'].includes(r.type) ||
    (r.type === 'image' && (r.status === 204 || r.length <= PIXEL) && !/\/favicon\.ico$/.test(new URL(r.url).pathname));
