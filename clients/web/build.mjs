// SPDX-License-Identifier: Apache-2.0
// build.mjs OUT: minifies src/*.js into OUT, and tells each its modules by their names with a hash, so that what a page
// with `integrity` loads later is what was built with it.
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {minify} from 'terser';

const out = process.argv[2];
const source = new URL('src/', import.meta.url);
const names = readdirSync(source).filter(f => f.endsWith('.js')).map(f => f.slice(0, -3));
// What others import comes first, the banner last.
const order = ['declaration', ...names.filter(n => !['declaration', 'more', 'banner'].includes(n)), 'more', 'banner'];

rmSync(out, {recursive: true, force: true});
mkdirSync(out, {recursive: true});
const hashed = {};
for (const name of order) {
    const text = readFileSync(new URL(`${name}.js`, source), 'utf8');
    const named = text.replace(/'\.\/([a-z]+)\.js'/g, (all, other) => `'./${hashed[other]}'`)
        .replace(/const modules = \{\};.*/, `const modules = ${JSON.stringify(hashed)};`)
        .replace("const more = 'more.js'", `const more = '${hashed.more}'`);
    const {code} = await minify(named, {module: !['banner', 'quiet'].includes(name), toplevel: true, ecma: 2022,
        compress: {passes: 3}, format: {preamble: '/* SPDX-License-Identifier: Apache-2.0 */'}});
    writeFileSync(`${out}/${name}.js`, code);
    if (name !== 'banner') hashed[name] = `${name}.${createHash('sha256').update(code).digest('hex')}.js`;
}
