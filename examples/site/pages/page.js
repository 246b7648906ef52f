/* SPDX-License-Identifier: Apache-2.0 */
// What stands in "Behind this paper", the list of cookies, and the date as it is read. The paper is read
// without; its forms of letters and links need the service's script too, and say so.
const panel = document.querySelector('[data-panel]');

async function show() {
    for (const place of panel.querySelectorAll('[data-purpose]')) {
        const isAllowed = Boolean(await window.akkoord?.allows(place.dataset.purpose));
        place.textContent = isAllowed ? panel.dataset.yes : panel.dataset.no;
        place.classList.toggle('yes', isAllowed);
    }
    const names = document.cookie.split('; ').filter(Boolean).map(cookie => cookie.startsWith('_pages=') ? cookie : cookie.split('=')[0]);
    panel.querySelector('[data-cookies]').textContent = names.join(', ') || panel.dataset.none;
    panel.querySelector('[data-gpc]').textContent = navigator.globalPrivacyControl ? panel.dataset.on : panel.dataset.off;
}

for (const time of document.querySelectorAll('time'))
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: 'full'}).format(new Date(`${time.dateTime}T12:00`));
const list = document.querySelector('[data-declaration]');
if (list) window.akkoord?.declaration(list);
window.akkoord?.on('change', show);
document.addEventListener('counted', show);
show();
