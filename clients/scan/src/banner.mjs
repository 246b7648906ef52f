// SPDX-License-Identifier: Apache-2.0
// The banner as a visitor meets it: where its buttons are, how they look, what is ticked, what can be read.

// Akkoord's own parts. Another banner's are given as selectors; all are looked for in open shadow roots too.
export const usual = {banner: '[part~="banner"]', accept: '[part~="banner"] [part~="accept"]',
    refuse: '[part~="banner"] [part~="refuse"]', choose: '[part~="banner"] [part~="choose"]'};

const NEAR = 160; // px between the two buttons, at most
const AS_BIG = 0.8; // of height and of area: words are not of the same length
const READABLE = 4.5, READABLE_LARGE = 3; // WCAG 2.2, 1.4.3

// In the page: the first element of a selector that is to be seen, in shadow roots too.
function find(selector, root = document) {
    for (const element of root.querySelectorAll(selector))
        if (element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return element;
    for (const host of root.querySelectorAll('*')) {
        const found = host.shadowRoot && find(selector, host.shadowRoot);
        if (found) return found;
    }
    return null;
}

// In the page: measures of the banner. Colours are blended over what stands behind them; where that is a picture the
// contrast is not known.
function measure(selectors) {
    const parent = e => e.assignedSlot ?? e.parentElement ?? (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
    const rgba = text => {
        const n = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
        const scale = text.startsWith('color(srgb') ? 255 : 1;
        return [n[0] * scale, n[1] * scale, n[2] * scale, n[3] ?? 1];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    function behind(element) {
        const layers = [];
        for (let e = element; e; e = parent(e)) {
            const style = getComputedStyle(e);
            if (style.backgroundImage !== 'none') return null;
            layers.push(rgba(style.backgroundColor));
            if (layers.at(-1)[3] === 1) break;
        }
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    }
    const luminance = colour => colour.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    function contrast(a, b) {
        const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
        return (x + 0.05) / (y + 0.05);
    }
    function text(element) {
        const style = getComputedStyle(element), ground = behind(element);
        const size = parseFloat(style.fontSize), weight = Number(style.fontWeight);
        return {size, weight, large: size >= 24 || (size >= 18.66 && weight >= 700),
            contrast: ground && contrast(over(rgba(style.color), ground), ground)};
    }
    function button(element) {
        if (!element) return null;
        const {x, y, width, height} = element.getBoundingClientRect(), ground = behind(element), around = parent(element) && behind(parent(element));
        return {x, y, width, height, ...text(element), stands_out: ground && around && contrast(ground, around),
            in_sight: x >= 0 && y >= 0 && x + width <= innerWidth + 1 && y + height <= innerHeight + 1, words: element.textContent.trim().slice(0, 80)};
    }
    const [accept, refuse] = [find(selectors.accept), find(selectors.refuse)];
    const banner = find(selectors.banner) ?? accept?.closest('[role=dialog],dialog') ?? accept?.parentElement ?? null;
    const texts = [], ticked = [];
    function walk(node) {
        for (const child of node.childNodes) {
            if (child.nodeType === Node.TEXT_NODE && child.data.trim() && node instanceof Element && node.checkVisibility({visibilityProperty: true}))
                texts.push({words: child.data.trim().slice(0, 80), ...text(node)});
            if (child.nodeType === Node.ELEMENT_NODE && !/^(style|script)$/i.test(child.localName)) walk(child);
        }
        if (node instanceof Element && node.shadowRoot) walk(node.shadowRoot);
        if (node.matches?.('input[type=checkbox],input[type=radio],[role=switch],[role=checkbox]') && !node.disabled &&
            (node.checked || node.getAttribute('aria-checked') === 'true'))
            ticked.push(node.labels?.[0]?.textContent.trim() || node.getAttribute('aria-label') || node.name || node.id || 'a box');
    }
    if (banner) walk(banner);
    return {found: Boolean(banner), accept: button(accept), refuse: button(refuse), texts, ticked};
}

const inPage = (page, body, selectors) => page.evaluate(`(() => { ${find} ${measure} return (${body})(${JSON.stringify(selectors)}); })()`);

export const measured = (page, selectors) => inPage(page, 'measure', selectors);
export const isSeen = (page, selector) => inPage(page, 's => Boolean(find(s))', selector);

// A real click on the middle of it, once it is there. Returns false where it does not come.
export async function press(page, selector, wait) {
    const end = Date.now() + wait;
    const middle = `s => { const e = find(s); if (!e) return null; e.scrollIntoView({block: 'center', behavior: 'instant'});
        const b = e.getBoundingClientRect(); return {x: b.x + b.width / 2, y: b.y + b.height / 2}; }`;
    for (;;) {
        const at = await inPage(page, middle, selector);
        if (at) {
            await page.mouse.click(at.x, at.y);
            return true;
        }
        if (Date.now() > end) return false;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}

const round = number => Math.round(number * 10) / 10;

// The space between two boxes.
const apart = (a, b) => Math.hypot(Math.max(0, a.x - b.x - b.width, b.x - a.x - a.width), Math.max(0, a.y - b.y - b.height, b.y - a.y - a.height));

function sizes({accept, refuse}) {
    const found = [];
    const smaller = (what, of) => of(refuse) < of(accept) * AS_BIG &&
        found.push({rule: 'refuse-smaller', detail: `${what}: ${round(of(refuse))} for refusing, ${round(of(accept))} for accepting`});
    smaller('height in px', b => b.height);
    smaller('area in px²', b => b.width * b.height);
    smaller('size of the letters in px', b => b.size);
    if (refuse.weight < accept.weight - 100)
        found.push({rule: 'refuse-smaller', detail: `weight of the letters: ${refuse.weight} for refusing, ${accept.weight} for accepting`});
    return found;
}

function looks({accept, refuse}) {
    const found = [];
    const away = apart(accept, refuse);
    if (away > NEAR || (accept.in_sight && !refuse.in_sight))
        found.push({rule: 'refuse-farther', detail: refuse.in_sight ? `${round(away)} px from the button that accepts` : 'out of sight, while accepting is in sight'});
    if (accept.stands_out && refuse.stands_out && refuse.stands_out < accept.stands_out * AS_BIG && refuse.stands_out < READABLE_LARGE)
        found.push({rule: 'refuse-fainter', detail: `contrast with what is around it: ${round(refuse.stands_out)} for refusing, ${round(accept.stands_out)} for accepting`});
    return found;
}

// What is wrong with a first layer: {rule, detail}.
export function judge(m) {
    const found = m.ticked.map(name => ({rule: 'ticked', detail: name}));
    if (!m.accept || !m.refuse) found.push({rule: 'refuse-missing', detail: m.accept ? 'there is no button that refuses' : 'there is no button that accepts'});
    else found.push(...sizes(m), ...looks(m));
    for (const t of m.texts)
        if (t.contrast !== null && t.contrast < (t.large ? READABLE_LARGE : READABLE))
            found.push({rule: 'contrast', detail: `${round(t.contrast)} : 1 for "${t.words}"`});
    return found;
}
