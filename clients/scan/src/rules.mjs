// SPDX-License-Identifier: Apache-2.0
// What visits saw, held against the policy.
import {isIPv6} from 'node:net';
import {hostOf, longest} from './names.mjs';
import {seconds} from './policy.mjs';
import {isPixel} from './visit.mjs';

// Each rule, as a report names it.
export const RULES = {
    'undeclared': 'Stored or sent, and not in the policy',
    'before-choice': 'Needs consent, and was there before a choice',
    'after-refusal': 'Needs consent, and was there after a refusal',
    'under-gpc': 'Needs consent, and was there under Global Privacy Control, without a choice',
    'too-long': 'Lives longer than the policy says',
    'third-party': 'Asks a third party, without a Yes',
    'last-octet': 'An IP address went along whole, while the policy says that its last octet is masked',
    'sharing': 'What counts anonymously went to others, while the policy says that it is not shared',
    'no-banner': 'The policy asks, and no banner was seen',
    'refuse-missing': 'The first layer has no button to refuse, or none to accept',
    'refuse-smaller': 'Refusing is smaller than accepting',
    'refuse-farther': 'Refusing is farther away than accepting',
    'refuse-fainter': 'Refusing stands out less than accepting',
    'refuse-asks-more': 'Refusing takes more than one click',
    'asked-again': 'Who refused is asked again',
    'ticked': 'A box is ticked before a choice',
    'contrast': 'Words of the banner are hard to read',
};

const WITHOUT_YES = {before: 'before-choice', refused: 'after-refusal', gpc: 'under-gpc'}; // visits, and what breaks them
const DAY = 86400;
const OWN_YEAR = 366 * DAY;
const GRACE = 60; // seconds that clocks may be apart
const ADVERTISERS = /(^|\.)(doubleclick\.net|googlesyndication\.com|googleadservices\.com|adservice\.google\.com|facebook\.(com|net)|bing\.com|tiktok\.com|linkedin\.com|adnxs\.com|criteo\.com)$/;

const under = (host, domain) => host === domain || host.endsWith(`.${domain}`);

export class Judge {
    findings = []; // {rule, what, detail, visits, by, page}

    // ALLOWED: hosts that the owner says are needed for the page itself.
    constructor(policy, pages, allowed) {
        const hosts = pages.map(p => new URL(p).hostname.replace(/^www\./, ''));
        Object.assign(this, {policy, allowed: allowed.map(hostOf), own: [...hosts, ...policy.domains.map(hostOf)]});
    }

    party(host) { return this.own.some(own => under(host, own)) ? 'first' : 'third'; }

    found(rule, what, {detail = '', visits = [], by = null, page = null} = {}) {
        this.findings.push({rule, what, detail, visits, by, page});
    }

    // Of all visits: each thing stored once.
    items(visits) {
        const all = new Map();
        for (const visit of visits) {
            for (const [key, item] of visit.items) {
                const known = all.get(key);
                all.set(key, {...item, ...known, visits: [...known?.visits ?? [], visit.name], seconds: longest(known?.seconds, item.seconds)});
            }
            for (const r of visit.requests.filter(r => isPixel(r) && !this.isService(r))) {
                const {hostname, host, pathname} = new URL(r.url);
                const party = this.party(hostname);
                if (party === 'first' && r.type !== 'image') continue; // a site may tell itself
                const key = `pixel ${host}${pathname}`, known = all.get(key);
                all.set(key, {kind: 'pixel', store: 'pixel', name: `${host}${pathname}`, host: hostname, path: pathname, seconds: null,
                    by: r.by ?? r.page, page: r.page, visits: [...new Set([...known?.visits ?? [], visit.name])]});
            }
        }
        return [...all.values()].map(item => this.#known(item));
    }

    #known(item) {
        const party = this.party(item.host), c = this.policy.declared({...item, party});
        return {...item, party, declared: c !== null, own: c?.own ?? false, purpose: c?.purpose ?? null, class: c?.class ?? null,
            needs_consent: c?.needs_consent ?? null, stated: c?.duration ?? null};
    }

    isService(r) { return new URL(r.url).origin === this.policy.origin; }

    judgeItems(items) {
        for (const item of items) {
            const told = more => ({by: item.by, page: item.page, visits: item.visits, ...more});
            const what = `${item.store} ${item.name}` + (item.kind === 'pixel' ? '' : ` of ${item.host}`);
            if (!item.declared) {
                this.found('undeclared', what, told({detail: `${item.party} party`}));
                continue;
            }
            for (const visit of item.visits.filter(v => WITHOUT_YES[v]))
                if (item.needs_consent || (item.own && visit !== 'refused'))
                    this.found(WITHOUT_YES[visit], what, told({detail: item.purpose ? `for ${item.purpose}` : '', visits: [visit]}));
            this.#judgeLife(item, what, told);
        }
    }

