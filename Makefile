# `make` lists what there is. Everything runs from the environment in .venv, which is made when it is first needed.
# Another Python: make PYTHON=python3.12 …

PYTHON ?= python3
SQL ?= show tables
ARGS ?=
VARS ?=
NAME ?=
COMMA := ,
PORT ?= 8501
RAW ?=
STORE ?=
TARGET :=

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Not compiling what is installed saves a third of the time; Python compiles the part that it uses.
INSTALL := $(PIP) install --no-compile

# RecTools and gbstats do not get along with the rest: they have an environment of their own (see requirements-oracles.in).
ORACLES := .venv-oracles

# The test oracle ranx compiles for two minutes before it answers, to be fast at far larger lists than the tests have.
export NUMBA_DISABLE_JIT := 1

# What TARGET=… needs beside the rest: postgres, spark or spark_local.
ENGINE := $(if $(filter postgres spark spark_local,$(TARGET)),$(VENV)/$(firstword $(subst _, ,$(TARGET))).stamp)

# What knows the warehouse's file alone says so, rather than take it in the place of what it was told.
FILE_ALONE = $(if $(TARGET),{ echo "make $@ works with DuckDB's file alone: leave out TARGET=$(TARGET)$(COMMA) or publish from there and read the release (docs/spark.md)." >&2; exit 2; })

# What needs a warehouse builds one where there is none.
HAVE_WAREHOUSE = test -f "$${PINGTOP_DATABASE:-pingtop.duckdb}" || $(MAKE) --no-print-directory build

# The checks of the code need no data: they compile against a database of their own, so that neither your warehouse nor
# your raw files matter, and keep dbt's parsed project apart, which dbt would parse anew at each change of settings.
LINT := target/lint
LINT_ENV := PINGTOP_DATABASE=$(LINT)/lint.duckdb PINGTOP_RAW_LOCATION= \
    DBT_TARGET_PATH=$(LINT) DBT_LOG_PATH=$(LINT)

# Python complains at the end that what its processes shared is gone.
SQLFLUFF := PYTHONWARNINGS=ignore:resource_tracker:UserWarning $(BIN)/sqlfluff lint --disable-progress-bar

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-18s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environment --------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/runtime.stamp  ## Make the environment in .venv (again only when requirements.txt changes)

$(VENV)/created.stamp $(ORACLES)/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Pingtop needs Python 3.11 or newer, which '$(PYTHON)' is not: name one, as in make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	    exit 1; \
	}
	@$(PYTHON) -m venv --clear $(@D)
	@touch $@

$(VENV)/runtime.stamp: requirements.txt $(VENV)/created.stamp
	@echo "Installing what Pingtop needs into $(VENV) …"
	@$(INSTALL) -r requirements.txt
	@touch $@

# What a part of the project needs besides, from the requirements of its name.
$(VENV)/ranking.stamp: NEEDED_BY := the trained ranking stages need
$(VENV)/retrieval.stamp: NEEDED_BY := the candidate source two_tower needs
$(VENV)/experiments.stamp: NEEDED_BY := the results of experiments need
$(VENV)/dev.stamp: NEEDED_BY := the tests and checks need
$(VENV)/dashboard.stamp: NEEDED_BY := the dashboard needs
$(VENV)/metrics.stamp: NEEDED_BY := the metrics need
$(VENV)/postgres.stamp: NEEDED_BY := PostgreSQL needs
$(VENV)/spark.stamp: NEEDED_BY := Spark needs
$(VENV)/s3.stamp: NEEDED_BY := raw files and releases in S3 need
$(VENV)/serving.stamp: NEEDED_BY := serving over HTTP, from Redis or from DynamoDB needs
$(VENV)/%.stamp: requirements-%.txt $(VENV)/runtime.stamp
	@echo "Installing what $(NEEDED_BY) into $(VENV) …"
	@$(INSTALL) -r $<
	@touch $@

$(ORACLES)/installed.stamp: requirements-oracles.txt $(ORACLES)/created.stamp
	@echo "Installing what the comparisons with RecTools and gbstats need into $(ORACLES) …"
	@$(ORACLES)/bin/python -m pip --disable-pip-version-check -qq install --no-compile -r requirements-oracles.txt
	@touch $@

