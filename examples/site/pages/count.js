/* SPDX-License-Identifier: Apache-2.0 */
// The paper's own statistics: how many pages were read in this browser. The page loads it after a Yes, and not before.
const pages = Number(/(?:^|; )_pages=(\d{1,6})/.exec(document.cookie)?.[1] ?? 0) + 1;
document.cookie = `_pages=${pages}; Path=/; Max-Age=15552000; SameSite=Lax`;
document.dispatchEvent(new Event('counted'));
