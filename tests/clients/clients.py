#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the clients of clients/ do what their examples say, against the service, and their shapes are the contract's.

Each example runs as it stands; then what it leaves out: a batch with subject_ids, an import that is tried, changes, a policy that is another
one, a refusal, and a service that is not there, where nothing is allowed. A client of another language is made from openapi/akkoord.yaml (docs/clients.md).
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/fault"))

from lib.house import House, say  # noqa: E402

MORE_JS = """
import { createHmac } from 'node:crypto';
import { Akkoord, AkkoordError } from 'CLIENT/index.js';
const akkoord = new Akkoord({ url: process.env.AKKOORD_URL, token: () => process.env.AKKOORD_TOKEN });
const an = { type: 'email', value: 'an@example.nl' };
const say = { subject: an, purpose: 'newsletter', event_state: 'given', collection_method: 'web_form' };
const first = await akkoord.record(say, { idempotencyKey: 'one' });
const again = await akkoord.record(say, { idempotencyKey: 'one' });
const verdicts = [];
let proof;
const proven = { withSubject: true, keep: 'proven', onTrace: (trace) => { proof = trace; } };
for await (const v of akkoord.checkBatch([{ subject: an, purpose: 'newsletter', id: 'a' }], proven)) verdicts.push(v);
const hmac = createHmac('sha256', Buffer.from(proof.salt, 'hex')).update(proof.request).digest('hex');
const tried = await akkoord.import([{ ...say, event_time: '2025-01-01T00:00:00Z' }], { source: 's', batch: 'b', dryRun: true });
let revision = 0;
for await (const change of akkoord.changes({ wait: 0 })) { if (change.subject_id === first.subject_id) { revision = change.revision; break; } }
let another = null;
for await (const { policy } of akkoord.changes({ after: revision, wait: 0, policy: '0.0' })) if (policy) { another = policy.changed; break; }
const page = (state, changed) => ({ changes: [], next: 5, policy: { state, changed, purposes: changed ? ['newsletter'] : [] } });
const pages = [page('a', false), page('a', false), page('b', true)], asked = [], heard = [];
const stub = new Akkoord({ url: 'http://stub', token: 'x', fetch: async (url) => {
  asked.push(new URL(url).searchParams.get('policy'));
  return new Response(JSON.stringify(pages.shift()));
} });
for await (const { policy } of stub.changes()) { heard.push(policy.state); if (policy.changed) break; }
const refused = await akkoord.check(an, 'newsleter').catch((error) => error);
const away = new Akkoord({ url: 'http://127.0.0.1:1', token: 'x' });
console.log(JSON.stringify([first.record_id === again.record_id, verdicts[0].subject_id === first.subject_id, verdicts[0].id,
  tried.at(-1).dry_run, revision === first.revision, refused instanceof AkkoordError && refused.status,
  refused.errors[0].pointer, await away.allowed(an, 'newsletter'), await akkoord.lookup({ type: 'email', value: 'no@example.nl' }),
  (await akkoord.check(an, ['newsletter', 'analytics'])).length, another, asked, heard,
  proof.id, hmac]));
"""
MORE_PHP = """<?php
require 'CLIENT/Akkoord.php';
$akkoord = new Akkoord\\Client(getenv('AKKOORD_URL'), fn () => getenv('AKKOORD_TOKEN'));
$an = ['type' => 'email', 'value' => 'an@example.nl'];
$say = ['subject' => $an, 'purpose' => 'newsletter', 'event_state' => 'given', 'collection_method' => 'web_form'];
$first = $akkoord->record($say, 'two');
$again = $akkoord->record($say, 'two');
$verdicts = $akkoord->checkBatch([['subject' => $an, 'purpose' => 'newsletter', 'id' => 'a']], true, 'proven',
    function (array $trace) use (&$proof) { $proof = $trace; });
$hmac = hash_hmac('sha256', $proof['request'], hex2bin($proof['salt']));
$tried = $akkoord->import([$say + ['event_time' => '2025-01-01T00:00:00Z']], 's', 'b', true);
foreach ($akkoord->changes(0, null, 0) as $change) {
    if ($change['record_id'] === $first['record_id']) { $revision = $change['revision']; break; }
}
foreach ($akkoord->changes($revision, null, 0, '0.0') as $change) {
    if (isset($change['policy'])) { $another = $change['policy']['changed']; break; }
}
// A PSR-18 client with its factory, its request and its answer in one.
final class Stub
{
    public array $asked = [];
    public array $pages = [['a', false], ['a', false], ['b', true]];
    public function createRequest(string $method, string $url): self
    {
        parse_str(parse_url($url, PHP_URL_QUERY), $query);
        $this->asked[] = $query['policy'] ?? null;
        return $this;
    }
    public function withHeader(string $name, string $value): self { return $this; }
    public function sendRequest(self $request): self { return $this; }
    public function getStatusCode(): int { return 200; }
    public function getBody(): string
    {
        [$state, $changed] = array_shift($this->pages);
        return json_encode(['changes' => [], 'next' => 5, 'policy' => ['state' => $state, 'changed' => $changed, 'purposes' => []]]);
    }
}
$stub = new Stub();
$heard = [];
foreach ((new Akkoord\\Client('http://stub', 'x', $stub, $stub))->changes() as ['policy' => $policy]) {
    $heard[] = $policy['state'];
    if ($policy['changed']) { break; }
}
try { $akkoord->check($an, 'newsleter'); } catch (Akkoord\\AkkoordException $refused) { }
$away = new Akkoord\\Client('http://127.0.0.1:1', 'x');
echo json_encode([$first['record_id'] === $again['record_id'], $verdicts[0]['subject_id'] === $first['subject_id'], $verdicts[0]['id'],
    end($tried)['dry_run'], $revision === $first['revision'], $refused->getCode(), $refused->errors[0]['pointer'],
    $away->allowed($an, 'newsletter'), $another, $stub->asked, $heard, $proof['id'], $hmac]), "\\n";
"""


