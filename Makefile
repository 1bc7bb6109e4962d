# Video responses. `make help` lists the targets. CI runs `make check test`.

.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/bash

# Variables: VIDEO=path (demo), STATE=folder, PORT=number, ENGINE=media-convert, LOG_LEVEL=debug, DETACH=1 (up),
# FOLLOW=1 (logs), FULL=1 (reconcile), UPLOADS=number and SEED=number (soak), SAMPLE=number and SEED=number (test-mutants),
# ROUNDS=number (bench), STAGE=name and TOKEN=token (smoke), STAGE=name, RELEASE=release and DRY_RUN=1 (rollback).
# STAGE, NAME, VARS, BACKEND, MODE, ALLOW, EXISTING (bootstrap, plan, apply): terraform/deploy.
STATE ?= .local
export STATE PORT VIDEO ENGINE UPLOADS SEED SAMPLE ROUNDS
# From the command line only: some systems set NAME for another purpose, and these choose which stack changes.
$(foreach variable,NAME MODE,$(if $(filter command,$(firstword $(origin $(variable)))),,$(eval $(variable) :=)))
export STAGE NAME VARS BACKEND MODE ALLOW EXISTING

NEXTEST_VERSION := 0.9.143
MACHETE_VERSION := 0.9.2
TOOLS := $(CURDIR)/.local/tools
CHECKOV := $(CURDIR)/.local/venv-checkov
# boto3 and AWS's runtime interface client, for the benchmark.
BENCH := $(CURDIR)/.local/venv-bench
export PATH := $(TOOLS)/bin:$(PATH)

# CARGO_TARGET_DIR and cargo's build.target-dir decide where programs are built. Cargo is asked once, and only by targets
# that run a program.
TARGET_DIR = $(eval TARGET_DIR := $(shell cargo metadata --format-version 1 --no-deps --offline \
    | sed -E 's/.*"target_directory":"([^"]*)".*/\1/'))$(TARGET_DIR)
LOCAL = $(TARGET_DIR)/debug/local
DEMO = $(TARGET_DIR)/debug/demo
SMOKE = $(TARGET_DIR)/debug/smoke
# Node and npm of the pinned environment.
NODE_BIN := $(CURDIR)/.local/venv-consumers/bin
# cargo-lambda and zig.
PACKAGE_BIN := $(CURDIR)/.local/venv-package/bin
# With `--workspace`, programs and tests are built with the same features of each dependency, so that cargo builds it once.
# Programs that a first `make demo` or `make up` runs are built alone, which is faster.
build_programs = cargo build --quiet --workspace $(addprefix --bin ,$(1))
# Quiet unless the program is built for the first time, which takes minutes.
build_local = cargo build --package local $(if $(wildcard $(LOCAL)),--quiet)

##@ Local stage

.PHONY: demo
demo: ## Start a stack, send a video through the pipeline, print the result, stop (VIDEO=path)
	@cargo build --package demo $(if $(wildcard $(DEMO)),--quiet)
	@exec $(DEMO)

.PHONY: up
up: ## Start a stack that runs until Ctrl-C (DETACH=1: in the background)
	@$(build_local)
	@exec $(LOCAL) up $(if $(DETACH),--detach)

.PHONY: down
down: ## Stop a stack that runs in the background
	@$(build_local)
	@exec $(LOCAL) down

.PHONY: token
token: ## Print a new owner's token for the running stack
	@$(build_local)
	@exec $(LOCAL) token

.PHONY: reconcile
reconcile: ## Process overdue work at once; the stack does so every minute (FULL=1: list the whole bucket too)
	@$(build_local)
	@exec $(LOCAL) reconcile $(if $(FULL),--full)

.PHONY: logs
logs: ## Print the logs of the stack and its functions (FOLLOW=1: keep printing)
	@$(build_local)
	@exec $(LOCAL) logs $(if $(FOLLOW),--follow)

.PHONY: reset
reset: ## Stop the stack and delete its state; build results stay
	@$(build_local)
	@exec $(LOCAL) reset

##@ Deployed stage

.PHONY: package
package: $(PACKAGE_BIN)/.stamp ## Build the functions for AWS (arm64) as target/packages/*.zip
	@PATH=$(PACKAGE_BIN):$$PATH terraform/package

.PHONY: bootstrap
bootstrap: ## Create the bucket for a stage's Terraform state (STAGE=dev)
	@terraform/deploy bootstrap

.PHONY: plan
plan: ## Plan a stage, and refuse a plan that deletes data (STAGE=dev; NAME=, MODE=destroy or refresh-only)
	@terraform/deploy plan

.PHONY: apply
apply: ## Apply exactly the plan of `make plan` (STAGE=dev, NAME=)
	@terraform/deploy apply

# The local stage's Terraform working folder is in the stack's state folder.
STAGE_DATA = $(if $(filter local,$(STAGE)),TF_DATA_DIR=$(abspath $(STATE))/terraform/data,$(if $(filter-out responses-$(STAGE),$(NAME)),TF_DATA_DIR=$(CURDIR)/.local/plans/$(STAGE)/$(NAME)/data))

.PHONY: smoke
smoke: ## Check the main promises against a deployed stage, within 10 minutes (STAGE=dev, TOKEN=an owner's token)
	@cargo build --package smoke $(if $(wildcard $(SMOKE)),--quiet)
	@$(STAGE_DATA) exec $(SMOKE) $(STAGE)

.PHONY: rollback
rollback: ## Return all functions to the release before, at once (STAGE=dev, RELEASE=another, DRY_RUN=1: only show)
	@RELEASE=$(RELEASE) DRY_RUN=$(DRY_RUN) $(STAGE_DATA) exec terraform/rollback $(STAGE)

