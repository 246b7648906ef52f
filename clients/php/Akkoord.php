<?php
// SPDX-License-Identifier: Apache-2.0
declare(strict_types=1);

namespace Akkoord;

/**
 * A client of an Akkoord service, in one file. PHP 8.1 or later; needs nothing else, and takes a PSR-18 client with its
 * PSR-17 factories where there is one. What is sent and answered are arrays of the contract (openapi/akkoord.yaml).
 *
 * It repeats nothing by itself: a write whose outcome is unknown (504, or no answer) is asked again with the same
 * idempotency key. Whoever cannot check must not send: check() throws, and allowed() is false then.
 */
final class Client
{
    private const JSON = 'application/json';
    private const LINES = 'application/x-ndjson';

    /**
     * @param string|callable(): string $token tokens end: a function gives a fresh one
     * @param object|null $http a Psr\Http\Client\ClientInterface
     * @param object|null $factory a Psr\Http\Message\RequestFactoryInterface and StreamFactoryInterface in one
     */
    public function __construct(
        private string $url,
        private mixed $token,
        private ?object $http = null,
        private ?object $factory = null,
        private float $timeout = 30.0,
    ) {
        $this->url = rtrim($url, '/');
    }

    /** One choice, or a list of them: written all or not at all. Answers the receipt. */
    public function record(array $consent, ?string $idempotencyKey = null): array
    {
        return $this->json('POST', '/v1/consents', $consent, $idempotencyKey);
    }

    /** Ends a double opt-in. */
    public function confirm(string $token): array
    {
        return $this->json('POST', '/v1/confirm', ['token' => $token]);
    }

    /** Stops a purpose, a channel, or everything (purpose "*"). */
    public function withdraw(array $withdrawal, ?string $idempotencyKey = null): array
    {
        return $this->json('POST', '/v1/withdraw', $withdrawal, $idempotencyKey);
    }

    /** The verdict on one purpose. */
    public function check(array $subject, string $purpose): array
    {
        return $this->json('POST', '/v1/check', ['subject' => $subject, 'purpose' => $purpose]);
    }

    /** Whether it may be done. False, too, where that cannot be found out. */
    public function allowed(array $subject, string $purpose): bool
    {
        try {
            return ($this->check($subject, $purpose)['allow'] ?? false) === true;
        } catch (\Throwable) {
            return false;
        }
    }

    /**
     * Verdicts on up to 100 000 questions (subject, purpose and an id of one's own), in their order. Under the name $keep the
     * service keeps that they were asked; $onTrace is then given what proves it: ['id' =>, 'salt' =>, 'request' =>, 'answer' =>],
     * of which the service has no salt and no text. $reason: why they are looked up, with $withSubject.
     */
    public function checkBatch(array $questions, bool $withSubject = false, ?string $keep = null, ?callable $onTrace = null, ?string $reason = null): array
    {
        $query = http_build_query(array_filter(['with' => $withSubject ? 'subject_id' : null, 'keep' => $keep, 'reason' => $reason], static fn ($value) => $value !== null));
        $verdicts = $this->lines('/v1/check/batch' . ($query === '' ? '' : "?$query"), $questions, $keep === null ? null : $onTrace);
        if (count($verdicts) !== count($questions)) {
            throw new AkkoordException(200, ['title' => 'the answer is not whole']);
        }
        return $verdicts;
    }

    /** Links that people click (subject, kind, purposes), up to 100 000; each answer names its line, and has a url or an error. */
    public function links(array $wanted): array
    {
        return $this->lines('/v1/links', $wanted);
    }

    /** Asks a parent, carer or legal representative for a child (subject, guardian, purposes, minor). */
    public function guardianRequest(array $request, ?string $idempotencyKey = null): array
    {
        return $this->json('POST', '/v1/guardian-requests', $request, $idempotencyKey);
    }

    /** Lines of another system; $dryRun tells what they would be worth. The last element counts them. */
    public function import(array $lines, string $source, string $batch, bool $dryRun = false): array
    {
        $query = http_build_query(['source' => $source, 'batch' => $batch, 'dry_run' => $dryRun ? 'true' : 'false']);
        return $this->lines("/v1/imports?$query", $lines);
    }

