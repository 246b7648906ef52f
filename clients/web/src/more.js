/* SPDX-License-Identifier: Apache-2.0 */
// Finds what is loaded on demand, so that the banner need know one name only.
const modules = {}; // the build puts {name: file} here

export default async (name, inside) => (await import(new URL(modules[name] ?? `${name}.js`, import.meta.url))).default(inside);
