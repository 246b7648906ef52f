/* SPDX-License-Identifier: Apache-2.0 */
// What a page of a visitor who chose before does first, where the policy is another since, or the browser's signal was
// switched on.
export default ({base, config, site, states, signalled, request, remember, post}) => {
    // The service says which choices stand in the policy of now, and which must not be asked again.
    async function verdicts(visitor) {
        const answer = await request('choices/read', {visitor});
        if (!answer.ok) throw answer;
        const {as_of, choices} = await answer.json();
        for (const {purpose, allow, reason, ask_again_after} of choices) {
            const isNo = ['refused', 'withdrawn', 'objected'].includes(reason);
            if (allow) states[purpose] ??= 'g';
            else if (isNo || (ask_again_after && ask_again_after > as_of)) states[purpose] = 'r';
            else delete states[purpose];
        }
    }

    // Nobody is known by no code: other words are asked about again, whatever they say.
    async function words(version) {
        const answer = await fetch(`${base}config?version=${version}&lang=${config.language}&shown=false`);
        if (!answer.ok) throw answer;
        const old = await answer.json();
        for (const {key, notice} of config.purposes) {
            const was = old.purposes.find(p => p.key === key)?.notice;
            if (was?.id !== notice?.id || was?.version !== notice?.version) delete states[key];
        }
    }

    // Stops at once what was allowed before the signal, and tells the service of it; it is asked again.
    function obey() {
        const stopped = config.purposes.filter(p => p.gpc && states[p.key] === 'g');
        for (const p of stopped) delete states[p.key];
        if (!stopped.length) return;
        remember();
        if (site.visitor_code === 'random') post({choices: {}});
    }

    return {
        async renew({version, visitor}) {
            if (version !== config.version) {
                await (visitor ? verdicts(visitor) : words(version));
                remember();
            }
            if (signalled) obey();
        },
    };
};