# --- raw data -----------------------------------------------------------------------------------------------------

.PHONY: inspect
inspect: override export RAW := $(value RAW)
inspect: setup  ## Say how a build would read your raw data, and draft a mapping if they need one: make inspect RAW=…
	@$(BIN)/python scripts/inspect_log.py "$$RAW" $(ARGS)

# --- warehouse ----------------------------------------------------------------------------------------------------

SUMMARY := $(BIN)/python scripts/summary.py --target target

.PHONY: build
build: setup $(ENGINE)  ## Build the warehouse from the demo (or PINGTOP_RAW_LOCATION) with all its tests (TARGET=postgres, spark or spark_local: there)
	@echo "Building …"
	@$(BIN)/dbt --log-level warn build --target-path target $(if $(TARGET),--target $(TARGET)) $(ARGS)
ifndef TARGET
	@$(SUMMARY) --next
endif

# What a scheduler runs: both wait for the warehouse, take in what is new in the log, and exit with an error where a test fails.
.PHONY: daily hourly
daily: setup  ## Bring the warehouse up to date, judge it and publish it, into PINGTOP_STORE too: all, without the unit tests of the code
hourly: setup  ## Take in what is new, and refresh pairs, ping scores, trending, daily health and PINGTOP_STORE; not the lists
daily hourly:
	@$(FILE_ALONE)
	@$(BIN)/python scripts/operate.py $@ $(ARGS)

.PHONY: status
status: setup  ## Say how the last builds ended (ARGS=--json for alerting)
	@$(FILE_ALONE)
	@$(BIN)/python scripts/status.py $(ARGS)

.PHONY: watch
watch: setup  ## Say what is odd about the newest whole day; exit code 3 where something is (ARGS="--json --day 2024-03-02")
	@$(FILE_ALONE)
	@$(BIN)/python scripts/watch.py $(ARGS)

.PHONY: ranking
ranking: $(VENV)/ranking.stamp $(ENGINE)  ## Build the warehouse with the trained ranking stages (VARS='serving_strategy: neural' serves one; TARGET=spark_local: with Spark)
	@echo "Building …"
	@$(BIN)/$(if $(TARGET),python scripts/rank.py,dbt) --log-level warn build --target-path target $(if $(TARGET),--target $(TARGET)) \
	    --vars '{ranking_enabled: true$(if $(VARS),$(COMMA) $(VARS))}' $(ARGS)
ifndef TARGET
	@$(SUMMARY)
	@$(BIN)/python scripts/ranking_report.py
endif

.PHONY: experiments
experiments: $(VENV)/experiments.stamp  ## Build the warehouse with what experiments show (docs/experiments.md)
	@$(FILE_ALONE)
	@echo "Building …"
	@$(BIN)/dbt --log-level warn build --target-path target --vars '{experiments_enabled: true$(if $(VARS),$(COMMA) $(VARS))}' $(ARGS)
	@$(SUMMARY)
	@$(BIN)/python scripts/query.py "select experiment_id, verdict, notes from experiment_splits"

# In a folder of its own: neither the warehouse nor its data are touched. The paths are whole, as the project's would else count.
DEMO := $(CURDIR)/target/demo_experiment

.PHONY: demo-experiment
demo-experiment: $(VENV)/experiments.stamp  ## Plant an experiment that helps into a generated log, and show that it is found
	@$(BIN)/python scripts/generate_data.py --output $(DEMO)/raw --overwrite --seed 3 --users 8000 --events 400000 --days 28 \
	    --experiment ranker_2 --experiment-day 14 --lift watch_through_rate=0.08
	@echo "Building …"
	@PINGTOP_DATABASE=$(DEMO)/pingtop.duckdb PINGTOP_RAW_LOCATION=$(DEMO)/raw $(BIN)/dbt --log-level warn build \
	    --target-path $(DEMO)/target --log-path $(DEMO)/logs --vars '{experiments_enabled: true}' \
	    --select +path:models/experiments/public --exclude-resource-type test --exclude-resource-type unit_test
	@$(BIN)/python scripts/experiment.py report ranker_2 --database $(DEMO)/pingtop.duckdb --html $(DEMO)/ranker_2.html

