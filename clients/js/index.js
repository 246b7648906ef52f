// SPDX-License-Identifier: Apache-2.0
/**
 * A client of an Akkoord service, for a server: it holds a token, which no browser may. Nothing but fetch() is
 * needed. What is sent and answered is the contract's (openapi/akkoord.yaml; shapes.d.ts is made from it).
 *
 * It repeats nothing by itself: a write whose outcome is unknown (504, or no answer) is asked again with the same
 * idempotency key. Whoever cannot check must not send: check() throws, and allowed() is false then.
 */

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';

/** What the service refused, or could not do: a problem of RFC 9457. */
export class AkkoordError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the service answered ${status}`);
    this.name = 'AkkoordError';
    this.status = status;
    this.type = problem.type ?? 'about:blank';
    this.title = problem.title ?? '';
    this.errors = problem.errors ?? [];
  }
}

export class Akkoord {
  #url;
  #token;
  #fetch;

  /** token: a string, or a function that gives one (tokens end). */
  constructor({ url, token, fetch = globalThis.fetch }) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
    this.#fetch = fetch;
  }

  /** One choice or several (an array), written all or not at all. Answers the receipt. */
  record(consent, { idempotencyKey, signal } = {}) {
    return this.#json('POST', '/v1/consents', consent, { idempotencyKey, signal });
  }

  /** Ends a double opt-in. */
  confirm(token, { evidence, signal } = {}) {
    return this.#json('POST', '/v1/confirm', evidence ? { token, evidence } : { token }, { signal });
  }

  /** Stops a purpose, a channel, or everything (purpose "*"). */
  withdraw(withdrawal, { idempotencyKey, signal } = {}) {
    return this.#json('POST', '/v1/withdraw', withdrawal, { idempotencyKey, signal });
  }

  /** The verdict on one purpose; of an array of purposes, an array of verdicts. */
  async check(subject, purpose, { signal } = {}) {
    if (!Array.isArray(purpose)) return this.#json('POST', '/v1/check', { subject, purpose }, { signal });
    return (await this.#json('POST', '/v1/check', { subject, purposes: purpose }, { signal })).results;
  }

  /** Whether it may be done. False, too, where that cannot be found out. */
  async allowed(subject, purpose, options) {
    try {
      return (await this.check(subject, purpose, options)).allow === true;
    } catch {
      return false;
    }
  }

  /**
   * Verdicts on up to 100 000 questions ({subject, purpose, id?}), in their order. Nothing is given out of an answer
   * that is not whole. withSubject: each has the subject_id (reason: why they are looked up). keep: the service keeps under this name that they were asked;
   * onTrace is then given what proves it: {id, salt, request, answer}, of which the service has no salt and no text.
   */
  async *checkBatch(questions, { withSubject = false, reason, keep, onTrace, signal } = {}) {
    const query = new URLSearchParams();
    if (withSubject) query.set('with', 'subject_id');
    if (reason !== undefined) query.set('reason', reason);
    if (keep !== undefined) query.set('keep', keep);
    const lines = await this.#lines(`/v1/check/batch${query.size ? `?${query}` : ''}`, questions, signal, keep === undefined ? undefined : onTrace);
    if (lines.length !== questions.length) throw new AkkoordError(200, { title: 'the answer is not whole' });
    yield* lines;
  }

  /** Links that people click ({subject, kind, purposes?}), up to 100 000; each answer names its line, and has a url or an error. */
  links(wanted, { signal } = {}) {
    return this.#lines('/v1/links', wanted, signal);
  }

  /** Asks a parent, carer or legal representative for a child ({subject, guardian, purposes, minor}). */
  guardianRequest(request, { idempotencyKey, signal } = {}) {
    return this.#json('POST', '/v1/guardian-requests', request, { idempotencyKey, signal });
  }

  /** The subject_id of an identifier, or null. reason: why, kept with who looked; a policy may ask for it. */
  async lookup(subject, { reason, signal } = {}) {
    const query = reason === undefined ? '' : `?${new URLSearchParams({ reason })}`;
    try {
      return (await this.#json('POST', `/v1/subjects/lookup${query}`, { subject }, { signal })).subject_id;
    } catch (error) {
      if (error instanceof AkkoordError && error.status === 404) return null;
      throw error;
    }
  }

  /** Lines of another system; dryRun tells what they would be worth. The last element counts them. */
  import(lines, { source, batch, dryRun = false, signal }) {
    const query = new URLSearchParams({ source, batch, dry_run: String(dryRun) });
    return this.#lines(`/v1/imports?${query}`, lines, signal);
  }

  /**
   * All changes behind a revision, and then those to come, until it is left or the signal aborts. Where the policy is
   * not the one of the state `policy` (any more), {policy: {state, changed, purposes}} comes between them: where it
   * says `changed`, all verdicts on its purposes have to be asked again. Whoever keeps how far they are keeps both the
   * last revision and the last state.
   */
  async *changes({ after = 0, purpose, wait = 25, policy, signal } = {}) {
    for (;;) {
      const query = new URLSearchParams({ after: String(after), wait: String(wait) });
      if (purpose) query.set('purpose', purpose);
      if (policy) query.set('policy', policy);
      const page = await this.#json('GET', `/v1/changes?${query}`, undefined, { signal });
      yield* page.changes;
      if (page.policy.state !== policy) yield { policy: page.policy };
      after = page.next;
      policy = page.policy.state;
    }
  }

  async #ask(method, path, type, body, { idempotencyKey, signal, onTrace } = {}) {
    const token = typeof this.#token === 'function' ? await this.#token() : this.#token;
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers['Content-Type'] = type;
    if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey;
    const answer = await this.#fetch(this.#url + path, { method, headers, body, signal });
    const text = await answer.text();
    if (answer.ok) {
      onTrace?.({ id: answer.headers.get('trace-id'), salt: answer.headers.get('trace-salt'), request: body, answer: text });
      return text;
    }
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch {
      // another program's answer
    }
    throw new AkkoordError(answer.status, problem);
  }

  async #json(method, path, body, options) {
    const text = await this.#ask(method, path, JSON_TYPE, body === undefined ? body : JSON.stringify(body), options);
    return JSON.parse(text);
  }

  async #lines(path, lines, signal, onTrace) {
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const text = await this.#ask('POST', path, LINES_TYPE, body, { signal, onTrace });
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}
