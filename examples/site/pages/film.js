/* SPDX-License-Identifier: Apache-2.0 */
// Filmhuis: a guest on the paper's page, which keeps something of its own. Nothing of it is loaded before a Yes.
try {
    localStorage.setItem('watched', Number(localStorage.getItem('watched') ?? 0) + 1);
} catch { /* it may keep nothing */ }
