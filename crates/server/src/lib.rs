//! In Rete: HTTP, GraphQL and the command line.
