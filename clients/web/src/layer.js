/* SPDX-License-Identifier: Apache-2.0 */
// The second layer: each purpose by itself, with what it stores.
import {cookieList, sheet} from './declaration.js';

const css = `dialog{width:min(100% - 1rem,44rem);max-width:none;max-height:calc(100% - 1rem);padding:0;border-radius:var(--akkoord-radius,8px)}
dialog[open]{display:flex;flex-direction:column}dialog::backdrop{background:#0009}
header{padding:1rem 1rem 0;position:relative}.all{overflow:auto;padding:0 1rem;min-height:6rem}
.purpose{border-block-start:1px solid var(--l);padding:.75rem 0}.purpose p{margin:.25rem 0}
label,.name{display:flex;align-items:center;gap:.75rem;min-height:32px;font-weight:600;cursor:pointer}.name{cursor:auto;justify-content:space-between}
.name span{font-weight:400}input{width:1.5rem;height:1.5rem;flex:none;accent-color:var(--a);margin:0}
summary{min-height:28px;cursor:pointer;text-decoration:underline}
dialog .buttons{padding:.75rem 1rem 1rem;border-block-start:1px solid var(--l)}`;

let dialog = null; // while it is open

export default inside => {
    const {config, states, signalled, word, make, button, choose, host} = inside;

    function purpose(p) {
        const name = p.name ?? p.key;
        const text = [p.notice?.text ?? p.description].filter(Boolean);
        const cookies = config.cookies.filter(c => c.purpose === p.key);
        const box = p.ask && make('input', {type: 'checkbox', name: p.key, checked: isGiven(p)});
        if (box && text.length) box.setAttribute('aria-describedby', `about-${p.key}`);
        return make('div', {className: 'purpose', part: 'purpose'}, [
            p.ask ? make('label', {}, [box, name]) : make('div', {className: 'name'}, [name, make('span', {textContent: word('always')})]),
            ...text.map(words => make('p', {id: `about-${p.key}`, textContent: words})),
            ...(p.ask && p.notice && p.description ? [make('p', {textContent: p.description})] : []),
            ...(signalled && p.ask && p.gpc ? [make('p', {textContent: word('gpc')})] : []),
            ...(cookies.length ? [make('details', {}, [make('summary', {textContent: word('details', {purpose: name})}),
                cookieList(inside, cookies)])] : [])]);
    }

    // A Yes that stands is shown as one; nothing else is ticked.
    const isGiven = p => states[p.key] === 's' || (states[p.key] === 'g' && !(signalled && p.gpc));

    function decide(wanted) {
        const clicks = dialog.fromFirst ? 2 : 1;
        choose(Object.fromEntries(config.purposes.filter(p => p.ask).map(p => [p.key, wanted(p.key)])), 'second',
            {clicks: {accept: clicks, refuse: clicks}});
        dialog.close();
    }

    function open() {
        if (dialog) return;
        const root = host();
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet(css), sheet()].filter((s, i, all) => all.indexOf(s) === i);
        const before = root.activeElement ?? document.activeElement;
        const ticked = key => dialog.querySelector(`[name="${key}"]`).checked;
        const close = make('button', {type: 'button', className: 'close', textContent: '\u2715', ariaLabel: word('close'),
            part: 'close', onclick: () => dialog.close()});
        const all = make('div', {className: 'all'}, config.purposes.map(purpose));
        dialog = make('dialog', {part: 'dialog'}, [
            make('header', {}, [make('h2', {id: 'choice', textContent: word('title')}), close]),
            all,
            make('div', {className: 'buttons', part: 'buttons'}, [
                button('save', () => decide(ticked)), button('accept', () => decide(() => true)), button('refuse', () => decide(() => false))])]);
        dialog.fromFirst = Boolean(root.querySelector('.box'));
        dialog.setAttribute('aria-labelledby', 'choice');
        // Closed in whatever way, what had the focus has it again.
        dialog.onclose = () => {
            dialog.remove();
            dialog = null;
            (before?.isConnected && before !== document.body ? before : inside.opener)?.focus();
        };
        root.append(dialog);
        dialog.showModal();
        if (all.scrollHeight > all.clientHeight) {
            all.tabIndex = 0;
            all.role = 'group';
            all.setAttribute('aria-labelledby', 'choice');
        }
        (dialog.querySelector('input') ?? close).focus();
    }
    return {open};
};
