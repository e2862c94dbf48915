# The commands of the house. Two to know: `make demo` and `make test`, both from a bare checkout with Python 3.11 or later.

# Settings of the caller's terminal must change neither the demo nor the gate.
unexport DJANGO_SETTINGS_MODULE PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
READY := .venv/.installed
COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet

BENCH ?= departement

.PHONY: bench load ux help demo demo-reset demo-codes test test-fast lint format lock screenshots pictures browser .venv
.DEFAULT_GOAL := help

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name words; do printf '  make %-12s %s\n' "$$name" "$$words"; done

demo: $(READY) ## Start the platform with invented data; Ctrl-C stops all of it (DEMO_PORT, DEMO_DIR)
	@exec $(BIN)/python -m rdv.config.demo run

demo-reset: $(READY) ## Forget the data of the demo
	@exec $(BIN)/python -m rdv.config.demo reset

demo-codes: $(READY) ## The codes of the second factor of the demo's accounts, now
	@exec $(BIN)/python -m rdv.config.demo codes

test: $(READY) browser ## The whole gate, then every test
	@exec $(BIN)/python .ci/gate.py full

test-fast: $(READY) ## Style and the quick tests (no browser)
	@exec $(BIN)/python .ci/gate.py fast

lint: $(READY) ## The gate without the tests
	@exec $(BIN)/python .ci/gate.py lint

format: $(READY) ## Rewrite the code as the gate wants it
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

screenshots: $(READY) browser ## Pictures of the main screens, in .cache/screenshots
	@exec $(BIN)/python -m tests.ops.screenshots

pictures: $(READY) browser ## Take the pictures of docs/images again, on a fresh demo
	@exec $(BIN)/python -m tests.ops.pictures

bench: $(READY) ## Measure the engine (BENCH=site, departement, national or all); data are kept in .bench
	@exec $(BIN)/python -m rdv.bench $(BENCH)

load: $(READY) ## The platform under load, on this machine alone: a rush, then a minute of bookings and searches
	@exec $(BIN)/python -m tests.load

ux: $(READY) ## The nine journeys of docs/ux.md counted by the keystroke-level model, one JSON line each
	@bash .ci/browser >&2
	@exec $(BIN)/python -m tests.ops.ux

lock: ## Write requirements*.txt again from pyproject.toml (needs uv)
	$(COMPILE) pyproject.toml --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra dev --constraint requirements.txt --output-file requirements-dev.txt

browser:
	@bash .ci/browser

.venv: $(READY)

$(READY): requirements-dev.txt
	@bash .ci/venv
