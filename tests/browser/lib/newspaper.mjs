// SPDX-License-Identifier: Apache-2.0
// A policy with something to ask, and pages that wait for the answer.
import {example} from './service.mjs';

const cookie = (name, purpose, more = {}) => ({name, provider: 'De Voorbeeldkrant', purpose, duration: 'P6M', kind: 'cookie',
    party: 'first', class: 'analytics', description: {nl: 'Telt bezoeken.', en: 'Counts visits.'}, ...more});

export function newspaper(origin) {
    const policy = example('demo');
    policy.controller.name = 'De Voorbeeldkrant';
    policy.controller.languages = ['nl', 'en'];
    Object.assign(policy.purposes.find(p => p.key === 'analytics'), {validity: 'P6M', refused_until: 'P6M', gpc: true,
        signals: ['analytics_storage']});
    policy.purposes.push({key: 'video', name: {nl: "Video's tonen", en: 'Showing videos'}, lawful_basis: 'consent', channel: 'web',
        validity: 'P6M', refused_until: 'P6M', notice: 'video'});
    policy.notices.push({id: 'video', version: '1', effective_from: '2020-01-01T00:00:00Z', texts: {
        nl: "De video's komen van een ander, die daarbij cookies plaatst.", en: 'The videos come from others, who place cookies with them.'}});
    policy.cookies = [cookie('_visitor', 'analytics'), cookie('_count_*', 'analytics'),
        cookie('_items', 'analytics', {kind: 'local_storage'}), cookie('player', 'video', {party: 'third', provider: 'Videohuis'}),
        cookie('session', 'functional', {class: 'strictly_necessary', duration: 'session', conditions: {reason: 'Nobody could log in.'}})];
    policy.sites = [{origins: [origin]}];
    return policy;
}

export const page = (script, body, {language = 'nl', head = ''} = {}) => `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>De Voorbeeldkrant</title>
<link rel="icon" href="data:,">
${script}
${head}</head>
<body><main><h1>De Voorbeeldkrant</h1>
${body}</main></body></html>`;
