/* SPDX-License-Identifier: Apache-2.0 */
// The banner: first layer, blocking, signals. What is rarely needed is loaded on demand, from beside it: more.js
// knows where.
//
// What holds of it:
// (1) Before a choice nothing is stored, and nothing asked of a server but the config.
// (2) A purpose is allowed only by a Yes that the service has taken, in words that still stand, and by no doubt: without
//     config, with a cookie that cannot be read, with a Yes that was not sent yet, nothing is.
// (3) A No is kept before it is sent, and sent until it is taken.
// (4) Nothing that goes wrong here reaches the page.
(() => {
    'use strict';
    const script = document.currentScript;
    // Another version of it is here already; an element that the page calls so is not, and quiet.js makes room.
    if ((window.akkoord?.ready && !window.akkoord.quiet) || !script) return;
    const base = script.src.slice(0, script.src.lastIndexOf('/') + 1);
    const setting = script.dataset;
    const root = document.documentElement;
    const YEAR = 31536000;
    const PENDING = 'akkoord.pending'; // choices that the service has not taken yet
    const more = 'more.js'; // the build puts its name with a hash here
    const signalled = navigator.globalPrivacyControl === true;

    let config = null; // the service's; null: nothing is known, nothing allowed
    let site = null; // this origin's part of it; null: not one of the policy's
    let states = {}; // purpose: g given, s given under the signal, r refused; by the cookie
    let visitor = null;
    let unsent = []; // as in storage
    let allowed = new Set();
    let banner = null; // the first layer, while it is seen
    let settle;
    const ready = new Promise(resolve => settle = resolve); // config read, or known not to come
    const listeners = [];

    // ---- Consent Mode: denied before any tag ----

    const layer = window.dataLayer = window.dataLayer || [];
    function gtag() { layer.push(arguments); }
    const TYPES = ['ad_storage', 'ad_user_data', 'ad_personalization', 'analytics_storage', 'functionality_storage',
        'personalization_storage'];
    const signalsOf = granted => Object.fromEntries(TYPES.map(type => [type, granted.has(type) ? 'granted' : 'denied']));
    gtag('consent', 'default', {...signalsOf(new Set()), security_storage: 'granted', wait_for_update: 500});

    let told = ''; // the last update
    function signal() {
        const granted = new Set(config.purposes.filter(p => allowed.has(p.key)).flatMap(p => p.signals));
        const now = JSON.stringify(signalsOf(granted));
        if (now === told || (told === '' && !Object.keys(states).length && !granted.size)) return;
        told = now;
        gtag('consent', 'update', JSON.parse(now));
        layer.push({event: 'akkoord_update'});
    }

    // ---- What is remembered ----

    // A cookie of another form, or cut short, says nothing.
    function cookieRead(text) {
        const m = /^1\.(\d+)\.(-|[\w-]{22})((?:\.[a-z\d][\w-]{0,63}~[gsr])*)$/.exec(text);
        return m && {version: +m[1], visitor: m[2] === '-' ? null : m[2],
            states: Object.fromEntries(m[3].split('.').slice(1).map(part => part.split('~')))};
    }

    // Of several (a host's and its domain's) a No wins, and a Yes must stand in each.
    function remembered() {
        const all = document.cookie.split('; ').filter(c => c.startsWith('akkoord=')).map(c => cookieRead(c.slice(8)));
        if (!all.length || all.includes(null)) return null;
        const first = all[0];
        for (const other of all.slice(1)) {
            for (const key of Object.keys({...first.states, ...other.states}))
                if (first.states[key] !== other.states[key])
                    first.states[key] = [first.states[key], other.states[key]].includes('r') ? 'r' : '';
            first.version = Math.min(first.version, other.version);
        }
        return first;
    }

    // Seconds of an ISO 8601 duration, the short side of what it may be; a year where there is none.
    function seconds(duration) {
        const m = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration ?? '');
        if (!m) return YEAR;
        const [y, mo, w, d, h, mi, s] = m.slice(1).map(n => +(n ?? 0));
        return Math.min(YEAR, y * YEAR + mo * 2592000 + w * 604800 + d * 86400 + h * 3600 + mi * 60 + s);
    }

    function remember() {
        const asked = config.purposes.filter(p => p.ask);
        const kept = asked.filter(p => states[p.key]);
        const ages = (kept.length ? kept : asked).map(p => seconds(states[p.key] === 'r' ? p.refused_until : p.validity));
        document.cookie = `akkoord=${['1', config.version, visitor ?? '-', ...kept.map(p => `${p.key}~${states[p.key]}`)].join('.')}` +
            `; Path=/; Max-Age=${Math.min(YEAR, ...ages)}; SameSite=Lax` +
            (site.cookie_domain ? `; Domain=${site.cookie_domain}` : '') + (location.protocol === 'https:' ? '; Secure' : '');
    }

    function storageRead() {
        try {
            const list = JSON.parse(localStorage.getItem(PENDING) ?? '[]');
            return Array.isArray(list) ? list : [];
        } catch { return unsent; }
    }

    function storageWrite() {
        try {
            // One by one: some pages have lists written their own way.
            if (unsent.length) localStorage.setItem(PENDING, `[${unsent.map(u => JSON.stringify(u)).join()}]`);
            else localStorage.removeItem(PENDING);
        } catch { /* storage is switched off: kept while the page is open */ }
    }

    // ---- What is allowed ----

    // Sets `allowed` anew, runs and stops what that changes, and tells those who listen.
    function apply() {
        const before = allowed;
        allowed = new Set(config.purposes.filter(p => !p.ask || states[p.key] === 's' ||
            (states[p.key] === 'g' && !(signalled && p.gpc))).map(p => p.key));
        signal();
        for (const p of config.purposes) if (states[p.key] === 'r') sweep(p.key);
        scan();
        const changed = [...before].filter(k => !allowed.has(k)).concat([...allowed].filter(k => !before.has(k)));
        if (changed.length) for (const tell of listeners) safely(() => tell({allowed: [...allowed], changed}));
        if ([...before].some(k => !allowed.has(k)) && setting.reload !== undefined) location.reload();
    }

    // A withdrawn purpose's own cookies and items go; those of other sites are out of reach.
    function sweep(key) {
        const hosts = location.hostname.split('.').map((_, i, all) => all.slice(i).join('.'));
        for (const c of config.cookies.filter(c => c.purpose === key && c.party === 'first' && c.kind !== 'pixel')) {
            const like = new RegExp(`^${c.name.split('*').map(s => s.replace(/[^\w]/g, '\\$&')).join('.*')}$`);
            const gone = 'Path=/; Max-Age=0';
            if (c.kind === 'cookie')
                for (const name of document.cookie.split('; ').map(s => s.split('=')[0]).filter(n => like.test(n)))
                    for (const domain of ['', ...hosts.map(h => `; Domain=${h}`)]) document.cookie = `${name}=; ${gone}${domain}`;
            else
                safely(() => [localStorage, sessionStorage].forEach(store =>
                    Object.keys(store).filter(n => like.test(n)).forEach(n => store.removeItem(n))));
        }
    }

    // ---- What waits for it ----

    const started = new WeakSet();
    const frames = new Map(); // a frame or picture that is held back: what stands in its place
    let chain = Promise.resolve(); // scripts run one after the other, as they stand in the page

    function scan() {
        if ((banner || opener) && !place?.isConnected) host().append(banner ?? opener); // the page was made anew
        for (const [frame, place] of frames) if (!place.isConnected) frames.delete(frame);
        for (const waiting of document.querySelectorAll('script[type="text/plain"][data-akkoord]'))
            if (allowed.has(waiting.dataset.akkoord) && !started.has(waiting)) {
                started.add(waiting);
                chain = chain.then(() => run(waiting)).catch(() => {});
            }
        for (const frame of [...document.querySelectorAll('[data-akkoord][data-src]:not(script)'), ...frames.keys()])
            if (allowed.has(frame.dataset.akkoord)) show(frame);
            else hold(frame);
    }

    // A script that stopped being allowed while it waited for its turn does not run.
    function run(waiting) {
        if (!allowed.has(waiting.dataset.akkoord)) return started.delete(waiting);
        const now = document.createElement('script');
        for (const {name, value} of waiting.attributes) if (!/^(type|data-(akkoord|src|type))$/.test(name)) now.setAttribute(name, value);
        if (waiting.dataset.type) now.type = waiting.dataset.type;
        if (waiting.nonce) now.nonce = waiting.nonce;
        now.text = waiting.text;
        const src = waiting.dataset.src ?? waiting.getAttribute('src');
        const done = src && new Promise(resolve => now.onload = now.onerror = resolve);
        if (src) {
            now.async = false;
            now.src = src;
        }
        waiting.replaceWith(now);
        return done;
    }

    function show(frame) {
        if (frame.akkoord) return;
        frame.akkoord = true;
        frames.get(frame)?.replaceWith(frame);
        frames.delete(frame);
        frame.src = frame.dataset.src;
    }

    // What stands in its place comes from placeholder.js.
    function hold(frame) {
        const p = config.purposes.find(p => p.key === frame.dataset.akkoord);
        if (!p || !site || frames.has(frame)) return;
        frame.akkoord = false;
        frame.removeAttribute('src');
        frames.set(frame, frame);
        load('placeholder').then(part => frames.get(frame) === frame && frames.set(frame, part.instead(frame, p))).catch(() => {});
    }

    // ---- Looks ----

    const COLOURS = {light: ['#fff', '#1a1a1a', '#0b5fa5', '#fff', '#767676'], dark: ['#1c1c1e', '#f2f2f2', '#8cc4f5', '#0b1a26', '#8a8a8e']};
    const NAMES = ['background', 'text', 'accent', 'accent_text', 'border'];
    const css = `*{box-sizing:border-box}:host{all:initial;COLOURS}
@media(prefers-color-scheme:dark){:host{DARK}}
.box,.open,dialog,.place{font:var(--akkoord-font,16px/1.5 system-ui,sans-serif);color:var(--t);background:var(--b);border:1px solid var(--l)}
.box{position:fixed;z-index:2147483646;inset:auto 0 0;margin:auto;width:min(100%,60rem);max-height:min(100%,90vh);display:flex;flex-direction:column;
padding:1rem;border-radius:var(--akkoord-radius,8px) var(--akkoord-radius,8px) 0 0;border-bottom:0;box-shadow:0 0 24px #0006}
.text{overflow:auto;min-height:4rem}h2{font-size:1.15em;margin:0 0 .5rem;margin-inline-end:3rem}p,ul{margin:0 0 .75rem}ul{padding-inline-start:1.25rem}
.buttons{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,11rem),1fr));gap:.5rem;padding-top:.5rem}
button{font:inherit;font-weight:600;min-height:44px;padding:.5rem 1rem;border:2px solid var(--a);border-radius:var(--akkoord-radius,8px);color:var(--i);background:var(--a);cursor:pointer}
:focus-visible{outline:3px solid var(--t);outline-offset:2px}.box:focus{outline:0}@media print{.box,.open{display:none}}
.close,.open{color:var(--t);background:var(--b);border:1px solid var(--l)}
.close{position:absolute;inset-block-start:.5rem;inset-inline-end:.5rem;width:44px;padding:0;border-color:transparent}
.open{position:fixed;z-index:2147483645;inset-block-end:.75rem;inset-inline-start:.75rem;font-size:.875rem;min-height:32px;padding:.25rem .75rem}
@media(prefers-reduced-motion:no-preference){.box{animation:in .15s}@keyframes in{from{opacity:0}}}`;
    let sheet = null;

    function sheetOf() {
        if (sheet) return sheet;
        const colours = mode => NAMES.map((name, i) =>
            `--${'btail'[i]}:var(--akkoord-${name.replace('_', '-')},${site?.theme?.[mode]?.[name] ?? COLOURS[mode][i]})`).join(';');
        sheet = new CSSStyleSheet();
        sheet.replaceSync(css.replace('COLOURS', colours('light')).replace('DARK', colours('dark')));
        return sheet;
    }

    function shadow(host) {
        const inside = host.attachShadow({mode: 'open', delegatesFocus: false});
        inside.adoptedStyleSheets = [sheetOf()];
        host.lang = config.language;
        host.dir = config.direction;
        return inside;
    }

    const word = (name, fill = {}) => (site?.texts?.[name] ?? config.texts[name] ?? name).replace(/\{(\w+)\}/g, (all, key) =>
        fill[key] ?? (key === 'controller' ? config.name ?? config.controller : all));

    function make(name, members, children = []) {
        const element = document.createElement(name);
        for (const key in members)
            if (key in element && key !== 'part') element[key] = members[key];
            else element.setAttribute(key, members[key]);
        element.append(...children);
        return element;
    }

    const button = (name, press) => make('button', {type: 'button', textContent: word(name), part: `button ${name}`, onclick: press});

    // ---- The first layer ----

    let opener = null; // the small button
    let place = null; // what it all stands in; the page may have an element of that name too
    function host() {
        if (!place?.isConnected) {
            shadow(place = make('div', {id: 'akkoord'}));
            document.body.append(place);
        }
        return place.shadowRoot;
    }

    function ask() {
        if (banner) return;
        const asked = config.purposes.filter(p => p.ask);
        const before = document.activeElement;
        banner = make('div', {className: 'box', role: 'dialog', tabIndex: -1, part: 'banner'}, [
            make('h2', {id: 'title', textContent: word('title')}),
            make('div', {className: 'text', role: 'group'}, [
                make('p', {textContent: word('intro')}),
                make('ul', {}, asked.map(p => make('li', {}, [make('strong', {textContent: p.name ?? p.key}),
                    p.notice ? ': ' + p.notice.text : '']))),
                ...(signalled && asked.some(p => p.gpc) ? [make('p', {textContent: word('gpc'), part: 'gpc'})] : [])]),
            make('div', {className: 'buttons', part: 'buttons'}, [
                button('accept', () => answer(true)), button('refuse', () => answer(false)), button('choose', open)]),
            make('button', {type: 'button', className: 'close', textContent: '\u2715', ariaLabel: word('close'), part: 'close',
                onclick: () => dismiss()})]);
        banner.setAttribute('aria-labelledby', 'title');
        banner.children[1].setAttribute('aria-labelledby', 'title');
        banner.onkeydown = event => { if (event.key === 'Escape') dismiss(); };
        banner.before = before && before !== document.body ? before : null;
        opener?.remove();
        host().append(banner);
        const text = banner.children[1];
        if (text.scrollHeight > text.clientHeight) text.tabIndex = 0; // by keyboard too
        // What has the focus stays in sight above it.
        root.style.scrollPaddingBottom = `${banner.offsetHeight}px`;
        if (!banner.before) banner.focus({preventScroll: true});
    }

    // Closing is no consent, and no refusal.
    function dismiss() {
        if (!banner) return;
        const held = banner.contains(host().activeElement);
        const {before} = banner;
        banner.remove();
        banner = null;
        root.style.scrollPaddingBottom = '';
        offer();
        if (held) before?.isConnected ? before.focus() : opener?.focus({preventScroll: true});
    }

    // The choice is in reach at any time: by a small button, unless the page has a way of its own.
    function offer() {
        if (banner || !config?.ask || !site || setting.button === 'none' || document.querySelector('[data-akkoord-open]')) return;
        opener ??= button('open', open);
        opener.className = 'open';
        if (!opener.isConnected) host().append(opener);
    }

    // ---- The choice ----

    const answer = yes => choose(Object.fromEntries(config.purposes.filter(p => p.ask).map(p => [p.key, yes])), 'first');

    // Resolves when the service has it, or it is kept for later.
    async function choose(wanted, from, more = {}) {
        await ready;
        if (!config || !site) return;
        const choices = {};
        for (const p of config.purposes)
            if (p.ask && p.key in wanted) {
                choices[p.key] = wanted[p.key] ? 'given' : /[gs]/.test(states[p.key]) ? 'withdrawn' : 'refused';
                if (!wanted[p.key]) states[p.key] = 'r';
                else if (!allowed.has(p.key)) delete states[p.key]; // until the service has taken it
            }
        if (!Object.keys(choices).length) return;
        await post({choices, layer: from, variant: setting.variant ?? 'standard', language: config.language,
            ...(from === 'first' ? {clicks: {accept: 1, refuse: 1}} : {}), ...(config.notice ? {notice: config.notice} : {}), ...more});
    }

    async function post(body) {
        if (site.visitor_code === 'random')
            visitor ??= btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/\+/g, '-').replace(/\//g, '_').slice(0, 22);
        else visitor = null;
        unsent = storageRead();
        unsent.push({id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, at: Date.now(),
            body: {...body, ...(visitor ? {visitor} : {}), ...(signalled ? {gpc: true} : {})}});
        storageWrite();
        remember();
        dismiss();
        apply();
        channel?.postMessage(0);
        await flush();
    }

    const request = (path, body, key) => fetch(base + path, {method: 'POST', keepalive: true, credentials: 'same-origin',
        headers: {'content-type': 'application/json', ...(key ? {'idempotency-key': key} : {})}, body: JSON.stringify(body)});

    // With a collection token taken now. Throws where it may be tried again.
    async function send({id, at, body}) {
        const answered = await request('token', {...(body.visitor ? {visitor: body.visitor} : {}), ...(body.notice ? {notice: body.notice} : {})});
        if (!answered.ok) throw answered;
        const late = Math.floor((Date.now() - at) / 1000);
        const taken = await request('choices', {...body, token: (await answered.json()).token,
            ...(late > 5 ? {late_seconds: Math.min(late, YEAR)} : {})}, id);
        if (!taken.ok) throw taken;
        return taken.json();
    }

    let sending = null;
    let pause = 5000;
    const flush = () => sending ??= drain().catch(() => {}).finally(() => sending = null);

    async function drain() {
        unsent = storageRead();
        while (unsent.length && site) {
            const first = unsent[0];
            let kept;
            try {
                kept = await send(first);
            } catch (error) {
                // Wrong for good (another policy, another origin) is told once; all else is tried again.
                if (![400, 403, 413, 422].includes(error?.status)) {
                    setTimeout(flush, pause = Math.min(pause * 2, 600000));
                    return;
                }
                console.warn('akkoord: a choice was not taken', error.status);
            }
            unsent = storageRead().filter(u => u.id !== first.id);
            storageWrite();
            taken(first.body, kept);
        }
    }

    // What the service says of a Yes counts: one to words that stand no longer allows nothing.
    function taken(body, kept) {
        states = remembered()?.states ?? states; // another tab may have said No meanwhile
        const effects = Object.fromEntries((kept?.choices ?? []).map(c => [c.purpose, c.effect]));
        for (const key in body.choices)
            if (kept && body.choices[key] === 'given' && states[key] !== 'r' && !unsent.some(u => key in u.body.choices) &&
                (!body.visitor || ['applied', 'repeated'].includes(effects[key])))
                states[key] = signalled && config.purposes.some(p => p.key === key && p.gpc) ? 's' : 'g';
        remember();
        apply();
        channel?.postMessage(0);
    }

    // ---- What is on demand ----

    const inside = {
        base, setting, signalled, word, shadow, make, button, host, choose, request, seconds, post, remember, script,
        get config() { return config; }, get site() { return site; }, get states() { return states; }, get opener() { return opener; },
    };
    const load = async name => (await import(base + more)).default(name, inside);
    const safely = body => { try { return body(); } catch (error) { console.error('akkoord:', error); } };

    async function open() {
        await ready;
        if (config?.ask && site) (await load('layer')).open();
    }

    // ---- From here on ----

    // Another tab, or this page before it was put aside, may have heard a choice.
    function again() {
        if (!config || !site) return;
        const cookie = remembered();
        unsent = storageRead();
        states = cookie?.states ?? {};
        visitor = cookie?.visitor ?? (unsent.length ? visitor : null);
        if (banner && !open_questions().length) dismiss();
        apply();
    }

    let channel = null;
    safely(() => {
        channel = new BroadcastChannel('akkoord');
        channel.onmessage = again;
    });
    addEventListener('pageshow', event => event.persisted && again());
    addEventListener('online', () => config ? flush() : begin());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && again());
    document.addEventListener('click', event => {
        const way = event.target.closest?.('[data-akkoord-open]');
        if (!way) return;
        event.preventDefault();
        open();
    });

    const open_questions = () => config.purposes.filter(p => p.ask && !unsent.some(u => p.key in u.body.choices) &&
        (!states[p.key] || (signalled && p.gpc && states[p.key] === 'g')));

    async function start() {
        const cookie = remembered();
        unsent = storageRead();
        const language = /^[a-z]{2,8}(-[a-z\d]{1,8})*$/i.test(root.lang) ? root.lang.slice(0, 15) : '';
        const query = [language && `lang=${language}`, cookie && 'shown=false'].filter(Boolean).join('&');
        const answered = await fetch(`${base}config${query && '?' + query}`, {credentials: 'omit'});
        if (!answered.ok) throw answered;
        const found = await answered.json();
        site = found.sites.find(s => s.origins.includes(location.origin)) ?? null;
        if (!site && found.ask) console.warn(`akkoord: the policy of ${found.controller} has no site at ${location.origin}`);
        states = cookie?.states ?? {};
        visitor = cookie?.visitor ?? unsent[0]?.body.visitor ?? null;
        config = found;
        // A newer policy, or a signal that was switched on since. Who cannot be asked allows nothing.
        if (cookie && site && (cookie.version !== config.version || (signalled && config.purposes.some(p => p.gpc && states[p.key] === 'g'))))
            await load('renew').then(part => part.renew(cookie)).catch(() => states = {});
        if (document.readyState === 'loading') await new Promise(go => document.addEventListener('DOMContentLoaded', go));
        if (site && !cookie && !unsent.length && /(^|; )(klaro|cc_cookie|CookieConsent)=/.test(document.cookie) && config.ask)
            await load('moving').then(part => part.move()).catch(() => {});
        apply();
        new MutationObserver(scan).observe(root, {childList: true, subtree: true});
        if (document.querySelector('form[data-akkoord-form]')) load('forms').then(forms => forms.watch()).catch(() => {});
        if (site && config.ask && open_questions().length) ask();
        else offer();
        flush();
    }

    const begin = () => start().catch(error => console.warn('akkoord: nothing is allowed:', error.status ?? error)).finally(settle);

    window.akkoord = {
        // Resolves once it is known what is allowed.
        ready: ready.then(() => {}),
        allows: key => ready.then(() => allowed.has(key)),
        // TYPE: change. Returns what takes the listener away.
        on(type, tell) {
            if (type === 'change') listeners.push(tell);
            return () => listeners.splice(listeners.indexOf(tell) >>> 0, 1);
        },
        open,
        choose: (choices, more) => choose(choices, 'page', more),
        declaration: element => ready.then(() => config && load('declaration')).then(part => part?.show(element)),
    };
    begin();
})();
