// SPDX-License-Identifier: Apache-2.0
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {after} from 'node:test';
import {readFileSync} from 'node:fs';
import {root} from './modules.mjs';

// A service on a private PostgreSQL, as ./keep.py has it; both end with the test. `name`: its folder's and its cluster's,
// that of the test program. Anything that goes wrong is thrown, with the end of the service's log.
export class Service {
    url;
    token; // with every scope, for the controller demo
    #keeper;
    #answers;

    // Started with options beside the usual ones, and the policy of examples/demo.json unless another is given.
    static async start(name, {settings = {}, policy} = {}) {
        const service = new Service(name);
        if (policy) await service.apply(policy);
        await service.resume(settings);
        after(() => service.end());
        return service;
    }

    constructor(name) {
        this.#keeper = spawn(root + 'tests/browser/lib/keep.py', [name], {stdio: ['pipe', 'pipe', 'inherit']});
        this.#answers = createInterface({input: this.#keeper.stdout})[Symbol.asyncIterator]();
    }

    // One order of keep.py. One at a time.
    async #order(order) {
        this.#keeper.stdin.write(JSON.stringify(order) + '\n');
        const {value, done} = await this.#answers.next();
        if (done) throw new Error('the keeper of the service ended');
        const {ok, error} = JSON.parse(value);
        if (error) throw new Error(error);
        return ok;
    }

    async resume(settings = {}) { Object.assign(this, await this.#order({start: settings})); }
    stop() { return this.#order({stop: true}); }
    apply(policy) { return this.#order({apply: policy}); }
    command(...words) { return this.#order({command: words}); }

    // An API call with the token: {status, headers, body}.
    async api(method, path, body, headers = {}) {
        const answer = await fetch(this.url + path, {
            method,
            headers: {authorization: `Bearer ${this.token}`, 'content-type': 'application/json', ...headers},
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        const json = /json/.test(answer.headers.get('content-type') ?? '');
        return {status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text};
    }

    async end() {
        const ended = new Promise(resolve => this.#keeper.once('close', resolve));
        this.#keeper.stdin.end();
        const status = await ended;
        if (status !== 0) throw new Error(`the service or what it stands on ended with status ${status}`);
    }
}

// A policy of examples/, to be changed by who asked for it.
export const example = name => JSON.parse(readFileSync(`${root}examples/${name}.json`, 'utf8'));
