// SPDX-License-Identifier: Apache-2.0
// Prints telephone numbers that libphonenumber's metadata calls valid, made from its patterns, of each country
// of data/phone_plans.csv and of the codes that belong to none; a line each, with tabs:
//     must|may COUNTRY WRITTEN NORMAL
// what a controller in COUNTRY sends, and the normal form it must be read to, or may be, if it is not refused.
// Always the same numbers.  node numbers.js FOLDER_OF_NODE_MODULES PHONE_PLANS_CSV
const fs = require('fs');
const path = require('path');
const library = path.join(process.argv[2], 'libphonenumber-js');
const { parsePhoneNumberFromString } = require(path.join(library, 'max'));
const metadata = require(path.join(library, 'metadata.max.json'));

const OF_EACH_PATTERN = 40;

let state = 1;
function below(n) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
}

// One text that a pattern matches; of patterns only what the metadata uses: digits, \d, [...], (?:...|...), ?, {m,n}.
function match(pattern) {
    let at = 0;
    const either = () => {
        const branches = [sequence()];
        while (pattern[at] === '|') {
            at++;
            branches.push(sequence());
        }
        return () => branches[below(branches.length)]();
    };
    const sequence = () => {
        const parts = [];
        while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')')
            parts.push(times(one()));
        return () => parts.map((part) => part()).join('');
    };
    const one = () => {
        const c = pattern[at++];
        if (c === '(') {
            at += pattern.startsWith('?:', at) ? 2 : 0;
            const inner = either();
            at++;
            return inner;
        }
        let set = c;
        if (c === '[') {
            const end = pattern.indexOf(']', at);
            set = pattern.slice(at, end).replace(/(\d)-(\d)/g, (_, a, b) => '0123456789'.slice(+a, +b + 1))
                .replace('\\d', '0123456789');
            at = end + 1;
        } else if (c === '\\') {
            at++;
            set = '0123456789';
        }
        return () => set[below(set.length)];
    };
    const times = (part) => {
        let least = 1, most = 1;
        const count = /^\{(\d+)(?:,(\d+))?\}/.exec(pattern.slice(at));
        if (pattern[at] === '?') {
            least = 0;
            at++;
        } else if (count) {
            least = +count[1];
            most = +(count[2] || count[1]);
            at += count[0].length;
        }
        return () => Array.from({ length: least + below(most - least + 1) }, part).join('');
    };
    return either();
}

// What is one telephone in two spellings is one here, and two there: Argentina's mobile 9, Gabon's old zero.
function normal(number) {
    return number.replace(/^\+549(\d{10})$/, '+54$1').replace(/^\+2410(\d{7})$/, '+241$1');
}

// Belarus dials some freephone numbers behind an 8 where others have 80: nine digits, as a subscriber's.
function isReadOtherwise(country, number) {
    return country === 'BY' && number.nationalNumber.startsWith('800');
}

function tell(country, code, national) {
    const number = parsePhoneNumberFromString('+' + code + national);
    if (!number || !number.isValid() || number.countryCallingCode !== code)
        return;
    console.log(['must', 'NL', number.number, normal(number.number)].join('\t'));
    console.log(['must', 'NL', number.formatInternational(), normal(number.number)].join('\t'));
    console.log(['must', 'NL', number.getURI(), normal(number.number)].join('\t'));
    if (country && number.country === country && !isReadOtherwise(country, number))
        console.log(['may', country, number.formatNational(), normal(number.number)].join('\t'));
}

function tellAll(country, description) {
    const types = description[11];
    const patterns = types ? types.filter((type) => type).map((type) => type[0]) : [description[2]];
    for (const pattern of patterns) {
        const make = match(pattern);
        for (let i = 0; i < OF_EACH_PATTERN; i++)
            tell(country, description[0], make());
    }
}

const ours = fs.readFileSync(process.argv[3], 'utf8').split('\n').slice(1).map((row) => row.split(',')[0]);
for (const country of ours.filter((country) => country))
    if (metadata.countries[country])
        tellAll(country, metadata.countries[country]);
for (const code of Object.keys(metadata.nonGeographic))
    tellAll(null, metadata.nonGeographic[code]);
