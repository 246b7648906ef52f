// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';

/** Hands a mail to this machine's mail program (SENDMAIL, by default /usr/sbin/sendmail), as every mail server brings one; `-` shows it. */
export function mail(to, subject, text, fields = {}) {
  const all = { To: to, Subject: subject, 'MIME-Version': '1.0', 'Content-Type': 'text/plain; charset=utf-8', ...fields };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`).join('');
  if (process.env.SENDMAIL === '-') {
    console.log(`${head}\n${text}\n`);
    return;
  }
  const done = spawnSync(process.env.SENDMAIL ?? '/usr/sbin/sendmail', ['-i', '-t'], { input: `${head}\n${text}\n` });
  if (done.status !== 0) throw new Error(`the mail program failed: ${done.error?.message ?? done.stderr}`);
}
