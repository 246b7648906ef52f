// SPDX-License-Identifier: Apache-2.0
// The modules that ../fetch brought, and the browsers that Debian has. Where one cannot be had the program that asks for
// it is skipped (77), and says so out loud.
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const programs = {chromium: '/usr/bin/chromium', firefox: '/usr/bin/firefox-esr'};

const require = createRequire(root + 'build/browser/');

export function skip(why) {
    console.log(`*** browser tests are skipped: ${why}`);
    process.exit(77);
}

for (const program of Object.values(programs))
    if (!existsSync(program)) skip(`there is no ${program}`);
if (!existsSync(root + 'build/browser/node_modules/fetched.lock'))
    skip('tests/browser/fetch could not bring its modules');

export const {chromium} = require('playwright-core');
export const puppeteer = require('puppeteer-core');
export const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
