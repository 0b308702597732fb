//! What is asked stays within bounds, every error has a code, and no error repeats a value that was
//! sent: a name typed into the wrong field would come back in it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextSubscribe,
    NextValidation,
};
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Request, Response, ServerError, ServerResult, ValidationResult, Value};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::codes::GONE;

/// Nesting of fields at most. Introspection itself needs 15.
const MAX_DEPTH: usize = 20;
/// Fields of one request at most, connections counted by what they may return.
const MAX_COMPLEXITY: usize = 20_000;
/// Selections of one request at most, counted wherever a fragment is spread. Each costs at least one
/// field, and what checks a request walks all of them.
const MAX_SELECTIONS: usize = MAX_COMPLEXITY;
/// Nesting of selections at most, fragments counted.
const MAX_NESTING: usize = 32;

const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
const TOO_DEEP: &str = "QUERY_TOO_DEEP";
const TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";

/// Holds requests within their bounds, and gives errors their codes.
pub(crate) struct Errors;

impl ExtensionFactory for Errors {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Errors {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        mended(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(mended).boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        let document = parse_query(&request.query).map_err(unparsed)?;
        check_size(&document)?;
        check_variables(&document, &request)?;
        request.set_parsed_query(document);
        Ok(request)
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let valid = next.run(ctx).await.map_err(|errors| {
            let invalid = errors.into_iter().map(invalid);
            invalid.collect::<Vec<_>>()
        })?;
        if valid.depth > MAX_DEPTH {
            Err(vec![too_deep(MAX_DEPTH)])
        } else if valid.complexity > MAX_COMPLEXITY {
            Err(vec![too_complex()])
        } else {
            Ok(valid)
        }
    }
}

fn coded(code: &str, mut error: ServerError) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code);
    error
}

fn too_deep(limit: usize) -> ServerError {
    let message = format!("the request is nested deeper than {limit}: ask for less at once");
    coded(TOO_DEEP, ServerError::new(message, None))
}

fn too_complex() -> ServerError {
    let message = format!("the request costs more than {MAX_COMPLEXITY}: ask for less at once");
    coded(TOO_COMPLEX, ServerError::new(message, None))
}

/// A syntax error quotes the line it is in; its place is enough.
fn unparsed(error: ParseError) -> ServerError {
    let message = match &error {
        ParseError::RecursionLimitExceeded => return too_deep(MAX_NESTING),
        ParseError::Syntax { .. } => "the query is not GraphQL".to_owned(),
        other => other.to_string(),
    };
    let mut unparsed = ServerError::from(error);
    unparsed.message = message;
    coded(PARSE_FAILED, unparsed)
}

/// A value that is in no list is quoted at the end of the sentence.
fn invalid(mut error: ServerError) -> ServerError {
    if let Some(expected) = expected(&error.message) {
        error.message = expected;
    } else if let Some((list, _)) = error.message.split_once(" does not contain the value ") {
        error.message = format!("{list} does not contain the value given");
    }
    error.message = without_strangers(&error.message);
    coded(VALIDATION_FAILED, error)
}

