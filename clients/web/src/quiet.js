/* SPDX-License-Identifier: Apache-2.0 */
// What banner.js is where the policy says `cookies: none`: nobody is asked, nothing is allowed or stored, and no server is
// asked for anything. A page that wants more, for a form of its own or the cookie table, gets the whole banner.
(() => {
    'use strict';
    const script = document.currentScript;
    if (window.akkoord?.ready || !script) return;

    const layer = window.dataLayer = window.dataLayer || [];
    function gtag() { layer.push(arguments); }
    const types = ['ad_storage', 'ad_user_data', 'ad_personalization', 'analytics_storage', 'functionality_storage',
        'personalization_storage'];
    gtag('consent', 'default', {...Object.fromEntries(types.map(type => [type, 'denied'])), security_storage: 'granted'});

    // Takes the place of this one once it is here. Resolves to it.
    let loading = null;
    const whole = () => loading ??= new Promise((resolve, reject) => {
        const more = document.createElement('script');
        Object.assign(more.dataset, script.dataset);
        if (script.nonce) more.nonce = script.nonce;
        more.onload = () => resolve(window.akkoord);
        more.onerror = reject;
        more.src = `${script.src.slice(0, script.src.lastIndexOf('/') + 1)}whole.js`;
        document.head.append(more);
    });

    // A refusal that was not sent yet, under a policy that asked, still is.
    const is_wanted = () => {
        try {
            if (localStorage.getItem('akkoord.pending')) return true;
        } catch { /* storage is switched off */ }
        return document.querySelector('form[data-akkoord-form]') !== null;
    };
    const look = () => { if (is_wanted()) whole().catch(() => {}); };

    window.akkoord = {
        quiet: true,
        ready: Promise.resolve(),
        allows: () => Promise.resolve(false),
        on: () => () => {},
        open: () => Promise.resolve(),
        choose: () => Promise.resolve(),
        declaration: element => whole().then(all => all.declaration(element)),
    };
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', look);
    else look();
})();
