#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// akkoord-scan: holds a website to its policy. See --help.
import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {isSeen, judge as judgeBanner, measured, press, usual} from './src/banner.mjs';
import {plain} from './src/names.mjs';
import {Policy} from './src/policy.mjs';
import {page, summary} from './src/report.mjs';
import {Judge} from './src/rules.mjs';
import {Visit, programsOf, start, stop} from './src/visit.mjs';

const HELP = `usage: akkoord-scan --policy URL [OPTION...] PAGE...

Opens the pages as four visitors would: before a choice, after refusing, after accepting, and under Global Privacy
Control. Tells what each stored and asked of whom, and what is not as the policy says.

  --policy URL       https://consent.example.nl/v1/sites/demo
  --browser NAME     chromium (as it is without) or firefox
  --program FILE     the browser's program, where it is not where Debian has it
  --json FILE        the report as JSON
  --html FILE        the report as one page, with pictures
  --allow HOST       a third party that the page itself needs (repeat it for more); its subdomains too
  --banner SELECTOR  another banner than Akkoord's: where it is,
  --accept SELECTOR    the button that accepts,
  --refuse SELECTOR    the one that refuses, and
  --choose SELECTOR    the one that opens its second layer
  --language TAG     what the visitor reads (nl)
  --wait MS          how long nothing may be asked for until a page is at rest (1500)
  --timeout SECONDS  how long the policy, a page and all that it asks for may take (30)
  --no-sandbox       Chromium without its sandbox, as it must be for root: for pages that you trust

Ends with 0 where the site is as its policy says, 1 where something was found, 2 where it could not be scanned or not
all of it was seen.
`;

const many = {type: 'string', multiple: true, default: []}, one = {type: 'string'};
const OPTIONS = {policy: one, browser: {...one, default: 'chromium'}, program: one, json: one, html: one, allow: many, banner: one, accept: one,
    refuse: one, choose: one, language: {...one, default: 'nl'}, wait: {...one, default: '1500'},
    timeout: {...one, default: '30'}, 'no-sandbox': {type: 'boolean'}, help: {type: 'boolean'}};

class Wrong extends Error {}

function order(words) {
    let read;
    try {
        read = parseArgs({args: words, options: OPTIONS, allowPositionals: true});
    } catch (error) {
        throw new Wrong(error.message);
    }
    const {values: v, positionals: pages} = read;
    if (v.help) return v;
    if (!v.policy || pages.length === 0) throw new Wrong('a policy and at least one page are needed');
    for (const url of [v.policy, ...pages])
        if (!URL.canParse(url) || !/^https?:/.test(url)) throw new Wrong(`${url} is no address of the web`);
    if (!programsOf(v.browser)) throw new Wrong(`--browser ${v.browser}: chromium or firefox`);
    if (!/^\d{1,5}$/.test(v.wait)) throw new Wrong(`--wait ${v.wait}: milliseconds`);
    if (!/^[1-9]\d{0,2}$/.test(v.timeout)) throw new Wrong(`--timeout ${v.timeout}: seconds, 1 to 999`);
    const program = v.program ?? programsOf(v.browser).find(p => existsSync(p));
    if (!program) throw new Wrong(`there is no ${v.browser}: name its program by --program`);
    const own = ['banner', 'accept', 'refuse', 'choose'].filter(k => v[k]);
    return {...v, pages, program, wait: Number(v.wait), longest: Number(v.timeout) * 1000, selectors: own.length ? {...usual, choose: 'akkoord-none', ...pick(v, own)} : usual};
}

const pick = (from, names) => Object.fromEntries(names.map(n => [n, from[n]]));

class Scan {
    visits = [];
    measures = null;
    browsers = new Map();

    constructor(o, policy) {
        Object.assign(this, {o, policy, judge: new Judge(policy, o.pages, o.allow)});
    }

    setting(gpc) {
        return {kind: this.o.browser, gpc, language: this.o.language, wait: this.o.wait, longest: this.o.longest,
            sandbox: !this.o['no-sandbox'], width: 1280, height: 800};
    }

    // Chromium is told of the signal page by page, Firefox by its preferences: that takes a process of its own.
    browser(gpc) {
        const key = this.o.browser === 'firefox' && gpc;
        if (!this.browsers.has(key)) this.browsers.set(key, start(this.o.browser, this.o.program, this.setting(gpc)));
        return this.browsers.get(key);
    }

    // Each visitor has cookies of its own.
    async visitor(name, gpc, body) {
        const browser = await this.browser(gpc);
        this.version = await browser.version();
        const visit = await Visit.begin(name, browser, this.setting(gpc));
        this.visits.push(visit);
        await body(visit);
        await visit.end();
    }

    async everyPage(visit) {
        for (const url of this.o.pages) await visit.open(url);
    }

