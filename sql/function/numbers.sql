-- SPDX-License-Identifier: Apache-2.0
-- The numbers that the program's enums give (service/domain/consent.h, identifier.h and tag.h,
-- service/store/record.h, policy.h, walk.h, api_key.h and outbox.h), under the same names. A plan has each as
-- the constant that it is. tests/store/test_numbers.c holds them equal to the enums.

-- enum slot: those of a guardian are as many slots on, once a guardian
create or replace function slot_yes() returns integer immutable parallel safe return 0;
create or replace function slot_no() returns integer immutable parallel safe return 1;
create or replace function slot_reached() returns integer immutable parallel safe return 2;
create or replace function slot_signal() returns integer immutable parallel safe return 3;
create or replace function slot_sale() returns integer immutable parallel safe return 5;
create or replace function slot_pending() returns integer immutable parallel safe return 6;
create or replace function slot_outcome() returns integer immutable parallel safe return 7;
create or replace function slot_age() returns integer immutable parallel safe return 8;
create or replace function slot_age_limit() returns integer immutable parallel safe return 9;
create or replace function slot_age_document() returns integer immutable parallel safe return 11;
create or replace function slot_care() returns integer immutable parallel safe return 12;
create or replace function slot_care_limit() returns integer immutable parallel safe return 13;
create or replace function slot_care_document() returns integer immutable parallel safe return 15;
create or replace function slot_count() returns integer immutable parallel safe return 16;
create or replace function guardian_named() returns integer immutable parallel safe return 8;
-- in place of a guardian's number, and enum staff_act as slots of that
create or replace function guardian_staff() returns integer immutable parallel safe return 4;
create or replace function staff_restricted() returns integer immutable parallel safe return 68;
create or replace function staff_lifted() returns integer immutable parallel safe return 69;
create or replace function staff_erased() returns integer immutable parallel safe return 70;
create or replace function staff_undone() returns integer immutable parallel safe return 71;
create or replace function staff_added() returns integer immutable parallel safe return 72;
create or replace function staff_ended() returns integer immutable parallel safe return 76;
create or replace function staff_merged() returns integer immutable parallel safe return 77;
create or replace function staff_split() returns integer immutable parallel safe return 78;
create or replace function staff_corrected() returns integer immutable parallel safe return 79;
-- likewise of what time did, and enum time_event
create or replace function guardian_time() returns integer immutable parallel safe return 5;
create or replace function time_expiring() returns integer immutable parallel safe return 87;
create or replace function time_expired() returns integer immutable parallel safe return 88;
create or replace function time_lapsed() returns integer immutable parallel safe return 92;
create or replace function time_limit() returns integer immutable parallel safe return 93;

-- enum staff_outcome
create or replace function staff_done() returns smallint immutable parallel safe return 0::smallint;
create or replace function staff_stale() returns smallint immutable parallel safe return 1::smallint;
create or replace function staff_replayed() returns smallint immutable parallel safe return 2::smallint;
create or replace function staff_key_reused() returns smallint immutable parallel safe return 3::smallint;
create or replace function staff_no_subject() returns smallint immutable parallel safe return 4::smallint;
create or replace function staff_no_other() returns smallint immutable parallel safe return 5::smallint;
create or replace function staff_same() returns smallint immutable parallel safe return 6::smallint;
create or replace function staff_already() returns smallint immutable parallel safe return 7::smallint;
create or replace function staff_nothing() returns smallint immutable parallel safe return 8::smallint;
create or replace function staff_not_theirs() returns smallint immutable parallel safe return 9::smallint;
create or replace function staff_others() returns smallint immutable parallel safe return 10::smallint;
create or replace function staff_too_many() returns smallint immutable parallel safe return 11::smallint;
create or replace function staff_customers() returns smallint immutable parallel safe return 12::smallint;
create or replace function staff_browser() returns smallint immutable parallel safe return 13::smallint;
-- and above it what else rights_request_misfits() finds
create or replace function staff_no_request() returns smallint immutable parallel safe return 14::smallint;

-- enum event_state
create or replace function event_given() returns smallint immutable parallel safe return 2::smallint;
create or replace function event_requested() returns smallint immutable parallel safe return 5::smallint;
create or replace function event_passed() returns smallint immutable parallel safe return 7::smallint;
create or replace function event_invalidated() returns smallint immutable parallel safe return 8::smallint;
create or replace function event_restricted() returns smallint immutable parallel safe return 13::smallint;
create or replace function event_erased() returns smallint immutable parallel safe return 14::smallint;
create or replace function event_staff() returns smallint immutable parallel safe return 15::smallint;

