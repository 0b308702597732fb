//! The roles of the database. Nobody logs in as any of them: a connection takes one on with its first
//! word (`options=-c role=…`), or a login role is made a member of it.

use std::borrow::Cow;

use sqlx::PgConnection;

use crate::Error;

/// Owns schemas, tables and functions, and has all rights to them. It makes and builds.
pub const OWNER_ROLE: &str = "inrete_owner";
/// Adds to logs, through their functions only, and reads them all: what is decided is decided on them.
pub const APPEND_ROLE: &str = "inrete_append";
/// Reads all logs and writes read models.
pub const PROJECT_ROLE: &str = "inrete_project";
/// Reads logs and read models for somebody: those that [`FENCE`](crate::FENCE) names.
pub const READ_ROLE: &str = "inrete_read";
/// Reads the facts of a log to evaluate it: the one that [`FENCE`](crate::FENCE) names. Of two it
/// reads neither.
pub const REPORT_ROLE: &str = "inrete_report";

/// Every role.
pub const ROLES: [&str; 5] = [
    OWNER_ROLE,
    APPEND_ROLE,
    PROJECT_ROLE,
    READ_ROLE,
    REPORT_ROLE,
];

/// Creates the [`ROLES`] (without login) unless they are there, and makes the connection's user a
/// member of all of them unless it is. Roles belong to the whole cluster, so another database's
/// migration may be doing the same at this moment.
///
/// # Errors
/// [`Error::Roles`] when the user may not do it, and faults of the database.
pub async fn ensure_roles(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$
         declare
             wanted text;
             -- From 16 on, whoever made a role is its member and may still not take it on.
             taken_on constant text :=
                 case when current_setting('server_version_num')::integer >= 160000
                     then 'set' else 'member' end;
         begin
             foreach wanted in array array['inrete_owner', 'inrete_append', 'inrete_project',
                 'inrete_read', 'inrete_report']
             loop
                 if to_regrole(wanted) is null then
                     begin
                         execute format('create role %I nologin', wanted);
                     exception when duplicate_object or unique_violation then
                         null; -- somebody else was faster
                     end;
                 end if;
                 if not pg_has_role(current_user, wanted, taken_on) then
                     begin
                         execute format('grant %I to %I', wanted, current_user);
                     exception when unique_violation then
                         null;
                     end;
                 end if;
             end loop;
         end $$",
    )
    .execute(conn)
    .await
    .map_err(|error| match &error {
        sqlx::Error::Database(database) if database.code() == Some(Cow::Borrowed("42501")) => {
            Error::Roles(error)
        }
        _ => error.into(),
    })?;
    Ok(())
}