def shapes(text):
    """Each type with the words it is made of. What the contract has gained since they may lack, and nothing else."""
    return {name: set(re.findall(r"[\w*?'-]+", what)) for name, what in re.findall(r"^export type (\w+) = (.*);$", text, re.M)}


def proven(house, printed):
    """What a client told, without what proves that it asked a batch, which is held to what the service keeps."""
    *told, trace, proof = json.loads(printed)
    kept = house.cluster.rows(f"select encode(hmac, 'hex') from check_trace where trace_id = '{trace}';")
    assert kept == [[proof]], (kept, proof)
    return told


def main():
    made = shapes(subprocess.run([ROOT / "clients/shapes"], capture_output=True, text=True, check=True).stdout)
    for name, words in shapes((ROOT / "clients/js/shapes.d.ts").read_text(encoding="utf-8")).items():
        stale = words - made.get(name, set())
        assert not stale, f"{name}: the contract has no {stale}: run clients/shapes > clients/js/shapes.d.ts"
    with House("clients") as house:
        service = house.service()
        service.start()
        environment = house.settings | {"AKKOORD_URL": f"http://127.0.0.1:{service.port}/", "AKKOORD_TOKEN": house.token}

        def run(*words):
            done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=120)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
            return done.stdout

        assert run("node", ROOT / "clients/js/example.js") == "granted\nfalse\n"
        more = house.folder / "more.mjs"
        more.write_text(MORE_JS.replace("CLIENT", str(ROOT / "clients/js")), encoding="utf-8")
        told = proven(house, run("node", more))
        assert told == [True, True, "a", True, True, 422, "/purpose", False, None, 2, True, [None, "a", "a"], ["a", "b"]], told
        if shutil.which("php"):
            assert run("php", ROOT / "clients/php/example.php") == "granted\nbool(false)\n"
            more = house.folder / "more.php"
            more.write_text(MORE_PHP.replace("CLIENT", str(ROOT / "clients/php")), encoding="utf-8")
            told = proven(house, run("php", more))
            assert told == [True, True, "a", True, True, 422, "/purpose", False, True, [None, "a", "a"], ["a", "b"]], told
        else:
            say("there is no php here: its client was not run")
        service.stop()


main()
