// SPDX-License-Identifier: Apache-2.0
import {createServer} from 'node:http';
import {after} from 'node:test';

// A website of an origin of its own: {path: HTML, or [type, text or bytes, header fields], or a
// function of request and answer}. It counts what was fetched of it.
export class Site {
    fetched = [];

    static async start(pages, address = '127.0.0.1') {
        const site = new Site();
        site.pages = pages;
        site.server = createServer((q, s) => {
            const path = new URL(q.url, 'http://site').pathname;
            site.fetched.push(path);
            const page = site.pages[path];
            if (typeof page === 'function') return page(q, s);
            const [type, text, fields] = Array.isArray(page) ? page : ['text/html; charset=utf-8', page];
            s.writeHead(page === undefined ? 404 : 200, {'content-type': type, 'cache-control': 'no-store', ...fields});
            s.end(text ?? '');
        });
        await new Promise(go => site.server.listen(0, address, go));
        const host = address === '127.0.0.1' ? 'localhost' : address.includes(':') ? `[${address}]` : address;
        site.url = `http://${host}:${site.server.address().port}`;
        after(() => { site.server.closeAllConnections(); site.server.close(); });
        return site;
    }
}
