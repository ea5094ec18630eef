# `make run` and `make test` are the only two set-up commands. Each recipe is one exec, so that a
# SIGTERM to make reaches the program itself.
PYTHON ?= python3
GATEHOUSE := exec $(PYTHON) deploy/local/bootstrap.py

.PHONY: help run test lint types fix screens mutants races kills bench clean

help:
	@echo "make run      start Gatehouse with its demo on http://127.0.0.1:8000/ (PORT=8001 make run for another)"
	@echo "make test     everything: lint, types, rules, tests, browser"
	@echo "make lint     ruff, import rules, templates      make types    mypy, strict"
	@echo "make fix      format and mend what ruff can      make screens  pictures of every page"
	@echo "make races    100 rounds of each race            make kills    processes killed at named points"
	@echo "make mutants  seeded faults in the pure cores    make bench    measurements"
	@echo "make clean    remove data, environment and caches of this folder"

run:
	@$(GATEHOUSE) run

test:
	@$(GATEHOUSE) test

lint:
	@$(GATEHOUSE) lint

types:
	@$(GATEHOUSE) types

fix:
	@$(GATEHOUSE) fix

screens:
	@$(GATEHOUSE) screens

mutants:
	@$(GATEHOUSE) mutants

races:
	@$(GATEHOUSE) races

kills:
	@$(GATEHOUSE) kills

bench:
	@$(GATEHOUSE) bench

clean:
	@$(GATEHOUSE) clean
