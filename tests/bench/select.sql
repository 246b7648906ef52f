-- SPDX-License-Identifier: Apache-2.0
-- pgbench -M prepared: one lookup by primary key in a table of as many rows as there are subjects.
\set n random(1, :subjects)
select rank, revision, valid_until, notice_no, record_id from lookup where subject_no = :n;