-- enum event_class
create or replace function class_choice() returns smallint immutable parallel safe return 1::smallint;

-- enum role, enum collection_method
create or replace function role_self() returns smallint immutable parallel safe return 0::smallint;
create or replace function role_staff() returns smallint immutable parallel safe return 4::smallint;
create or replace function role_controller() returns smallint immutable parallel safe return 5::smallint;
create or replace function method_double_opt_in() returns smallint immutable parallel safe
    return 4::smallint;
create or replace function method_api() returns smallint immutable parallel safe return 6::smallint;

-- enum effect; and what an act asks for that is settled here
create or replace function effect_applied() returns smallint immutable parallel safe return 0::smallint;
create or replace function effect_superseded() returns smallint immutable parallel safe return 1::smallint;
create or replace function effect_pending() returns smallint immutable parallel safe return 3::smallint;
create or replace function effect_settled_there() returns smallint immutable parallel safe return 5::smallint;
create or replace function effect_repeated() returns smallint immutable parallel safe return 6::smallint;

-- FLAG_...
create or replace function flag_imported() returns smallint immutable parallel safe return 8::smallint;
create or replace function flag_signal() returns smallint immutable parallel safe return 16::smallint;

-- enum record_outcome
create or replace function record_done() returns smallint immutable parallel safe return 0::smallint;
create or replace function record_replayed() returns smallint immutable parallel safe return 1::smallint;
create or replace function record_key_reused() returns smallint immutable parallel safe return 2::smallint;
create or replace function record_in_future() returns smallint immutable parallel safe return 3::smallint;
create or replace function record_stale() returns smallint immutable parallel safe return 4::smallint;
create or replace function record_again() returns smallint immutable parallel safe return 5::smallint;
create or replace function record_too_many() returns smallint immutable parallel safe return 6::smallint;
create or replace function record_no_objection() returns smallint immutable parallel safe return 7::smallint;
create or replace function record_expired() returns smallint immutable parallel safe return 8::smallint;
create or replace function record_overtaken() returns smallint immutable parallel safe return 9::smallint;
create or replace function record_gone() returns smallint immutable parallel safe return 10::smallint;
create or replace function record_confirmed() returns smallint immutable parallel safe return 11::smallint;

-- event.answer: a bit for each type of identifier that stays under a No (1 << type), and
create or replace function answer_unknown() returns smallint immutable parallel safe return 32::smallint;
create or replace function answer_untied() returns smallint immutable parallel safe return 64::smallint;

-- A pointer's kind (tie.sql).
create or replace function pointer_up() returns integer immutable parallel safe return 0;
create or replace function pointer_down() returns integer immutable parallel safe return 1;
create or replace function pointer_side() returns integer immutable parallel safe return 2;

-- A limit whose end is not known: the last moment that a rank can tell.
create or replace function forever() returns bigint immutable parallel safe return 9007199254740991;

-- enum apply_outcome
create or replace function apply_done() returns smallint immutable parallel safe return 0::smallint;
create or replace function apply_same() returns smallint immutable parallel safe return 1::smallint;
create or replace function apply_other_version() returns smallint immutable parallel safe return 2::smallint;
create or replace function apply_country_fixed() returns smallint immutable parallel safe return 3::smallint;
create or replace function apply_basis_fixed() returns smallint immutable parallel safe return 4::smallint;
create or replace function apply_words_fixed() returns smallint immutable parallel safe return 5::smallint;
create or replace function apply_no_time_zone() returns smallint immutable parallel safe return 6::smallint;
create or replace function apply_strands() returns smallint immutable parallel safe return 7::smallint;
create or replace function apply_done_before() returns smallint immutable parallel safe return 8::smallint;
create or replace function apply_same_before() returns smallint immutable parallel safe return 9::smallint;
create or replace function apply_key_reused() returns smallint immutable parallel safe return 10::smallint;
create or replace function apply_channel_fixed() returns smallint immutable parallel safe return 11::smallint;
create or replace function apply_replaces_fixed() returns smallint immutable parallel safe
    return 12::smallint;
create or replace function apply_replaces_channel() returns smallint immutable parallel safe
    return 13::smallint;
create or replace function apply_entity_added() returns smallint immutable parallel safe return 14::smallint;