/// A sentence without the quoted words that are none of the schema's: a name typed where a field or a
/// variable belongs. Its place says which it was.
fn without_strangers(message: &str) -> String {
    static WORDS: OnceLock<HashSet<String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let sdl = super::sdl();
        let words = sdl.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.map(str::to_owned).collect()
    });
    let known = |quoted: &str| words.contains(quoted.trim_matches(['[', ']', '!']));
    let parts = message.split('"').enumerate().map(|(n, part)| match n % 2 {
        1 if !known(part) => "…",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

fn mended(mut response: Response) -> Response {
    response.errors = response.errors.into_iter().map(mend).collect();
    response
}

/// Gives an error of the library, which has no code yet, its code and a sentence of our own.
fn mend(mut error: ServerError) -> ServerError {
    let code = error.extensions.as_ref().and_then(|all| all.get("code"));
    if code.is_some() {
        return error;
    }
    if let Some(expected) = expected(&error.message) {
        error.message = expected;
        return coded("BAD_USER_INPUT", error);
    }
    if error.path.is_empty() {
        // The request has several operations and names none of them, or one that goes elsewhere.
        error.message = "the operation cannot be executed: check `operationName`, and send \
                         subscriptions over a WebSocket"
            .to_owned();
        return coded("BAD_REQUEST", error);
    }
    tracing::error!(path = ?error.path, "an error without a code");
    error.message = "the request failed".to_owned();
    coded("INTERNAL", error)
}

/// What the library says of a value it cannot read, without the value.
fn expected(message: &str) -> Option<String> {
    let rest = message
        .strip_prefix("Failed to parse \"")
        .or_else(|| message.strip_prefix("Expected input type \""))?;
    let expected = type_name(rest)?;
    let said = if message.contains(GONE) {
        format!("a value of {expected} {GONE}")
    } else {
        format!("a value is no good {expected}")
    };
    let outer = message.rsplit_once("(occurred while parsing \"");
    Some(match outer.and_then(|(_, rest)| type_name(rest)) {
        Some(outer) => format!("{said}, in {outer}"),
        None => said,
    })
}

/// The name of a type up to the closing quote.
fn type_name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('"')?;
    let usual = |c: char| c.is_ascii_alphanumeric() || "_![]".contains(c);
    (!name.is_empty() && name.chars().all(usual)).then_some(name)
}

/// Refuses what would take too long to walk. A few lines of fragments can stand for millions of
/// fields.
fn check_size(document: &ExecutableDocument) -> ServerResult<()> {
    let mut sizes = Sizes {
        document,
        known: HashMap::new(),
    };
    let mut size: usize = 0;
    for (_, operation) in document.operations.iter() {
        size = size.saturating_add(sizes.of(&operation.node.selection_set.node, 0)?);
    }
    if size > MAX_SELECTIONS {
        return Err(too_complex());
    }
    Ok(())
}

/// Refuses what lacks a variable that it needs: left to the execution, half of it would be done.
fn check_variables(document: &ExecutableDocument, request: &Request) -> ServerResult<()> {
    let operation = document.operations.iter().find(|(name, _)| {
        let wanted = request.operation_name.as_deref();
        wanted.is_none() || wanted == name.map(Name::as_str)
    });
    let Some((_, operation)) = operation else {
        return Ok(());
    };
    for definition in &operation.node.variable_definitions {
        let variable = &definition.node;
        let needed = !variable.var_type.node.nullable && variable.default_value.is_none();
        let given = request.variables.get(&variable.name.node);
        if needed && given.is_none_or(|value| *value == Value::Null) {
            let message = format!("the variable `{}` is missing", variable.name.node);
            let error = ServerError::new(message, Some(definition.pos));
            return Err(coded("BAD_USER_INPUT", error));
        }
    }
    Ok(())
}

/// Counts selections, every fragment once.
struct Sizes<'a> {
    document: &'a ExecutableDocument,
    /// Nothing while it is being counted.
    known: HashMap<&'a Name, Option<usize>>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, set: &'a SelectionSet, nesting: usize) -> ServerResult<usize> {
        if nesting > MAX_NESTING {
            return Err(too_deep(MAX_NESTING));
        }
        let mut size = set.items.len();
        for item in &set.items {
            let within = match &item.node {
                Selection::Field(field) => self.of(&field.node.selection_set.node, nesting + 1)?,
                Selection::InlineFragment(inline) => {
                    self.of(&inline.node.selection_set.node, nesting + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.spread(&spread.node.fragment_name.node, nesting + 1)?
                }
            };
            size = size.saturating_add(within);
        }
        Ok(size)
    }

    fn spread(&mut self, name: &'a Name, nesting: usize) -> ServerResult<usize> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let error = ServerError::new("a fragment spreads itself", None);
                return Err(coded(VALIDATION_FAILED, error));
            }
            None => {}
        }
        // An unknown fragment is for the validation to find.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(0);
        };
        self.known.insert(name, None);
        let size = self.of(&fragment.node.selection_set.node, nesting)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}
