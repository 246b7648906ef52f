-- SPDX-License-Identifier: Apache-2.0
-- What is held of a person beside events, as an export tells it: an object of JSON each, flat, since it is a
-- line of CSV too. Members have the names of the contract (SubjectExport).

create or replace function moment_text(p_at timestamptz) returns text
language plpgsql stable as $$
begin
    return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
end $$;

create or replace function export_request(r rights_request) returns text
language plpgsql stable as $$
begin
    return json_build_object(
        'request_id', r.request_id, 'kind', r.kind, 'received_at', moment_text(r.received_at),
        'state', r.state, 'due_on', r.due_on, 'due_at', moment_text(r.due_at),
        'extended_at', moment_text(r.extended_at), 'extension_reason', r.extension_reason,
        'paused_at', moment_text(r.paused_at), 'pause_reason', r.pause_reason,
        'identity_method', r.identity_method, 'identity_outcome', r.identity_outcome,
        'identity_at', moment_text(r.identity_at), 'closed_at', moment_text(r.closed_at),
        'closed_by', r.closed_by, 'answer', r.answer, 'refusal_reason', r.refusal_reason,
        'complaint', r.complaint, 'client', r.client, 'medium', r.medium,
        'on_behalf_of', r.on_behalf_of, 'ref', r.ref,
        'recorded_at', moment_text(r.recorded_at), 'recorded_by', r.recorded_by)::text;
end $$;

create or replace function export_retention_event(
    p_event text, p_client text, p_purpose text, p_ref text, p_at timestamptz, p_recorded_at timestamptz,
    p_actor text)
returns text language plpgsql stable as $$
begin
    return json_build_object(
        'event', p_event, 'client', nullif(p_client, ''), 'purpose', nullif(p_purpose, ''),
        'ref', nullif(p_ref, ''),
        'at', moment_text(p_at), 'recorded_at', moment_text(p_recorded_at),
        'recorded_by', p_actor)::text;
end $$;

create or replace function export_deletion(
    p_client text, p_purpose text, p_data_class text, p_ref text, p_at timestamptz,
    p_recorded_at timestamptz, p_actor text)
returns text language plpgsql stable as $$
begin
    return json_build_object(
        'client', nullif(p_client, ''), 'purpose', nullif(p_purpose, ''), 'data_class', p_data_class,
        'ref', nullif(p_ref, ''),
        'deleted_at', moment_text(p_at), 'recorded_at', moment_text(p_recorded_at),
        'recorded_by', p_actor)::text;
end $$;

create or replace function export_audit(a audit) returns text
language plpgsql stable as $$
begin
    return json_build_object(
        'number', a.audit_no, 'at', moment_text(a.at), 'actor', a.actor, 'action', a.action,
        'found', a.found, 'reason', a.reason, 'on_behalf_of', a.on_behalf_of,
        'request_id', a.request_id)::text;
end $$;
