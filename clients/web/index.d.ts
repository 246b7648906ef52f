// SPDX-License-Identifier: Apache-2.0

export interface Change {
    /** The purposes that are allowed now. */
    allowed: string[];
    /** Those of which that is new, either way. */
    changed: string[];
}

export interface Akkoord {
    /** Resolves once it is known what is allowed; also where nothing could be asked of the service, and nothing is. */
    readonly ready: Promise<void>;
    /** Whether a purpose is allowed, now. */
    allows(purpose: string): Promise<boolean>;
    /** Calls `tell` at each change; returns what takes it away again. */
    on(type: 'change', tell: (change: Change) => void): () => void;
    /** Opens the choice of each purpose. */
    open(): Promise<void>;
    /** A choice made in the site's own page; resolves when the service has it, or it is kept for later. */
    choose(choices: Record<string, boolean>, more?: {tc_string?: string}): Promise<void>;
    /** Fills an element with the list of cookies, by purpose. */
    declaration(element: Element): Promise<void>;
}

export interface Settings {
    /** No small button: the page has a way of its own to `open`. */
    button?: 'none';
    /** The name of this form of the banner, in the evidence. */
    variant?: string;
    /** Whatever it holds: the page is loaded anew once a purpose is no longer allowed. */
    reload?: string;
    /** JSON: purposes by the names of the banner that was here before. */
    moving?: string;
}

export function load(address: string, settings?: Settings): Promise<Akkoord>;

declare global {
    interface Window { akkoord?: Akkoord; }
}
