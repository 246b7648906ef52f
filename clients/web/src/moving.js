/* SPDX-License-Identifier: Apache-2.0 */
// What another banner kept in this browser is read once, told as an import, and taken away. An import is never stronger
// than it was: its words are unknown to the policy, so a Yes counts only where the policy says that such counts; a No counts.
const DAY = 86400000;

const parse = text => {
    try { return JSON.parse(text); } catch { return null; }
};
const decode = text => {
    try { return decodeURIComponent(text); } catch { return ''; }
};

const named = (kept, answer) => Object.keys(kept).filter(name => kept[name] === answer);

// Each gives what was said yes and no to, by the tool's own names; no: null is no to all else. Null: nothing was chosen.
export const tools = {
    // {"analytics": true, "youtube": false}
    klaro: {
        name: 'klaro',
        read: text => {
            const kept = parse(decode(text));
            return kept && typeof kept === 'object' && {yes: named(kept, true), no: named(kept, false)};
        },
    },
    // {"categories": ["necessary"], "services": {...}, "consentTimestamp": "..."}: those not named were refused
    cookieconsent: {
        name: 'cc_cookie',
        read: text => {
            const kept = parse(decode(text));
            return Array.isArray(kept?.categories) && kept.consentTimestamp ? {yes: kept.categories, no: null} : null;
        },
    },
    // {stamp:'...',necessary:true,preferences:false,statistics:true,marketing:false,method:'explicit',ver:1,...}; 0: all refused
    cookiebot: {
        name: 'CookieConsent',
        read: text => {
            const kept = decode(text);
            if (kept === '0') return {yes: [], no: null};
            if (!/method:'explicit'/.test(kept)) return null; // implied: nobody said it
            const said = Object.fromEntries([...kept.matchAll(/\b(preferences|statistics|marketing):(true|false)/g)].map(m => [m[1], m[2] === 'true']));
            return {yes: named(said, true), no: named(said, false)};
        },
    },
};

// Names that mean the same, where the page does not say: data-moving='{"statistics": "analytics"}' on the script.
const usual = {statistics: 'analytics', analytics: 'analytics', marketing: 'marketing', advertising: 'marketing', ads: 'marketing',
    preferences: 'preferences', functionality: 'preferences'};

// {purpose: given or refused}. Where two names mean one purpose, a No wins.
export function choicesOf({yes, no}, purposes, mapping = {}) {
    const known = new Map([...Object.entries(usual), ...purposes.map(key => [key, key]), ...Object.entries(mapping)]);
    const meant = names => names.map(name => known.get(name)).filter(key => purposes.includes(key));
    const given = meant(yes), others = () => [...meant(Object.keys(mapping).filter(name => !yes.includes(name))),
        ...purposes.filter(key => !given.includes(key))];
    const refused = no ? meant(no) : others();
    return Object.fromEntries([...given.map(key => [key, 'given']), ...refused.map(key => [key, 'refused'])]);
}

export default ({config, setting, post, states}) => ({
    async move() {
        const purposes = config.purposes.filter(p => p.ask).map(p => p.key);
        const mapping = parse(setting.moving ?? '{}') ?? {};
        for (const [tool, {name, read}] of Object.entries(tools)) {
            const text = document.cookie.split('; ').find(c => c.startsWith(`${name}=`))?.slice(name.length + 1);
            if (text === undefined) continue;
            const choices = choicesOf(read(text) || {yes: [], no: []}, purposes, mapping);
            for (const domain of ['', ...location.hostname.split('.').map((_, i, all) => `; Domain=${all.slice(i).join('.')}`)])
                document.cookie = `${name}=; Path=/; Expires=${new Date(Date.now() - DAY).toUTCString()}${domain}`;
            if (!Object.keys(choices).length) continue;
            for (const key in choices) if (choices[key] === 'refused') states[key] = 'r';
            await Promise.race([post({choices, import: tool, language: config.language}), new Promise(go => setTimeout(go, 2000))]);
            return;
        }
    },
});