    #judgeLife(item, what, told) {
        const most = item.own ? OWN_YEAR : seconds(item.stated);
        if (item.kind === 'cookie' && item.seconds !== null && (most === null || item.seconds > most + GRACE))
            this.found('too-long', what, told({detail: `${life(item.seconds)}, stated is ${item.stated}`}));
        if (['localStorage', 'indexedDB', 'caches'].includes(item.store) && most === null)
            this.found('too-long', what, told({detail: 'it has no end, stated is session'}));
    }

    // Requests to others without a Yes: a host is told once a visit.
    judgeRequests(visits, items) {
        for (const visit of visits.filter(v => WITHOUT_YES[v.name])) {
            const told = new Set();
            for (const r of visit.requests) {
                const {hostname, host, origin, pathname} = new URL(r.url);
                const isItem = items.some(i => i.kind === 'pixel' && i.name === host + pathname); // judged as what it is
                if (isItem || told.has(origin) || this.isService(r) || this.party(hostname) === 'first' || this.allowed.some(a => under(hostname, a)))
                    continue;
                told.add(origin);
                this.found('third-party', host, {detail: `${r.type} ${pathname}`, visits: [visit.name], by: r.by ?? r.page, page: r.page});
            }
        }
    }

    // The conditions of statistics without consent, as far as requests show them.
    judgeConditions(visits, items) {
        if (!this.policy.counts) return;
        const values = items.filter(i => i.class === 'statistics_anonymous' && i.value?.length >= 6);
        const takers = new Map(); // what counts: the others that it went to
        for (const visit of visits)
            for (const r of visit.requests.filter(r => !this.isService(r))) {
                const {hostname, host} = new URL(r.url), sent = sentBy(r);
                const isThird = this.party(hostname) === 'third';
                if ((isThird || isPixel(r)) && (wholeAddress(sent) || isUniversal(r)))
                    this.#once('last-octet', host, {detail: isUniversal(r) ? 'Google Analytics without aip=1' : 'in what was sent', visits: [visit.name], by: r.by ?? r.page, page: r.page});
                for (const item of isThird ? values.filter(i => sent.includes(i.value)) : []) {
                    const hosts = takers.get(item) ?? takers.set(item, new Map()).get(item);
                    hosts.set(host, {by: r.by ?? r.page, page: r.page, visits: [visit.name], isAdvertiser: ADVERTISERS.test(hostname)});
                }
            }
        for (const [item, hosts] of takers)
            if (hosts.size > 1 || [...hosts.values()].some(h => h.isAdvertiser))
                this.found('sharing', `${item.store} ${item.name}`, {...[...hosts.values()][0], detail: `went to ${[...hosts.keys()].join(', ')}`});
    }

    #once(rule, what, more) {
        if (!this.findings.some(f => f.rule === rule && f.what === what)) this.found(rule, what, more);
    }
}

// To the second where it is short, so that what is told is what was compared.
export function life(seconds) {
    if (seconds === null) return 'session';
    const rounded = Math.round(seconds), days = Math.floor(rounded / DAY), rest = rounded % DAY;
    return [days && `${days} days`, (rest || !days) && `${rest} seconds`].filter(Boolean).join(' and ');
}

// The query and the body, decoded where they can be.
function sentBy(r) {
    const text = `${new URL(r.url).search}\n${r.body}`;
    try { return decodeURIComponent(text.replace(/\+/g, ' ')); } catch { return text; }
}

// An IPv4 address with something in its last octet, or an IPv6 address with more than its first 48 bits.
function wholeAddress(text) {
    for (const [address] of text.matchAll(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g))
        if (address.split('.').every(n => n < 256) && !address.endsWith('.0') && !/^(0|127)\./.test(address)) return true;
    return [...text.matchAll(/(?<![\w:])[\da-f]{1,4}:[\da-f:]+(?![\w:])/gi)].some(([address]) => isIPv6(address) && isWhole(address));
}

// What is shortened may be something else ("ad::be"), unless it begins as addresses on the internet do.
function isWhole(address) {
    const [head, tail] = address.split('::').map(part => part.split(':').filter(Boolean).map(group => parseInt(group, 16)));
    const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail] : head;
    return (!tail || (groups[0] & 0xe000) === 0x2000) && groups.slice(3).some(Boolean);
}

const isUniversal = r => /(^|\.)google-analytics\.com$/.test(new URL(r.url).hostname) && /\/collect$/.test(new URL(r.url).pathname) &&
    /(^|[?&\n])v=1(&|$)/.test(sentBy(r)) && !/(^|[?&\n])aip=1(&|$)/.test(sentBy(r));
