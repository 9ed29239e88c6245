# `make help` lists the targets.
#
# BUILD chooses the variant: release, or asan (AddressSanitizer and UndefinedBehaviorSanitizer); failpoint
# is for `make chaos-proof` (lib/base/failpoint.h), fuzz for `make fuzz` (tests/fuzz).

BUILD ?= release
OUT := build/$(BUILD)
CC ?= gcc
CLANG ?= clang-16
ifeq ($(BUILD),fuzz)
CC := $(CLANG)
endif

PACKAGES := libmongoc-1.0 json-c libjwt libsodium libcurl libcrypto libseccomp zlib icu-uc
# The folders of lib/ are layers: a file includes only files of its own layer and of those before it (`make check`).
ROOMS := base json obs db http service
LIB_SRC := $(wildcard $(ROOMS:%=lib/%/*.c))
# services.tsv has a row for each service, whose first cell is its name.
SERVICES := $(shell sed '/^\#/d; s/\t.*//' services.tsv)
PROGRAMS := $(SERVICES) seed
TEST_SRC := $(shell [ ! -d tests/unit ] || find tests/unit -name 'test_*.c' | sort)
TESTS := $(TEST_SRC:%.c=$(OUT)/%)
BINARIES := $(PROGRAMS:%=$(OUT)/bin/%)
OWN_SOURCES = $(shell find lib fcgi seed openapi tests -name node_modules -prune -o -name '*.[ch]' -print)

# Headers of libraries are system headers: our warnings do not apply to them.
DEP_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
DEP_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lfcgi -lpthread

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wpointer-arith -Wvla -Wundef -Wformat=2 \
	-Wnull-dereference -Wswitch-enum -Wno-missing-field-initializers -Werror
# Flags that clang does not know.
GCC_WARNINGS := -Wduplicated-cond -Wlogical-op
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	$(if $(filter x86_64,$(shell uname -m)),-fcf-protection=full) -ftrivial-auto-var-init=zero
CFLAGS_release := -O2 $(HARDENING) -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS_asan := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
LDFLAGS_asan := -fsanitize=address,undefined
# clang has another name for what gcc calls __SANITIZE_ADDRESS__.
CFLAGS_fuzz := $(CFLAGS_asan) -fsanitize=fuzzer-no-link -D__SANITIZE_ADDRESS__
LDFLAGS_fuzz := $(LDFLAGS_asan) -fsanitize=fuzzer
CFLAGS_failpoint := $(CFLAGS_release) -DFAILPOINT
LDFLAGS_failpoint := $(LDFLAGS_release)

CPPFLAGS += -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(ROOMS:%=-Ilib/%) -I. -I$(OUT)
CFLAGS += -std=c11 -g $(WARNINGS) $(if $(filter fuzz,$(BUILD)),,$(GCC_WARNINGS)) $(CFLAGS_$(BUILD)) $(DEP_CFLAGS) -MMD -MP
LDFLAGS += $(LDFLAGS_$(BUILD)) -Wl,--as-needed

.PHONY: help run dev up down status trace backup restore logs setup build clean all-tests fuzz-targets bench-tools test test-all one fuzz check bench bench-compare chaos chaos-proof races spec test-k8s app-samples test-compose format generate
.DEFAULT_GOAL := help
help: ## list the commands
	@sed -n 's/^\([a-z0-9._-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install packages and the database (sudo for apt alone)
	@run/setup.sh

run: setup ## install, build and run the shop in the foreground; Ctrl-C ends it
	@run/progress.sh 'building the programs' $(MAKE) --no-print-directory -s build
	@exec run/shop.sh run

dev: setup ## run the shop; after an edit rebuild, and restart the changed pools or reload nginx
	@exec /usr/bin/python3 run/dev.py

up: setup ## run the shop in the background; returns when it is ready
	@run/progress.sh 'building the programs' $(MAKE) --no-print-directory -s build
	@run/shop.sh up

down: ## stop the shop of `make up`
	@run/shop.sh down

status: ## show which programs run
	@run/shop.sh status

trace: ## show one request in all logs, as a tree: ID=<request id, trace id or order id>
	@/usr/bin/python3 run/trace.py "$$ID"

backup: ## copy the databases of the running shop to files: TO=folder
	@run/backup.sh backup "$$TO"

restore: ## replace everything in the databases by a backup: FROM=folder
	@run/backup.sh restore "$$FROM"

logs: ## follow the logs
	@run/shop.sh logs

build: $(BINARIES) $(OUT)/openapi.json ## compile the services and the seed program

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The version that the programs report. A build without git, as in a container, sets it: make VERSION=… A read-only
# tree keeps the version of its build.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
$(OUT)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || { [ -e $@ ] && [ ! -w $@ ]; } || echo '$(VERSION)' >$@
$(OUT)/lib/base/version.o: $(OUT)/version
$(OUT)/lib/base/version.o: CPPFLAGS += -DVERSION='"$(VERSION)"'
.PHONY: FORCE

LIB := $(OUT)/libshop.a
$(LIB): $(LIB_SRC:%.c=$(OUT)/%.o)
	@rm -f $@
	ar rcs $@ $^

# A service is its folder and the contracts between services. The seed program and the tests use the services' code without main().
service_objects = $(patsubst %.c,$(OUT)/%.o,$(wildcard fcgi/$(1)/*.c fcgi/contracts/*.c))
parts = $(sort $(filter-out %/main.o,$(foreach s,$(SERVICES),$(call service_objects,$(s)))))

define service_rule
$(OUT)/bin/$(1): $(call service_objects,$(1)) $(LIB)
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS) -o $$@ $$^ $(DEP_LIBS)
endef
$(foreach s,$(SERVICES),$(eval $(call service_rule,$(s))))

seed_objects := $(patsubst %.c,$(OUT)/%.o,$(wildcard seed/*.c))
openapi_objects := $(patsubst %.c,$(OUT)/%.o,$(wildcard openapi/*.c))

# The table of services for the seed program, the OpenAPI writer and the tests. The .d files contain this dependency;
# in the first build they do not exist yet.
$(OUT)/services.h: run/services_header.sh run/services.sh services.tsv
	@mkdir -p $(@D)
	@run/services_header.sh >$@.new
	@mv $@.new $@
$(seed_objects) $(openapi_objects) $(TESTS:%=%.o): | $(OUT)/services.h
tested := $(filter-out %/main.o,$(seed_objects) $(openapi_objects)) $(parts) $(LIB)

$(OUT)/bin/seed: $(seed_objects) $(parts) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

# Flags of single sources besides CPPFLAGS.
own_cppflags = $(if $(filter tests/unit/%,$(1)),-Itests/unit/support)
ONE_TEST_OBJECT := $(OUT)/tests/unit/support/one_test.o
$(OUT)/tests/unit/%.o: CPPFLAGS += $(call own_cppflags,tests/unit/$*)
$(OUT)/tests/%: $(OUT)/tests/%.o $(ONE_TEST_OBJECT) $(tested)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(DEP_LIBS)

# The document at /openapi.json, from the route tables of all services.
$(OUT)/bin/openapi: $(openapi_objects) $(parts) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

$(OUT)/openapi.json: $(OUT)/bin/openapi
	$< >$@.new
	@mv $@.new $@

# The torture tests make these calls fail, one after the other (torture_faults.c).
TORTURED := malloc calloc realloc \
	arena_new arena_alloc arena_array arena_strndup arena_printf arena_vprintf arena_defer \
	json_object_new_object json_object_new_array json_object_new_array_ext json_object_new_boolean \
	json_object_new_int64 json_object_new_double_s json_object_new_string json_object_new_string_len \
	json_object_object_add json_object_object_add_ex json_object_array_add json_tokener_new_ex \
	json_object_to_json_string_length jwt_new jwt_decode jwt_encode_str curl_easy_init curl_slist_append \
	mongoc_client_pool_pop mongoc_client_start_session mongoc_client_session_commit_transaction \
	db_op_begin db_op_end rest_do service_database_uri service_threads
TORTURES := $(filter $(OUT)/tests/unit/fcgi/cart_order/test_torture_%,$(TESTS))
$(TORTURES): %: %.o $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/fcgi/cart_order/torture*.c)) $(ONE_TEST_OBJECT) $(tested)
	$(CC) $(LDFLAGS) $(TORTURED:%=-Wl,--wrap=%) -o $@ $^ -lcmocka $(DEP_LIBS)

all-tests: $(TESTS)

# Each fuzz target is one program, for BUILD=fuzz.
FUZZ_TARGETS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz-targets: $(FUZZ_TARGETS)
$(FUZZ_TARGETS): %: %.o $(LIB)
	$(CC) $(LDFLAGS) $(FUZZ_LDFLAGS) -o $@ $^ $(FUZZ_LIBS) $(DEP_LIBS)
$(OUT)/tests/fuzz/fuzz_json: $(OUT)/tests/fuzz/with_jansson.o
$(OUT)/tests/fuzz/fuzz_json: FUZZ_LIBS := -ljansson
# The fuzzed input is the response of the peer.
$(OUT)/tests/fuzz/fuzz_probe: FUZZ_LDFLAGS := -Wl,--wrap=listen_connect,--wrap=recv

BENCH_TOOLS := $(OUT)/bench/load $(OUT)/bench/raw
bench-tools: $(BENCH_TOOLS)
$(OUT)/bench/load: $(addprefix $(OUT)/tests/bench/,load.o histogram.o)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lpthread
$(OUT)/bench/raw: $(addprefix $(OUT)/tests/bench/,raw.o raw_ops.o raw_order.o histogram.o)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

# The tests build what they need, in both variants, after setup has installed the compiler.
test: setup ## run every test once: C and API tests with the sanitizers, the rest with the release build
	@/usr/bin/python3 tests/run.py

test-all: setup ## run all tests: everything in both builds, also fuzz targets and generated clients
	@/usr/bin/python3 tests/run.py all

one: setup ## run the tests of one name, T=…: a C program or function, a Python file or function, a browser scene
	@/usr/bin/python3 tests/one.py "$$T"

fuzz: setup ## fuzz the parsers, SECONDS=30 each; T=json for one of them
	@run/setup.sh fuzz
	@/usr/bin/python3 tests/fuzz/run.py $(T)

check: setup ## static checks: format, banned functions, sizes, headers, documentation against the code
	@$(MAKE) --no-print-directory -s build
	@/usr/bin/python3 tests/check/run.py

bench: setup ## measure requests a second, beside the raw driver and a static file, and memory
	@$(MAKE) --no-print-directory -s build bench-tools
	@/usr/bin/python3 tests/bench/run.py

bench-compare: setup ## compare the speed of this tree with that of a commit: BASE=<commit>
	@$(MAKE) --no-print-directory -s build bench-tools
	@/usr/bin/python3 tests/bench/compare.py

chaos: setup ## create orders for SECONDS=60 while processes are killed and frozen, then check; SEED=…
	@$(MAKE) --no-print-directory -s build
	@/usr/bin/python3 tests/chaos/run.py

chaos-proof: setup ## disable one safeguard after the other: the checker of `make chaos` must find the violations
	@$(MAKE) --no-print-directory -s BUILD=failpoint build
	@/usr/bin/python3 tests/chaos/proof.py

races: setup ## order one cart from 64 clients, ROUNDS=1000 times; send 1,000 buyers for 100 units
	@$(MAKE) --no-print-directory -s build
	@/usr/bin/python3 tests/chaos/races.py

test-k8s: ## test k8s/ in kubectl's current cluster, from apply to delete; LOAD='command' loads the images there
	@PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/containers/k8s.py

app-samples: setup ## record the responses that the app's tests use
	@$(MAKE) --no-print-directory -s build
	@PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/api/app_samples.py

spec: setup ## check CASES=1000 calls generated from the API's description; SEED=… repeats them
	@$(MAKE) --no-print-directory -s build
	@/usr/bin/python3 tests/spec/run.py
	@/usr/bin/python3 tests/spec/every_check.py

test-compose: ## test the shop in containers; needs a Docker engine with Compose
	@PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/containers/compose.py

# For editors (clangd), one entry for each source, with the flags that clang knows.
SOURCES = $(filter %.c,$(OWN_SOURCES))
comma := ,
space := $(subst ,, )
json_text = "$(subst ",\",$(subst \,\\,$(1)))"
json_words = $(subst $(space),$(comma),$(foreach word,$(1),$(call json_text,$(word))))
compile_command = {"directory": $(call json_text,$(CURDIR)), "file": "$(1)", "arguments": \
	[$(call json_words,$(CC) $(CPPFLAGS) $(call own_cppflags,$(1)) \
		$(filter-out $(GCC_WARNINGS) -MMD -MP,$(CFLAGS)) -c -o $(OUT)/$(1:.c=.o) $(1))]}
compile_commands.json: FORCE ## write the compiler's flags of each source, for clangd
	$(file >$@,[)
	$(foreach source,$(SOURCES),$(file >>$@,$(call compile_command,$(source))$(if $(filter-out $(lastword $(SOURCES)),$(source)),$(comma))))
	$(file >>$@,])
	@:

clean: ## remove the build; data and downloads stay
	rm -rf build compile_commands.json

format: ## format the C sources
	@clang-format-16 -i $(OWN_SOURCES)

generate: setup ## renew the files generated from services.tsv, and the tables of docs/ from the programs' output
	@/usr/bin/python3 run/generate.py
	@$(MAKE) --no-print-directory -s build
	@/usr/bin/python3 run/document_tables.py

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
.SECONDARY:

# For the check that each header compiles alone.
print-flags:
	@echo $(CC) $(CPPFLAGS) $(filter-out -MMD -MP,$(CFLAGS)) $(SERVICES:%=-Ifcgi/%) -Iseed
