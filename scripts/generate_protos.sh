#!/bin/sh
# Generates backend/understudy/v1 from protos/. With --check it changes nothing: it fails when the committed
# code differs from what the protos give, when buf finds fault with them, or when they break older clients.
# With --release it also makes the present protos the ones that later changes must not break.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
buf=${BUF:-$(dirname "$python")/buf}
generated=backend/understudy/v1

generate() { # into folder $1
    "$python" -m grpc_tools.protoc -I protos --python_out="$1" --pyi_out="$1" --grpc_python_out="$1" \
        protos/understudy/v1/*.proto
}

case "${1:-}" in
--check)
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    generate "$fresh"
    diff -r -x __init__.py -x __pycache__ "$fresh/understudy/v1" "$generated"
    "$buf" lint
    "$buf" breaking --against protos/image.binpb
    ;;
--release)
    generate backend
    "$buf" build -o protos/image.binpb
    ;;
"")
    rm -f "$generated"/*_pb2.py "$generated"/*_pb2.pyi "$generated"/*_pb2_grpc.py
    generate backend
    ;;
*)
    echo "usage: $0 [--check | --release]" >&2
    exit 2
    ;;
esac
