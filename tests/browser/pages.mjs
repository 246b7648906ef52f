// SPDX-License-Identifier: Apache-2.0
// The pages that links lead to: read and used by anybody, without JavaScript, on a telephone, by the keyboard alone, in forced colours.
// Those of docs/pictures are kept where AKKOORD_PICTURES names a folder.
import assert from 'node:assert/strict';
import {inBrowsers, sideBySide} from './lib/browsers.mjs';
import {PostBox} from './lib/post_box.mjs';
import {Service, example} from './lib/service.mjs';

// A newspaper's, with all that a page may have: its colour, whom to ask, the authority, and a way back.
const policy = example('site/policy');
policy.purposes.find(p => p.key === 'newsletter').double_opt_in = true;
policy.sites[0].return_urls = ['https://voorbeeldkrant.example/'];
const box = await PostBox.start();
policy.messages = box.messages;
const service = await Service.start('pages', {policy, settings: box.settings});
const mail = name => ({type: 'email', value: `${name}@example.nl`});

async function made(method, path, body) {
    const answer = await service.api(method, path, body);
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
}

// A fresh link of each kind, for somebody of that name.
const links = {
    preferences: async (name, language) =>
        (await made('POST', '/v1/links', {subject: mail(name), kind: 'preferences', language})).url,
    unsubscribe: async (name, language) =>
        (await made('POST', '/v1/links', {subject: mail(name), kind: 'unsubscribe', purposes: ['newsletter'], language})).url,
    confirm: async (name, language) =>
        (await made('POST', '/v1/consents', {subject: mail(name), purpose: 'newsletter', event_state: 'given',
            collection_method: 'web_form', language})).confirmation.url,
    guardian: async (name, language) =>
        (await made('POST', '/v1/guardian-requests', {subject: mail(`kid-${name}`), guardian: mail(name),
            purposes: ['newsletter', 'marketing'], minor: {birth_month: '2014-05'}, language})).url,
    identity: async (name, language) => {
        await made('POST', '/v1/consents', {subject: mail(name), purpose: 'marketing', event_state: 'refused', collection_method: 'web_form'});
        const {request_id} = await made('POST', '/v1/rights-requests', {kind: 'access', subject: mail(name), ref: name});
        await made('POST', `/v1/rights-requests/${request_id}/identity-link`, {to: mail(name), language});
        return box.link(mail(name).value);
    },
};

async function reason(name, purpose) {
    return (await made('POST', '/v1/check', {subject: mail(name), purpose})).reason;
}

// Of the request that was made for that name.
async function identity(name) {
    const {subject_id} = (await made('POST', '/v1/subjects/lookup', {subject: mail(name)}));
    return (await made('GET', `/v1/rights-requests?subject_id=${subject_id}`)).requests[0].identity.outcome;
}

// ---- the journeys, by the keyboard alone and with JavaScript off ----

// By the key Tab to that element, which is seen all the way, as is what has the focus before it, with a line around it.
async function tabTo(visit, selector) {
    for (let presses = 0; presses < 80; presses++) {
        await visit.press('Tab');
        const {there, fault} = await visit.evaluate(wanted => {
            const e = document.activeElement;
            if (e === document.body) return {there: false, fault: null};
            const box = e.getBoundingClientRect(), style = getComputedStyle(e);
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            const seen = top !== null && (e.contains(top) || [...e.labels ?? []].some(l => l.contains(top)));
            const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
            return {there: e.matches(wanted), fault: seen ? (marked ? null : 'is not marked') : 'is obscured'};
        }, selector);
        assert.equal(fault, null, `on the way to ${selector}: what has the focus ${fault}`);
        if (there) return;
    }
    assert.fail(`no way by the keyboard to ${selector}`);
}

async function pressAt(visit, selector, key = 'Enter') {
    await tabTo(visit, selector);
    await visit.press(key);
}