    async before(visit) {
        await visit.open(this.o.pages[0]);
        await visit.picture('the first page');
        if (this.policy.asks) await this.banner(visit);
        for (const url of this.o.pages.slice(1)) await visit.open(url);
    }

    async banner(visit) {
        const {selectors} = this.o;
        const first = await measured(visit.page, selectors);
        this.measures = first;
        if (!first.found) {
            this.judge.found('no-banner', this.o.pages[0], {visits: ['before'], page: this.o.pages[0]});
            return;
        }
        const found = judgeBanner(first);
        if (await isSeen(visit.page, selectors.choose) && await press(visit.page, selectors.choose, this.o.wait)) {
            await visit.rest();
            await visit.picture('the second layer');
            const second = await measured(visit.page, {...selectors, banner: '[part~="dialog"], [role="dialog"], dialog'});
            found.push(...second.ticked.map(name => ({rule: 'ticked', detail: `${name}, in the second layer`})));
        }
        for (const {rule, detail} of found) this.judge.found(rule, 'the banner', {detail, visits: ['before'], page: this.o.pages[0]});
    }

    // One press, then all pages anew.
    async choice(visit, selector) {
        const [first] = this.o.pages;
        await visit.open(first);
        // What was there before the press is judged as before a choice.
        visit.forget();
        if (!await press(visit.page, selector, this.o.wait)) throw new Error(`${first}: ${selector} was there, and is not to a second visitor`);
        await visit.rest();
        await visit.picture('once the button was pressed');
        const isAsked = await isSeen(visit.page, selector);
        if (isAsked && visit.name === 'refused') this.judge.found('refuse-asks-more', 'the banner', {visits: ['refused'], page: first});
        if (isAsked && visit.name === 'accepted') visit.miss('what comes after a Yes', `${selector} was pressed, and is still there`);
        await this.everyPage(visit);
        if (visit.name === 'refused' && await isSeen(visit.page, selector))
            this.judge.found('asked-again', 'the banner', {visits: ['refused'], page: this.o.pages.at(-1)});
    }

    async visitAll() {
        await this.visitor('before', false, visit => this.before(visit));
        this.browser(true).catch(() => {}); // it starts while others are visited; its visitor hears of it
        if (this.measures?.refuse) await this.visitor('refused', false, visit => this.choice(visit, this.o.selectors.refuse));
        if (this.measures?.accept) await this.visitor('accepted', false, visit => this.choice(visit, this.o.selectors.accept));
        await this.visitor('gpc', true, async visit => {
            await this.everyPage(visit);
            await visit.picture('under the signal');
        });
    }

    async run() {
        try {
            await this.visitAll();
        } finally {
            await Promise.all([...this.browsers.values()].map(stop));
        }
        const items = this.judge.items(this.visits);
        this.judge.judgeItems(items);
        this.judge.judgeRequests(this.visits, items);
        this.judge.judgeConditions(this.visits, items);
        return summary({policy: this.policy, browser: this.version, pages: this.o.pages, visits: this.visits, judge: this.judge, items, measures: this.measures});
    }
}

async function main() {
    const o = order(process.argv.slice(2));
    if (o.help) {
        process.stdout.write(HELP);
        return 0;
    }
    // A report of another day is not one of today's failure.
    for (const file of [o.json, o.html].filter(Boolean)) rmSync(file, {force: true});
    const scan = new Scan(o, await Policy.read(o.policy.replace(/\/$/, ''), o.language, o.longest));
    const told = await scan.run();
    if (o.json) writeFileSync(o.json, JSON.stringify(told, null, 2) + '\n');
    if (o.html) writeFileSync(o.html, page(told, scan.visits));
    return tell(told);
}

// A line of what is told each; what pages call things is data.
function tell({findings, unseen, kept}) {
    const line = parts => console.log(parts.filter(Boolean).map(plain).join(': '));
    for (const f of findings) line([f.rule, f.what, f.detail, f.visits.join(', '), f.by && `set by ${f.by}`]);
    for (const u of unseen) line(['not seen', u.what, u.why, u.visit, u.page]);
    console.log(kept ? 'the site is as its policy says' : `${findings.length} findings` + (unseen.length ? ', and not all was seen' : ''));
    return unseen.length ? 2 : kept ? 0 : 1;
}

// Whatever goes wrong, also beside what is waited for.
function fail(error) {
    console.error(`akkoord-scan: ${plain(error?.message ?? error)}`);
    if (error instanceof Wrong) console.error('akkoord-scan --help tells what it takes');
}

process.on('uncaughtException', error => {
    fail(error);
    process.exit(2);
});
let status = 2; // until it is known
try {
    status = await main();
} catch (error) {
    fail(error);
}
process.exit(status); // whatever a browser that does not answer is still asked
