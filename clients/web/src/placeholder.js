/* SPDX-License-Identifier: Apache-2.0 */
// What stands in the place of a frame or picture that is held back: of its size, with who it comes from and a button that
// allows it.
import {sheet} from './declaration.js';

const css = `.place{width:100%;height:100%;min-height:inherit;overflow:auto;padding:.75rem;display:flex;flex-direction:column;align-items:start}
.place p{margin-bottom:.5rem}`;

const size = (frame, name) => /^\d+$/.test(frame.getAttribute(name) ?? '') ? `${frame.getAttribute(name)}px` : '';

// The page's classes and styles are its too; a bare iframe is as large as browsers make one.
function stand(frame) {
    const place = document.createElement('div');
    const isBare = frame.localName === 'iframe' && !frame.className && !frame.style.length;
    place.className = frame.className;
    place.style.cssText = 'display:inline-block;box-sizing:border-box;max-width:100%;vertical-align:bottom;' +
        `width:${size(frame, 'width') || (isBare ? '300px' : '')};height:${size(frame, 'height') || (isBare ? '150px' : '')};` +
        frame.style.cssText;
    return place;
}

export default ({word, make, button, shadow, choose}) => ({
    // Puts it there; returns it.
    instead(frame, p) {
        const place = stand(frame);
        const root = shadow(place);
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet(css)];
        const name = p.name ?? p.key;
        const provider = frame.dataset.provider ?? new URL(frame.dataset.src, location).hostname;
        root.append(make('div', {className: 'place', part: 'placeholder', role: 'group', ariaLabel: frame.title || name}, [
            make('p', {textContent: word('placeholder', {provider, purpose: name})}),
            ...(p.notice ? [make('p', {textContent: p.notice.text})] : []),
            button('placeholder_allow', () => choose({[p.key]: true}, 'placeholder'))]));
        frame.replaceWith(place);
        return place;
    },
});
