// SPDX-License-Identifier: Apache-2.0
// verify.mjs FILE: verifies {"secret", "deliveries": [{"headers", "body"}]} with npm's standardwebhooks; a body that was changed must fail.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Webhook } = createRequire(process.env.FETCHED + "/")("standardwebhooks");
const { secret, deliveries } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const webhook = new Webhook(secret);

const holds = (body, headers) => {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

const wrong = deliveries.filter(({ body, headers }) => !holds(body, headers) || holds(body + " ", headers));
if (deliveries.length === 0 || wrong.length > 0) {
  console.error(`${wrong.length} of ${deliveries.length} deliveries are not verified`);
  process.exit(1);
}
console.log(`${deliveries.length} deliveries verified by standardwebhooks`);
