# Needs Node.js (20.19 or later), npm and make; everything else comes with `npm ci`.

# Settings of `make run`: make run PORT=9000 TEST_CLIENT_PORT=9001 GATEWAY_PORT=9002 GRPC_PORT=9003 DATA_DIR=/var/lib/kvasir
# and make run STORE=postgres [DATABASE_URL=postgres://…] [SECOND_PORT=9004]: two kv-services on one database.
PORT ?= 8000,8080,6969
DATA_DIR ?= ./data

INSTALLED := node_modules/.installed
BUILT := dist/.built
SOURCES := $(shell find apps libs -name '*.ts' -not -name '*.spec.ts' -not -name '*.e2e-spec.ts' -o -name 'tsconfig*.json' -not -path '*/node_modules/*')

.DEFAULT_GOAL := help
.PHONY: help install compile build up logs down run validate test check coverage demo format clean

help: ## List the targets
	@node -e 'for (const [, name, text] of require("fs").readFileSync("Makefile", "utf8").matchAll(/^([a-z]+):.*?## (.*)$$/gm)) console.log("make " + name.padEnd(10) + text)'

install: $(INSTALLED) ## Install the packages that package-lock.json names

compile: $(BUILT) ## Compile the apps into dist/

run: export PORT := $(PORT)
run: export DATA_DIR := $(DATA_DIR)
run: $(BUILT) ## Start all services (PORT=8000,8080,6969 TEST_CLIENT_PORT=8001 GATEWAY_PORT=8888 GRPC_PORT=50051 DATA_DIR=./data; STORE=postgres: two on one database)
	@node tools/run.mjs

validate: $(BUILT) ## Run every workflow against a running kv-service (KV_SERVICE_URL=http://localhost:8000)
	@node dist/apps/test-client/src/validate.js

# Every check and every test there is. The last line says how many tests passed and failed. Random histories and faults are the same ones each time; `npm test` and `npm run faults` look for new ones.
test: export KV_SEED ?= 1
test: export FAULTS_SEED ?= 1
test: $(BUILT) ## Run every check and every test
	@npm run --silent check
	@npm test --silent

check: $(INSTALLED) ## Types, lint, format, import directions and dead code
	@npm run --silent check

coverage: $(INSTALLED) ## What the tests that run in the same process reach (coverage/index.html)
	@npm run --silent coverage

demo: $(BUILT) ## Take a real data set through a server and a kill, and compare
	@npm run --silent demo

format: $(INSTALLED) ## Format all files in place
	@npm run --silent format

# The second way in, for machines with Docker: the same services in containers, with their data in a volume.

build: ## Docker: build the images
	docker compose build

up: .env ## Docker: start all services (8000, 8080, 6969, 8001, 8888)
	docker compose up --detach --wait
	@echo "kv-service http://localhost:8000  test-client http://localhost:8001  api-gateway http://localhost:8888 (x-api-key is in .env)"

logs: ## Docker: follow what the services log
	docker compose --profile postgres logs --follow

down: ## Docker: stop the services; their data stays
	docker compose --profile postgres down

clean: ## Remove what was built, and the containers with their images and their data
	rm -rf dist coverage node_modules/.cache
	@if docker compose version >/dev/null 2>&1; then echo "docker compose --profile postgres down --volumes --rmi local" && docker compose --profile postgres down --volumes --rmi local; fi

# Keys of this machine's own for the gateway: for clients, and for Prometheus.
.env:
	@node -e 'const key = () => require("crypto").randomBytes(24).toString("base64url"); require("fs").writeFileSync(".env", "API_KEY=" + key() + "\nMETRICS_KEY=" + key() + "\n", { mode: 0o600, flag: "wx" })'
	@echo "wrote .env with an API key for the gateway, and one for its metrics"

# npm warns of packages that name a later Node.js as their engine; docs/dependencies.md has the list.
$(INSTALLED): package.json package-lock.json .npmrc
	npm ci --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) tsconfig.json tsconfig.build.json nest-cli.json $(SOURCES)
	npm run --silent build
	@touch $@