const journeys = {
    async confirm(visit, name, language) {
        await visit.goto(await links.confirm(name, language));
        assert.equal(await reason(name, 'newsletter'), 'unconfirmed');
        await pressAt(visit, 'button[value=confirm]');
        await visit.until(() => document.readyState === 'complete' && document.querySelector('button[value=confirm]') === null);
        assert.equal(await reason(name, 'newsletter'), 'granted');
    },
    async unsubscribe(visit, name, language) {
        await visit.goto(await links.unsubscribe(name, language));
        await pressAt(visit, 'button[value=stop]', 'Space');
        await visit.until(() => document.readyState === 'complete' && document.querySelector('button[value=stop]') === null);
        assert.match(await reason(name, 'newsletter'), /^(withdrawn|refused)$/);
    },
    async preferences(visit, name, language) {
        await visit.goto(await links.preferences(name, language));
        await pressAt(visit, '[name="p.marketing"]', 'Space');
        await pressAt(visit, '[name="p.analytics"]', 'ArrowRight');
        await pressAt(visit, 'button[value=save]');
        await visit.until(() => document.querySelector('[role=status]') !== null);
        assert.equal(await reason(name, 'marketing'), 'granted');
        assert.equal(await reason(name, 'analytics'), 'refused');
        await pressAt(visit, 'button[value=stop_all]');
        await visit.until(() => document.querySelector('[name="p.marketing"][value=no]')?.checked);
        assert.equal(await reason(name, 'marketing'), 'withdrawn');
    },
    async guardian(visit, name, language) {
        await visit.goto(await links.guardian(name, language));
        await pressAt(visit, 'input[type=checkbox]', 'Space');
        await pressAt(visit, 'input[type=radio]', 'Space');
        await tabTo(visit, '#name');
        await visit.type('Anna de Vries');
        await pressAt(visit, 'button[value=give]');
        await visit.until(() => document.querySelector('[role=status]') !== null);
        assert.equal(await reason(`kid-${name}`, 'newsletter'), 'granted');
        assert.equal(await reason(`kid-${name}`, 'marketing'), 'guardian_required', 'what was not ticked stays off');
        await pressAt(visit, 'button[value=withdraw]');
        await visit.until(() => document.querySelector('[role=status]') !== null && !document.querySelector('button[value=withdraw]'));
        assert.equal(await reason(`kid-${name}`, 'newsletter'), 'withdrawn');
    },
    async identity(visit, name, language) {
        await visit.goto(await links.identity(name, language));
        assert.equal(await identity(name), 'pending');
        await pressAt(visit, 'button[value=prove]');
        await visit.until(() => document.readyState === 'complete' && document.querySelector('button[value=prove]') === null);
        assert.equal(await identity(name), 'verified');
    },
};

