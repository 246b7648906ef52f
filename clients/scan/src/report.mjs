// SPDX-License-Identifier: Apache-2.0
// A scan as JSON, and as one HTML page that needs nothing else. Names and addresses only: no value of a cookie or of a
// query is in it.
import {bare} from './names.mjs';
import {RULES} from './rules.mjs';

export function summary({policy, browser, pages, visits, judge, items, measures}) {
    const requests = new Map();
    const unseen = visits.flatMap(v => v.unseen.map(u => ({...u, page: bare(u.page), visit: v.name})));
    for (const visit of visits)
        for (const r of visit.requests) {
            const key = `${r.type} ${bare(r.url)}`, known = requests.get(key);
            requests.set(key, {url: bare(r.url), type: r.type, party: judge.party(new URL(r.url).hostname), service: judge.isService(r),
                by: known?.by ?? bare(r.by ?? r.page), visits: [...new Set([...known?.visits ?? [], visit.name])],
                count: (known?.count ?? 0) + 1});
        }
    return {
        at: new Date().toISOString(), browser, pages: pages.map(bare),
        policy: {url: policy.base, controller: policy.config.controller, version: policy.config.version},
        kept: judge.findings.length === 0 && unseen.length === 0,
        unseen,
        findings: judge.findings.map(f => ({...f, text: RULES[f.rule], by: bare(f.by), page: bare(f.page)})),
        items: items.map(({kind, store, name, host, party, declared, purpose, class: c, needs_consent, stated, seconds, visits, by}) =>
            ({kind, store, name, host, party, declared, purpose, class: c, needs_consent, stated, seconds: seconds === null ? null : Math.round(seconds), visits, by: bare(by)})),
        requests: [...requests.values()].filter(r => r.party === 'third'),
        banner: measures,
    };
}

const escaped = text => String(text ?? '').replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);
const cells = (values, open, close) => values.map(v => `<${open}>${escaped(v)}</${close}>`).join('');
const table = (head, rows) => rows.length === 0 ? '<p>None.</p>'
    : `<div class="wide" role="region" aria-label="${escaped(head.join(', '))}" tabindex="0"><table>
<thead><tr>${cells(head, 'th scope="col"', 'th')}</tr></thead>
<tbody>${rows.map(r => `<tr>${cells(r, 'td', 'td')}</tr>`).join('\n')}</tbody></table></div>`;

function life(seconds) {
    if (seconds === null) return 'session';
    return seconds >= 86400 ? `${Math.round(seconds / 86400)} days` : `${Math.round(seconds / 60)} minutes`;
}

const result = s => s.unseen.length ? `Not all could be seen, ${s.findings.length} findings.`
    : s.kept ? 'The site is as its policy says.' : `${s.findings.length} findings.`;

const css = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;border:1px solid #8886;padding:.25rem .5rem;overflow-wrap:anywhere;unicode-bidi:isolate}
.wide{overflow-x:auto}figure{margin:0 0 1rem}img{max-width:100%;border:1px solid #888}h2{margin-top:2rem}.result{font-weight:700}`;

export function page(s, visits) {
    const pictures = visits.flatMap(v => v.pictures.map(p => `<figure><figcaption>${escaped(v.name)}: ${escaped(p.name)}</figcaption>
<img alt="${escaped(p.name)}, ${escaped(v.name)}" src="data:image/png;base64,${p.png}"></figure>`));
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Scan of ${escaped(s.pages[0])}</title><style>${css}</style></head><body><main>
<h1>Scan of ${escaped(s.pages[0])}</h1>
<p class="result">${result(s)}</p>
<p>${escaped(s.at)}, ${escaped(s.browser)}. Policy ${escaped(s.policy.controller)}, version ${s.policy.version}. Pages: ${s.pages.map(escaped).join(', ')}</p>
${s.unseen.length ? `<h2>What could not be seen</h2>
${table(['What', 'Why', 'Visit', 'Page'], s.unseen.map(u => [u.what, u.why, u.visit, u.page]))}` : ''}
<h2>Findings</h2>
${table(['Rule', 'What', 'Detail', 'Visits', 'Set by', 'Page'], s.findings.map(f => [f.text, f.what, f.detail, f.visits.join(', '), f.by, f.page]))}
<h2>Stored, and pixels</h2>
${table(['Where', 'Name', 'Host', 'Party', 'Purpose', 'Consent', 'Stated', 'Lives', 'Visits', 'Set by'], s.items.map(i => [i.store, i.name, i.host, i.party,
        i.declared ? i.purpose ?? 'the choice itself' : 'not declared', i.needs_consent === null ? '' : i.needs_consent ? 'needed' : 'not needed', i.stated,
        i.store === 'cookie' ? life(i.seconds) : '', i.visits.join(', '), i.by]))}
<h2>Requests to third parties</h2>
${table(['Address', 'Type', 'Times', 'Visits', 'Asked by'], s.requests.map(r => [r.url + (r.service ? ' (the service)' : ''), r.type, r.count, r.visits.join(', '), r.by]))}
<h2>Pictures</h2>
${pictures.join('\n')}
</main></body></html>
`;
}
