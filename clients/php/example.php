<?php // SPDX-License-Identifier: Apache-2.0
require __DIR__ . '/Akkoord.php';

$akkoord = new Akkoord\Client(getenv('AKKOORD_URL'), getenv('AKKOORD_TOKEN'));
$jan = ['type' => 'email', 'value' => 'jan@example.nl'];
$akkoord->record(['subject' => $jan, 'purpose' => 'newsletter', 'event_state' => 'given', 'collection_method' => 'web_form']);
echo $akkoord->check($jan, 'newsletter')['reason'], "\n";
$akkoord->withdraw(['subject' => $jan, 'purpose' => 'newsletter']);
var_dump($akkoord->allowed($jan, 'newsletter'));
