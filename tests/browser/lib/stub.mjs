// SPDX-License-Identifier: Apache-2.0
// What the banner needs of the service, by the contract's letter and in memory: for what a real one is not made to do at
// will (be gone, fail, answer late). banner_service.mjs has the journeys against the real one.
import {createHash} from 'node:crypto';
import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
import {after} from 'node:test';
import {root} from './modules.mjs';

const sha256 = text => createHash('sha256').update(text).digest('hex');
const in_ = (texts, language) => typeof texts === 'object' && texts ? texts[language] ?? Object.values(texts)[0] : texts ?? null;

export class Stub {
    isDown = false;
    versions = []; // policies, as they were applied
    taken = []; // bodies of choices, as they were taken
    asked = []; // paths
    effect = () => 'applied';
    verdicts = null; // of choices/read; null: what was taken

    // `scripts`: the folder that they are served from.
    static async start(policy, scripts = `${root}clients/web/src`) {
        const stub = new Stub();
        stub.scripts = scripts;
        stub.apply(policy);
        stub.server = createServer((q, s) => stub.answer(q, s));
        await new Promise(go => stub.server.listen(0, '127.0.0.1', go));
        stub.url = `http://127.0.0.1:${stub.server.address().port}`;
        after(() => { stub.server.closeAllConnections(); stub.server.close(); });
        return stub;
    }

    apply(policy) { this.versions.push(structuredClone(policy)); }

    notice(policy, id, language) {
        const n = policy.notices.findLast(n => n.id === id);
        return n ? {id, version: n.version, sha256: sha256(in_(n.texts, language)), text: in_(n.texts, language)} : null;
    }

    config(wanted, version = this.versions.length) {
        const policy = this.versions[version - 1];
        const language = ['nl', 'en', 'ar'].includes(wanted) ? wanted : 'nl';
        const cookies = Array.isArray(policy.cookies) ? policy.cookies : [];
        const used = policy.purposes.filter(p => cookies.some(c => c.purpose === p.key));
        const purposes = used.map(p => ({key: p.key, name: in_(p.name, language), description: in_(p.description, language),
            ask: p.lawful_basis === 'consent', gpc: p.gpc ?? false, signals: p.signals ?? [], validity: p.validity ?? null,
            refused_until: p.refused_until ?? null, replaces: null, notice: p.notice ? this.notice(policy, p.notice, language) : null}));
        const asks = purposes.filter(p => p.ask);
        const texts = JSON.parse(readFileSync(`${root}clients/web/texts/${language === 'en' ? 'en' : 'nl'}.json`, 'utf8'));
        return {controller: 'demo', name: in_(policy.controller.name, language), version, language, languages: ['nl', 'en', 'ar'],
            direction: language === 'ar' ? 'rtl' : 'ltr', ask: asks.length > 0,
            notice: asks.length ? sha256(asks.map(p => p.notice.sha256).join()) : null,
            sites: (policy.sites ?? []).map(s => ({origins: s.origins, cookie_domain: s.cookie_domain ?? null,
                visitor_code: s.visitor_code ?? 'random', theme: s.theme ?? {}, texts: {}})),
            texts, purposes, statement: policy.cookies === 'none' ? 'none' : 'listed',
            cookies: cookies.map(c => ({...c, description: in_(c.description, language), needs_consent: true})),
            forms: policy.purposes.filter(p => p.double_opt_in).map(p => ({key: p.key, name: in_(p.name, language),
                notice: this.notice(policy, p.notice, language)}))};
    }

    // Of each purpose the last that this visitor said.
    read({visitor}) {
        const last = {};
        for (const body of this.taken.filter(b => b.visitor === visitor)) Object.assign(last, body.choices);
        return this.verdicts ?? Object.entries(last).map(([purpose, state]) => ({purpose, allow: state === 'given',
            reason: state === 'given' ? 'granted' : state, since: null, valid_until: null, ask_again_after: null}));
    }

    async answer(q, s) {
        const url = new URL(q.url, this.url);
        const path = url.pathname.replace('/v1/sites/demo/', '');
        this.asked.push(`${q.method} ${path}${url.search}`);
        if (this.isDown) return q.socket.destroy();
        const {origin} = q.headers;
        const open = {'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin'};
        if (path.endsWith('.js')) {
            s.writeHead(200, {...open, 'content-type': 'text/javascript', 'cache-control': 'max-age=300'});
            const name = path.replace(/\.[0-9a-f]{64}\.js$/, '.js');
            const is_quiet = path === 'banner.js' && this.versions.at(-1).cookies === 'none';
            return s.end(readFileSync(`${this.scripts}/${is_quiet ? 'quiet.js' : name === 'whole.js' ? 'banner.js' : name}`));
        }
        if (path === 'config') {
            const version = Number(url.searchParams.get('version')) || undefined;
            s.writeHead(200, {...open, 'content-type': 'application/json', 'cache-control': 'no-store'});
            return s.end(JSON.stringify(this.config(url.searchParams.get('lang'), version)) ?? 'no JSON');
        }
        const cors = {'access-control-allow-origin': origin, vary: 'origin'};
        if (q.method === 'OPTIONS') {
            s.writeHead(204, {...cors, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type, idempotency-key'});
            return s.end();
        }
        let text = '';
        for await (const part of q) text += part;
        const send = (status, body) => {
            s.writeHead(status, {...cors, 'content-type': 'application/json', 'cache-control': 'no-store'});
            s.end(JSON.stringify(body));
        };
        const body = JSON.parse(text);
        if (!this.versions.at(-1).sites.some(site => site.origins.includes(origin))) return send(403, {});
        if (path === 'token') return send(200, {token: 'token', expires_at: new Date(Date.now() + 600000).toISOString()});
        if (path === 'choices/read') return send(200, {policy_version: this.versions.length, as_of: new Date().toISOString(), choices: this.read(body)});
        if (path.startsWith('forms/') || path === 'links/request') {
            this.taken.push({path, ...body});
            return send(202, {});
        }
        if (path !== 'choices') return send(404, {});
        if (!this.taken.some(t => t.key && t.key === q.headers['idempotency-key']))
            this.taken.push({key: q.headers['idempotency-key'], ...body});
        send(201, {policy_version: this.versions.length, choices: !body.visitor ? [] : Object.entries(body.choices).map(([purpose, state]) =>
            ({purpose, event_state: state, effect: this.effect(purpose, state, body), record_id: '-', recorded_at: '-', valid_until: null}))});
    }
}
