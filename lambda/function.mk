# Included by each function's Makefile; `sam build` calls build-<LogicalId> with ARTIFACTS_DIR set.
PACKAGE := $(dir $(lastword $(MAKEFILE_LIST)))../infra/aws/package.py
PYTHON ?= python3

build-%:
	$(PYTHON) $(PACKAGE) function . "$(ARTIFACTS_DIR)" $(PACKAGE_FLAGS)
