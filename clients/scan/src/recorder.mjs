// SPDX-License-Identifier: Apache-2.0
// What runs in each frame before anything of the page: it writes down what scripts store and ask for, and which script
// it was. What it writes is in `akkoordScan`: {type, name, text, by}.

export function recorder() {
    const seen = [];
    Object.defineProperty(globalThis, 'akkoordScan', {value: seen});

    // The script that called what is wrapped here: the innermost of the stack that was fetched. An inline one has its
    // page's address, and so have these functions in Firefox.
    function by() {
        const callers = new Error().stack.split(/akkoordScanned.*\n/).at(-1);
        return /https?:\/\/[^\s)]+?(?=:\d+(:\d+)?(\)|\n|$)|[\s)]|$)/m.exec(callers)?.[0] ?? location.href;
    }
    const told = (type, name, text = '') => seen.push({type, name: String(name), text: String(text), by: by()});
    const safely = body => { try { body(); } catch { /* a browser without it */ } };

    // Calls `tell` with the arguments before the method of that name is called.
    function before(owner, name, tell) {
        safely(() => {
            const method = owner[name];
            owner[name] = function akkoordScanned(...words) {
                safely(() => tell.call(this, ...words));
                return method.apply(this, words);
            };
        });
    }
    function beforeSet(owner, name, tell) {
        safely(() => {
            const property = Object.getOwnPropertyDescriptor(owner, name);
            Object.defineProperty(owner, name, {...property, set: function akkoordScanned(value) {
                safely(() => tell.call(this, value));
                property.set.call(this, value);
            }});
        });
    }

    beforeSet(Document.prototype, 'cookie', text => told('cookie', String(text).split('=')[0].trim(), text));
    before(Storage.prototype, 'setItem', function (name, text) {
        told(this === localStorage ? 'localStorage' : 'sessionStorage', name, text);
    });
    safely(() => before(CookieStore.prototype, 'set', (what, text) => {
        const {name, value, expires} = typeof what === 'object' ? what : {name: what, value: text};
        told('cookie', name, `${name}=${value}${expires ? `; Max-Age=${Math.round((expires - Date.now()) / 1000)}` : ''}`);
    }));
    before(IDBFactory.prototype, 'open', name => told('indexedDB', name));
    safely(() => before(CacheStorage.prototype, 'open', name => told('caches', name)));

    const address = url => new URL(url?.url ?? url, document.baseURI).href;
    const body = text => typeof text === 'string' || text instanceof URLSearchParams ? text : '';
    before(globalThis, 'fetch', (url, options) => told('request', address(url), body(options?.body)));
    before(Navigator.prototype, 'sendBeacon', (url, data) => told('request', address(url), body(data)));
    before(XMLHttpRequest.prototype, 'open', function (method, url) { this.akkoordScanUrl = address(url); });
    before(XMLHttpRequest.prototype, 'send', function (data) { told('request', this.akkoordScanUrl, body(data)); });
    for (const element of [HTMLImageElement, HTMLScriptElement, HTMLIFrameElement])
        beforeSet(element.prototype, 'src', url => told('request', address(url)));
    before(Element.prototype, 'setAttribute', (name, url) => /^src$/i.test(name) && told('request', address(url)));
}

// In a frame: what was written down there (null of a page of the web: nothing was, as the recorder did not run), and what
// it has stored.
export async function recorded() {
    const all = globalThis.akkoordScan ?? (globalThis === globalThis.top && /^http/.test(location.protocol) ? null : []);
    const names = body => { try { return body(); } catch { return []; } };
    const kept = [
        ...names(() => Object.keys(localStorage).map(name => ({type: 'localStorage', name, text: localStorage[name]}))),
        ...names(() => Object.keys(sessionStorage).map(name => ({type: 'sessionStorage', name, text: sessionStorage[name]}))),
    ];
    for (const {name} of await globalThis.indexedDB?.databases?.().catch(() => []) ?? []) kept.push({type: 'indexedDB', name, text: ''});
    for (const name of await globalThis.caches?.keys().catch(() => []) ?? []) kept.push({type: 'caches', name, text: ''});
    return {host: location.hostname, url: location.href, events: all && all.splice(0), kept};
}
