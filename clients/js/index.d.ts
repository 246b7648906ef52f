// SPDX-License-Identifier: Apache-2.0
import type { BatchQuestion, Changes, ConsentRequest, Record as Receipt, Subject, Verdict, WithdrawRequest } from './shapes.js';

export * from './shapes.js';

export interface Call {
  signal?: AbortSignal;
}
export interface Write extends Call {
  idempotencyKey?: string;
}

/** What proves that a batch was asked: the texts as they were on the wire, and the salt of their hashes. */
export interface Trace {
  readonly id: string;
  readonly salt: string;
  readonly request: string;
  readonly answer: string;
}

/** What the service refused, or could not do. */
export class AkkoordError extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly errors: { pointer: string; detail: string }[];
}

export class Akkoord {
  constructor(options: { url: string; token: string | (() => string | Promise<string>); fetch?: typeof fetch });
  record(consent: ConsentRequest, options?: Write): Promise<Receipt | Receipt[]>;
  record(consents: ConsentRequest[], options?: Write): Promise<Receipt[]>;
  confirm(token: string, options?: Call & { evidence?: object }): Promise<Receipt | Receipt[]>;
  withdraw(withdrawal: WithdrawRequest, options?: Write): Promise<object>;
  check(subject: Subject, purpose: string, options?: Call): Promise<Verdict>;
  check(subject: Subject, purposes: string[], options?: Call): Promise<Verdict[]>;
  allowed(subject: Subject, purpose: string, options?: Call): Promise<boolean>;
  checkBatch(questions: BatchQuestion[], options?: Call & { withSubject?: boolean; reason?: string; keep?: string; onTrace?: (trace: Trace) => void }): AsyncGenerator<object>;
  links(wanted: object[], options?: Call): Promise<object[]>;
  guardianRequest(request: object, options?: Write): Promise<object>;
  lookup(subject: Subject, options?: Call & { reason?: string }): Promise<string | null>;
  import(lines: ConsentRequest[], options: Call & { source: string; batch: string; dryRun?: boolean }): Promise<object[]>;
  changes(options?: Call & { after?: number; purpose?: string; wait?: number; policy?: string }): AsyncGenerator<
    Changes['changes'][number] | Pick<Changes, 'policy'>
  >;
}
