/* SPDX-License-Identifier: Apache-2.0 */
// What is stored, by purpose: the cookies of the policy, as the public list has them.

const css = `dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.125rem .75rem;margin:.5rem 0;padding:.5rem 0 0;border-block-start:1px solid}
dt{font-weight:400}dd{margin:0;overflow-wrap:anywhere}[part=declaration] h2{font-size:1.2em;margin:1rem 0 .25rem}p{margin:.25rem 0}@media(max-width:24rem){dl{grid-template-columns:1fr}dt{font-size:.875em}dd{margin:0 0 .375rem}}`;

const sheets = new Map();
export function sheet(text = css) {
    if (!sheets.has(text)) {
        sheets.set(text, new CSSStyleSheet());
        sheets.get(text).replaceSync(text);
    }
    return sheets.get(text);
}

// "6 months" of P6M, in the language of the texts.
export function durationText(language, duration) {
    const m = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
    if (!m) return duration;
    return ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'].map((unit, i) => m[i + 1] &&
        new Intl.NumberFormat(language, {style: 'unit', unit, unitDisplay: 'long'}).format(+m[i + 1])).filter(Boolean).join(' ');
}

// A list a cookie: what it is, whose, how long, what for.
export function cookieList({config, word, make}, cookies) {
    const kept = c => c.duration === 'session' ? word('session') : durationText(config.language, c.duration);
    const rows = c => [['name', c.name], ['provider', c.provider], ['duration', kept(c)], ['kind', word(`kind_${c.kind}`)],
        ['party', word(`party_${c.party}`)], ['class', word(`class_${c.class}`)], ['description', c.description]];
    return make('div', {}, cookies.map(c => make('dl', {part: 'cookie'}, rows(c).filter(([, value]) => value).flatMap(([name, value]) =>
        [make('dt', {textContent: word(`cookie_${name}`)}), make('dd', {textContent: value})]))));
}

export default inside => {
    const {config, word, make} = inside;

    function purpose(p) {
        const cookies = config.cookies.filter(c => c.purpose === p.key);
        if (!cookies.length) return [];
        return [make('h2', {textContent: p.name ?? p.key}), ...[p.description ?? p.notice?.text].filter(Boolean).map(text =>
            make('p', {textContent: text})), cookieList(inside, cookies)];
    }

    return {
        // Fills `element` of the page, whose own styles hold in it. Again, it is made anew.
        show(element) {
            const content = config.statement === 'listed' ? config.purposes.flatMap(purpose) :
                [make('p', {textContent: word(config.statement === 'none' ? 'cookies_none' : 'cookies_unstated')})];
            const root = element.shadowRoot ?? element.attachShadow({mode: 'open'});
            root.adoptedStyleSheets = [sheet()];
            root.replaceChildren(make('div', {lang: config.language, dir: config.direction, part: 'declaration'}, content));
        },
    };
};
