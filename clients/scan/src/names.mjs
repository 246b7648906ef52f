// SPDX-License-Identifier: Apache-2.0
// Names and addresses as a report has them, and lives side by side.

// Without what may be somebody's: query, fragment, name and password.
export function bare(url) {
    if (!URL.canParse(url ?? '')) return url?.replace(/[?#].*/, '') ?? null;
    const address = new URL(url);
    if (!/^https?:$/.test(address.protocol)) return url.replace(/[?#].*/, '');
    return Object.assign(address, {username: '', password: '', search: '', hash: ''}).href;
}

// A host as an address has it: browsers write that of a cookie with and without the brackets of IPv6.
export const hostOf = host => host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;

// Of two lives in seconds; null ends with the session, undefined is not known.
export const longest = (a, b) => a === undefined ? b : a === null || b === null ? a ?? b : Math.max(a, b);

// For a terminal: what a page calls its cookies moves no cursor and turns no line around.
export const plain = text => String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, c => `\\u{${c.codePointAt(0).toString(16)}}`);
