// SPDX-License-Identifier: Apache-2.0
// What a policy says of a site: GET .../config, which anybody may read. It is not counted as shown.

const DAY = 86400; // seconds
const UNITS = {Y: 366 * DAY, W: 7 * DAY, D: DAY, H: 3600, S: 1};

// The longest that an ISO 8601 duration can be, in seconds; null where it is none ("session").
export function seconds(duration) {
    const m = /^P(?=.)([^T]*)(?:T(.+))?$/.exec(duration ?? '');
    if (!m) return null;
    let sum = 0;
    for (const [, count, unit] of m[1].matchAll(/(\d+)([YMWD])/g)) sum += count * (unit === 'M' ? 31 * DAY : UNITS[unit]);
    for (const [, count, unit] of (m[2] ?? '').matchAll(/(\d+)([HMS])/g)) sum += count * (unit === 'M' ? 60 : UNITS[unit]);
    return sum;
}

const like = pattern => new RegExp(`^${pattern.split('*').map(s => s.replace(/[^\w]/g, '\\$&')).join('.*')}$`);

// What the banner itself keeps. It needs no consent, but a choice.
const OWN = [{name: 'akkoord', kind: 'cookie'}, {name: 'akkoord.pending', kind: 'local_storage'}].map(own => ({...own,
    party: 'first', purpose: null, class: 'choice', duration: 'P1Y', needs_consent: false, own: true}));

const isText = value => typeof value === 'string';
const isConfig = c => typeof c?.ask === 'boolean' && isText(c.controller) && Array.isArray(c.sites) && Array.isArray(c.cookies) &&
    c.cookies.every(k => [k.name, k.kind, k.party, k.duration].every(isText) && typeof k.needs_consent === 'boolean');

export class Policy {
    // BASE: https://consent.example.nl/v1/sites/demo. Throws what is wrong with it, and where it is not there within
    // LONGEST ms.
    static async read(base, language, longest) {
        const query = new URLSearchParams({shown: 'false', ...(language ? {lang: language} : {})});
        try {
            const answered = await fetch(`${base}/config?${query}`, {signal: AbortSignal.timeout(longest)});
            if (!answered.ok) throw new Error(answered.status);
            const config = await answered.json();
            if (!isConfig(config)) throw new Error('it is no config of a site');
            return new Policy(base, config);
        } catch (error) {
            const why = error.name === 'TimeoutError' ? `no answer within ${longest / 1000} s` : error.cause?.message || error.message;
            throw new Error(`${base}/config: ${why}`);
        }
    }

    constructor(base, config) {
        this.base = base;
        this.origin = new URL(base).origin;
        this.config = config;
        this.cookies = [...config.cookies, ...OWN].map(c => ({...c, like: like(c.name)}));
    }

    get asks() { return this.config.ask; }
    get counts() { return this.cookies.some(c => c.class === 'statistics_anonymous'); }
    get domains() { return this.config.sites.map(s => s.cookie_domain).filter(Boolean); }

    // What it declares that an item is: {kind, name, party}, and of a pixel its host and path.
    // An item of the other party is another one.
    declared(item) {
        const names = item.kind === 'pixel' ? [item.host, item.host + item.path, item.path, item.path.split('/').at(-1)] : [item.name];
        return this.cookies.find(c => c.kind === item.kind && c.party === item.party && names.some(n => c.like.test(n))) ?? null;
    }
}
