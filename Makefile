# Two commands matter: `make demo` shows Signet, `make test` proves it. Both work on a bare
# Debian or Ubuntu machine and install what they need, inside .venv where it is Python's.

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Debian's names. Fonts: every script a recipient's name may come in.
FONT_PACKAGES := fonts-inter fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji
DEMO_PACKAGES := nginx $(FONT_PACKAGES)
TEST_PACKAGES := nginx redis-server nodejs pngcheck libjpeg-turbo-progs chromium $(FONT_PACKAGES)

.PHONY: help demo test lint types tests load setup demo-packages test-packages clean
.DEFAULT_GOAL := help

help:
	@echo "make demo          personalised pictures in your browser, from signed URLs"
	@echo "make demo ONCE=1   the same without staying up; pictures in demo-output/"
	@echo "make test          lint, types and every test, as CI runs them"
	@echo "make load          a minute of two real crowds against origin and nginx"
	@echo "make bench         measure engine, growth, others and HTTP; renews docs/performance.md"
	@echo "make bench-memory  measure a painter's memory over 50,000 pictures; renews the same page"

demo: demo-packages setup
	$(BIN)/signet demo $(if $(ONCE),--once)

test: test-packages setup
	$(MAKE) --no-print-directory lint types tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

tests: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

load: demo-packages setup
	$(BIN)/python -m loadtests.run $(LOAD_ARGS)

.PHONY: bench bench-memory
bench: demo-packages setup
	$(BIN)/python -m loadtests.bench.engine
	$(BIN)/python -m loadtests.bench.growth
	$(BIN)/python -m loadtests.bench.peers
	$(BIN)/python -m loadtests.bench.cold
	$(BIN)/python -m loadtests.bench.first

bench-memory: demo-packages setup
	$(BIN)/python -m loadtests.bench.memory

setup: $(READY)

$(READY): pyproject.toml
	sh packaging/venv.sh $(VENV)
	@touch $@

demo-packages:
	@sh packaging/debian.sh optional $(DEMO_PACKAGES)

test-packages:
	@sh packaging/debian.sh required $(TEST_PACKAGES)

clean:
	rm -rf $(VENV) build *.egg-info demo-output demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
