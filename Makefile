# make smoke | make smoke ENV=staging ARGS="-m auth" | make report ENV=staging | make test | make selfcheck | make seeds | make mutants | make lint | make serve | make bench | make pictures | make release-drill

SHELL := bash
.SHELLFLAGS := -eo pipefail -c
PYTHON ?= python3
ENV ?= local
ARGS ?=
REPORTS ?= reports
PORT ?= 8000
REVENUECAT_PORT ?= 8001
BIN := .venv/bin

# Without bytecode, pytest rewrites its plugins at every start: a second each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: smoke report selfcheck seeds mutants test lint serve bench pictures release-drill lock

smoke: .venv/installed
	$(BIN)/python -m pytest --env=$(ENV) $(ARGS)

# What --alluredir=reports/<environment>/allure-results left, as one page; see docs/allure.md. Needs Node 20.
report: reporting/node_modules/installed
	node reporting/render.mjs $(ENV) $(REPORTS)

test: .venv/installed
	$(BIN)/python -m pytest tests -n 2 $(ARGS)

# Every fault and every legal variant; the kill matrix goes to reports/selfcheck/.
selfcheck: .venv/installed
	$(BIN)/python -m pytest tests/test_selfcheck.py tests/test_isolation.py -n 4 -q --whole=reports/selfcheck $(ARGS)

# Every fault that only fuzzing or a sequence finds, with ten seeds each.
seeds: .venv/installed
	$(BIN)/python -m pytest tests/test_seeds.py -n 3 -q --whole=reports/selfcheck $(ARGS)

# Every generic mutation of an answer; what becomes of each goes to reports/selfcheck/mutants/.
mutants: .venv/installed
	$(BIN)/python -m pytest tests/test_mutants.py -n 3 -q --whole=reports/selfcheck $(ARGS)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The reference deployment, by hand; environments/served.toml is where it listens. Ctrl-C, or killing make, ends it.
SECRETS := REVENUECAT_SECRET_KEY REVENUECAT_WEBHOOK_SECRET JWT_SECRET_KEY
serve: .venv/installed
	@for name in $(SECRETS); do test -n "$${!name}" || { echo "$$name is not set. Before this and before" \
		"\`pytest --env=served\`, with the same values for both:"; \
		echo 'export $(foreach name,$(SECRETS),$(name)=$$(openssl rand -hex 32))'; exit 1; }; done
	@mkdir -p $(REPORTS)/served
	exec $(BIN)/python -m reference --port $(PORT) --revenuecat-port $(REVENUECAT_PORT) \
		> >(tee $(REPORTS)/served/target.log) 2>&1

# Everything that is measured, into benchmarks/RESULTS.md; see benchmarks/README.md. ARGS="peers growth --runs=9"
bench: .venv/installed
	$(BIN)/python -m benchmarks $(ARGS)

# The pages of docs/reports, in a browser; look at them after a change of the page. ARGS="--phone --into=DIR"
pictures: .venv/installed
	$(BIN)/python docs/reports/draw.py $(ARGS)

# A release on the embedded deployment, from before its deploy to a fault in the hours after it and its mending.
release-drill: .venv/installed
	$(BIN)/python docs/drill/play.py $(ARGS)

# After a change of pyproject.toml. No index address may get into the lock; `uv` is needed only here.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra reference --extra browser --extra dev pyproject.toml --output-file requirements.lock

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

reporting/node_modules/installed: reporting/package-lock.json reporting/package.json
	npm ci --silent --prefix reporting
	@touch $@