-- In place of a purpose; in place of a version that must be in force; types of identifiers; bytes of a tag.
create or replace function purpose_all() returns integer immutable parallel safe return 0;
create or replace function purpose_pointer() returns integer immutable parallel safe return -100;
create or replace function policy_version_any() returns integer immutable parallel safe return -1;
create or replace function identifier_phone() returns smallint immutable parallel safe return 1::smallint;
create or replace function identifier_customer() returns smallint immutable parallel safe return 3::smallint;
create or replace function identifier_visitor() returns smallint immutable parallel safe return 4::smallint;
create or replace function tag_size() returns integer immutable parallel safe return 17;

-- enum walk_proof
create or replace function walk_refs() returns integer immutable parallel safe return 1;
create or replace function walk_origins() returns integer immutable parallel safe return 2;

-- Further persons that a lookup or a change tells of; and what is gone through to find them.
create or replace function persons_told_max() returns integer immutable parallel safe return 32;
create or replace function persons_share_max() returns integer immutable parallel safe return 512;

-- How much a person may have, browsers apart; who more persons than that have is crowded.
create or replace function person_identifiers_max() returns integer immutable parallel safe return 32;
create or replace function persons_pushed_max() returns integer immutable parallel safe return 16;

-- How many identifiers that hang together are derived anew at once; where there are more, the walk ends at
-- crowded ones.
create or replace function rebuild_max() returns integer immutable parallel safe return 4096;

-- What goes at a time (service/base/limits.h).
create or replace function expire_keys_max() returns integer immutable parallel safe return 5000;
create or replace function expire_pending_max() returns integer immutable parallel safe return 1000;

-- enum api_key_outcome; and how many keys a controller may have (those that have ended make room)
create or replace function api_key_no_controller() returns integer immutable parallel safe return 0;
create or replace function api_key_added() returns integer immutable parallel safe return 1;
create or replace function api_key_maker_gone() returns integer immutable parallel safe return 2;
create or replace function api_key_outlasts() returns integer immutable parallel safe return 3;
create or replace function api_key_past() returns integer immutable parallel safe return 4;
create or replace function api_key_full() returns integer immutable parallel safe return 5;
create or replace function api_keys_max() returns integer immutable parallel safe return 100;

-- enum message_kind
create or replace function message_confirmation() returns smallint immutable parallel safe return 0::smallint;
create or replace function message_guardian_request() returns smallint
    immutable parallel safe return 2::smallint;
create or replace function message_guardian_second() returns smallint
    immutable parallel safe return 3::smallint;
create or replace function message_identity() returns smallint immutable parallel safe return 4::smallint;

-- enum retention_outcome
create or replace function retention_done() returns integer immutable parallel safe return 0;
create or replace function retention_no_subject() returns integer immutable parallel safe return 1;
create or replace function retention_no_rule() returns integer immutable parallel safe return 2;
create or replace function retention_no_class() returns integer immutable parallel safe return 3;
create or replace function retention_key_reused() returns integer immutable parallel safe return 4;

-- enum rights_outcome
create or replace function rights_done() returns integer immutable parallel safe return 0;
create or replace function rights_stale() returns integer immutable parallel safe return 1;
create or replace function rights_key_reused() returns integer immutable parallel safe return 2;
create or replace function rights_not_theirs() returns integer immutable parallel safe return 3;
create or replace function rights_linked_lately() returns integer immutable parallel safe return 4;

-- enum rights_answered
create or replace function rights_answered() returns integer immutable parallel safe return 0;
create or replace function rights_unknown() returns integer immutable parallel safe return 1;
create or replace function rights_closed() returns integer immutable parallel safe return 2;
create or replace function rights_other_kind() returns integer immutable parallel safe return 3;
create or replace function rights_other_subject() returns integer immutable parallel safe return 4;
create or replace function rights_not_them() returns integer immutable parallel safe return 5;

-- enum breach_outcome
create or replace function breach_done() returns integer immutable parallel safe return 0;
create or replace function breach_unknown() returns integer immutable parallel safe return 1;
create or replace function breach_key_reused() returns integer immutable parallel safe return 2;

-- enum as_of_outcome
create or replace function as_of_known() returns integer immutable parallel safe return 0;
create or replace function as_of_forgotten() returns integer immutable parallel safe return 1;
create or replace function as_of_too_much() returns integer immutable parallel safe return 2;

-- enum message_status
create or replace function message_expired() returns smallint immutable parallel safe return 4::smallint;
