// SPDX-License-Identifier: Apache-2.0
// The demonstration as script/server runs it: the newspaper of examples/site with its policy, beside a service, a mailer
// and a mail box.
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {after} from 'node:test';
import {root} from './modules.mjs';
import {Service} from './service.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

async function freePort() {
    const server = createServer();
    await new Promise(go => server.listen(0, '127.0.0.1', go));
    const {port} = server.address();
    await new Promise(go => server.close(go));
    return port;
}

function run(program, words, settings) {
    const child = spawn(root + program, words, {env: {...process.env, ...settings}, stdio: ['ignore', 'inherit', 'inherit']});
    after(() => new Promise(go => {
        child.once('close', go);
        child.kill();
    }));
}

async function answers(port) {
    for (let i = 0; i < 1200; i++) {
        if (await fetch(`http://localhost:${port}/icon.svg`).then(a => a.ok, () => false)) return;
        await new Promise(go => setTimeout(go, 50));
    }
    throw new Error('the newspaper does not answer');
}

export class Demo {
    static async start(name) {
        const demo = new Demo();
        const [site, mailer, mailbox] = [await freePort(), await freePort(), await freePort()];
        const folder = mkdtempSync(`${tmpdir()}/akkoord-demo-`);
        after(() => rmSync(folder, {recursive: true}));
        writeFileSync(`${folder}/webhook.secrets`, `mailer:${SECRET}\n`, {mode: 0o600});
        const policy = JSON.parse(readFileSync(`${root}examples/site/policy.json`, 'utf8'));
        policy.messages.endpoint = `http://127.0.0.1:${mailer}/`;
        policy.sites[0].origins = [`http://localhost:${site}`];
        demo.site = `http://localhost:${site}`;
        demo.service = await Service.start(name, {policy, settings: {AKKOORD_DEMO: '1', AKKOORD_DEMO_SITE: `${demo.site}/`,
            AKKOORD_WEBHOOK_SECRETS_FILE: `${folder}/webhook.secrets`, AKKOORD_WEBHOOK_ALLOW: '127.0.0.1'}});
        const key = await demo.service.command('key', 'add', 'newspaper', '--controller', 'demo', '--scope', 'consent:record consent:check');
        run('script/lib/mailbox', [`127.0.0.1:${mailbox}`, `${demo.service.url}/demo/mail`], {});
        run('examples/mailer/mailer.py', [], {MAILER_SECRET: SECRET, MAILER_SMTP: `127.0.0.1:${mailbox}`, MAILER_LISTEN: `127.0.0.1:${mailer}`});
        run('examples/site/server.py', [], {AKKOORD_URL: demo.service.url, AKKOORD_KEY: key.trim(), SITE_PORT: String(site)});
        await answers(site);
        return demo;
    }

    // The link in the newest mail to somebody, once there is one with that subject; the mail box is then what is seen.
    async mailed(visit, to, subject) {
        const look = ([who, what]) => [...document.querySelectorAll('li')].find(li => li.querySelector('p')?.textContent === who &&
            li.querySelector('h2')?.textContent === what)?.querySelector('a')?.href;
        for (let i = 0; i < 480; i++) {
            await visit.goto(`${this.service.url}/demo/mail`);
            const link = await visit.evaluate(look, [to, subject]);
            if (link) return link;
            await new Promise(go => setTimeout(go, 250));
        }
        throw new Error(`no mail to ${to}: ${subject}`);
    }
}