sideBySide(() => {
    for (const [kind, link] of Object.entries(links)) {
        for (const language of ['nl', 'en']) {
            for (const width of [320, 1280]) {
                const what = `the ${kind} page in ${language} is clean to axe at ${width} px`;
                inBrowsers(what, {width, height: 700, language, dark: width === 320}, async visit => {
                    const name = `look-${kind}-${language}-${width}-${visit.kind}`;
                    if (kind === 'preferences') // who chose before is shown a receipt
                        await made('POST', '/v1/consents', {subject: mail(name), purpose: 'marketing', event_state: 'given', collection_method: 'web_form'});
                    await visit.goto(await link(name, language));
                    assert.equal(await visit.evaluate(() => document.documentElement.lang), language);
                    assert.deepEqual(await visit.evaluate(() => document.cookie), '');
                    assert.equal(await visit.evaluate(() => document.querySelector('[role=alert]')?.textContent), undefined);
                    await visit.fits();
                    await visit.clean();
                    await visit.picture(`page-${kind}-${language}-${width}`, {whole: true});
                });
            }
        }
    }

    for (const kind of Object.keys(links)) {
        inBrowsers(`long words of a policy break on the ${kind} page at 320 px`, {width: 320, height: 700, language: 'nl'}, async visit => {
            await visit.goto(await links[kind](`long-${kind}-${visit.kind}`, 'nl'));
            const outside = await visit.evaluate(() => {
                const leaves = [...document.querySelectorAll('.sheet *')].filter(e => e.children.length === 0 && e.textContent.trim() !== '');
                for (const e of leaves) e.textContent = 'Arbeidsongeschiktheidsverzekeringsvoorwaarden';
                const {right} = document.querySelector('main').getBoundingClientRect();
                const words = document.createRange();
                return leaves.filter(e => {
                    words.selectNodeContents(e);
                    return words.getBoundingClientRect().right > right + 0.5;
                }).map(e => e.outerHTML);
            });
            assert.deepEqual(outside, []);
            await visit.fits();
            await visit.picture(`page-${kind}-long-320`, {whole: true});
        });
    }

    for (const [kind, journey] of Object.entries(journeys)) {
        for (const language of ['nl', 'en']) {
            for (const width of [320, 1280]) {
                const what = `the ${kind} journey goes by the keyboard alone, without JavaScript, in ${language} at ${width} px`;
                inBrowsers(what, {width, height: 700, language, javascript: false, only: 'chromium'},
                    visit => journey(visit, `keys-${kind}-${language}-${width}`, language));
            }
        }
        inBrowsers(`the ${kind} page is used in the colours that its reader forces`, {width: 320, height: 700, language: 'en', forced: true,
            only: 'chromium'}, async visit => {
            const name = `forced-${kind}`;
            await visit.goto(await links[kind](name, 'en'));
            assert.ok(await visit.evaluate(() => matchMedia('(forced-colors: active)').matches));
            await visit.clean();
            await journey(visit, `${name}-again`, 'en');
        });
    }

    for (const language of ['nl', 'en']) {
        for (const width of [320, 390, 1280]) {
            inBrowsers(`a Yes and a No are as big as each other, in ${language} at ${width} px`, {width, height: 700, language}, async visit => {
                const name = `measured-${language}-${width}-${visit.kind}`;
                const measure = selector => visit.evaluate(wanted => {
                    const box = e => {
                        const {left, right, top, width, height} = e.getBoundingClientRect();
                        return {left, right, top, width, height};
                    };
                    return {all: [...document.querySelectorAll(wanted)].map(box), within: box(document.querySelector('main'))};
                }, selector);
                const alike = ({all, within}, what) => {
                    for (const one of all) {
                        assert.ok(Math.abs(one.width - all[0].width) < 1 && Math.abs(one.height - all[0].height) < 1, `${what}: ${JSON.stringify(all)}`);
                        assert.ok(one.left >= within.left - 0.5 && one.right <= within.right + 0.5, `${what}: ${JSON.stringify([one, within])}`);
                    }
                };
                await visit.goto(await links.guardian(name, language));
                const pair = await measure('form:has(button[value=give]) button');
                assert.equal(pair.all.length, 2);
                alike(pair, 'to agree, and to refuse');

                // who refuses at once need not look for it: before any box, and no smaller than the Yes
                const [first] = (await measure('button[value=refuse]')).all, [ticked] = (await measure('input[type=checkbox]')).all;
                assert.ok(first.top < ticked.top && first.width >= pair.all[0].width - 1 && first.height >= pair.all[0].height - 1);

                await visit.goto(await links.preferences(name, language));
                const choices = await measure('.choice label');
                assert.ok(choices.all.length >= 4);
                alike(choices, 'yes, and no');
            });
        }
    }

    inBrowsers('a page that is out of date says so, and takes no No back', {width: 320, height: 700, language: 'nl'}, async visit => {
        const name = `stale-${visit.kind}`;
        const says = (purpose, event_state) =>
            made('POST', '/v1/consents', {subject: mail(name), purpose, event_state, collection_method: 'web_form'});
        await says('marketing', 'given');
        await visit.goto(await links.preferences(name, 'nl'));
        await says('marketing', 'withdrawn');
        await visit.evaluate(() => {
            document.querySelector('[name="p.analytics"][value=no]').checked = true;
            document.querySelector('button[value=save]').click();
        });
        await visit.until(() => document.querySelector('[role=status]') !== null);
        assert.equal(await reason(name, 'marketing'), 'withdrawn');
        assert.equal(await reason(name, 'analytics'), 'refused');
        assert.match(await visit.evaluate(() => document.querySelector('[role=status]').textContent), /nadat u deze pagina opende/);
        assert.ok(await visit.evaluate(() => document.querySelector('[name="p.marketing"][value=no]').checked));
        await visit.clean();
        await visit.picture('page-stale-nl-320', {whole: true});
    });

    inBrowsers('a parent refuses at once, by the first button there is', {width: 320, height: 700, language: 'nl'}, async visit => {
        const name = `refusing-${visit.kind}`;
        await visit.goto(await links.guardian(name, 'nl'));
        await visit.evaluate(() => document.querySelector('button').click());
        await visit.until(() => document.querySelector('[role=status]') !== null);
        assert.equal(await reason(`kid-${name}`, 'newsletter'), 'refused');
        assert.equal(await reason(`kid-${name}`, 'marketing'), 'refused');
    });

    inBrowsers('a parent agrees, and takes it back', {width: 320, height: 700, language: 'en'}, async visit => {
        const name = `parent-${visit.kind}`;
        await visit.goto(await links.guardian(name, 'en'));
        await visit.evaluate(() => {
            document.querySelector('input[type=checkbox]').checked = true;
            document.querySelector('input[type=radio]').checked = true;
            document.querySelector('#name').value = 'Anna de Vries';
        });
        await visit.click('button', 'I give my consent');
        await visit.until(() => document.querySelector('[role=status]') !== null);
        await visit.clean();
        assert.equal(await reason(`kid-${name}`, 'newsletter'), 'granted');
        assert.equal(await reason(`kid-${name}`, 'marketing'), 'guardian_required');
        await visit.click('button', 'Take my consent back');
        await visit.until(() => document.querySelector('[role=status]') !== null && !document.querySelector('button[value=withdraw]'));
        assert.equal(await reason(`kid-${name}`, 'newsletter'), 'withdrawn');
    });

    inBrowsers('what was asked is confirmed, and stopped by one press', {width: 1280, height: 700, language: 'en'}, async visit => {
        const name = `reader-${visit.kind}`;
        await visit.goto(await links.confirm(name, 'en'));
        assert.equal(await reason(name, 'newsletter'), 'unconfirmed');
        await visit.evaluate(() => document.querySelector('form button').click());
        await visit.until(() => document.querySelector('form button[value=confirm]') === null);
        assert.equal(await reason(name, 'newsletter'), 'granted');
        await visit.goto(await links.unsubscribe(name, 'en'));
        await visit.click('button', 'Stop');
        await visit.until(() => document.title !== 'Stop?');
        assert.equal(await reason(name, 'newsletter'), 'withdrawn');
    });

    inBrowsers('a confirmation that was used leads to the preference page, by the reader\'s own mail box', {width: 320, height: 700, language: 'nl'},
        async visit => {
            const name = `used-${visit.kind}`;
            const url = await links.confirm(name, 'nl');
            await visit.goto(url);
            await visit.evaluate(() => document.querySelector('button[value=confirm]').click());
            await visit.until(() => document.querySelector('form button[value=confirm]') === null);
            await visit.goto(url);
            await visit.fits();
            await visit.clean();
            await visit.picture('page-used-nl-320', {whole: true});
            await visit.evaluate(address => {
                document.querySelector('#email').value = address;
                document.querySelector('button[value=more]').click();
            }, mail(name).value);
            await visit.until(() => document.querySelector('button[value=more]') === null);
            await visit.clean();
            await visit.goto(await box.link(mail(name).value, '/p/'));
            assert.equal(await visit.evaluate(() => document.querySelector('[name="p.newsletter"][value=yes]').checked), true);
        });
});