.PHONY: aa-test
aa-test: $(VENV)/experiments.stamp  ## Prove on your own log that experiments see nothing where there is nothing (ARGS="--splits 200" for less)
	@$(FILE_ALONE)
	@$(HAVE_WAREHOUSE)
	@$(BIN)/python scripts/benchmark_experiments.py $(ARGS)

.PHONY: query
query: override export SQL := $(value SQL)
query: setup  ## Ask the warehouse: make query SQL="from top_pings"
	@$(FILE_ALONE)
	@$(HAVE_WAREHOUSE)
	@$(BIN)/python scripts/query.py "$$SQL"

.PHONY: analysis
analysis: setup  ## Run a query of analyses/: make analysis NAME=watch_through_rate (without NAME: their names)
	@$(FILE_ALONE)
	@$(HAVE_WAREHOUSE)
	@test -f 'analyses/$(NAME).sql' || { \
	    echo 'Name one: make analysis NAME=…, of' $$(basename -s .sql -a analyses/*.sql) >&2; exit 2; \
	}
	@$(BIN)/dbt --quiet compile --select $(NAME) --target-path target/analyses > target/analyses.log || { \
	    cat target/analyses.log >&2; exit 2; \
	}
	@$(BIN)/python scripts/query.py "$$(cat target/analyses/compiled/pingtop/analyses/$(NAME).sql)"

.PHONY: docs
docs: setup  ## Write the documentation into one page that works offline
	@$(FILE_ALONE)
	@$(HAVE_WAREHOUSE)
	@$(BIN)/dbt --log-level warn docs generate --static --target-path target/docs
	@echo "The documentation is target/docs/static_index.html: open it in a browser."

.PHONY: s3
s3: $(VENV)/s3.stamp  ## Install what raw files and releases in S3 need (PINGTOP_RAW_LOCATION and PINGTOP_RELEASES=s3://bucket/prefix)

.PHONY: evaluate
evaluate: setup $(ENGINE)  ## Compare the lists of every strategy with what happened after past cutoffs (TARGET=postgres, spark or spark_local: built there)
	@$(if $(TARGET),,$(HAVE_WAREHOUSE))
	@$(BIN)/python scripts/evaluate.py --output evaluation $(if $(TARGET),--target $(TARGET)) $(ARGS)

.PHONY: publish
publish: setup $(ENGINE)  ## Publish the tables of the last build, if it was green, for dashboards and BI tools (TARGET=postgres, spark or spark_local: what was built there)
	@$(if $(TARGET),,$(HAVE_WAREHOUSE))
	@$(BIN)/python scripts/publish.py $(if $(TARGET),--engine $(TARGET)) $(ARGS)

# STORE=… is the store's address (PINGTOP_STORE, else sqlite:///serving.sqlite). Only SQLite needs nothing that is not there.
.PHONY: serve-export
serve-export: export PINGTOP_STORE := $(or $(STORE),$(PINGTOP_STORE))
serve-export: $(if $(filter redis% dynamodb%,$(or $(STORE),$(PINGTOP_STORE))),$(VENV)/serving.stamp,setup)  ## Export the newest release, built with serving_enabled, into the store that requests are served from (STORE=redis://…, dynamodb://…)
	@$(BIN)/python scripts/serve.py export $(ARGS)

.PHONY: serve
serve: export PINGTOP_STORE := $(or $(STORE),$(PINGTOP_STORE))
serve: $(VENV)/serving.stamp  ## Serve lists over HTTP from the store, on http://localhost:8080 (STORE=…, ARGS="--port 9000 --token-from VARIABLE")
	@$(BIN)/python scripts/serve.py http $(ARGS)

# What shows a release publishes one where there is none.
# One in S3 is looked for by what shows it.
HAVE_RELEASE = [[ "$${PINGTOP_RELEASES:-}" == s3://* ]] || test -e "$${PINGTOP_RELEASES:-releases}/current" || \
    $(MAKE) --no-print-directory publish ARGS=

.PHONY: dashboard
dashboard: $(VENV)/dashboard.stamp  ## Show the dashboard on http://localhost:8501 (PORT=… for another)
	@$(HAVE_RELEASE)
	@$(BIN)/python scripts/dashboard_app.py --port $(PORT)

.PHONY: report
report: setup  ## Write the dashboard's story into one offline file, report.html
	@$(HAVE_RELEASE)
	@$(BIN)/python scripts/report.py $(ARGS)

.PHONY: export-personalize
export-personalize: setup  ## Write the newest release as the datasets of Amazon Personalize into personalize/ (docs/serving.md)
	@$(HAVE_RELEASE)
	@$(BIN)/python scripts/export_personalize.py $(ARGS)

# mf looks for the names of the tables, and with them of the warehouse's file, in target, where those of another may be.
.PHONY: metrics
metrics: $(VENV)/metrics.stamp  ## Ask for a metric: make metrics ARGS="query --metrics watch_through_rate"
	@$(FILE_ALONE)
	@$(HAVE_WAREHOUSE)
	@$(BIN)/dbt --log-level warn parse --target-path target/metrics
	@cp target/metrics/semantic_manifest.json target
	@DBT_PROFILES_DIR=. $(BIN)/mf $(or $(ARGS),list metrics)

.PHONY: bench
bench: $(VENV)/dev.stamp  ## Measure the build on a generated log, beside one pass over it (ARGS="--events 20000000 …" for a large one, --incremental for builds on an existing warehouse)
	@$(BIN)/python scripts/benchmark.py $(ARGS)

# --- checks -------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(VENV)/dev.stamp  ## Run the tests (some of them: make test ARGS=tests/python/recommender)
	@$(BIN)/python -m pytest $(if $(ARGS),,--numprocesses 2 --dist loadfile --no-loadscope-reorder) $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/dev.stamp  ## Compare builds that read new files only with whole ones, on random logs (SEEDS=1-50 BATCHES=30)
	@$(BIN)/python tests/python/helpers/incremental.py $(if $(SEEDS),--seeds $(SEEDS)) $(if $(BATCHES),--batches $(BATCHES)) $(ARGS)

# Debian's package of a server or program, where none is there yet: $(call DEBIAN,how to find it,package,what else would do)
define DEBIAN
{ $(1); } > /dev/null 2>&1 || { \
    test "$$(id -u)" = 0 || { echo "Install $(2) (as root: apt-get install $(2))$(3)" >&2; exit 1; }; \
    apt-get -qq update; \
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(2) > /dev/null; \
}
endef

.PHONY: browser
browser:  ## Install what the tests of the dashboard look at it with: Debian's chromium (as root)
	@$(call DEBIAN,test -n "$${PINGTOP_CHROMIUM:-}" || command -v chromium,chromium,$(COMMA) or name one with PINGTOP_CHROMIUM)

.PHONY: postgres
postgres: $(VENV)/postgres.stamp  ## Install what the tests on PostgreSQL need: the adapter, Debian's postgresql (as root)
	@$(call DEBIAN,command -v pg_ctl || ls /usr/lib/postgresql/*/bin/pg_ctl,postgresql)

.PHONY: redis
redis: $(VENV)/serving.stamp  ## Install what the tests of Redis need: Debian's redis-server (as root)
	@$(call DEBIAN,command -v redis-server,redis-server)

.PHONY: test-postgres
test-postgres: $(VENV)/dev.stamp postgres  ## Compare what PostgreSQL builds with what DuckDB builds
	@PINGTOP_NEEDS_POSTGRES=1 $(BIN)/python -m pytest tests/python/engines -k "not spark" $(ARGS)

.PHONY: spark
spark: $(VENV)/spark.stamp  ## Install what the tests on Spark need: pyspark, the adapter, Debian's Java (as root)
	@$(call DEBIAN,command -v java,openjdk-17-jre-headless)

.PHONY: test-spark
test-spark: $(VENV)/dev.stamp spark  ## Compare what Spark builds, in a session and by a Thrift server, with what DuckDB builds (the latter: ARGS="-k thrift")
	@PINGTOP_NEEDS_SPARK=all $(BIN)/python -m pytest tests/python/engines -k "not postgres" $(ARGS)

# Iceberg's jar, from a package of Snowflake's. The next version leaves out a library that the jar needs.
$(VENV)/iceberg/installed.stamp: $(VENV)/runtime.stamp
	@$(INSTALL) --no-deps --ignore-requires-python --target $(@D) snowpark-connect-deps-iceberg==1.0.2
	@touch $@

.PHONY: test-iceberg
test-iceberg: $(VENV)/dev.stamp spark $(VENV)/iceberg/installed.stamp  ## Compare Iceberg tables that Spark builds with what DuckDB builds
	@PINGTOP_ICEBERG_JARS=$(VENV)/iceberg $(BIN)/python -m pytest tests/python/engines/test_iceberg.py $(ARGS)

# Platforms that are not here: an environment for each, with its adapter and nothing of the locks but dbt.
ELSEWHERE := .venv-elsewhere
PLATFORM ?= snowflake

$(ELSEWHERE)/%/installed.stamp: requirements.txt
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check -qq install "$$(grep -o '^dbt-core==[0-9.]*' requirements.txt)" dbt-$* sqlglot
	@touch $@

.PHONY: compile-elsewhere
compile-elsewhere: $(ELSEWHERE)/$(PLATFORM)/installed.stamp  ## Compile for PLATFORM=snowflake, databricks, bigquery or trino: what is missing?
	@$(ELSEWHERE)/$(PLATFORM)/bin/python tests/python/helpers/compile_elsewhere.py $(PLATFORM) $(ARGS)

.PHONY: test-oracles
test-oracles: $(ORACLES)/installed.stamp  ## Compare the offline evaluation with RecTools too, and experiments with gbstats
	@$(ORACLES)/bin/python -m pytest tests/python/evaluation/test_evaluation_oracles.py tests/python/experiments/test_sequential_oracle.py $(ARGS)

.PHONY: lint
lint: lint-python lint-structure lint-sql lint-compiled  ## Check style and structure: ruff, dbt-bouncer, sqlfluff

.PHONY: lint-python
lint-python: $(VENV)/dev.stamp
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check || { $(BIN)/ruff format --quiet --diff; exit 1; }

.PHONY: lint-structure
lint-structure: $(VENV)/dev.stamp
	@mkdir -p $(LINT)
	@$(LINT_ENV) $(BIN)/dbt --log-level warn parse --vars '{ranking_enabled: true, two_tower_enabled: true, rerank_enabled: true, experiments_enabled: true, serving_enabled: true}'
	@report=$$(COLUMNS=160 $(BIN)/dbt-bouncer run 2>&1) || { echo "$$report"; exit 1; }
	@for file in $$(find macros -name '*.sql'); do \
	    name=$$(basename "$$file" .sql); \
	    grep -qE "^\{% (macro|materialization) $$name[(,]" "$$file" || \
	        { echo "$$file does not define the macro $$name: a file is named after its macro" >&2; exit 1; }; \
	    [[ $$(head -c 2 "$$file") == '{#' ]] || \
	        { echo "$$file does not begin with a comment on the macro and its arguments" >&2; exit 1; }; \
	done

.PHONY: lint-sql
lint-sql: $(VENV)/dev.stamp
	@mkdir -p $(LINT)
	@$(LINT_ENV) $(SQLFLUFF) $(or $(FILES),models analyses tests)

# What the macros make of the models: the rules on meaning, not those on layout, on the case that dbt gives to types, on quotes
# that names from files need, and on queries and cases inside of others, which macros inside of macros make.
COMPILED_RULES := layout,capitalisation.types,references.quoting,references.keywords,references.consistent
COMPILED_RULES := $(COMPILED_RULES),structure.column_order,structure.subquery,structure.nested_case,aliasing.unused,ambiguous.order_by,ambiguous.column_count
EVERY_BRANCH := --vars '{ranking_enabled: true, two_tower_enabled: true, rerank_enabled: true, experiments_enabled: true, serving_enabled: true, as_of: "2024-02-13", affinity_window_days: 7}'

.PHONY: lint-compiled
lint-compiled: $(VENV)/dev.stamp
	@mkdir -p $(LINT)
	@$(LINT_ENV) $(BIN)/dbt --log-level warn seed $(EVERY_BRANCH)
	@$(LINT_ENV) $(BIN)/dbt --log-level warn compile --select path:models $(EVERY_BRANCH)
	@compiled=$$(mktemp -d); trap 'rm -rf "$$compiled"' EXIT; \
	    cp -r $(LINT)/compiled/pingtop/models "$$compiled"; \
	    find "$$compiled" -name '*.yml' -prune -exec rm -r {} +; \
	    $(SQLFLUFF) --config .sqlfluff --templater raw \
	        --exclude-rules $(COMPILED_RULES) "$$compiled"

# --- upkeep -------------------------------------------------------------------------------------------------------

.PHONY: map
map: setup  ## Write the models of every room into docs/map.md, from their descriptions
	@$(BIN)/python scripts/write_map.py

# Made with the oldest Python that is supported, so that the versions suit every newer one. Versions stay as they are
# unless pyproject.toml asks for others; make lock UPGRADE=1 takes the newest. The runtime lock follows the dev lock, so
# that both name the same versions.
COMPILE := pip-compile --quiet --strip-extras --annotation-style line --no-header \
    --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
    $(if $(UPGRADE),--upgrade)

LOCKS := requirements.txt requirements-dev.txt requirements-dashboard.txt requirements-metrics.txt \
    requirements-ranking.txt requirements-retrieval.txt requirements-experiments.txt requirements-postgres.txt requirements-spark.txt \
    requirements-s3.txt requirements-serving.txt requirements-oracles.txt

.PHONY: lock
lock:  ## Make the requirements*.txt anew from pyproject.toml and requirements-oracles.in
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	    echo "The locks are made with Python 3.11, the oldest supported, which '$(PYTHON)' is not: make lock PYTHON=python3.11" >&2; \
	    exit 1; \
	}
	@work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	$(PYTHON) -m venv "$$work"; \
	"$$work/bin/python" -m pip --disable-pip-version-check -qq install pip-tools==7.6.2; \
	export PATH="$$work/bin:$$PATH"; \
	$(COMPILE) --extra dev --extra dashboard --extra metrics --extra ranking --extra retrieval --extra experiments --extra s3 --extra serving --output-file requirements-dev.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra ranking --output-file requirements-ranking.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra ranking --extra retrieval --output-file requirements-retrieval.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra experiments --output-file requirements-experiments.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra dashboard --output-file requirements-dashboard.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra metrics --output-file requirements-metrics.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra postgres --output-file requirements-postgres.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra s3 --output-file requirements-s3.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra serving --output-file requirements-serving.txt pyproject.toml; \
	$(COMPILE) --constraint requirements-dev.txt --extra spark --output-file requirements-spark.txt pyproject.toml; \
	$(COMPILE) --output-file requirements-oracles.txt requirements-oracles.in; \
	for lock in $(LOCKS); do \
	    sed -e 's/-c requirements-dev.txt, //' -e 's/pingtop (pyproject.toml)/pyproject.toml/' \
	        -e 's/-r requirements-oracles.in/requirements-oracles.in/' "$$lock" > "$$work/lock"; \
	    { echo "# Made by make lock: edit what it is made from instead."; cat "$$work/lock"; } > "$$lock"; \
	done
	@! grep -n -e / -e '^-' $(LOCKS) || { \
	    echo "These lines name a path or a host, which no lock may." >&2; \
	    exit 1; \
	}

.PHONY: clean
clean:  ## Remove what builds and checks leave behind, except the warehouse
	@rm -rf target logs .pytest_cache .ruff_cache
	@find macros models scripts tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean  ## Remove also the environments and pingtop.duckdb
	@rm -rf $(VENV) $(ORACLES) pingtop.duckdb pingtop.duckdb.wal pingtop.duckdb.lock
