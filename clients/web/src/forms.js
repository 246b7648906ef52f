/* SPDX-License-Identifier: Apache-2.0 */
// Forms of the page: <form data-akkoord-form="newsletter"> tells the service of an address that asks for the newsletter,
// beside its own submit, which goes on as before. data-akkoord-form="links/request" asks for a link to the preference page.
export default ({config, site, make, request, script}) => {
    const LATEST = 540000; // ms: a token is good for ten minutes
    const link = 'links/request';

    // The words are shown where the form has a place for them, or else at its end; they are what is agreed to.
    function show(form, notice) {
        let place = form.querySelector('[data-akkoord-notice]');
        if (!place) form.append(place = make('p', {}));
        place.textContent = notice.text;
        place.lang = config.language;
    }

    // Nobody sees it, so nobody fills it in.
    function trap(form) {
        const field = make('input', {type: 'text', tabIndex: -1, autocomplete: 'off', ariaLabel: 'Leave empty'});
        const place = make('div', {ariaHidden: 'true'}, [field]);
        place.style.cssText = 'position:absolute;inset-inline-start:-9999px;width:1px;height:1px;overflow:hidden';
        form.append(place);
        return field;
    }

    function watchOne(form) {
        if (form.akkoord || !site) return;
        form.akkoord = true;
        const key = form.dataset.akkoordForm;
        const known = config.forms.find(f => f.key === key);
        if (!known && key !== link) return console.warn(`akkoord: the policy has no form ${key}`);
        if (known) show(form, known.notice);
        const honeypot = trap(form);
        const bound = known ? {notice: known.notice.sha256} : {};
        let token = null;
        let at = 0;
        const take = () => {
            if (token && Date.now() - at < LATEST) return;
            at = Date.now();
            token = request('token', bound).then(answer => answer.ok ? answer.json() : Promise.reject(answer)).then(body => body.token);
            token.then(text => token = text, () => token = null);
        };

        const tell = text => request(known ? `forms/${key}` : link, {email: form.querySelector('[type=email],[name=email]').value.trim(),
            token: text, language: config.language, honeypot: honeypot.value, ...bound});

        // A box in the form that stands for it must be ticked.
        const isMeant = () => form.querySelector('[data-akkoord-yes]')?.checked ?? true;

        form.addEventListener('focusin', take);
        let passing = false;
        form.addEventListener('submit', event => {
            if (passing || event.defaultPrevented && form.dataset.akkoordSent !== undefined || !isMeant()) return;
            take();
            if (typeof token === 'string') {
                tell(token).catch(() => {});
                return;
            }
            if (!token) return;
            // The form leaves once it is told, or three seconds later; a page that sends it by itself has its way.
            const own = event.defaultPrevented;
            event.preventDefault();
            const told = token.then(tell).catch(() => {});
            if (own) return;
            Promise.race([told, new Promise(go => setTimeout(go, 3000))]).then(() => {
                passing = true;
                form.requestSubmit(event.submitter);
                passing = false;
            });
        });
    }

    return {watch: () => document.querySelectorAll('form[data-akkoord-form]').forEach(watchOne)};
};
