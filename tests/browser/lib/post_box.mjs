// SPDX-License-Identifier: Apache-2.0
// Where messages are delivered: keeps the link that each address was sent.
import {createServer} from 'node:http';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {after} from 'node:test';

export class PostBox {
    messages; // what stands in the policy
    settings; // and of the service
    #links = new Map();

    static async start() {
        const box = new PostBox();
        const server = createServer(async (request, response) => {
            const {data} = JSON.parse((await request.toArray()).join(''));
            box.#links.set(data.to.value, data.url);
            response.writeHead(204).end();
        });
        await new Promise(go => server.listen(0, '127.0.0.1', go));
        const folder = mkdtempSync(`${tmpdir()}/akkoord-post-box-`);
        writeFileSync(`${folder}/webhook.secrets`, 'box:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n', {mode: 0o600});
        after(() => {
            server.close();
            server.closeAllConnections();
            rmSync(folder, {recursive: true});
        });
        box.messages = {endpoint: `http://127.0.0.1:${server.address().port}/`, secret: 'box'};
        box.settings = {AKKOORD_WEBHOOK_SECRETS_FILE: `${folder}/webhook.secrets`, AKKOORD_WEBHOOK_ALLOW: '127.0.0.1'};
        return box;
    }

    // The last link that somebody was sent, once it is there, and is of that kind.
    async link(address, kind = '/') {
        for (let i = 0; i < 600; i++) {
            if (this.#links.get(address)?.includes(kind)) return this.#links.get(address);
            await new Promise(go => setTimeout(go, 100));
        }
        throw new Error(`nothing was delivered to ${address}`);
    }
}
