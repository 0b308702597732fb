//! Who may touch these tables, and what with.

use identity::{Database, SERVICE_ROLE};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use crate::kit::House;

async fn tables(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select tablename::text from pg_tables where schemaname = 'identity' order by 1",
    )
    .fetch_all(connection)
    .await
    .expect("tables")
}

async fn refused(connection: &mut PgConnection, statement: String) -> Option<String> {
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await;
    let error = done.err()?;
    Some(error.as_database_error()?.code()?.into_owned())
}

async fn taken_on(options: &PgConnectOptions, role: &str) -> PgConnection {
    let options = options.clone().options([("role", role)]);
    PgConnection::connect_with(&options)
        .await
        .expect("a connection")
}

const NOT_ALLOWED: Option<&str> = Some("42501");

#[tokio::test]
async fn no_other_role_reads_or_writes_anything() {
    let house = House::open().await;
    let options = house.database.options();
    let mut superuser = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    // Roles of the rest of the house, and one that is anybody.
    let anybody = format!("anybody_{}", house.database.name());
    for role in ["inrete_owner", "inrete_service", "inrete_vault", &anybody] {
        let made = format!(
            "do $$ begin create role {role} nologin;
             exception when duplicate_object or unique_violation then null; end $$"
        );
        assert_eq!(refused(&mut superuser, made).await, None);
        let mut connection = taken_on(&options, role).await;
        let tables = tables(&mut superuser).await;
        assert!(tables.len() > 10);
        for table in tables {
            for statement in [
                format!("select from identity.{table}"),
                format!("insert into identity.{table} default values"),
                format!("delete from identity.{table}"),
                format!("truncate identity.{table}"),
            ] {
                let code = refused(&mut connection, statement.clone()).await;
                assert_eq!(code.as_deref(), NOT_ALLOWED, "{role}: {statement}");
            }
        }
        let code = refused(&mut connection, "create table identity.x ()".into()).await;
        assert_eq!(code.as_deref(), NOT_ALLOWED, "{role}");
    }
    let dropped = refused(&mut superuser, format!("drop role {anybody}")).await;
    assert_eq!(dropped, None);
}

#[tokio::test]
async fn its_own_role_has_what_it_needs_and_no_more() {
    let house = House::open().await;
    let mut own = taken_on(&house.database.options(), SERVICE_ROLE).await;
    for forbidden in [
        // Whom a row is about does not change.
        "update identity.account set id = gen_random_uuid()",
        "update identity.account set first = true",
        "update identity.account set created_at = now()",
        "delete from identity.account",
        "update identity.session set account = gen_random_uuid()",
        "update identity.session set ends_at = now()",
        "update identity.session set created_at = now()",
        "update identity.step set account = gen_random_uuid()",
        "update identity.step set expires_at = now()",
        "update identity.invitation set expires_at = now()",
        "update identity.invitation set account = gen_random_uuid()",
        "update identity.passkey set account = gen_random_uuid()",
        "update identity.passkey set credential_id = ''",
        "update identity.totp set account = gen_random_uuid()",
        "update identity.recovery_code set account = gen_random_uuid()",
        "update identity.ceremony set account = gen_random_uuid()",
        "update identity.provider_account set account = gen_random_uuid()",
        "update identity.token set owner = null",
        "update identity.token set expires_at = null",
        "update identity.token set digest = ''",
        "delete from identity.token",
        "truncate identity.account cascade",
        "create table identity.x ()",
        "create table public.x ()",
        "select from identity.migration",
        "alter table identity.account disable trigger all",
    ] {
        let code = refused(&mut own, forbidden.into()).await;
        assert_eq!(code.as_deref(), NOT_ALLOWED, "{forbidden}");
    }
}

#[tokio::test]
async fn migrating_again_and_at_once_changes_nothing() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let database = Database::new(house.database.options());
    let (one, two) = tokio::join!(database.migrate(), database.migrate());
    one.expect("migrated");
    two.expect("migrated");
    house.sign_in(crate::kit::noon(), "anna@example.it").await;
}
