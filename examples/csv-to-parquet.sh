#!/bin/sh
# Labels a CSV file and writes the table with the new column as Parquet.
#   examples/csv-to-parquet.sh [source.csv] [target.parquet]
set -eu
project=$(cd "$(dirname "$0")/.." && pwd)
# The installed command, or the one that is built in this clone.
command -v rowmill >/dev/null || rowmill() { node "$project/dist/cli/main.js" "$@"; }

source=${1:-$project/examples/tickets.csv}
target=${2:-$project/demo-results/tickets.parquet}
mkdir -p "$(dirname "$target")"

rowmill infer "$source" \
  --column subject --column ": " --column message \
  --model starter \
  --schema "$project/examples/tickets.schema.json" \
  --system "Read the support ticket. topic is one of billing, shipping, returns, technical, account, other; urgency is low, medium or high; order_id is the order number, null if there is none." \
  --output-column label \
  --output "$target"
