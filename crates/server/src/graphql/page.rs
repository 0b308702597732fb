//! Connections after Relay's convention: what they share.

use async_graphql::SimpleObject;

use super::bad_input;

/// Edges in one page at most.
pub(crate) const MAX_PAGE: i32 = 200;
/// Edges in one page when none is said.
pub(crate) const DEFAULT_PAGE: i32 = 50;

/// About a page of a connection.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Are there more after this page?
    pub(crate) has_next_page: bool,
    /// Always false: pages are read forwards.
    pub(crate) has_previous_page: bool,
    /// Cursor of the first edge.
    pub(crate) start_cursor: Option<String>,
    /// Cursor of the last edge.
    pub(crate) end_cursor: Option<String>,
}

impl PageInfo {
    /// From the cursors of a page's edges.
    pub(crate) fn new<'a>(mut cursors: impl Iterator<Item = &'a String>, more: bool) -> Self {
        let first = cursors.next().cloned();
        let last = cursors.last().cloned().or_else(|| first.clone());
        Self {
            has_next_page: more,
            has_previous_page: false,
            start_cursor: first,
            end_cursor: last,
        }
    }
}

/// What a page counts for in the cost of a request, in edges. What is not allowed costs no more than
/// what is, so that no product of costs overflows.
pub(crate) fn cost(first: Option<i32>) -> usize {
    let first = first.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    usize::try_from(first).unwrap_or(1)
}

/// How many edges are wanted.
pub(crate) fn size(first: Option<i32>) -> async_graphql::Result<usize> {
    let first = first.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&first) {
        return Err(bad_input(format!(
            "first: {first} is not between 1 and {MAX_PAGE}"
        )));
    }
    usize::try_from(first).map_err(|_| bad_input("first"))
}

/// The position a cursor stands for; 0 when there is none.
pub(crate) fn position(after: Option<&str>) -> async_graphql::Result<i64> {
    match after {
        None => Ok(0),
        Some(cursor) => cursor
            .parse()
            .ok()
            .filter(|position| *position >= 0)
            .ok_or_else(|| bad_input("after: not a cursor of this connection")),
    }
}