##@ Code

.PHONY: check
check: check-format check-lints check-terraform check-checkov check-dependencies check-schemas check-compatibility check-cost ## Check formats, lints, unused dependencies, Terraform (validity and security), schemas and their compatibility

.PHONY: check-format
check-format:
	@cargo fmt --all --check

.PHONY: check-lints
check-lints:
	@cargo clippy --workspace --all-targets -- -D warnings

.PHONY: check-terraform
check-terraform:
	@terraform/check

.PHONY: check-checkov
check-checkov: $(CHECKOV)/.stamp
	@terraform/checkov/check $(CHECKOV)

.PHONY: check-dependencies
check-dependencies: $(TOOLS)/machete-$(MACHETE_VERSION)
	@cargo machete

.PHONY: check-schemas
check-schemas:
	@$(call build_programs,generate)
	@$(TARGET_DIR)/debug/generate --check

.PHONY: check-cost
check-cost:
	@docs/cost/generate --check

.PHONY: cost
cost: ## Generate docs/cost.md from docs/cost/prices.json and the defaults in terraform/
	@docs/cost/generate

.PHONY: check-compatibility
check-compatibility:
	@$(call build_programs,compatibility)
	@$(TARGET_DIR)/debug/compatibility

.PHONY: release-schemas
release-schemas: check-schemas ## Freeze schemas/ as a released version: the workspace's
	@$(call build_programs,compatibility)
	@$(TARGET_DIR)/debug/compatibility --release

.PHONY: schemas
schemas: ## Generate schemas/, docs/schemas.md and docs/lifecycle.md from the code
	@$(call build_programs,generate)
	@$(TARGET_DIR)/debug/generate

.PHONY: docs
docs: docs/reference/node_modules/.stamp ## Write the API reference to .local/docs/index.html and open it
	@PATH=$(NODE_BIN):$$PATH node docs/reference/build.mjs schemas/openapi.json .local/docs/index.html
	@docs/reference/open .local/docs/index.html

.PHONY: test
test: test-units test-terraform test-elastic-transcoder test-media-convert ## Run every test: units, Terraform, end-to-end suites and faults on both engines

.PHONY: test-units
test-units: nextest
	@$(build_local)
	@STATE=.local/test $(LOCAL) setup
	@cargo nextest run --workspace -E 'not package(tests)'

.PHONY: test-terraform
test-terraform:
	@terraform/test
	@SAMPLE=$${SAMPLE:-15} terraform/mutants/run

.PHONY: test-mutants
test-mutants: ## Check that the Terraform tests notice each deliberate fault (SAMPLE=number and SEED=number: some of them)
	@terraform/test
	@terraform/mutants/run

# The tests wait for the stack most of the time: four at once, on two cores.
nextest_tests = cargo nextest run --workspace -E "package(tests)" --test-threads 4

# One stack for each engine. Elastic Transcoder's runs every suite, MediaConvert's the suites that depend on the engine. The
# suites that kill functions run alone, after the others.
.PHONY: test-programs
test-programs: nextest tests/consumers/typescript/node_modules/.stamp docs/reference/node_modules/.stamp
	@$(build_local)
	@$(call build_programs,demo smoke schema-consumer)
	@cargo nextest run --workspace --no-run

.PHONY: test-elastic-transcoder
test-elastic-transcoder: test-programs
	@STATE=.local/test PORT= ENGINE=elastic-transcoder $(LOCAL) run -- bash -c '\
	    $(nextest_tests) && $(nextest_tests) --profile faults'

.PHONY: test-media-convert
test-media-convert: test-programs
	@STATE=.local/test-media-convert PORT= ENGINE=media-convert $(LOCAL) run -- bash -c '\
	    $(nextest_tests) --profile media-convert && $(nextest_tests) --profile faults-media-convert'

.PHONY: soak
soak: nextest ## Upload a thousand files with injected faults, within 15 minutes (UPLOADS, SEED)
	@$(build_local)
	@UPLOADS=$${UPLOADS:-1000} SEED=$${SEED:-$$(date +%s)} STATE=.local/test PORT= exec $(LOCAL) run -- \
	    $(nextest_tests) --profile soak --no-capture

# The functions are built alone: with other packages, their dependencies would have more features than in a package.
.PHONY: bench
bench: $(BENCH)/.stamp ## Measure the functions against a minimal one and Python, write docs/bench.svg (ROUNDS=number)
	@cargo build --release --package api --package ingest
	@cargo build --release --package bench
	@exec $(TARGET_DIR)/release/bench

# Pinned tools, installed only if they are missing.

.PHONY: nextest
nextest:
	@command -v cargo-nextest > /dev/null || cargo install --locked --root $(TOOLS) cargo-nextest@$(NEXTEST_VERSION)

$(CHECKOV)/.stamp: terraform/checkov/requirements.txt
	@python3 -m venv --clear $(CHECKOV)
	@$(CHECKOV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(BENCH)/.stamp: bench/python/requirements.txt
	@python3 -m venv --clear $(BENCH)
	@$(BENCH)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --requirement $<
	@touch $@

$(TOOLS)/machete-$(MACHETE_VERSION):
	@cargo install --locked --root $(TOOLS) cargo-machete@$(MACHETE_VERSION)
	@touch $@

$(PACKAGE_BIN)/.stamp: terraform/package-requirements.txt
	@python3 -m venv --clear $(@D)/..
	@$(@D)/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

%/node_modules/.stamp: %/package-lock.json | $(NODE_BIN)/npm
	@cd $* && PATH=$(NODE_BIN):$$PATH npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(NODE_BIN)/npm:
	@$(build_local)
	@STATE=.local/test $(LOCAL) setup --consumers

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