    /**
     * All changes behind a revision, and then those to come: a generator without an end. Where the policy is not the one
     * of the state $policy (any more), ['policy' => [state, changed, purposes]] comes between them: where it says changed,
     * all verdicts on its purposes have to be asked again. Whoever keeps how far they are keeps both the last revision and
     * the last state.
     */
    public function changes(int $after = 0, ?string $purpose = null, int $wait = 25, ?string $policy = null): \Generator
    {
        for (;;) {
            $query = http_build_query(array_filter(['after' => (string) $after, 'wait' => (string) $wait, 'purpose' => $purpose,
                'policy' => $policy], static fn ($value) => $value !== null));
            $page = $this->json('GET', "/v1/changes?$query");
            yield from $page['changes'];
            if ($page['policy']['state'] !== $policy) {
                yield ['policy' => $page['policy']];
            }
            $after = $page['next'];
            $policy = $page['policy']['state'];
        }
    }

    private function json(string $method, string $path, ?array $body = null, ?string $idempotencyKey = null): array
    {
        $text = $body === null ? null : json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        return json_decode($this->ask($method, $path, self::JSON, $text, $idempotencyKey), true, 64, JSON_THROW_ON_ERROR);
    }

    private function lines(string $path, array $lines, ?callable $onTrace = null): array
    {
        $body = '';
        foreach ($lines as $line) {
            $body .= json_encode($line, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE) . "\n";
        }
        $answer = array_filter(explode("\n", $this->ask('POST', $path, self::LINES, $body, null, $onTrace)), static fn ($line) => $line !== '');
        return array_map(static fn ($line) => json_decode($line, true, 64, JSON_THROW_ON_ERROR), array_values($answer));
    }

    private function ask(string $method, string $path, string $type, ?string $body, ?string $idempotencyKey = null, ?callable $onTrace = null): string
    {
        $headers = ['Authorization' => 'Bearer ' . (is_callable($this->token) ? ($this->token)() : $this->token)];
        if ($body !== null) {
            $headers['Content-Type'] = $type;
        }
        if ($idempotencyKey !== null) {
            $headers['Idempotency-Key'] = $idempotencyKey;
        }
        [$status, $text, $field] = $this->http !== null
            ? $this->askPsr($method, $path, $headers, $body)
            : $this->askStream($method, $path, $headers, $body);
        if ($status >= 200 && $status < 300) {
            if ($onTrace !== null) {
                $onTrace(['id' => $field('trace-id'), 'salt' => $field('trace-salt'), 'request' => $body, 'answer' => $text]);
            }
            return $text;
        }
        throw new AkkoordException($status, json_decode($text, true) ?? []);
    }

    private function askPsr(string $method, string $path, array $headers, ?string $body): array
    {
        $request = $this->factory->createRequest($method, $this->url . $path);
        foreach ($headers as $name => $value) {
            $request = $request->withHeader($name, $value);
        }
        if ($body !== null) {
            $request = $request->withBody($this->factory->createStream($body));
        }
        $answer = $this->http->sendRequest($request);
        return [$answer->getStatusCode(), (string) $answer->getBody(), static fn ($name) => $answer->getHeaderLine($name)];
    }

    private function askStream(string $method, string $path, array $headers, ?string $body): array
    {
        $lines = [];
        foreach ($headers as $name => $value) {
            $lines[] = "$name: $value";
        }
        $context = stream_context_create(['http' => [
            'method' => $method, 'header' => $lines, 'content' => $body ?? '', 'timeout' => $this->timeout,
            'ignore_errors' => true, 'follow_location' => 0, 'protocol_version' => 1.1,
        ]]);
        $text = @file_get_contents($this->url . $path, false, $context);
        if ($text === false || !preg_match('~^HTTP/\S+ (\d{3})~', $http_response_header[0] ?? '', $found)) {
            throw new AkkoordException(0, ['title' => 'the service gave no answer']);
        }
        $fields = $http_response_header;
        return [(int) $found[1], $text, static function ($name) use ($fields) {
            foreach ($fields as $line) {
                if (stripos($line, "$name:") === 0) {
                    return trim(substr($line, strlen($name) + 1));
                }
            }
            return '';
        }];
    }
}

/** What the service refused, or could not do: a problem of RFC 9457. Its code is the HTTP status; 0: no answer. */
final class AkkoordException extends \RuntimeException
{
    public readonly string $type;
    /** @var list<array{pointer: string, detail: string}> */
    public readonly array $errors;

    public function __construct(int $status, array $problem)
    {
        parent::__construct($problem['detail'] ?? $problem['title'] ?? "the service answered $status", $status);
        $this->type = $problem['type'] ?? 'about:blank';
        $this->errors = $problem['errors'] ?? [];
    }
}
