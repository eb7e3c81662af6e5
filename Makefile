# Needs Node.js (20.19 or later), npm and make; everything else comes with `npm ci`.

# Settings of `make run`: make run PORT=9000 DATA_DIR=/var/lib/kvasir
PORT ?= 8000,8080,6969
DATA_DIR ?= ./data

INSTALLED := node_modules/.installed
BUILT := dist/.built
SOURCES := $(shell find apps libs -name '*.ts' -not -name '*.spec.ts' -not -name '*.e2e-spec.ts' -o -name 'tsconfig*.json' -not -path '*/node_modules/*')

.DEFAULT_GOAL := help
.PHONY: help install build run test check coverage demo format clean

help: ## List the targets
	@node -e 'for (const [, name, text] of require("fs").readFileSync("Makefile", "utf8").matchAll(/^([a-z]+):.*?## (.*)$$/gm)) console.log("make " + name.padEnd(10) + text)'

install: $(INSTALLED) ## Install the packages that package-lock.json names

build: $(BUILT) ## Compile the apps into dist/

run: export PORT := $(PORT)
run: export DATA_DIR := $(DATA_DIR)
run: $(BUILT) ## Start kv-service (PORT=8000,8080,6969 DATA_DIR=./data)
	@node tools/run.mjs

# Every check and every test there is. The last line says how many tests passed and failed.
test: $(BUILT) ## Run every check and every test
	@npm run --silent check
	@npm test --silent

check: $(INSTALLED) ## Types, lint, format, import directions and dead code
	@npm run --silent check

coverage: $(BUILT) ## Run the tests and report what they reach (coverage/index.html)
	@npm run --silent coverage

demo: $(BUILT) ## Take a real data set through a server and a kill, and compare
	@npm run --silent demo

format: $(INSTALLED) ## Format all files in place
	@npm run --silent format

clean: ## Remove what build and tests made; packages and data stay
	rm -rf dist coverage node_modules/.cache

# npm warns of packages that name a later Node.js as their engine; docs/dependencies.md has the list.
$(INSTALLED): package.json package-lock.json .npmrc
	npm ci --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) tsconfig.json nest-cli.json $(SOURCES)
	npm run --silent build
	@touch $@
