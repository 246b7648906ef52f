-- SPDX-License-Identifier: Apache-2.0
-- What the service's role may do. Run by `akkoord migrate` as the owner, with the role's name in
-- akkoord.service_role.
do $$
declare
    r text := quote_ident(current_setting('akkoord.service_role'));
begin
    execute 'grant usage on schema public to ' || r;
    execute 'grant select on all tables in schema public to ' || r;
    execute 'grant insert on controller, head, touched, policy, purpose, notice, subject_key, identifier, '
            'tie, guardian, event, named, beside, told, confirmed, evidence, consent, idempotency, revoked, '
            'api_key, outbox, retention_start, retention_deletion, import_batch, imported, '
            'site_count, kept_link, kept_link_tag to ' || r;
    execute 'grant update on controller, head, purpose, identifier, consent, idempotency, revoked, '
            'api_key, outbox, endpoint, retention_start, retention_deletion, site_count, '
            'kept_link to ' || r;
    execute 'grant insert on register, audit, rights_request, breach, check_trace to ' || r;
    execute 'grant update on register, rights_request, breach to ' || r;
    execute 'grant delete on revoked, api_key to ' || r;
    execute 'grant execute on all functions in schema public to ' || r;
end $$;
