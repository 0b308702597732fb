# What there is to do with this checkout. Works as root and as an ordinary user, any number of times.

.DEFAULT_GOAL := help
.PHONY: help build verifier demo test bench lint clean missing
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

help:
	@echo 'make build     the program, target/release/inrete'
	@echo 'make verifier  the offline verifier, target/release/inrete-verify, one static file'
	@echo 'make demo      a demonstration with invented data, until Ctrl-C'
	@echo 'make test      every test, with a real PostgreSQL'
	@echo 'make bench     the log beside its peers and the machine; ONLY=append for one part'
	@echo 'make lint      formatting and clippy, warnings are errors'
	@echo 'make clean     removes what was built, and the data of the demonstration'

build:
	@cargo build --release --package server --locked

# Static: it runs wherever it is copied to. Only the program itself is linked that way.
verifier:
	@cargo rustc --release --package inrete-verify --locked -- -C target-feature=+crt-static

# Run by make itself, without a shell in between: a signal to either reaches the program.
demo: missing build
	@scripts/demo $(ARGS)

test:
	@scripts/test $(ARGS)

bench:
	@scripts/bench $(ONLY)

lint:
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings

clean:
	@cargo clean
	@rm -rf .demo .test benches/target benches/node_modules tests/oidc/node_modules

missing:
	@scripts/install-missing
